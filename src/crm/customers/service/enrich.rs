//! A customer takes what a row of a file knows, and gives it back.

use serde_json::Value;

use super::{claim, commit, definitions, fields, held};
use crate::crm::contract::events::CustomerUpdated;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::customers::domain::{Details, changes};
use crate::crm::customers::service::OnDuplicate as Duplicate;
use crate::crm::customers::store::{self, Row};
use crate::kernel::{FieldSet, Prose, take_value, taken_back};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::transfers::{Name, OnDuplicate, TakenBack};

/// Adds what `fresh` knows to a customer that is there. `Update`: filled fields replace. `Merge`: only what it lacks is
/// filled. Either way empty ones leave, and tags and custom fields join while there is room.
pub fn enrich(
    tx: &mut TenantTx<'_>,
    id: CustomerId,
    fresh: Details,
    name: Name,
    how: OnDuplicate,
) -> Result<Row, CrmError> {
    let mut record = held(tx, id, None)?;
    let replaces = how != OnDuplicate::Merge;
    let mut details = joined(&record.details, fresh, replaces);
    if replaces && name == Name::Borrowed {
        details.trade_name = record.details.trade_name.clone();
    }
    let has_other_values = record.details.custom_fields != details.custom_fields;
    let definitions = if has_other_values { definitions(tx)? } else { FieldSet::default() };
    let before = &record.details.custom_fields;
    definitions.change(before, &mut details.custom_fields).map_err(fields::refused)?;
    let changed = changes(&record.details, &details);
    if changed.is_empty() {
        return store::find(tx, id);
    }
    let has_other_tax_id = record.details.tax_id != details.tax_id;
    record.details = details;
    if has_other_tax_id {
        store::release_tax_id(tx, id)?;
        claim(tx, &record, Duplicate::Refuse)?;
    }
    if has_other_values {
        fields::reindex(tx, &record, &definitions)?;
    }
    commit(tx, &mut record, |_| CustomerUpdated { id, changes: changed })
}

fn joined(there: &Details, fresh: Details, replaces: bool) -> Details {
    let mut details = there.clone();
    if replaces {
        details.trade_name = fresh.trade_name;
    }
    take(&mut details.legal_name, fresh.legal_name, replaces);
    if details.tax_id.is_none() || replaces && fresh.tax_id.is_some() {
        take(&mut details.fiscal_regime, fresh.fiscal_regime, true);
    } else if details.tax_id == fresh.tax_id {
        take(&mut details.fiscal_regime, fresh.fiscal_regime, replaces);
    }
    take(&mut details.tax_id, fresh.tax_id, replaces);
    take(&mut details.fiscal_address, fresh.fiscal_address, replaces);
    take(&mut details.address, fresh.address, replaces);
    take(&mut details.email, fresh.email, replaces);
    take(&mut details.phone, fresh.phone, replaces);
    take(&mut details.website, fresh.website, replaces);
    take(&mut details.language, fresh.language, replaces);
    take(&mut details.currency, fresh.currency, replaces);
    for tag in fresh.tags {
        // A customer has at most 50.
        if details.tags.len() < 50 && !details.tags.contains(&tag) {
            details.tags.push(tag);
        }
    }
    match (&details.notes, fresh.notes) {
        (Some(said), Some(more)) if !replaces => {
            if !said.as_str().contains(more.as_str()) {
                // What would be too long stays as it is.
                let both = Prose::parse(&format!("{}\n{}", said.as_str(), more.as_str()));
                details.notes = both.ok().or(details.notes);
            }
        }
        (_, more) => take(&mut details.notes, more, true),
    }
    for (key, value) in fresh.custom_fields {
        if replaces || details.custom_fields.get(&key).is_none_or(Value::is_null) {
            take_value(&mut details.custom_fields, &key, value);
        }
    }
    details
}

fn take<T>(field: &mut Option<T>, fresh: Option<T>, replaces: bool) {
    if field.is_none() || replaces && fresh.is_some() {
        *field = fresh;
    }
}

/// Columns that are one value each only together.
const TOGETHER: &[&[&str]] = &[&["tax_country", "tax_number", "fiscal_regime"]];

/// Takes the change of a customer from `before` to `after` back, both as rows in JSON; what was changed since stays.
pub fn take_back(
    tx: &mut TenantTx<'_>,
    id: CustomerId,
    before: &Value,
    after: &Value,
) -> Result<TakenBack, CrmError> {
    let current = store::lock_row(tx, id)?;
    let old = store::restore(&current)?;
    let is_untouched = after["version"] == current.version;
    let now = serde_json::to_value(&current).map_err(|error| broken(&error))?;
    let former: Row =
        serde_json::from_value(taken_back(before, after, &now, TOGETHER)).map_err(|error| broken(&error))?;
    let row = Row { version: current.version, updated_at: current.updated_at, ..former };
    store::put_row(tx, &row)?;
    let mut record = store::restore(&row)?;
    if record.details.tax_id != old.details.tax_id {
        store::release_tax_id(tx, id)?;
        claim(tx, &record, Duplicate::Allow)?;
    }
    let definitions = definitions(tx)?;
    fields::reindex(tx, &record, &definitions)?;
    let changes = changes(&old.details, &record.details);
    // What is searched follows what was restored.
    commit(tx, &mut record, |_| CustomerUpdated { id, changes })?;
    Ok(if is_untouched { TakenBack::Whole } else { TakenBack::Partly })
}

fn broken(error: &serde_json::Error) -> CrmError {
    CrmError::Db(DbError::Failed(format!("a remembered customer is broken: {error}")))
}
