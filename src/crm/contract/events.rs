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
use crate::platform::events::CatalogueEntry;

/// The events of customers, for the catalogue.
pub fn catalogue() -> Vec<CatalogueEntry> {
    let mut entries = super::file_events::catalogue();
    entries.extend([
        CatalogueEntry::of::<CustomerCreated>(),
        CatalogueEntry::of::<CustomerUpdated>(),
        CatalogueEntry::of::<CustomerAssigned>(),
        CatalogueEntry::of::<CustomerChurned>(),
        CatalogueEntry::of::<CustomerReactivated>(),
        CatalogueEntry::of::<CustomerArchived>(),
        CatalogueEntry::of::<CustomerRestored>(),
        CatalogueEntry::of::<CustomerContactChanged>(),
        CatalogueEntry::of::<CustomerActivityLogged>(),
        CatalogueEntry::of::<CustomerContractCreated>(),
        CatalogueEntry::of::<CustomerContractChanged>(),
        CatalogueEntry::of::<CustomerContractStatusChanged>(),
        CatalogueEntry::of::<CustomerRenewed>(),
        CatalogueEntry::of::<CustomerRenewalDue>(),
        CatalogueEntry::of::<CustomerTaskCreated>(),
        CatalogueEntry::of::<CustomerTaskChanged>(),
        CatalogueEntry::of::<CustomerTaskCompleted>(),
        CatalogueEntry::of::<CustomerTaskRemoved>(),
        CatalogueEntry::of::<CustomerTaskDue>(),
        CatalogueEntry::of::<CustomerOnboardingStarted>(),
        CatalogueEntry::of::<CustomerOnboardingStepChanged>(),
        CatalogueEntry::of::<CustomerOnboardingCompleted>(),
        CatalogueEntry::of::<CustomerOnboardingTemplateChanged>(),
        CatalogueEntry::of::<CustomerHealthScoreUpdated>(),
        CatalogueEntry::of::<CustomerFieldDefined>(),
        CatalogueEntry::of::<CustomerFieldChanged>(),
        CatalogueEntry::of::<CustomerFieldArchived>(),
    ]);
    entries
}
