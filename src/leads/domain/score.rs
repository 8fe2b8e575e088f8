//! Scores that explain themselves.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Details;
use crate::kernel::text::fold;

/// The score of a lead of which nothing is known yet.
pub const BASE_SCORE: i32 = 50;

/// One rule's part in a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScoreReason {
    /// The rule: `base`, `employee_count`, `industry`, `email_open_rate`, `demo_requested`.
    pub rule: String,
    /// The points it gave.
    pub points: i32,
}

/// A score that explains itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// 0 to 100.
    pub value: i32,
    /// 0 to 1: how much the method trusts itself.
    pub confidence: f64,
    /// How it was found.
    pub method: &'static str,
    /// Which rules gave how many points.
    pub reasons: Vec<ScoreReason>,
}

/// Scores leads.
pub trait Scorer: Send + Sync {
    /// The score of what is known of a lead.
    fn score(&self, details: &Details) -> Score;
}

/// The rules of the product's documents (reference `features.md` §1.6): base 50, capped at 100, confidence 0.6.
#[derive(Debug, Clone, Copy, Default)]
pub struct RuleScorer;

impl Scorer for RuleScorer {
    fn score(&self, details: &Details) -> Score {
        let industry = details.industry.as_ref().map(|industry| fold(industry.as_str()));
        let open_rate = details.custom_fields.get("email_open_rate").and_then(Value::as_f64);
        let demo = details.custom_fields.get("demo_requested").and_then(Value::as_bool);
        let rules = [
            ("base", BASE_SCORE, true),
            ("employee_count", 15, details.employee_count.is_some_and(|count| count > 500)),
            ("industry", 10, matches!(industry.as_deref(), Some("technology" | "tecnologia"))),
            ("email_open_rate", 10, open_rate.is_some_and(|rate| rate > 0.5)),
            ("demo_requested", 15, demo == Some(true)),
        ];
        let reasons: Vec<ScoreReason> = rules
            .into_iter()
            .filter(|(_, _, holds)| *holds)
            .map(|(rule, points, _)| ScoreReason { rule: rule.to_owned(), points })
            .collect();
        let value = reasons.iter().map(|reason| reason.points).sum::<i32>().min(100);
        Score { value, confidence: 0.6, method: "rule_based_fallback", reasons }
    }
}
