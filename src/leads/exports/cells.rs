//! The columns that exports of leads may have, and the cells of a lead.

use serde_json::Value;

use crate::kernel::Line;
use crate::leads::domain::Lead;
use crate::platform::transfers::{custom_cell, joined, moment_cell, text_cell};

/// What an import reads, in the order of the file when no columns are asked for.
pub const READABLE: [&str; 16] = [
    "company_name",
    "contact_name",
    "email",
    "phone",
    "website",
    "industry",
    "employee_count",
    "annual_revenue",
    "source",
    "status",
    "tags",
    "notes",
    "created_at",
    "utm_source",
    "utm_medium",
    "utm_campaign",
];
/// What is only told when it is asked for.
pub const TOLD: [&str; 9] = [
    "id",
    "owner_id",
    "score",
    "disqualify_reason",
    "import_id",
    "updated_at",
    "last_activity_at",
    "next_follow_up_at",
    "follow_up_note",
];

/// The cell of `lead` in `column`: a text, a number, or nothing.
pub fn cell(lead: &Lead, column: &str) -> Value {
    let details = &lead.details;
    let touch = lead.first_touch.as_ref();
    match column {
        "company_name" => text_cell(Some(&details.company_name)),
        "contact_name" => text_cell(details.contact_name.as_ref()),
        "email" => text_cell(details.email.as_ref()),
        "phone" => text_cell(details.phone.as_ref()),
        "website" => text_cell(details.website.as_ref()),
        "industry" => text_cell(details.industry.as_ref()),
        "employee_count" => details.employee_count.map_or(Value::Null, Value::from),
        "annual_revenue" => text_cell(details.annual_revenue),
        "source" => text_cell(Some(&details.source)),
        "status" => text_cell(Some(lead.status.as_str())),
        "tags" => joined(details.tags.iter().map(Line::as_str)).into(),
        "notes" => text_cell(details.notes.as_ref()),
        "created_at" => moment_cell(Some(lead.created_at)),
        "utm_source" => text_cell(touch.and_then(|touch| touch.source.as_ref())),
        "utm_medium" => text_cell(touch.and_then(|touch| touch.medium.as_ref())),
        "utm_campaign" => text_cell(touch.and_then(|touch| touch.campaign.as_ref())),
        "id" => text_cell(Some(lead.id)),
        "owner_id" => text_cell(lead.owner),
        "score" => lead.score.into(),
        "disqualify_reason" => text_cell(lead.disqualify_reason.as_ref()),
        "import_id" => text_cell(lead.import),
        "updated_at" => moment_cell(Some(lead.updated_at)),
        "last_activity_at" => moment_cell(lead.last_activity_at),
        "next_follow_up_at" => moment_cell(lead.next_follow_up_at),
        "follow_up_note" => text_cell(lead.follow_up_note.as_ref()),
        _ => {
            let name = column.strip_prefix("custom:").unwrap_or(column);
            custom_cell(details.custom_fields.get(name).unwrap_or(&Value::Null))
        }
    }
}
