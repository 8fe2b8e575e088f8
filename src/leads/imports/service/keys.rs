//! What makes a row the same lead as another one: e-mail, phone, and values of unique fields.

use std::collections::HashMap;

use uuid::Uuid;

use super::Plan;
use crate::kernel::FieldDefinition;
use crate::leads::contract::LeadsError;
use crate::leads::domain::Lead;
use crate::leads::imports::store;
use crate::leads::{service, store as lead_store};
use crate::platform::db::TenantTx;

impl Plan {
    /// What people call the unique field that claims of `kind` are about; none for e-mails and phones.
    pub fn label(&self, kind: &str) -> Option<&str> {
        let field = self.context.fields.iter().find(|field| kind_of(field) == kind);
        field.map(|field| field.label.as_str())
    }
}

/// What makes another lead the same one: its e-mail, its phone, and its values of unique fields.
pub fn keys(plan: &Plan, lead: &Lead) -> Vec<(String, String)> {
    let identities = lead.identities().into_iter().map(|(kind, value)| (kind.to_owned(), value));
    let fields = plan.context.fields.unique_keys(&lead.details.custom_fields);
    identities.chain(fields.map(|(field, key)| (kind_of(field), key))).collect()
}

/// The kind of claims about `field`.
pub fn kind_of(field: &FieldDefinition) -> String {
    field.id.to_string()
}

/// Who holds any of the keys of `leads`.
pub fn holders(
    tx: &mut TenantTx<'_>,
    plan: &Plan,
    leads: &[&Lead],
) -> Result<Vec<store::Holder>, LeadsError> {
    let values: Vec<String> =
        leads.iter().flat_map(|lead| lead.identities()).map(|(_, value)| value).collect();
    let mut holders = if values.is_empty() { Vec::new() } else { store::holders(tx, &values)? };
    let fields = &plan.context.fields;
    let wanted = leads.iter().flat_map(|lead| fields.unique_keys(&lead.details.custom_fields));
    let wanted: Vec<(Uuid, String)> = wanted.map(|(field, key)| (field.id, key)).collect();
    let taken = service::field_holders(tx, &wanted)?;
    let ids: Vec<Uuid> = taken.iter().map(|taken| taken.record_id).collect();
    let origins = if ids.is_empty() { Vec::new() } else { lead_store::origins(tx, &ids)? };
    let origins: HashMap<Uuid, Option<Uuid>> = origins.into_iter().collect();
    holders.extend(taken.into_iter().map(|taken| store::Holder {
        kind: taken.field_id.to_string(),
        value: taken.unique_key,
        lead: taken.record_id,
        import: origins.get(&taken.record_id).copied().flatten(),
    }));
    Ok(holders)
}
