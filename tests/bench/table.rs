//! The table.

use std::time::Duration;

use crate::wrk::Measured;
use crate::{FEW, LEAST_RATIO};

/// The 99th percentile that lists must stay under, in milliseconds.
const LIST_P99: f64 = 50.0;

/// All rows.
pub struct Table {
    loads: Vec<String>,
    figures: Vec<String>,
}

/// One row.
pub enum Row {
    /// Requests beside transactions.
    Load(String),
    /// A figure beside its bar.
    Figure(String),
}

impl Row {
    /// What the server did of an operation over `connections`, beside pgbench's transactions a second.
    pub fn load(
        name: &str,
        connections: u32,
        of: impl Fn(fn(&Measured) -> f64) -> f64,
        transactions: f64,
    ) -> Self {
        let (rate, p50, p99) = (of(|m| m.rate), of(|m| m.p50), of(|m| m.p99));
        let ratio = rate / transactions;
        let is_asked = connections == FEW;
        let is_met = ratio >= LEAST_RATIO && (!name.starts_with("list") || p99 < LIST_P99);
        let bar = match (is_asked, name.starts_with("list")) {
            (true, true) => "0.50, p99 < 50 ms",
            (true, false) => "0.50",
            (false, _) => &format!("{:.1} % told 503", of(|m| m.refused)),
        };
        let verdict = if is_asked { word(is_met) } else { "" };
        Self::Load(format!(
            "{name:<16}|{connections:>12}|{rate:>11.0}|{p50:>8.1} ms|{p99:>8.1} ms|{transactions:>11.0}|{ratio:>6.2}| {bar:<18}| {verdict}"
        ))
    }

    /// A figure that must stay below `bar`.
    pub fn below(name: &str, figure: f64, bar: f64) -> Self {
        Self::Figure(format!("{name:<58}|{figure:>10.2}| < {bar:<10}| {}", word(figure < bar)))
    }

    /// A figure that must reach `bar`.
    pub fn at_least(name: &str, figure: f64, bar: f64) -> Self {
        Self::Figure(format!("{name:<58}|{figure:>10.0}| ≥ {bar:<10}| {}", word(figure >= bar)))
    }

    /// A figure without a bar.
    pub fn told(name: &str, figure: f64) -> Self {
        Self::Figure(format!("{name:<58}|{figure:>10.2}|{:<13}|", ""))
    }
}

impl Table {
    /// Empty.
    pub fn new() -> Self {
        Self { loads: Vec::new(), figures: Vec::new() }
    }

    /// Adds a row, and shows it at once.
    #[expect(clippy::print_stdout, reason = "people wait for it")]
    pub fn add(&mut self, row: Row) {
        let (rows, text) = match row {
            Row::Load(text) => (&mut self.loads, text),
            Row::Figure(text) => (&mut self.figures, text),
        };
        println!("{text}");
        rows.push(text);
    }

    /// Prints it.
    #[expect(clippy::print_stdout, reason = "a table for people")]
    pub fn print(&self) {
        println!(
            "\n{:<16}|{:>12}|{:>11}|{:>11}|{:>11}|{:>11}|{:>6}| {:<18}| met",
            "what", "connections", "requests/s", "p50", "p99", "pgbench/s", "ratio", "bar"
        );
        for row in &self.loads {
            println!("{row}");
        }
        println!("\n{:<58}|{:>10}|{:<13}| met", "what", "figure", " bar");
        for row in &self.figures {
            println!("{row}");
        }
        println!("\npgbench runs over 32 connections in every row: the embedded PostgreSQL takes 60.");
    }
}

/// The middle one.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The time that `share` of `times` stay below.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a list"
)]
pub fn percentile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let place = (times.len() as f64 * share) as usize;
    times.get(place.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn word(is_met: bool) -> &'static str {
    if is_met { "yes" } else { "NO" }
}
