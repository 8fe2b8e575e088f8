//! The table: one line for each scenario, printed as it ends and kept in a file that `make` shows at the end.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use crate::checker::Findings;
use crate::history::History;

/// Where the table of the last run is.
const FILE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/faults.txt");

static BEGUN: Once = Once::new();

/// What a scenario says of itself.
#[derive(Default)]
pub struct Report {
    scenario: &'static str,
    seed: u64,
    faults: String,
    recovery: Option<Duration>,
    note: String,
}

/// What was counted.
#[derive(Default)]
pub struct Counts {
    /// Requests that reached a server, or may have.
    pub operations: usize,
    /// Those that were acknowledged.
    pub acked: usize,
    /// Those of which nobody knows.
    pub unknown: usize,
    /// Acknowledged, and nowhere.
    pub lost: usize,
    /// Effects that are there more than once.
    pub doubled: usize,
    /// Events in the log.
    pub events: Option<usize>,
    /// Messages in the stream.
    pub in_stream: Option<usize>,
    /// The longest wait for an answer.
    pub slowest: Duration,
    /// How long readers took to come to the end of the log.
    pub drained: Option<Duration>,
}

impl Report {
    /// A scenario and the seed that repeats it.
    pub fn new(scenario: &'static str, seed: u64) -> Self {
        Self { scenario, seed, ..Self::default() }
    }

    /// What was done.
    pub fn with(self, faults: impl Into<String>) -> Self {
        Self { faults: faults.into(), ..self }
    }

    /// The longest time until all was well again.
    pub fn recovered(self, recovery: Duration) -> Self {
        Self { recovery: Some(recovery), ..self }
    }

    /// Figures that only this scenario has.
    pub fn noting(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// Prints the line of a scenario with writers.
    pub fn print(&self, history: &History, findings: &Findings, drained: Duration) {
        self.print_counts(&Counts {
            operations: history.sent(),
            acked: history.acked(),
            unknown: history.unknown(),
            lost: findings.lost,
            doubled: findings.doubled,
            events: Some(findings.events),
            in_stream: Some(findings.in_stream),
            slowest: history.slowest(),
            drained: Some(drained),
        });
        for violation in findings.violations.iter().take(20) {
            tell(&format!("  violated: {}", violation.chars().take(240).collect::<String>()));
        }
    }

    /// Prints the line.
    pub fn print_counts(&self, counts: &Counts) {
        BEGUN.call_once(|| {
            // Of an earlier run; there may be none.
            let _ = std::fs::remove_file(FILE);
            let head = [
                "ops",
                "acked",
                "unknown",
                "lost",
                "doubled",
                "events",
                "in stream",
                "slowest",
                "recovery",
                "drained",
            ];
            let head = head.map(|name| format!("|{name:>10}")).concat();
            tell(&format!("{:<25}|{:<14}{head}|{:>11}| figures", "scenario", "faults", "seed"));
        });
        let number = |count: usize| format!("|{count:>10}");
        let maybe = |count: Option<usize>| count.map_or_else(|| format!("|{:>10}", ""), number);
        let time = |time: Option<Duration>| {
            time.map_or_else(|| format!("|{:>10}", ""), |time| format!("|{:>7} ms", time.as_millis()))
        };
        let counted: String = [counts.operations, counts.acked, counts.unknown, counts.lost, counts.doubled]
            .map(number)
            .concat();
        let read = [counts.events, counts.in_stream].map(maybe).concat();
        let slowest = (!counts.slowest.is_zero()).then_some(counts.slowest);
        let times = [slowest, self.recovery, counts.drained].map(time).concat();
        tell(&format!(
            "{:<25}|{:<14}{counted}{read}{times}|{:>11}| {}",
            self.scenario, self.faults, self.seed, self.note
        ));
    }
}

/// The end of a sorted list of durations below which `share` of them are, in milliseconds.
pub fn percentile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place"
    )]
    let place = (times.len() as f64 * share) as usize;
    times.get(place.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// Straight to standard output, which `cargo test` would keep to itself: the table is the result.
fn tell(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
    let kept = OpenOptions::new().create(true).append(true).open(Path::new(FILE));
    let _ = kept.and_then(|mut file| writeln!(file, "{line}"));
}
