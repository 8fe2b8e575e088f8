//! Products as imports bring them in.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::domain::{Candidate, read_row};
use super::store;
use super::vocabulary::PRODUCT;
use crate::billing::catalog::domain::Details;
use crate::billing::catalog::service::{self, sku_key};
use crate::billing::contract::events::{
    FileChange, ProductImportCompleted, ProductImportMappingChanged, ProductImportUndone,
};
use crate::billing::contract::{ProductId, SalesError};
use crate::billing::domain::tax_words;
use crate::billing::{FIELDS, TRANSFERS};
use crate::identity::people;
use crate::kernel::{FieldSet, Invalid, Message, take_value};
use crate::platform::db::TenantTx;
use crate::platform::fields::FieldTables;
use crate::platform::sheets::mapping::{Mapping, RowDraft, Vocabulary};
use crate::platform::transfers::{
    Changed, Holder, ImportId, ImportRow, Importable, Importing, MappingChange, MappingRow, Name,
    OnDuplicate, Origin, RowContext, Settings, TakenBack, TransferError, TransferTables, Undo,
};

/// Products as imports bring them in.
#[derive(Debug)]
pub struct ProductImports;

/// A product on its way in.
#[derive(Debug)]
pub struct Incoming {
    id: ProductId,
    candidate: Candidate,
}

impl Importable for ProductImports {
    type Candidate = Candidate;
    type Record = Incoming;

    const TABLES: TransferTables = TRANSFERS;
    const FIELDS: FieldTables = FIELDS;
    const NAME: &'static str = "products";
    const VOCABULARY: &'static Vocabulary = &PRODUCT;
    const QUOTAS: [&'static str; 3] =
        ["open_product_imports", "product_import_mappings", "open_product_uploads"];
    const TASKS: [&'static str; 2] = ["billing-imports", "billing-imports-undo"];

    fn context(
        tx: &mut TenantTx<'_>,
        settings: Settings,
        fields: FieldSet,
    ) -> Result<RowContext, TransferError> {
        let company = people().settings(tx).map_err(SalesError::from)?;
        let country = settings.country.unwrap_or(company.country);
        let currency = match settings.price_list {
            Some(list) => service::check_price_list(tx, "/options/price_list_id", list)?.1,
            None => company.currency,
        };
        Ok(RowContext { settings, country, currency, zone: company.time_zone, fields })
    }

    fn lacking(mapping: &Mapping) -> Option<Invalid> {
        if mapping.feeds_named("sku") {
            return None;
        }
        Some(Invalid::new(
            "No column is known to hold SKUs; say which one does, as {\"<column>\": \"sku\"}.",
            "Ninguna columna parece tener claves (SKU); indique cuál, como {\"<columna>\": \"sku\"}.",
        ))
    }

    fn read(draft: RowDraft, context: &RowContext, _: DateTime<Utc>) -> Result<Candidate, Message> {
        read_row(draft, context)
    }

    fn view(candidate: &Candidate) -> Value {
        let details = &candidate.details;
        json!({
            "kind": candidate.kind, "sku": details.sku, "name": details.name, "description": details.description,
            "sat_product_key": details.sat_product_key, "unit_code": details.unit_code,
            "taxes": tax_words::written(&details.taxes), "images": details.images,
            "tracks_stock": details.tracks_stock, "allows_backorder": details.allows_backorder,
            "unit_price": candidate.price, "custom_fields": details.custom_fields
        })
    }

    fn records(
        _: &mut TenantTx<'_>,
        _: ImportId,
        candidates: Vec<Candidate>,
    ) -> Result<Vec<Incoming>, TransferError> {
        let incoming = |candidate| Incoming { id: ProductId::new(), candidate };
        Ok(candidates.into_iter().map(incoming).collect())
    }

    fn id(record: &Incoming) -> Uuid {
        record.id.uuid()
    }

    fn values(record: &mut Incoming) -> &mut Map<String, Value> {
        &mut record.candidate.details.custom_fields
    }

    fn seen_values(record: &Incoming) -> &Map<String, Value> {
        &record.candidate.details.custom_fields
    }

    fn identities(record: &Incoming) -> Vec<(String, String)> {
        vec![("sku".to_owned(), sku_key(record.candidate.details.sku.as_str()))]
    }

    fn holders(tx: &mut TenantTx<'_>, records: &[&Incoming]) -> Result<Vec<Holder>, TransferError> {
        let keys: Vec<String> =
            records.iter().map(|record| sku_key(record.candidate.details.sku.as_str())).collect();
        Ok(store::of_skus(tx, &keys)?)
    }

    fn without(_: &mut Incoming, _: &str) -> Option<(String, Value)> {
        None
    }

    fn there(origin: Origin) -> Message {
        match origin {
            Origin::Before => Message::new(
                "A product with this SKU is there already.",
                "Ya existe un producto con este SKU.",
            ),
            Origin::ThisFile => Message::new(
                "An earlier row of the file has the same SKU.",
                "Una fila anterior del archivo tiene el mismo SKU.",
            ),
        }
    }

    fn insert(
        tx: &mut TenantTx<'_>,
        import: &Importing<'_>,
        records: Vec<Incoming>,
    ) -> Result<(), TransferError> {
        for Incoming { id, candidate } in records {
            let details = &candidate.details;
            service::bring(tx, id, candidate.kind, details, Some(import.id.uuid()), &import.context.fields)?;
            if let (Some(list), Some(price)) = (import.context.settings.price_list, candidate.price) {
                service::set_price(tx, list, id, Some(price))?;
            }
        }
        Ok(())
    }

    fn change(
        tx: &mut TenantTx<'_>,
        import: &Importing<'_>,
        target: Uuid,
        record: Incoming,
    ) -> Result<Option<Changed>, TransferError> {
        let (settings, candidate) = (&import.context.settings, record.candidate);
        let before = service::memory(tx, target, settings.price_list)?;
        let replaces = settings.on_duplicate != OnDuplicate::Merge;
        let id = ProductId::from(target);
        service::update(tx, id, None, |details| join(details, &candidate, replaces))?;
        if let (Some(list), Some(price)) = (settings.price_list, candidate.price)
            && (replaces && before["price"] != json!(price.millionths()) || before["price"].is_null())
        {
            service::set_price(tx, list, id, Some(price))?;
        }
        let after = service::memory(tx, target, settings.price_list)?;
        if after == before {
            return Ok(None);
        }
        let brought = before["import_id"].as_str().and_then(|id| id.parse().ok());
        Ok(Some(Changed { before, after, import: brought }))
    }

    fn lock(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<Vec<(Uuid, i32)>, TransferError> {
        Ok(store::lock_all(tx, ids)?)
    }

    fn remove(tx: &mut TenantTx<'_>, id: Uuid) -> Result<bool, TransferError> {
        service::update(tx, ProductId::from(id), None, |details| details.is_archived = true)?;
        Ok(true)
    }

    fn take_back(
        tx: &mut TenantTx<'_>,
        id: Uuid,
        before: &Value,
        after: &Value,
    ) -> Result<Option<TakenBack>, TransferError> {
        match service::take_back(tx, ProductId::from(id), before, after) {
            Ok(taken) => Ok(Some(taken)),
            Err(SalesError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn completed(tx: &mut TenantTx<'_>, import: &ImportRow) {
        let completed = ProductImportCompleted {
            import_id: import.id,
            total: import.total,
            created: import.created,
            updated: import.updated,
            skipped: import.skipped,
            refused: import.refused,
        };
        tx.emit(import.id, 1, &completed);
    }

    fn undone(tx: &mut TenantTx<'_>, import: ImportId, undo: &Undo) {
        let Undo { removed, restored, kept, .. } = *undo;
        tx.emit(import.uuid(), 2, &ProductImportUndone { import_id: import.uuid(), removed, restored, kept });
    }

    fn mapping_changed(tx: &mut TenantTx<'_>, mapping: &MappingRow, change: MappingChange) {
        let change = match change {
            MappingChange::Added => FileChange::Added,
            MappingChange::Changed => FileChange::Changed,
            MappingChange::Removed => FileChange::Removed,
        };
        let (id, name) = (mapping.id, mapping.name.clone());
        tx.emit(id, mapping.version, &ProductImportMappingChanged { id, name, change });
    }
}

/// Adds what a row knows to a product that is there: what the row says replaces, or only fills what is missing. A product
/// that was archived is used again when the row has the last word.
fn join(details: &mut Details, candidate: &Candidate, replaces: bool) {
    let fresh = &candidate.details;
    if replaces {
        details.is_archived = false;
        if candidate.name == Name::Given {
            details.name = fresh.name.clone();
        }
        if candidate.says_stock {
            (details.tracks_stock, details.allows_backorder) = (fresh.tracks_stock, fresh.allows_backorder);
        }
    }
    take(&mut details.description, fresh.description.as_ref(), replaces);
    take(&mut details.sat_product_key, fresh.sat_product_key.as_ref(), replaces);
    take(&mut details.unit_code, fresh.unit_code.as_ref(), replaces);
    if !fresh.taxes.is_empty() && (replaces || details.taxes.is_empty()) {
        details.taxes.clone_from(&fresh.taxes);
    }
    if !fresh.images.is_empty() && (replaces || details.images.is_empty()) {
        details.images.clone_from(&fresh.images);
    }
    for (key, value) in &fresh.custom_fields {
        if replaces || details.custom_fields.get(key).is_none_or(Value::is_null) {
            take_value(&mut details.custom_fields, key, value.clone());
        }
    }
}

fn take<T: Clone>(field: &mut Option<T>, fresh: Option<&T>, replaces: bool) {
    if fresh.is_some() && (replaces || field.is_none()) {
        *field = fresh.cloned();
    }
}
