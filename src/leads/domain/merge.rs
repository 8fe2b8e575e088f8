//! Two leads become one: which field is whose, and how that is taken back after further changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::details::{MOST_TAGS, joined_tags};
use super::{Details, Lead};
use crate::kernel::{Invalid, MOST_VALUES};
use crate::platform::problem::{FieldError, Problem};

/// Which of two leads a field is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The lead that stays.
    This,
    /// The one that goes into it.
    Other,
}

/// What was decided, by field; what nobody decided is that of the lead that stays, or of the other where it has none. Tags that
/// nobody decided are those of both.
pub type Choices = BTreeMap<String, Side>;

const FIELDS: [&str; 14] = [
    "company_name",
    "contact_name",
    "email",
    "phone",
    "website",
    "industry",
    "employee_count",
    "annual_revenue",
    "source",
    "tags",
    "notes",
    "consent",
    "owner_id",
    "next_follow_up_at",
];

/// Writes into `lead` what is to be kept of `other`; 422 for a choice about no field, or when nobody could be reached or the lead
/// would hold too much.
pub fn merge(lead: &mut Lead, other: &Lead, choices: &Choices) -> Result<(), Problem> {
    check(choices)?;
    let choice = |field: &str| choices.get(field).copied();
    let details = merged_details(&lead.details, &other.details, choices);
    check_result(&details)?;
    lead.details = details;
    lead.owner = pick(choice("owner_id"), lead.owner.as_ref(), other.owner.as_ref());
    let takes_plan = match choice("next_follow_up_at") {
        Some(side) => side == Side::Other,
        None => lead.next_follow_up_at.is_none(),
    };
    if takes_plan {
        lead.next_follow_up_at = other.next_follow_up_at;
        lead.follow_up_note.clone_from(&other.follow_up_note);
        lead.follow_up_raised_at = other.follow_up_raised_at;
    }
    let (earlier, later) =
        if lead.created_at <= other.created_at { (&*lead, other) } else { (other, &*lead) };
    let first_touch = earlier.first_touch.clone().or_else(|| later.first_touch.clone());
    let last_touch = later.last_touch.clone().or_else(|| earlier.last_touch.clone());
    (lead.first_touch, lead.last_touch) = (first_touch, last_touch);
    lead.last_activity_at = lead.last_activity_at.max(other.last_activity_at);
    Ok(())
}

/// The way to reach the person of `lead` that is not one of `merged`: name, e-mail address, phone.
pub fn left_over(lead: &Details, merged: &Details) -> Option<(String, Option<String>, Option<String>)> {
    let email = lead.email.as_ref().filter(|email| merged.email.as_ref() != Some(*email));
    let phone = lead.phone.as_ref().filter(|phone| merged.phone.as_ref() != Some(*phone));
    let name = lead.contact_name.as_ref().filter(|name| merged.contact_name.as_ref() != Some(*name));
    if email.is_none() && phone.is_none() && name.is_none() {
        return None;
    }
    let name = lead.contact_name.as_ref().unwrap_or(&lead.company_name);
    Some((name.to_string(), email.map(ToString::to_string), phone.map(ToString::to_string)))
}

fn check(choices: &Choices) -> Result<(), Problem> {
    let is_known = |field: &&String| FIELDS.contains(&field.as_str()) || field.starts_with("custom_fields.");
    let unknown = choices.keys().filter(|field| !is_known(field));
    let errors: Vec<FieldError> = unknown
        .map(|field| {
            let known = FIELDS.join(", ");
            let reason = Invalid::formatted(
                format!("is no field to choose; there are: {known}, custom_fields.<key>"),
                format!("no es un campo que se pueda elegir; existen: {known}, custom_fields.<clave>"),
            );
            FieldError::at(format!("/choices/{}", field.replace('~', "~0").replace('/', "~1")), reason)
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

/// Refuses what no lead is: one that nobody can reach, or that holds more than a change of it could send.
fn check_result(details: &Details) -> Result<(), Problem> {
    let mut errors = Vec::new();
    if details.email.is_none() && details.phone.is_none() {
        let reason = Invalid::new(
            "with these choices the lead has neither an e-mail address nor a phone",
            "con estas elecciones el prospecto no tiene correo ni teléfono",
        );
        errors.push(FieldError::at("/choices", reason));
    }
    let (tags, values) = (details.tags.len(), details.custom_fields.len());
    if tags > MOST_TAGS {
        let reason = Invalid::formatted(
            format!(
                "the lead would have {tags} tags, and at most {MOST_TAGS} fit: choose `this` or `other`, or take some away first"
            ),
            format!(
                "el prospecto tendría {tags} etiquetas y caben como máximo {MOST_TAGS}: elija `this` u `other`, o quite algunas antes"
            ),
        );
        errors.push(FieldError::at("/choices/tags", reason));
    }
    if values > MOST_VALUES {
        let reason = Invalid::formatted(
            format!(
                "the lead would have {values} custom fields, and at most {MOST_VALUES} fit: choose `this` for each `custom_fields.<key>` of the other lead that is not to stay, or take some away first"
            ),
            format!(
                "el prospecto tendría {values} campos propios y caben como máximo {MOST_VALUES}: elija `this` para cada `custom_fields.<clave>` del otro prospecto que no deba quedar, o quite algunos antes"
            ),
        );
        errors.push(FieldError::at("/choices", reason));
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

fn merged_details(this: &Details, other: &Details, choices: &Choices) -> Details {
    let choice = |field: &str| choices.get(field).copied();
    let is_others = |field: &str| choice(field) == Some(Side::Other);
    let tags = match choice("tags") {
        Some(Side::This) => this.tags.clone(),
        Some(Side::Other) => other.tags.clone(),
        None => joined_tags(&this.tags, &other.tags),
    };
    let mut custom_fields = this.custom_fields.clone();
    for (key, value) in &other.custom_fields {
        let is_taken = match choice(&format!("custom_fields.{key}")) {
            Some(side) => side == Side::Other,
            None => !custom_fields.contains_key(key),
        };
        if is_taken {
            custom_fields.insert(key.clone(), value.clone());
        }
    }
    Details {
        company_name: if is_others("company_name") { &other.company_name } else { &this.company_name }
            .clone(),
        contact_name: pick(choice("contact_name"), this.contact_name.as_ref(), other.contact_name.as_ref()),
        email: pick(choice("email"), this.email.as_ref(), other.email.as_ref()),
        phone: pick(choice("phone"), this.phone.as_ref(), other.phone.as_ref()),
        website: pick(choice("website"), this.website.as_ref(), other.website.as_ref()),
        industry: pick(choice("industry"), this.industry.as_ref(), other.industry.as_ref()),
        employee_count: pick(
            choice("employee_count"),
            this.employee_count.as_ref(),
            other.employee_count.as_ref(),
        ),
        annual_revenue: pick(
            choice("annual_revenue"),
            this.annual_revenue.as_ref(),
            other.annual_revenue.as_ref(),
        ),
        source: if is_others("source") { &other.source } else { &this.source }.clone(),
        tags,
        notes: pick(choice("notes"), this.notes.as_ref(), other.notes.as_ref()),
        custom_fields,
        consent: pick(choice("consent"), this.consent.as_ref(), other.consent.as_ref()),
    }
}

fn pick<T: Clone>(choice: Option<Side>, this: Option<&T>, other: Option<&T>) -> Option<T> {
    match choice {
        Some(Side::This) => this,
        Some(Side::Other) => other,
        None => this.or(other),
    }
    .cloned()
}
