//! When a delivery is tried again: the schedule that Standard Webhooks 1.0 recommends, spread by a fifth either way.

use chrono::TimeDelta;

/// Seconds to wait after the first, second … attempt; after the tenth, about 75 hours in, a delivery fails for good.
const WAITS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// No receiver puts a delivery off for longer.
const LONGEST_WAIT: i64 = 86_400;

/// How long to wait after attempt `number`, where `share` from 0 to 1 draws the jitter and `asked` is what the receiver
/// asked for in seconds; none after the last.
pub fn wait_after(number: i32, share: f64, asked: Option<u32>) -> Option<TimeDelta> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    let seconds = *WAITS.get(index)?;
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "seconds of a day")]
    let drawn = (seconds as f64 * (0.8 + 0.4 * share.clamp(0.0, 1.0)) * 1_000.0) as i64;
    let asked = asked.map_or(0, |seconds| i64::from(seconds).min(LONGEST_WAIT) * 1_000);
    Some(TimeDelta::milliseconds(drawn.max(asked)))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::wait_after;

    #[test]
    fn waits_follow_the_schedule_and_end() {
        assert_eq!(wait_after(1, 0.5, None), Some(TimeDelta::seconds(5)));
        assert_eq!(wait_after(1, 0.0, None), Some(TimeDelta::seconds(4)));
        assert_eq!(wait_after(2, 1.0, None), Some(TimeDelta::seconds(360)));
        let total: TimeDelta = (1..10).filter_map(|number| wait_after(number, 0.5, None)).sum();
        assert_eq!(total.num_minutes(), 75 * 60 + 35);
        assert_eq!(wait_after(10, 0.5, None), None);
        assert_eq!(wait_after(0, 0.5, None), None);
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_but_not_for_ever() {
        assert_eq!(wait_after(1, 0.5, Some(60)), Some(TimeDelta::seconds(60)));
        assert_eq!(wait_after(2, 0.5, Some(60)), Some(TimeDelta::seconds(300)));
        assert_eq!(wait_after(1, 0.5, Some(u32::MAX)), Some(TimeDelta::days(1)));
    }
}
