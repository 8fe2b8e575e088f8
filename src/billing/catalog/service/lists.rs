//! What people do with price lists.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::billing::catalog::store::{self, PriceListRow, PriceRow};
use crate::billing::contract::events::{PriceListChanged, ProductPriced};
use crate::billing::contract::{ProductId, SalesError};
use crate::kernel::{Currency, Decimal6, Invalid, Line};
use crate::platform::db::TenantTx;
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

/// The list and its currency; 422 at `pointer` when it is no list of the company.
pub fn check_price_list(
    tx: &mut TenantTx<'_>,
    pointer: &str,
    id: Uuid,
) -> Result<(PriceListRow, Currency), SalesError> {
    let row = store::find_list(tx, id).map_err(|error| match error {
        SalesError::NotFound(_) => SalesError::at(
            pointer,
            Invalid::new(
                "is no price list of this company; `GET /api/v1/price-lists` lists them",
                "no es una lista de precios de esta empresa; `GET /api/v1/price-lists` las muestra",
            ),
        ),
        error => error,
    })?;
    let currency = currency_of(&row)?;
    Ok((row, currency))
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
