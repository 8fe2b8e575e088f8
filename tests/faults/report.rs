//! One line of the table for each scenario.

use std::io::Write;
use std::time::Duration;

use crate::checker::Findings;
use crate::history::History;

/// What a scenario says of itself.
pub struct Report {
    scenario: &'static str,
    seed: u64,
    faults: String,
    recovery: Duration,
}

impl Report {
    /// A scenario and the seed that repeats it.
    pub fn new(scenario: &'static str, seed: u64) -> Self {
        Self { scenario, seed, faults: String::new(), recovery: Duration::ZERO }
    }

    /// What was done to the server, and the longest time until it was well again.
    pub fn with(self, faults: String, recovery: Duration) -> Self {
        Self { faults, recovery, ..self }
    }

    /// Prints the table of one scenario.
    pub fn print(&self, history: &History, findings: &Findings, drained: Duration) {
        // Straight to standard output, which `cargo test` would keep to itself: the table is the result.
        let mut out = std::io::stdout().lock();
        let _ = writeln!(
            out,
            "\n{:<18}|{:<12}|{:>7}|{:>7}|{:>8}|{:>5}|{:>8}|{:>7}|{:>9}|{:>12}|{:>9}|{:>8}|{:>11}",
            "scenario",
            "faults",
            "writes",
            "acked",
            "unknown",
            "lost",
            "doubled",
            "events",
            "in stream",
            "max answer",
            "recovery",
            "drained",
            "seed"
        );
        let _ = writeln!(
            out,
            "{:<18}|{:<12}|{:>7}|{:>7}|{:>8}|{:>5}|{:>8}|{:>7}|{:>9}|{:>9} ms|{:>6} ms|{:>5} ms|{:>11}",
            self.scenario,
            self.faults,
            history.sent(),
            history.acked(),
            history.unknown(),
            findings.lost,
            findings.doubled,
            findings.events,
            findings.in_stream,
            history.slowest().as_millis(),
            self.recovery.as_millis(),
            drained.as_millis(),
            self.seed
        );
        for violation in findings.violations.iter().take(20) {
            let _ = writeln!(out, "  violated: {}", violation.chars().take(240).collect::<String>());
        }
    }
}
