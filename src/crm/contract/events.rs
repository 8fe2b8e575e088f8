//! What happens to customers.

pub use super::contract_events::{
    CustomerContractChanged, CustomerContractCreated, CustomerContractStatusChanged, CustomerRenewalDue,
    CustomerRenewed,
};
pub use super::customer_events::{
    CustomerActivityLogged, CustomerArchived, CustomerAssigned, CustomerChurned, CustomerContactChanged,
    CustomerCreated, CustomerReactivated, CustomerRestored, CustomerUpdated, PartChange,
};
pub use super::field_events::{CustomerFieldArchived, CustomerFieldChanged, CustomerFieldDefined};
use crate::platform::events::CatalogueEntry;

/// The events of customers, for the catalogue.
pub fn catalogue() -> Vec<CatalogueEntry> {
    vec![
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
        CatalogueEntry::of::<CustomerFieldDefined>(),
        CatalogueEntry::of::<CustomerFieldChanged>(),
        CatalogueEntry::of::<CustomerFieldArchived>(),
    ]
}
