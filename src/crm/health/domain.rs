//! The rules of the health score: `docs/api-guide.md` shows them as a table.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::crm::customers::domain::{HEALTH_AT_FIRST, Status};

/// A rule that applied, and what it gave or took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomerHealthReason)]
pub struct HealthReason {
    /// The rule.
    pub rule: String,
    /// Its points.
    pub points: i32,
}

/// What is known of a customer that its health depends on.
#[derive(Debug, Clone)]
pub struct Signs {
    /// Where it stands.
    pub status: Status,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When something was last done about it.
    pub last_activity_at: Option<DateTime<Utc>>,
    /// Of each contract in force: when it is to be renewed, or else its last day.
    pub contract_days: Vec<Option<NaiveDate>>,
    /// Whether it has had a contract that is not in force any more.
    pub had_contract: bool,
    /// Whether an open task is a week late.
    pub has_late_task: bool,
    /// Whether a checklist is open for more than 30 days.
    pub has_slow_onboarding: bool,
    /// How it pays.
    pub paying: Paying,
}

/// How a customer pays its invoices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paying {
    /// Too little is known.
    Unknown,
    /// The last ones that it paid were not overdue before, and none is.
    InTime,
    /// The oldest that is overdue should have been paid until this day.
    OverdueSince(NaiveDate),
}

/// The score from 0 to 100, and the rules that applied.
pub fn score(signs: &Signs, now: DateTime<Utc>) -> (i32, Vec<HealthReason>) {
    let rule = |rule: &str, points| HealthReason { rule: rule.to_owned(), points };
    if signs.status == Status::Churned {
        return (0, vec![rule("churned", 0)]);
    }
    let mut reasons = vec![rule("base", HEALTH_AT_FIRST)];
    let quiet = now - signs.last_activity_at.unwrap_or(signs.created_at);
    if quiet > TimeDelta::days(90) {
        reasons.push(rule("no_activity_90_days", -20));
    } else if signs.last_activity_at.is_some() && quiet <= TimeDelta::days(30) {
        reasons.push(rule("activity_30_days", 10));
    }
    let soon = (now + TimeDelta::days(30)).date_naive();
    if signs.contract_days.iter().any(|day| day.is_some_and(|day| day <= soon)) {
        reasons.push(rule("renewal_within_30_days", -15));
    } else if !signs.contract_days.is_empty() {
        reasons.push(rule("active_contract", 15));
    } else if signs.had_contract {
        reasons.push(rule("contract_lapsed", -25));
    }
    if signs.has_late_task {
        reasons.push(rule("task_late_7_days", -5));
    }
    if signs.has_slow_onboarding {
        reasons.push(rule("onboarding_open_30_days", -10));
    }
    match signs.paying {
        Paying::OverdueSince(day) if (now.date_naive() - day).num_days() > 30 => {
            reasons.push(rule("invoice_overdue_30_days", -30));
        }
        Paying::OverdueSince(_) => reasons.push(rule("invoice_overdue", -15)),
        Paying::InTime => reasons.push(rule("pays_in_time", 10)),
        Paying::Unknown => {}
    }
    let sum: i32 = reasons.iter().map(|reason| reason.points).sum();
    (sum.clamp(0, 100), reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn new() -> Signs {
        Signs {
            status: Status::Active,
            created_at: now(),
            last_activity_at: None,
            contract_days: Vec::new(),
            had_contract: false,
            has_late_task: false,
            has_slow_onboarding: false,
            paying: Paying::Unknown,
        }
    }

    fn ago(days: i64) -> DateTime<Utc> {
        now() - TimeDelta::days(days)
    }

    fn ahead(days: i64) -> NaiveDate {
        (now() + TimeDelta::days(days)).date_naive()
    }

    #[test]
    fn every_rule_gives_what_the_docs_say() {
        let guide = include_str!("../../../docs/api-guide.md");
        for (signs, expected, rules) in [
            (new(), 70, vec!["base"]),
            (Signs { last_activity_at: Some(ago(30)), ..new() }, 80, vec!["base", "activity_30_days"]),
            (Signs { last_activity_at: Some(ago(31)), ..new() }, 70, vec!["base"]),
            (Signs { last_activity_at: Some(ago(91)), ..new() }, 50, vec!["base", "no_activity_90_days"]),
            (Signs { created_at: ago(91), ..new() }, 50, vec!["base", "no_activity_90_days"]),
            (Signs { contract_days: vec![None], ..new() }, 85, vec!["base", "active_contract"]),
            (Signs { contract_days: vec![Some(ahead(31))], ..new() }, 85, vec!["base", "active_contract"]),
            (
                Signs { contract_days: vec![None, Some(ahead(30))], ..new() },
                55,
                vec!["base", "renewal_within_30_days"],
            ),
            (Signs { had_contract: true, ..new() }, 45, vec!["base", "contract_lapsed"]),
            (
                Signs { had_contract: true, contract_days: vec![None], ..new() },
                85,
                vec!["base", "active_contract"],
            ),
            (Signs { has_late_task: true, ..new() }, 65, vec!["base", "task_late_7_days"]),
            (Signs { has_slow_onboarding: true, ..new() }, 60, vec!["base", "onboarding_open_30_days"]),
            (Signs { paying: Paying::InTime, ..new() }, 80, vec!["base", "pays_in_time"]),
            (
                Signs { paying: Paying::OverdueSince(ahead(-30)), ..new() },
                55,
                vec!["base", "invoice_overdue"],
            ),
            (
                Signs { paying: Paying::OverdueSince(ahead(-31)), ..new() },
                40,
                vec!["base", "invoice_overdue_30_days"],
            ),
            (Signs { status: Status::Churned, last_activity_at: Some(ago(1)), ..new() }, 0, vec!["churned"]),
        ] {
            let (score, reasons) = score(&signs, now());
            assert_eq!(score, expected, "{signs:?}");
            assert_eq!(reasons.iter().map(|reason| &*reason.rule).collect::<Vec<_>>(), rules);
            for reason in reasons {
                let row = format!("| `{}` | {} |", reason.rule, reason.points);
                assert!(guide.contains(&row), "the guide lacks: {row}");
            }
        }
    }
}
