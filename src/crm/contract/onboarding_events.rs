//! What happens to the checklists of a customer, and to the templates that they begin with.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::customer_events::{PartChange, part, user};
use super::{CustomerId, example};
use crate::platform::events::Event;

/// A checklist began.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerOnboardingStarted {
    /// The customer.
    pub id: CustomerId,
    /// The checklist.
    pub onboarding_id: Uuid,
    /// What its template is called.
    pub name: String,
}

/// A step of a checklist is done, or not done after all.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerOnboardingStepChanged {
    /// The customer.
    pub id: CustomerId,
    /// The checklist.
    pub onboarding_id: Uuid,
    /// The step.
    pub step_id: Uuid,
    /// In one line.
    pub title: String,
    /// Whether it is done.
    pub done: bool,
}

/// Every step of a checklist is done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerOnboardingCompleted {
    /// The customer.
    pub id: CustomerId,
    /// The checklist.
    pub onboarding_id: Uuid,
    /// What its template was called.
    pub name: String,
}

/// A template of checklists was made, changed or taken away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerOnboardingTemplateChanged {
    /// The template.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// What was done.
    pub change: PartChange,
}

const NAME: &str = "Alta de cliente";

impl Event for CustomerOnboardingStarted {
    const TYPE: &'static str = "Customer.OnboardingStarted";
    const SUBJECT: &'static str = "customer.onboarding.started";
    const SUMMARY: &'static str = "A checklist of a customer began.";

    fn example() -> Self {
        Self { id: example(), onboarding_id: part(), name: NAME.to_owned() }
    }
}

impl Event for CustomerOnboardingStepChanged {
    const TYPE: &'static str = "Customer.OnboardingStepChanged";
    const SUBJECT: &'static str = "customer.onboarding.step.changed";
    const SUMMARY: &'static str = "A step of a customer's checklist is done, or not done after all.";

    fn example() -> Self {
        let (step_id, title) = (user().uuid(), "Reunión de arranque".to_owned());
        Self { id: example(), onboarding_id: part(), step_id, title, done: true }
    }
}

impl Event for CustomerOnboardingCompleted {
    const TYPE: &'static str = "Customer.OnboardingCompleted";
    const SUBJECT: &'static str = "customer.onboarding.completed";
    const SUMMARY: &'static str = "Every step of a customer's checklist is done.";

    fn example() -> Self {
        Self { id: example(), onboarding_id: part(), name: NAME.to_owned() }
    }
}

impl Event for CustomerOnboardingTemplateChanged {
    const TYPE: &'static str = "Customer.OnboardingTemplateChanged";
    const SUBJECT: &'static str = "customer.onboarding-template.changed";
    const SUMMARY: &'static str = "A template of checklists was made, changed or taken away.";

    fn example() -> Self {
        Self { id: part(), name: NAME.to_owned(), change: PartChange::Added }
    }
}
