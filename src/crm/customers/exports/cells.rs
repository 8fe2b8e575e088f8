//! The columns that exports of customers may have, and the cells of a customer.

use serde_json::Value;

use crate::crm::contract::CustomerKind;
use crate::crm::customers::domain::{Address, Record};
use crate::kernel::Line;
use crate::platform::transfers::{custom_cell, joined, moment_cell, text_cell};

/// What an import reads, in the order of the file when no columns are asked for.
pub const READABLE: [&str; 25] = [
    "trade_name",
    "kind",
    "legal_name",
    "tax_id",
    "tax_country",
    "fiscal_regime",
    "fiscal_street",
    "fiscal_neighborhood",
    "fiscal_city",
    "fiscal_state",
    "fiscal_postal_code",
    "fiscal_country",
    "street",
    "neighborhood",
    "city",
    "state",
    "postal_code",
    "country",
    "email",
    "phone",
    "website",
    "language",
    "currency",
    "tags",
    "notes",
];
/// What is only told when it is asked for.
pub const TOLD: [&str; 12] = [
    "id",
    "status",
    "health_score",
    "owner_id",
    "parent_id",
    "lead_id",
    "churn_reason",
    "churned_at",
    "created_at",
    "updated_at",
    "last_activity_at",
    "archived_at",
];

/// The cell of a customer in `column`: a text, a number, or nothing.
pub fn cell(customer: &Record, column: &str) -> Value {
    let details = &customer.details;
    match column {
        "trade_name" => text_cell(Some(&details.trade_name)),
        "kind" => text_cell(Some(if details.kind == CustomerKind::Person { "person" } else { "company" })),
        "legal_name" => text_cell(details.legal_name.as_ref()),
        "tax_id" => text_cell(details.tax_id.as_ref()),
        "tax_country" => {
            text_cell(details.tax_id.as_ref().map(|tax_id| tax_id.country().as_str().to_owned()))
        }
        "fiscal_regime" => text_cell(details.fiscal_regime.map(|regime| regime.as_str().to_owned())),
        "email" => text_cell(details.email.as_ref()),
        "phone" => text_cell(details.phone.as_ref()),
        "website" => text_cell(details.website.as_ref()),
        "language" => text_cell(details.language.map(|language| language.as_str().to_owned())),
        "currency" => text_cell(details.currency.map(|currency| currency.as_str().to_owned())),
        "tags" => joined(details.tags.iter().map(Line::as_str)).into(),
        "notes" => text_cell(details.notes.as_ref()),
        "id" => text_cell(Some(customer.id)),
        "status" => text_cell(Some(customer.status.as_str())),
        "health_score" => customer.health.into(),
        "owner_id" => text_cell(customer.owner),
        "parent_id" => text_cell(customer.parent),
        "lead_id" => text_cell(customer.lead),
        "churn_reason" => text_cell(customer.churn_reason.as_ref()),
        "churned_at" => moment_cell(customer.churned_at),
        "created_at" => moment_cell(Some(customer.created_at)),
        "updated_at" => moment_cell(Some(customer.updated_at)),
        "last_activity_at" => moment_cell(customer.last_activity_at),
        "archived_at" => moment_cell(customer.archived_at),
        _ => match (column.strip_prefix("custom:"), column.strip_prefix("fiscal_")) {
            (Some(name), _) => custom_cell(details.custom_fields.get(name).unwrap_or(&Value::Null)),
            (None, Some(part)) => address_cell(details.fiscal_address.as_ref(), part),
            (None, None) => address_cell(details.address.as_ref(), column),
        },
    }
}

fn address_cell(address: Option<&Address>, part: &str) -> Value {
    let Some(address) = address else { return Value::Null };
    match part {
        "street" => text_cell(address.street.as_ref()),
        "neighborhood" => text_cell(address.neighborhood.as_ref()),
        "city" => text_cell(address.city.as_ref()),
        "state" => text_cell(address.state.as_ref()),
        "postal_code" => text_cell(address.postal_code.as_ref()),
        "country" => text_cell(address.country.map(|country| country.as_str().to_owned())),
        _ => Value::Null,
    }
}
