//! How people call the fields of a lead.

mod names;
#[cfg(test)]
mod tests;

use crate::platform::sheets::mapping::{Take, Vocabulary};

/// The fields of a lead, and the names of columns that feed them.
pub static LEAD: Vocabulary = Vocabulary {
    fields: &[
        ("company_name", Take::Line),
        ("contact_name", Take::Words),
        ("email", Take::Emails),
        ("phone", Take::Phones),
        ("website", Take::Line),
        ("industry", Take::Line),
        ("employee_count", Take::Size),
        ("annual_revenue", Take::Line),
        ("source", Take::Line),
        ("status", Take::Line),
        ("tags", Take::Tags),
        ("notes", Take::Lines),
        ("owner_email", Take::Line),
        ("created_at", Take::Line),
        ("utm_source", Take::Line),
        ("utm_medium", Take::Line),
        ("utm_campaign", Take::Line),
    ],
    names: names::NAMES,
    title: "company_name",
    person: Some("contact_name"),
    needed: &["company_name", "email", "phone"],
};
