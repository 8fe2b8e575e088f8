//! What may be done with contracts: the customer is locked first, then the contract.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::domain::{BillingPeriod, ContractStatus, arr, check_dates, next_dates};
use super::store::{self, ContractRow};
use crate::crm::contract::events::{
    CustomerContractChanged, CustomerContractCreated, CustomerContractStatusChanged, CustomerRenewalDue,
    CustomerRenewed,
};
use crate::crm::contract::{Contract, CrmError, CustomerId};
use crate::crm::customers::domain::Record;
use crate::crm::customers::service::held;
use crate::crm::customers::store as customers;
use crate::kernel::{Line, Money, Prose};
use crate::platform::db::TenantTx;
use crate::platform::http::{Fields, PageLimit};
use crate::platform::problem::Problem;

/// Customers whose contracts are looked at in one transaction.
const AT_ONCE: i64 = 200;

/// What is agreed on.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// What it is about.
    pub title: Line<255>,
    /// What is paid each time.
    pub value: Money,
    /// How often.
    pub period: BillingPeriod,
    /// Its first day.
    pub starts_on: NaiveDate,
    /// Its last day.
    pub ends_on: Option<NaiveDate>,
    /// When it is to be renewed.
    pub renews_on: Option<NaiveDate>,
    /// Free text.
    pub notes: Option<Prose<10_000>>,
}

/// A contract on its way in.
#[derive(Debug, Clone)]
pub struct NewContract {
    /// Whose it is.
    pub customer: CustomerId,
    /// What is agreed on.
    pub terms: Terms,
    /// Whether it is in force at once, or a draft.
    pub is_active: bool,
}

/// Writes a contract of a customer that is not in the archive.
pub fn open_contract(tx: &mut TenantTx<'_>, new: &NewContract) -> Result<Contract, CrmError> {
    told(create(tx, new)?)
}

/// The contracts of the customer that are in force, the oldest first.
pub fn active_contracts(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Vec<Contract>, CrmError> {
    store::active(tx, customer)?.into_iter().map(told).collect()
}

/// The annual recurring revenue of the customer's contracts in force, one sum for each currency.
pub fn total_arr(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Vec<Money>, CrmError> {
    let mut sums: Vec<Money> = Vec::new();
    for row in store::active(tx, customer)? {
        let arr = row.arr()?;
        match sums.iter_mut().find(|sum| sum.currency() == arr.currency()) {
            Some(sum) => *sum = sum.checked_add(arr).map_err(|reason| refused("/value", reason))?,
            None => sums.push(arr),
        }
    }
    Ok(sums)
}

/// Writes a contract.
pub fn create(tx: &mut TenantTx<'_>, new: &NewContract) -> Result<ContractRow, CrmError> {
    let record = held(tx, new.customer, None)?;
    let status = if new.is_active { ContractStatus::Active } else { ContractStatus::Draft };
    let row = row(tx, new.customer, &new.terms, status, None)?;
    store::insert(tx, &row)?;
    let created = CustomerContractCreated {
        id: new.customer,
        contract_id: row.id,
        title: row.title.clone(),
        status,
        value: row.value()?,
        billing_period: new.terms.period,
        arr: row.arr()?,
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        renews_on: row.renews_on,
    };
    tx.emit(record.id.uuid(), record.version, &created);
    Ok(row)
}

/// One contract.
pub fn find(tx: &mut TenantTx<'_>, customer: CustomerId, id: Uuid) -> Result<ContractRow, CrmError> {
    store::find(tx, customer, id)
}

/// A page of the customer's contracts, the newest first; one more than asked for when there is a next page.
pub fn of_customer(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    place: Option<Uuid>,
    limit: PageLimit,
) -> Result<Vec<ContractRow>, CrmError> {
    customers::find(tx, customer)?;
    store::of_customer(tx, customer, place, limit)
}

/// Changes a contract: a draft as one likes, one in force but for what was agreed.
pub fn update(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    id: Uuid,
    version: Option<i32>,
    edit: impl FnOnce(Terms) -> Result<Terms, Problem>,
) -> Result<ContractRow, CrmError> {
    let (record, before) = both(tx, customer, id, version)?;
    let terms_before = terms(&before)?;
    let terms = edit(terms_before.clone())?;
    if terms == terms_before {
        return Ok(before);
    }
    let agreed = |terms: &Terms| (terms.value, terms.period, terms.starts_on);
    match before.state()? {
        ContractStatus::Draft => {}
        ContractStatus::Active if agreed(&terms) == agreed(&terms_before) => {}
        status => return Err(CrmError::ContractFixed(status)),
    }
    let fresh = row(tx, customer, &terms, before.state()?, before.previous_id)?;
    let renewal_raised_at = before.renewal_raised_at.filter(|_| before.renews_on == fresh.renews_on);
    let row = ContractRow {
        id,
        version: before.version + 1,
        activated_at: before.activated_at,
        renewal_raised_at,
        created_at: before.created_at,
        ..fresh
    };
    store::save(tx, &row)?;
    let changed = CustomerContractChanged { id: customer, contract_id: id, changes: changes(&before, &row) };
    tx.emit(customer.uuid(), record.version, &changed);
    Ok(row)
}

/// Moves a contract to another state; renewing has a way of its own.
pub fn go(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    id: Uuid,
    to: ContractStatus,
    reason: Option<String>,
    version: Option<i32>,
) -> Result<ContractRow, CrmError> {
    let (record, row) = both(tx, customer, id, version)?;
    moved(tx, &record, row, to, reason)
}

/// Puts another contract in the place of one: its terms are those of the one before, for as long again, but for what
/// `edit` changes in them.
pub fn renew(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    id: Uuid,
    today: NaiveDate,
    version: Option<i32>,
    edit: impl FnOnce(Terms) -> Result<Terms, Problem>,
) -> Result<ContractRow, CrmError> {
    let (record, before) = both(tx, customer, id, version)?;
    let previous_arr = before.arr()?;
    let mut terms = terms(&before)?;
    (terms.starts_on, terms.ends_on, terms.renews_on) =
        next_dates(before.starts_on, before.ends_on, before.renews_on, today);
    let terms = edit(terms)?;
    moved(tx, &record, before, ContractStatus::Renewed, None)?;
    let row = row(tx, customer, &terms, ContractStatus::Active, Some(id))?;
    store::insert(tx, &row)?;
    let renewed = CustomerRenewed {
        id: customer,
        contract_id: row.id,
        previous_id: id,
        value: row.value()?,
        arr: row.arr()?,
        previous_arr,
        starts_on: row.starts_on,
        ends_on: row.ends_on,
    };
    tx.emit(customer.uuid(), record.version, &renewed);
    Ok(row)
}

/// Ends contracts whose last day has passed, and tells which are to be renewed; answers whether there may be more.
pub fn keep_up(tx: &mut TenantTx<'_>, today: NaiveDate) -> Result<bool, CrmError> {
    let mut handled = 0;
    for (customer, id) in store::with_days_come(tx, today, AT_ONCE)? {
        let customer = CustomerId::from(customer);
        let Some(record) = customers::try_lock(tx, customer)? else { continue };
        let mut row = store::lock(tx, customer, id)?;
        handled += 1;
        // Somebody may have been quicker.
        if row.state()? != ContractStatus::Active {
            continue;
        }
        if let Some(renews_on) = row.renews_on.filter(|day| *day <= today && row.renewal_raised_at.is_none())
        {
            row.renewal_raised_at = Some(tx.now());
            store::save(tx, &row)?;
            let due = CustomerRenewalDue { id: customer, contract_id: id, renews_on, owner_id: record.owner };
            tx.emit(customer.uuid(), record.version, &due);
        }
        if row.ends_on.is_some_and(|day| day < today) {
            moved(tx, &record, row, ContractStatus::Ended, None)?;
        }
    }
    Ok(handled >= AT_ONCE)
}

fn both(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    id: Uuid,
    version: Option<i32>,
) -> Result<(Record, ContractRow), CrmError> {
    let record = held(tx, customer, None)?;
    let row = store::lock(tx, customer, id)?;
    match version {
        Some(version) if version != row.version => Err(CrmError::Stale(row.version)),
        _ => Ok((record, row)),
    }
}

fn moved(
    tx: &mut TenantTx<'_>,
    record: &Record,
    mut row: ContractRow,
    to: ContractStatus,
    reason: Option<String>,
) -> Result<ContractRow, CrmError> {
    let from = row.state()?;
    from.go(to)?.as_str().clone_into(&mut row.status);
    row.version += 1;
    row.updated_at = tx.now();
    row.closing_reason.clone_from(&reason);
    if to == ContractStatus::Active {
        row.activated_at = Some(tx.now());
    }
    store::save(tx, &row)?;
    let changed = CustomerContractStatusChanged { id: record.id, contract_id: row.id, from, to, reason };
    tx.emit(record.id.uuid(), record.version, &changed);
    Ok(row)
}

fn row(
    tx: &TenantTx<'_>,
    customer: CustomerId,
    terms: &Terms,
    status: ContractStatus,
    previous: Option<Uuid>,
) -> Result<ContractRow, CrmError> {
    let mut fields = Fields::default();
    check_dates(&mut fields, terms.starts_on, terms.ends_on, terms.renews_on);
    let arr = fields.take("/value", arr(terms.value, terms.period));
    fields.finish()?;
    Ok(ContractRow {
        tenant_id: tx.tenant().uuid(),
        id: Uuid::now_v7(),
        customer_id: customer.uuid(),
        version: 1,
        title: terms.title.to_string(),
        status: status.as_str().to_owned(),
        value_minor: terms.value.minor(),
        arr_minor: arr.map(Money::minor).unwrap_or_default(),
        currency: terms.value.currency().as_str().to_owned(),
        billing_period: terms.period.as_str().to_owned(),
        starts_on: terms.starts_on,
        ends_on: terms.ends_on,
        renews_on: terms.renews_on,
        notes: terms.notes.as_ref().map(ToString::to_string),
        closing_reason: None,
        previous_id: previous,
        activated_at: (status == ContractStatus::Active).then(|| tx.now()),
        renewal_raised_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    })
}

fn terms(row: &ContractRow) -> Result<Terms, CrmError> {
    Ok(Terms {
        title: Line::parse(&row.title).map_err(|reason| refused("/title", reason))?,
        value: row.value()?,
        period: row.period()?,
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        renews_on: row.renews_on,
        notes: row
            .notes
            .as_deref()
            .map(Prose::parse)
            .transpose()
            .map_err(|reason| refused("/notes", reason))?,
    })
}

fn refused(pointer: &str, reason: crate::kernel::Invalid) -> CrmError {
    Problem::invalid(vec![crate::platform::problem::FieldError::at(pointer, reason)]).into()
}

fn changes(before: &ContractRow, after: &ContractRow) -> Map<String, Value> {
    let pairs = [
        ("title", json!(before.title), json!(after.title)),
        ("value", json!(before.value().ok()), json!(after.value().ok())),
        ("billing_period", json!(before.billing_period), json!(after.billing_period)),
        ("starts_on", json!(before.starts_on), json!(after.starts_on)),
        ("ends_on", json!(before.ends_on), json!(after.ends_on)),
        ("renews_on", json!(before.renews_on), json!(after.renews_on)),
        ("notes", json!(before.notes), json!(after.notes)),
    ];
    let changed = pairs.into_iter().filter(|(_, from, to)| from != to);
    changed.map(|(field, from, to)| (field.to_owned(), json!({ "from": from, "to": to }))).collect()
}

fn told(row: ContractRow) -> Result<Contract, CrmError> {
    Ok(Contract {
        status: row.state()?,
        value: row.value()?,
        period: row.period()?,
        arr: row.arr()?,
        id: row.id,
        customer: CustomerId::from(row.customer_id),
        title: row.title,
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        renews_on: row.renews_on,
    })
}
