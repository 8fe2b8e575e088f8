//! What people do with products and prices, inside the caller's transaction.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::domain::{Component, Details, ProductKind};
use super::store::{self, ComponentRow, PriceListRow, PriceRow, ProductRow};
use crate::billing::contract::events::{PriceListChanged, ProductCreated, ProductPriced, ProductUpdated};
use crate::billing::contract::{ProductId, SalesError};
use crate::kernel::text::fold;
use crate::kernel::{Currency, Decimal6, Invalid, Line, Message, PositiveDecimal6};
use crate::platform::db::TenantTx;
use crate::platform::http::Fields;
use crate::platform::id::Id;
use crate::platform::problem::Problem;

/// What people say of a price list.
#[derive(Debug, Clone)]
pub struct PriceListDetails {
    /// What it is called.
    pub name: Line<120>,
    /// From when on (included).
    pub valid_from: Option<DateTime<Utc>>,
    /// Until when (excluded).
    pub valid_until: Option<DateTime<Utc>>,
    /// Whether it is used no more.
    pub is_archived: bool,
}

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
    let (id, now) = (ProductId::new(), tx.now());
    let mut fields = Fields::default();
    details.check(kind, &mut fields);
    fields.finish()?;
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
        search_text: String::new(),
        created_at: now,
        updated_at: now,
    };
    fill(&mut row, details, now);
    let components = component_rows(tx, row.id, &details.components)?;
    if !store::insert(tx, &row)? {
        return Err(sku_taken(tx, &row.sku_key)?);
    }
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
    let key = row.sku_key.clone();
    let now = tx.now();
    fill(&mut row, after, now);
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
    })
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

/// The price of one of a product at this moment: in `list`, or else in the newest valid list of `currency`.
pub fn price(
    tx: &mut TenantTx<'_>,
    product: Uuid,
    currency: Currency,
    list: Option<Uuid>,
) -> Result<Option<Decimal6>, SalesError> {
    let now = tx.now();
    Ok(store::price_at(tx, product, currency.as_str(), list, now)?.map(Decimal6::from_millionths))
}

/// 422 at `/price_list_id` when it is no list of the company that is used, or of another currency.
pub fn check_list(tx: &mut TenantTx<'_>, id: Uuid, currency: Currency) -> Result<(), SalesError> {
    let reason = Invalid::formatted(
        format!("is not a price list of this company in {currency} that is used"),
        format!("no es una lista de precios de esta empresa en {currency} que esté en uso"),
    );
    match store::find_list(tx, id) {
        Ok(row) if row.archived_at.is_none() && row.currency == currency.as_str() => Ok(()),
        Ok(_) | Err(SalesError::NotFound(_)) => Err(SalesError::at("/price_list_id", reason)),
        Err(error) => Err(error),
    }
}

/// Makes a price list.
pub fn create_list(
    tx: &mut TenantTx<'_>,
    currency: Currency,
    details: &PriceListDetails,
) -> Result<PriceListRow, SalesError> {
    let now = tx.now();
    let mut row = PriceListRow {
        tenant_id: tx.tenant().uuid(),
        id: Uuid::now_v7(),
        version: 1,
        name: String::new(),
        currency: currency.as_str().to_owned(),
        valid_from: None,
        valid_until: None,
        archived_at: None,
        created_at: now,
        updated_at: now,
    };
    fill_list(&mut row, details, now)?;
    store::save_list(tx, &row)?;
    tell_list(tx, &row, currency);
    Ok(row)
}

/// Changes a price list that still has the version `expected`, if one is given.
pub fn update_list(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    expected: Option<i32>,
    edit: impl FnOnce(&mut PriceListDetails),
) -> Result<PriceListRow, SalesError> {
    let before = store::lock_list(tx, id)?;
    if expected.is_some_and(|version| version != before.version) {
        return Err(SalesError::Stale(before.version));
    }
    let mut details = PriceListDetails {
        name: Line::parse(&before.name).map_err(|_| Problem::internal())?,
        valid_from: before.valid_from,
        valid_until: before.valid_until,
        is_archived: before.archived_at.is_some(),
    };
    edit(&mut details);
    let (mut row, now) = (before.clone(), tx.now());
    fill_list(&mut row, &details, now)?;
    if row != before {
        row.version += 1;
        row.updated_at = now;
        store::save_list(tx, &row)?;
        tell_list(tx, &row, currency_of(&row)?);
    }
    Ok(row)
}

/// Sets a product's price in a list, or takes it away.
pub fn set_price(
    tx: &mut TenantTx<'_>,
    list: Uuid,
    product: ProductId,
    unit_price: Option<Decimal6>,
) -> Result<PriceRow, SalesError> {
    // Its lock puts changes of one list in order.
    let list = store::lock_list(tx, list)?;
    let product_row = store::find(tx, product.uuid())?;
    let row = PriceRow {
        tenant_id: list.tenant_id,
        price_list_id: list.id,
        product_id: product_row.id,
        unit_price: unit_price.map_or(0, Decimal6::millionths),
        updated_at: tx.now(),
    };
    match unit_price {
        Some(_) => store::save_price(tx, &row)?,
        None => store::delete_price(tx, list.id, product_row.id)?,
    }
    let (currency, price_list_id) = (currency_of(&list)?, list.id.into());
    let told = ProductPriced { id: product, price_list_id, currency, unit_price };
    tx.emit(product_row.id, product_row.version, &told);
    Ok(row)
}

/// The list's currency.
pub fn currency_of(row: &PriceListRow) -> Result<Currency, Problem> {
    Currency::parse(&row.currency).map_err(|_| Problem::internal())
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

fn fill_list(
    row: &mut PriceListRow,
    details: &PriceListDetails,
    now: DateTime<Utc>,
) -> Result<(), SalesError> {
    if matches!((details.valid_from, details.valid_until), (Some(from), Some(until)) if from >= until) {
        let reason = Invalid::new("must be after `valid_from`", "debe ser posterior a `valid_from`");
        return Err(SalesError::at("/valid_until", reason));
    }
    details.name.as_str().clone_into(&mut row.name);
    row.valid_from = details.valid_from;
    row.valid_until = details.valid_until;
    row.archived_at = details.is_archived.then(|| row.archived_at.unwrap_or(now));
    Ok(())
}

fn tell_list(tx: &mut TenantTx<'_>, row: &PriceListRow, currency: Currency) {
    let archived = row.archived_at.is_some();
    tx.emit(
        row.id,
        row.version,
        &PriceListChanged { id: row.id.into(), name: row.name.clone(), currency, archived },
    );
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
