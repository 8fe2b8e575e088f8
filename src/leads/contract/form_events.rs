//! What happens to the forms of a company's web pages, and what comes of their answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::LeadId;
use crate::leads::domain::Touch;
use crate::platform::events::Event;
use crate::platform::id::Id;

/// Somebody answered a form.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadCaptured {
    /// The lead that it made, or that it was noted on.
    pub id: LeadId,
    /// The form.
    pub form_id: Uuid,
    /// What the form is called.
    pub form: String,
    /// What came of it.
    pub outcome: CaptureOutcome,
    /// Which version of the form's consent text they agreed to.
    pub consent_version: Option<String>,
    /// How they found us.
    pub utm: Touch,
}

/// What comes of an answer to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CaptureOutcome {
    /// A new lead.
    Created,
    /// A note on the lead that was there.
    Noted,
    /// A note on the lead that was there, which also has the new values.
    Updated,
}

/// A form was added, changed, given another key, or archived.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadFormChanged {
    /// The form.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// What was done.
    pub change: FormChange,
}

/// What was done to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormChange {
    /// It is new.
    Added,
    /// It asks or does something else.
    Changed,
    /// It has another key.
    KeyRotated,
    /// It takes no answers any more.
    Archived,
}

fn form() -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c51)
}

impl Event for LeadCaptured {
    const TYPE: &'static str = "Lead.Captured";
    const SUBJECT: &'static str = "lead.captured";
    const SUMMARY: &'static str = "Somebody answered a form of the company's web pages.";

    fn example() -> Self {
        Self {
            id: Id::from(Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c11)),
            form_id: form(),
            form: "Contacto".to_owned(),
            outcome: CaptureOutcome::Created,
            consent_version: Some("1".to_owned()),
            utm: Touch {
                source: Some("facebook".to_owned()),
                form: Some("Contacto".to_owned()),
                ..Touch::default()
            },
        }
    }
}

impl Event for LeadFormChanged {
    const TYPE: &'static str = "Lead.FormChanged";
    const SUBJECT: &'static str = "lead.form.changed";
    const SUMMARY: &'static str =
        "A form by which leads come was added, changed, given another key, or archived.";

    fn example() -> Self {
        Self { id: form(), name: "Contacto".to_owned(), change: FormChange::Added }
    }
}
