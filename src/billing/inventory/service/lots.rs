//! What happens to lots, inside the caller's transaction.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::billing::catalog::{self, Details, ProductKind, ProductRow};
use crate::billing::contract::SalesError;
use crate::billing::contract::events::LotStatusChanged;
use crate::billing::customers::{self, check_customer};
use crate::billing::inventory::domain::{LotStatus, Polygon};
use crate::billing::inventory::store::{self, LotFilter, LotRow};
use crate::crm::CustomerId;
use crate::kernel::{Currency, Decimal6, Invalid, Line, Message, Money, NonNegativeMoney, PositiveDecimal6};
use crate::platform::db::TenantTx;
use crate::platform::http::{Fields, PageLimit};
use crate::platform::id::Id;
use crate::platform::problem::Problem;

/// The most parts in which the rest of a price is paid: fifty years.
const INSTALMENTS_AT_MOST: i32 = 600;
/// How long a lot may be kept by hand.
const LONGEST_HOLD: TimeDelta = TimeDelta::days(366);
/// Lots that are released in one transaction.
const AT_ONCE: i64 = 200;

/// What people say of a lot, besides what it is as a product.
#[derive(Debug, Clone, PartialEq)]
pub struct LotDetails {
    /// Its number in the development.
    pub number: Line<60>,
    /// Its place.
    pub polygon: Polygon,
    /// Its area in square metres.
    pub area: PositiveDecimal6,
    /// What it costs.
    pub price: NonNegativeMoney,
    /// What of that is paid at once.
    pub down_payment: NonNegativeMoney,
    /// In how many parts the rest is paid.
    pub instalments: i32,
}

/// A lot to make.
#[derive(Debug, Clone)]
pub struct NewLot {
    /// What it is as a product.
    pub product: Details,
    /// Its place, price and plan.
    pub lot: LotDetails,
}

/// Makes a lot and its product.
pub fn create_lot(tx: &mut TenantTx<'_>, new: &NewLot) -> Result<(LotRow, ProductRow), SalesError> {
    new.lot.check()?;
    let (product, _) = catalog::create(tx, ProductKind::Lot, &new.product)?;
    let mut row = LotRow {
        tenant_id: product.tenant_id,
        id: product.id,
        version: 1,
        number: String::new(),
        polygon: json!({}),
        area: 0,
        price_minor: 0,
        currency: String::new(),
        down_payment_minor: 0,
        instalments: 0,
        status: LotStatus::Available.as_str().to_owned(),
        customer_id: None,
        quotation_id: None,
        reserved_until: None,
        sold_at: None,
        updated_at: tx.now(),
    };
    new.lot.fill(&mut row);
    store::insert_lot(tx, &row)?;
    tell(tx, &row, LotStatus::Available);
    Ok((row, product))
}

/// Changes a lot that still has the version `expected`, if one is given, and was not sold.
pub fn update_lot(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    expected: Option<i32>,
    edit: impl FnOnce(&mut LotDetails),
) -> Result<(LotRow, ProductRow), SalesError> {
    let before = store::lock_lot(tx, id)?;
    if expected.is_some_and(|version| version != before.version) {
        return Err(SalesError::Stale(before.version));
    }
    if before.status == LotStatus::Sold.as_str() {
        return Err(taken(&before).into());
    }
    let mut details = LotDetails::of(&before)?;
    edit(&mut details);
    details.check()?;
    let mut row = before.clone();
    details.fill(&mut row);
    if row != before {
        row.version += 1;
        row.updated_at = tx.now();
        store::save_lot(tx, &row)?;
    }
    with_product(tx, row)
}

/// Keeps a lot for a customer until `until`, by hand; whoever has it already may have it longer.
pub fn keep_lot(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    customer: CustomerId,
    until: DateTime<Utc>,
) -> Result<(LotRow, ProductRow), SalesError> {
    store::find_lot(tx, id)?;
    check_customer(tx, customer)?;
    let now = tx.now();
    if until <= now || until > now + LONGEST_HOLD {
        let reason = Invalid::new(
            "must be later than now, by a year at most",
            "debe ser posterior a este momento, por un año como máximo",
        );
        return Err(SalesError::at("/until", reason));
    }
    let row = take(tx, id, customer.uuid(), None, LotStatus::Reserved, Some(until))?;
    with_product(tx, row)
}

/// A page of lots, the oldest first; none of a customer whom whoever acts does not see.
pub fn lots(
    tx: &mut TenantTx<'_>,
    filter: LotFilter,
    behind: Option<Uuid>,
    limit: PageLimit,
) -> Result<Vec<LotRow>, SalesError> {
    if let Some(customer) = filter.customer
        && customers::seen(tx, &[customer])?.is_empty()
    {
        return Ok(Vec::new());
    }
    store::list_lots(tx, filter, behind, limit)
}

/// Lets a lot go that was kept by hand, unless for a customer whom whoever acts does not see.
pub fn let_lot_go(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(LotRow, ProductRow), SalesError> {
    let row = store::lock_lot(tx, id)?;
    let kept_for: Vec<Uuid> = row.customer_id.into_iter().collect();
    let is_hidden = customers::seen(tx, &kept_for)?.len() < kept_for.len();
    if row.status == LotStatus::Sold.as_str() || row.quotation_id.is_some() || is_hidden {
        return Err(taken(&row).into());
    }
    let row = if row.reserved_until.is_some() { set_status(tx, row, LotStatus::Available)? } else { row };
    with_product(tx, row)
}

/// Keeps a lot for a customer, and for a quotation if one is given, or gives it away. What is kept for another one is refused
/// until its time is over.
pub fn take(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    customer: Uuid,
    quotation: Option<Uuid>,
    status: LotStatus,
    until: Option<DateTime<Utc>>,
) -> Result<LotRow, SalesError> {
    let mut row = store::lock_lot(tx, id)?;
    let is_kept = row.reserved_until.is_some_and(|until| until > tx.now());
    let is_others =
        row.customer_id != Some(customer) || row.quotation_id.is_some_and(|other| Some(other) != quotation);
    if row.status == LotStatus::Sold.as_str() || is_kept && is_others {
        return Err(taken(&row).into());
    }
    (row.customer_id, row.quotation_id, row.reserved_until) = (Some(customer), quotation, until);
    set_status(tx, row, status)
}

/// Writes a lot's new status.
pub fn set_status(tx: &mut TenantTx<'_>, mut row: LotRow, status: LotStatus) -> Result<LotRow, SalesError> {
    status.as_str().clone_into(&mut row.status);
    let now = tx.now();
    match status {
        LotStatus::Available => {
            (row.customer_id, row.quotation_id, row.reserved_until) = (None, None, None);
        }
        LotStatus::Reserved => {}
        LotStatus::Sold => row.sold_at = Some(now),
    }
    row.version += 1;
    row.updated_at = now;
    store::save_lot(tx, &row)?;
    tell(tx, &row, status);
    Ok(row)
}

/// Lets lots go whose time is over; answers whether there may be more.
pub fn keep_up(tx: &mut TenantTx<'_>) -> Result<bool, SalesError> {
    let due = store::due_lots(tx, AT_ONCE)?;
    let is_full = i64::try_from(due.len()).is_ok_and(|count| count == AT_ONCE);
    for lot in due {
        set_status(tx, lot, LotStatus::Available)?;
    }
    Ok(is_full)
}

/// What a lot costs; none when the product is no lot.
pub fn lot_price(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Option<Money>, SalesError> {
    match store::find_lot(tx, id) {
        Ok(lot) => {
            let currency = Currency::parse(&lot.currency).map_err(|_| Problem::internal())?;
            Ok(Some(Money::from_minor(lot.price_minor, currency)))
        }
        Err(SalesError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lots and their products, in the order of the lots; whose they are only where whoever acts sees that customer.
pub fn lots_with_products(
    tx: &mut TenantTx<'_>,
    lots: Vec<LotRow>,
) -> Result<Vec<(LotRow, ProductRow)>, SalesError> {
    let ids: Vec<Uuid> = lots.iter().map(|lot| lot.id).collect();
    let whose: Vec<Uuid> = lots.iter().filter_map(|lot| lot.customer_id).collect();
    let seen = customers::seen(tx, &whose)?;
    let mut products: BTreeMap<Uuid, ProductRow> = catalog::products(tx, &ids)?;
    lots.into_iter()
        .map(|mut lot| {
            if lot.customer_id.is_some_and(|customer| !seen.contains(&customer)) {
                (lot.customer_id, lot.quotation_id) = (None, None);
            }
            let product = products.remove(&lot.id).ok_or_else(Problem::internal)?;
            Ok((lot, product))
        })
        .collect()
}

fn with_product(tx: &mut TenantTx<'_>, lot: LotRow) -> Result<(LotRow, ProductRow), SalesError> {
    let mut found = lots_with_products(tx, vec![lot])?;
    Ok(found.pop().ok_or_else(Problem::internal)?)
}

impl LotDetails {
    fn of(row: &LotRow) -> Result<Self, Problem> {
        let corrupt = |_| Problem::internal();
        let currency = Currency::parse(&row.currency).map_err(corrupt)?;
        let money = |minor| NonNegativeMoney::try_from(Money::from_minor(minor, currency)).map_err(corrupt);
        Ok(Self {
            number: Line::parse(&row.number).map_err(corrupt)?,
            polygon: serde_json::from_value(row.polygon.clone()).map_err(|_| Problem::internal())?,
            area: Decimal6::from_millionths(row.area).try_into().map_err(corrupt)?,
            price: money(row.price_minor)?,
            down_payment: money(row.down_payment_minor)?,
            instalments: row.instalments,
        })
    }

    fn check(&self) -> Result<(), Problem> {
        let mut fields = Fields::default();
        self.polygon.check("/polygon", &mut fields);
        let (price, down) = (Money::from(self.price), Money::from(self.down_payment));
        if price.currency() != down.currency() {
            let reason =
                Invalid::new("must be in the price's currency", "debe estar en la moneda del precio");
            fields.refuse("/down_payment", reason);
        } else if down.minor() > price.minor() {
            let reason = Invalid::new("must not be more than the price", "no debe ser más que el precio");
            fields.refuse("/down_payment", reason);
        } else if self.instalments == 0 && down != price {
            let reason = Invalid::new(
                "are needed for what the down payment leaves",
                "hacen falta para lo que deja el enganche",
            );
            fields.refuse("/instalments", reason);
        }
        if !(0..=INSTALMENTS_AT_MOST).contains(&self.instalments) {
            fields.refuse("/instalments", Invalid::new("must be from 0 to 600", "debe ser de 0 a 600"));
        }
        fields.finish()
    }

    fn fill(&self, row: &mut LotRow) {
        self.number.as_str().clone_into(&mut row.number);
        row.polygon = json!(self.polygon);
        row.area = Decimal6::from(self.area).millionths();
        row.price_minor = Money::from(self.price).minor();
        Money::from(self.price).currency().as_str().clone_into(&mut row.currency);
        row.down_payment_minor = Money::from(self.down_payment).minor();
        row.instalments = self.instalments;
    }
}

fn tell(tx: &mut TenantTx<'_>, row: &LotRow, status: LotStatus) {
    let told = LotStatusChanged {
        id: row.id.into(),
        status,
        customer_id: row.customer_id.map(Id::from),
        quotation_id: row.quotation_id.map(Id::from),
        reserved_until: row.reserved_until,
    };
    tx.emit(row.id, row.version, &told);
}

/// 409: it is sold, or kept for another one.
fn taken(row: &LotRow) -> Problem {
    let number = &row.number;
    Problem::conflict("lot-taken", Message::new("The lot cannot be had", "El lote no está disponible"))
        .detail(match row.reserved_until {
            Some(until) => Message::formatted(
                format!("Lot {number} is kept for a customer or a quotation until {until}"),
                format!("El lote {number} está apartado para un cliente o una cotización hasta {until}"),
            ),
            None => Message::formatted(
                format!("Lot {number} is sold or in a quotation"),
                format!("El lote {number} está vendido o en una cotización"),
            ),
        })
        .member("lot_id", json!(row.id))
        .member("lot_status", json!(row.status))
}
