//! What happens to customers.

pub use super::contract_events::{
    CustomerContractChanged, CustomerContractCreated, CustomerContractStatusChanged, CustomerRenewalDue,
    CustomerRenewed,
};
pub use super::customer_events::{
    CustomerActivityLogged, CustomerArchived, CustomerAssigned, CustomerChurned, CustomerContactChanged,
    CustomerCreated, CustomerHealthScoreUpdated, CustomerReactivated, CustomerRestored, CustomerUpdated,
    PartChange,
};
pub use super::field_events::{CustomerFieldArchived, CustomerFieldChanged, CustomerFieldDefined};
pub use super::file_events::{
    CustomerExportCompleted, CustomerExportRequested, CustomerImportCompleted, CustomerImportMappingChanged,
    CustomerImportUndone,
};
pub use super::onboarding_events::{
    CustomerOnboardingCompleted, CustomerOnboardingStarted, CustomerOnboardingStepChanged,
    CustomerOnboardingTemplateChanged,
};
pub use super::task_events::{
    CustomerTaskChanged, CustomerTaskCompleted, CustomerTaskCreated, CustomerTaskDue, CustomerTaskRemoved,
};
use crate::platform::events::EventKind;

/// The events of customers, for the catalogue.
pub fn catalogue() -> Vec<EventKind> {
    let mut entries = super::file_events::catalogue();
    entries.extend([
        EventKind::of::<CustomerCreated>(),
        EventKind::of::<CustomerUpdated>(),
        EventKind::of::<CustomerAssigned>(),
        EventKind::of::<CustomerChurned>(),
        EventKind::of::<CustomerReactivated>(),
        EventKind::of::<CustomerArchived>(),
        EventKind::of::<CustomerRestored>(),
        EventKind::of::<CustomerContactChanged>(),
        EventKind::of::<CustomerActivityLogged>(),
        EventKind::of::<CustomerContractCreated>(),
        EventKind::of::<CustomerContractChanged>(),
        EventKind::of::<CustomerContractStatusChanged>(),
        EventKind::of::<CustomerRenewed>(),
        EventKind::of::<CustomerRenewalDue>(),
        EventKind::of::<CustomerTaskCreated>(),
        EventKind::of::<CustomerTaskChanged>(),
        EventKind::of::<CustomerTaskCompleted>(),
        EventKind::of::<CustomerTaskRemoved>(),
        EventKind::of::<CustomerTaskDue>(),
        EventKind::of::<CustomerOnboardingStarted>(),
        EventKind::of::<CustomerOnboardingStepChanged>(),
        EventKind::of::<CustomerOnboardingCompleted>(),
        EventKind::of::<CustomerOnboardingTemplateChanged>(),
        EventKind::of::<CustomerHealthScoreUpdated>(),
        EventKind::of::<CustomerFieldDefined>(),
        EventKind::of::<CustomerFieldChanged>(),
        EventKind::of::<CustomerFieldArchived>(),
    ]);
    entries
}
