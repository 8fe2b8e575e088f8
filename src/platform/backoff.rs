//! How long to wait before the next try: exponential with full jitter, so that many who fail together do not return together.

use std::time::Duration;

/// Waits that double from `first` up to `most`, each drawn evenly from zero to that ceiling ("full jitter").
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    /// No failures yet.
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, failures: 0 }
    }

    /// The wait after one more failure.
    pub fn after_failure(&mut self) -> Duration {
        let ceiling = doubled(self.first, self.failures).min(self.most);
        self.failures = self.failures.saturating_add(1);
        full_jitter(ceiling)
    }

    /// Forgets the failures.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// An even draw from zero to `ceiling`.
pub fn full_jitter(ceiling: Duration) -> Duration {
    ceiling.mul_f64(random_share())
}

fn doubled(first: Duration, times: u32) -> Duration {
    first.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX))
}

/// An even draw from [0, 1).
#[expect(clippy::cast_precision_loss, reason = "53 bits are exactly what a double holds")]
pub fn random_share() -> f64 {
    let mut bytes = [0_u8; 8];
    // Without randomness the wait is the ceiling, which is still a wait.
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        return 1.0;
    }
    (u64::from_le_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Backoff, doubled, full_jitter};

    #[test]
    fn ceilings_double_and_never_overflow() {
        let first = Duration::from_millis(100);
        for (times, milliseconds) in [(0, 100), (1, 200), (5, 3_200)] {
            assert_eq!(doubled(first, times), Duration::from_millis(milliseconds));
        }
        assert!(doubled(first, 40) > Duration::from_hours(1));
        assert!(doubled(Duration::MAX, 3) == Duration::MAX);
    }

    #[test]
    fn waits_stay_below_their_ceiling_and_are_spread() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        for failures in 0..50 {
            let ceiling = doubled(Duration::from_millis(100), failures).min(Duration::from_secs(10));
            assert!(backoff.after_failure() <= ceiling);
        }
        backoff.reset();
        assert!(backoff.after_failure() <= Duration::from_millis(100));
        let draws: Vec<Duration> = (0..1_000).map(|_| full_jitter(Duration::from_secs(1))).collect();
        assert!(draws.iter().any(|draw| *draw < Duration::from_millis(100)));
        assert!(draws.iter().any(|draw| *draw > Duration::from_millis(900)));
    }
}
