//! Making and changing drafts.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::lines::{LinesInput, content, discount, write_lines, write_version};
use super::{USUAL_VALIDITY, held_draft, touch};
use crate::billing::catalog;
use crate::billing::contract::SalesError;
use crate::billing::contract::events::QuotationCreated;
use crate::billing::customers;
use crate::billing::inventory;
use crate::billing::quotations::domain::{Approval, LineInput, Status};
use crate::billing::quotations::store::{self, QuotationRow};
use crate::crm::CustomerId;
use crate::identity::People;
use crate::kernel::{Currency, Invalid, Line, Prose};
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::http::Patch;
use crate::platform::id::Id;

/// A quotation to make: a draft.
#[derive(Debug, Clone)]
pub struct NewQuotation {
    /// Whom it is for.
    pub customer: CustomerId,
    /// The currency of the prices; the company's when not said.
    pub currency: Option<Currency>,
    /// What it is about.
    pub title: Option<Line<255>>,
    /// What is said to the customer.
    pub notes: Option<Prose<5000>>,
    /// Under which terms.
    pub terms: Option<Prose<5000>>,
    /// Until when it can be accepted; thirty days when not said.
    pub valid_until: Option<DateTime<Utc>>,
    /// Which list prices are taken from.
    pub price_list: Option<Uuid>,
    /// Which warehouse goods are taken from.
    pub warehouse: Option<Uuid>,
    /// Who works on it; whoever makes it when not said.
    pub owner: Option<UserId>,
    /// What is offered.
    pub lines: LinesInput,
}

impl NewQuotation {
    /// An empty draft for a customer.
    pub fn for_customer(customer: CustomerId) -> Self {
        Self {
            customer,
            currency: None,
            title: None,
            notes: None,
            terms: None,
            valid_until: None,
            price_list: None,
            warehouse: None,
            owner: None,
            lines: LinesInput::default(),
        }
    }
}

/// What changes of a draft, besides its lines.
#[derive(Debug, Clone, Default)]
pub struct DraftChange {
    /// What it is about.
    pub title: Patch<Line<255>>,
    /// What is said to the customer.
    pub notes: Patch<Prose<5000>>,
    /// Under which terms.
    pub terms: Patch<Prose<5000>>,
    /// Until when it can be accepted.
    pub valid_until: Option<DateTime<Utc>>,
    /// Which list new prices are taken from.
    pub price_list: Patch<Uuid>,
    /// Which warehouse goods are taken from.
    pub warehouse: Patch<Uuid>,
    /// Who works on it.
    pub owner: Patch<UserId>,
}

/// Makes a draft with the platform's own call: for workflows. It answers the quotation's identifier.
pub fn draft_quotation(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    new: NewQuotation,
) -> Result<crate::billing::QuotationId, SalesError> {
    draft(tx, people, new).map(|row| Id::from(row.id))
}

/// Makes a draft.
pub fn draft(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    new: NewQuotation,
) -> Result<QuotationRow, SalesError> {
    let customer_name = customers::name_of_open(tx, new.customer)?;
    let currency = match new.currency {
        Some(currency) => currency,
        None => people.settings(tx)?.currency,
    };
    check_parts(tx, people, currency, new.price_list, new.warehouse, new.owner)?;
    let now = tx.now();
    let valid_until = new.valid_until.unwrap_or(now + USUAL_VALIDITY);
    check_validity(tx, valid_until)?;
    let mut row = QuotationRow {
        tenant_id: tx.tenant().uuid(),
        id: Uuid::now_v7(),
        version: 1,
        folio: 0,
        status: Status::Draft.as_str().to_owned(),
        customer_id: new.customer.uuid(),
        customer_name,
        currency: currency.as_str().to_owned(),
        title: new.title.map(|title| title.as_str().to_owned()),
        notes: new.notes.map(|notes| notes.as_str().to_owned()),
        terms: new.terms.map(|terms| terms.as_str().to_owned()),
        discount: None,
        price_list_id: new.price_list,
        warehouse_id: new.warehouse,
        valid_until,
        owner_id: new.owner.or(tx.actor().user()).map(Id::uuid),
        revision: 0,
        line_count: 0,
        subtotal_minor: 0,
        discount_minor: 0,
        transferred_minor: 0,
        withheld_minor: 0,
        total_minor: 0,
        highest_discount: 0,
        approval: Approval::None.as_str().to_owned(),
        cancel_reason: None,
        sent_at: None,
        closed_at: None,
        created_at: now,
        updated_at: now,
    };
    make(tx, &mut row, new.lines, None)?;
    Ok(row)
}

/// Changes a draft that still has the version `expected`, if one is given.
pub fn update(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    id: Uuid,
    expected: Option<i32>,
    change: DraftChange,
) -> Result<QuotationRow, SalesError> {
    let before = held_draft(tx, id, expected)?;
    let set = |patch: &Patch<Uuid>| if let Patch::Set(id) = patch { Some(*id) } else { None };
    let owner = if let Patch::Set(owner) = &change.owner { Some(*owner) } else { None };
    let currency = before.money()?;
    check_parts(tx, people, currency, set(&change.price_list), set(&change.warehouse), owner)?;
    let mut row = before.clone();
    text(change.title, &mut row.title, Line::as_str);
    text(change.notes, &mut row.notes, Prose::as_str);
    text(change.terms, &mut row.terms, Prose::as_str);
    change.price_list.apply(&mut row.price_list_id);
    change.warehouse.apply(&mut row.warehouse_id);
    match change.owner {
        Patch::Keep => {}
        Patch::Clear => row.owner_id = None,
        Patch::Set(owner) => row.owner_id = Some(owner.uuid()),
    }
    if let Some(valid_until) = change.valid_until {
        check_validity(tx, valid_until)?;
        row.valid_until = valid_until;
    }
    if row != before {
        touch(tx, &mut row);
        write_version(tx, &mut row)?;
        store::save(tx, &row)?;
    }
    Ok(row)
}

/// Makes a draft of what another quotation says, at the prices of that one.
pub fn duplicate(tx: &mut TenantTx<'_>, id: Uuid) -> Result<QuotationRow, SalesError> {
    let original = store::find(tx, id)?;
    let customer_name = customers::name_of_open(tx, original.customer_id.into())?;
    let said = content(tx, &original)?;
    let input = |line: crate::billing::domain::DocumentLine| LineInput {
        product_id: line.product_id,
        description: Some(line.description),
        quantity: line.quantity,
        unit_code: line.unit_code,
        sat_product_key: line.sat_product_key,
        unit_price: Some(line.unit_price),
        discount: line.discount,
        taxes: Some(line.taxes),
    };
    let lines = LinesInput {
        lines: said.lines.into_iter().map(|line| input(line.line)).collect(),
        discount: discount(&original)?,
    };
    let now = tx.now();
    let mut row = QuotationRow {
        id: Uuid::now_v7(),
        version: 1,
        status: Status::Draft.as_str().to_owned(),
        customer_name,
        valid_until: now + USUAL_VALIDITY,
        owner_id: tx.actor().user().map(Id::uuid).or(original.owner_id),
        revision: 0,
        approval: Approval::None.as_str().to_owned(),
        cancel_reason: None,
        sent_at: None,
        closed_at: None,
        created_at: now,
        updated_at: now,
        ..original
    };
    make(tx, &mut row, lines, Some(id))?;
    Ok(row)
}

/// Writes a new draft with its lines and its first version.
fn make(
    tx: &mut TenantTx<'_>,
    row: &mut QuotationRow,
    lines: LinesInput,
    copied_from: Option<Uuid>,
) -> Result<(), SalesError> {
    // Whoever makes another one of the company waits from here on, so that no folio is left out.
    row.folio = store::next_folio(tx)?;
    store::insert(tx, row)?;
    let created = QuotationCreated {
        quotation_id: row.id.into(),
        folio: row.folio,
        customer_id: row.customer_id.into(),
        owner_id: row.owner_id.map(Id::from),
        copied_from: copied_from.map(Id::from),
    };
    tx.emit(row.id, row.version, &created);
    write_lines(tx, row, lines)?;
    write_version(tx, row)?;
    store::save(tx, row)
}

/// 422 where a list, a warehouse or an owner is none of the company's that is used.
fn check_parts(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    currency: Currency,
    price_list: Option<Uuid>,
    warehouse: Option<Uuid>,
    owner: Option<UserId>,
) -> Result<(), SalesError> {
    if let Some(list) = price_list {
        catalog::check_list(tx, list, currency)?;
    }
    if let Some(warehouse) = warehouse {
        inventory::check_warehouse(tx, warehouse)?;
    }
    if let Some(owner) = owner {
        tx.actor().sight().check_owner(owner)?;
    }
    if let Some(owner) = owner
        && !people.person(tx, owner)?.is_some_and(|person| person.is_active())
    {
        let reason = Invalid::new(
            "is not an active user of this company; `GET /api/v1/users` lists them",
            "no es un usuario activo de esta empresa; `GET /api/v1/users` los muestra",
        );
        return Err(SalesError::at("/owner_id", reason));
    }
    Ok(())
}

fn check_validity(tx: &TenantTx<'_>, until: DateTime<Utc>) -> Result<(), SalesError> {
    if until > tx.now() {
        return Ok(());
    }
    let reason = Invalid::new("must be later than now", "debe ser posterior a este momento");
    Err(SalesError::at("/valid_until", reason))
}

fn text<T>(patch: Patch<T>, field: &mut Option<String>, as_str: fn(&T) -> &str) {
    match patch {
        Patch::Keep => {}
        Patch::Clear => *field = None,
        Patch::Set(text) => *field = Some(as_str(&text).to_owned()),
    }
}
