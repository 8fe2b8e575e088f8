//! What people do with products and prices, inside the caller's transaction.

mod fields;
mod lists;
mod undoing;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use fields::{
    archive_field, change_field, define_field, definitions, field, fields as defined_fields, keep_up, quotas,
};
pub use undoing::{memory, take_back};

pub use lists::{PriceListDetails, check_list, check_price_list, create_list, price, set_price, update_list};

use super::domain::{Component, Details, ProductKind};
use super::store::{self, ComponentRow, ProductRow};
use crate::billing::contract::events::{ProductCreated, ProductUpdated};
use crate::billing::contract::{ProductId, SalesError};
use crate::kernel::text::fold;
use crate::kernel::{Decimal6, FieldSet, Invalid, Line, Message, PositiveDecimal6};
use crate::platform::db::TenantTx;
use crate::platform::fields::refused_values;
use crate::platform::http::Fields;
use crate::platform::id::Id;
use crate::platform::problem::Problem;

/// The product with what it holds.
pub fn find(tx: &mut TenantTx<'_>, id: ProductId) -> Result<(ProductRow, Vec<ComponentRow>), SalesError> {
    let row = store::find(tx, id.uuid())?;
    let components = store::components(tx, &[row.id])?;
    Ok((row, components))
}

/// Makes a product.
pub fn create(
    tx: &mut TenantTx<'_>,
    kind: ProductKind,
    details: &Details,
) -> Result<(ProductRow, Vec<ComponentRow>), SalesError> {
    let mut fields = Fields::default();
    details.check(kind, &mut fields);
    fields.finish()?;
    // A lot has a form of its own, which asks for no fields.
    let definitions = if kind == ProductKind::Lot { FieldSet::default() } else { definitions(tx)? };
    let mut details = details.clone();
    definitions.begin(&mut details.custom_fields).map_err(refused_values)?;
    bring(tx, ProductId::new(), kind, &details, None, &definitions)
}

/// Writes a new product that was checked, and tells of it; `import` is the one that brought it.
pub fn bring(
    tx: &mut TenantTx<'_>,
    id: ProductId,
    kind: ProductKind,
    details: &Details,
    import: Option<Uuid>,
    definitions: &FieldSet,
) -> Result<(ProductRow, Vec<ComponentRow>), SalesError> {
    let now = tx.now();
    let mut row = ProductRow {
        tenant_id: tx.tenant().uuid(),
        id: id.uuid(),
        version: 1,
        kind: kind.as_str().to_owned(),
        sku: String::new(),
        sku_key: String::new(),
        name: String::new(),
        description: None,
        sat_product_key: None,
        unit_code: None,
        taxes: json!([]),
        images: Vec::new(),
        tracks_stock: false,
        allows_backorder: false,
        archived_at: None,
        custom_fields: json!({}),
        import_id: import,
        search_text: String::new(),
        created_at: now,
        updated_at: now,
    };
    fill(&mut row, details, now);
    row.custom_fields = Value::Object(details.custom_fields.clone());
    let components = component_rows(tx, row.id, &details.components)?;
    if !store::insert(tx, &row)? {
        return Err(sku_taken(tx, &row.sku_key)?);
    }
    fields::index(tx, row.id, &details.custom_fields, definitions)?;
    if !components.is_empty() {
        store::replace_components(tx, row.id, &components)?;
    }
    let (sku, name) = (row.sku.clone(), row.name.clone());
    tx.emit(row.id, row.version, &ProductCreated { id, kind, sku, name });
    Ok((row, components))
}

/// Changes a product that still has the version `expected`, if one is given, as `edit` says.
pub fn update(
    tx: &mut TenantTx<'_>,
    id: ProductId,
    expected: Option<i32>,
    edit: impl FnOnce(&mut Details),
) -> Result<(ProductRow, Vec<ComponentRow>), SalesError> {
    let row = store::lock(tx, id.uuid())?;
    if expected.is_some_and(|version| version != row.version) {
        return Err(SalesError::Stale(row.version));
    }
    let mut components = store::components(tx, &[row.id])?;
    let before = details(&row, &components)?;
    let mut after = before.clone();
    edit(&mut after);
    let row = save_details(tx, row, &before, &after)?;
    if after.components != before.components {
        components = component_rows(tx, row.id, &after.components)?;
        store::replace_components(tx, row.id, &components)?;
    }
    Ok((row, components))
}

/// Writes `after` over a locked product that was `before`; nothing happens when both are the same.
fn save_details(
    tx: &mut TenantTx<'_>,
    mut row: ProductRow,
    before: &Details,
    after: &Details,
) -> Result<ProductRow, SalesError> {
    if before == after {
        return Ok(row);
    }
    let mut fields = Fields::default();
    after.check(ProductKind::parse(&row.kind).ok_or_else(Problem::internal)?, &mut fields);
    fields.finish()?;
    let mut values = after.custom_fields.clone();
    let has_other_values = values != before.custom_fields;
    let definitions = if has_other_values { definitions(tx)? } else { FieldSet::default() };
    definitions.change(&before.custom_fields, &mut values).map_err(refused_values)?;
    let key = row.sku_key.clone();
    let now = tx.now();
    fill(&mut row, after, now);
    row.custom_fields = Value::Object(values.clone());
    row.version += 1;
    row.updated_at = now;
    // Two who give two products one SKU at the same moment meet at the unique index.
    if row.sku_key != key && store::by_sku(tx, &row.sku_key)?.is_some() {
        return Err(sku_taken(tx, &row.sku_key)?);
    }
    store::save(tx, &row).map_err(|error| match error {
        SalesError::Db(error) if error.violates("products_sku") => same_sku().into(),
        // The stock's copy of `allows_backorder` follows, and its rule holds.
        SalesError::Db(error) if error.violates("stock_never_negative") => below_zero().into(),
        error => error,
    })?;
    if has_other_values {
        fields::reindex(tx, row.id, &values, &definitions)?;
    }
    let (sku, name, archived) = (row.sku.clone(), row.name.clone(), row.archived_at.is_some());
    tx.emit(row.id, row.version, &ProductUpdated { id: row.id.into(), sku, name, archived });
    Ok(row)
}

/// What people said of a stored product.
pub fn details(row: &ProductRow, components: &[ComponentRow]) -> Result<Details, SalesError> {
    let corrupt = |_| SalesError::from(Problem::internal());
    let parts = components.iter().map(component).collect::<Result<_, _>>()?;
    Ok(Details {
        sku: Line::parse(&row.sku).map_err(corrupt)?,
        name: Line::parse(&row.name).map_err(corrupt)?,
        description: row.description.clone().map(TryFrom::try_from).transpose().map_err(corrupt)?,
        sat_product_key: row.sat_product_key.clone().map(TryFrom::try_from).transpose().map_err(corrupt)?,
        unit_code: row.unit_code.clone().map(TryFrom::try_from).transpose().map_err(corrupt)?,
        taxes: serde_json::from_value(row.taxes.clone()).map_err(|_| Problem::internal())?,
        images: row
            .images
            .iter()
            .cloned()
            .map(TryFrom::try_from)
            .collect::<Result<_, _>>()
            .map_err(corrupt)?,
        tracks_stock: row.tracks_stock,
        allows_backorder: row.allows_backorder,
        is_archived: row.archived_at.is_some(),
        components: parts,
        custom_fields: values_of(row),
    })
}

/// What the company keeps beside of a stored product.
pub fn values_of(row: &ProductRow) -> Map<String, Value> {
    row.custom_fields.as_object().cloned().unwrap_or_default()
}

/// Those of `ids` that are products, by identifier.
pub fn products(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<BTreeMap<Uuid, ProductRow>, SalesError> {
    Ok(store::among(tx, ids)?.into_iter().map(|row| (row.id, row)).collect())
}

/// What these bundles hold, as (bundle, product, quantity in millionths).
pub fn components_of(tx: &mut TenantTx<'_>, bundles: &[Uuid]) -> Result<Vec<(Uuid, Uuid, i64)>, SalesError> {
    let rows = store::components(tx, bundles)?;
    Ok(rows.into_iter().map(|row| (row.bundle_id, row.product_id, row.quantity)).collect())
}

/// The form in which SKUs are compared.
pub fn sku_key(sku: &str) -> String {
    fold(sku)
}

fn fill(row: &mut ProductRow, details: &Details, now: DateTime<Utc>) {
    details.sku.as_str().clone_into(&mut row.sku);
    row.sku_key = sku_key(&row.sku);
    details.name.as_str().clone_into(&mut row.name);
    row.description = details.description.as_ref().map(|text| text.as_str().to_owned());
    row.sat_product_key = details.sat_product_key.as_ref().map(|key| key.as_str().to_owned());
    row.unit_code = details.unit_code.as_ref().map(|code| code.as_str().to_owned());
    row.taxes = json!(details.taxes);
    row.images = details.images.iter().map(|url| url.as_str().to_owned()).collect();
    row.tracks_stock = details.tracks_stock;
    row.allows_backorder = details.allows_backorder;
    row.archived_at = details.is_archived.then(|| row.archived_at.unwrap_or(now));
    row.search_text = fold(&format!("{} {}", row.sku, row.name));
}

/// The rows of what a bundle holds; 422 where it is no good or service of the company.
fn component_rows(
    tx: &mut TenantTx<'_>,
    bundle: Uuid,
    components: &[Component],
) -> Result<Vec<ComponentRow>, SalesError> {
    if components.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = components.iter().map(|component| component.product_id.uuid()).collect();
    let there = products(tx, &ids)?;
    let mut fields = Fields::default();
    let mut rows = Vec::new();
    for (index, component) in components.iter().enumerate() {
        let product = there.get(&component.product_id.uuid());
        match product.filter(|product| ["good", "service"].contains(&product.kind.as_str())) {
            Some(product) => rows.push(ComponentRow {
                tenant_id: product.tenant_id,
                bundle_id: bundle,
                product_id: product.id,
                product_kind: product.kind.clone(),
                quantity: Decimal6::from(component.quantity).millionths(),
            }),
            None => fields.refuse(
                &format!("/components/{index}/product_id"),
                Invalid::new(
                    "is not a good or a service of this company: a bundle holds no bundles and no lots",
                    "no es un bien ni un servicio de esta empresa: un paquete no contiene paquetes ni lotes",
                ),
            ),
        }
    }
    fields.finish()?;
    Ok(rows)
}

fn component(row: &ComponentRow) -> Result<Component, SalesError> {
    let quantity = PositiveDecimal6::try_from(Decimal6::from_millionths(row.quantity));
    let quantity = quantity.map_err(|_| Problem::internal())?;
    Ok(Component { product_id: Id::from(row.product_id), quantity })
}

fn sku_taken(tx: &mut TenantTx<'_>, key: &str) -> Result<SalesError, SalesError> {
    let existing = store::by_sku(tx, key)?;
    let problem = same_sku().member("existing_id", json!(existing));
    Ok(match existing {
        Some(id) => problem.member("existing", json!(format!("/api/v1/products/{id}"))).into(),
        None => problem.into(),
    })
}

fn same_sku() -> Problem {
    Problem::conflict(
        "product-sku-taken",
        Message::new("There is a product with this SKU", "Ya hay un producto con este SKU"),
    )
}

fn below_zero() -> Problem {
    Problem::conflict(
        "stock-below-zero",
        Message::new(
            "More of it was sold or reserved than there is; receive it before you end backorders",
            "Se vendió o apartó más de lo que hay; reciba existencias antes de quitar los pedidos pendientes",
        ),
    )
}
