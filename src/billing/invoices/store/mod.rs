//! Invoices in the database.

mod credit_notes;
mod listing;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

pub use credit_notes::{CreditNoteRow, credit_notes, find_credit_note, insert_credit_note};
pub use listing::{Filter, ListRow, Place, Sort, SortKey, list};

use super::domain::{BillTo, Content};
use super::schema::{invoices, number_series};
use crate::billing::BILLING;
use crate::billing::contract::{InvoiceId, MoneyError, Paper};
use crate::billing::domain::Totals;
use crate::crm::CustomerId;
use crate::kernel::{Currency, Money};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Prepare, RawJson, SystemTx, TenantTx};

/// An invoice as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = invoices, treat_none_as_default_value = false, treat_none_as_null = true, check_for_backend(diesel::pg::Pg))]
pub struct InvoiceRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub customer_id: Uuid,
    pub bill_to: Option<RawJson>,
    pub quotation_id: Option<Uuid>,
    pub contract_id: Option<Uuid>,
    pub subscription_id: Option<Uuid>,
    pub status: String,
    pub series: String,
    pub number: Option<i64>,
    pub currency: String,
    pub content: RawJson,
    pub totals: RawJson,
    pub net_minor: i64,
    pub total_minor: i64,
    pub paid_minor: i64,
    pub credited_minor: i64,
    pub payment_terms_days: i32,
    pub issued_at: Option<DateTime<Utc>>,
    pub due_on: Option<NaiveDate>,
    pub next_reminder_at: Option<DateTime<Utc>>,
    pub reminders: i32,
    pub paid_at: Option<DateTime<Utc>>,
    pub voided_at: Option<DateTime<Utc>>,
    pub void_reason: Option<String>,
    pub fiscal_status: String,
    pub fiscal_uuid: Option<Uuid>,
    pub fiscal_xml_key: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl InvoiceRow {
    /// Its identifier.
    pub fn invoice(&self) -> InvoiceId {
        self.id.into()
    }

    /// What is still owed, in minor units; nothing of a draft or a void one.
    pub fn due_minor(&self) -> i64 {
        if self.status == "issued" { self.total_minor - self.paid_minor - self.credited_minor } else { 0 }
    }

    /// Its currency.
    pub fn currency(&self) -> Result<Currency, MoneyError> {
        Currency::parse(&self.currency).map_err(|_| MoneyError::broken("invoice"))
    }

    /// An amount of its currency.
    pub fn money(&self, minor: i64) -> Result<Money, MoneyError> {
        Ok(Money::from_minor(minor, self.currency()?))
    }

    /// What it says.
    pub fn content(&self) -> Result<Content, MoneyError> {
        self.content.read().ok_or_else(|| MoneyError::broken("invoice"))
    }

    /// What it comes to.
    pub fn totals(&self) -> Result<Totals, MoneyError> {
        self.totals.read().ok_or_else(|| MoneyError::broken("invoice"))
    }

    /// Who is billed; none of a draft.
    pub fn bill_to(&self) -> Option<BillTo> {
        self.bill_to.as_ref().and_then(RawJson::read)
    }
}

/// Which documents a series numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbered {
    /// Invoices.
    Invoices,
    /// Credit notes.
    CreditNotes,
}

/// The invoice.
pub fn find(tx: &mut TenantTx<'_>, id: InvoiceId) -> Result<InvoiceRow, MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = invoices::table.find((tenant, id.uuid())).select(InvoiceRow::as_select());
    let row = row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?;
    row.ok_or(MoneyError::NotFound(Paper::Invoice))
}

/// The invoice, locked until the transaction ends.
pub fn lock(tx: &mut TenantTx<'_>, id: InvoiceId) -> Result<InvoiceRow, MoneyError> {
    lock_all(tx, &[id.uuid()])?.pop().ok_or(MoneyError::NotFound(Paper::Invoice))
}

/// Those of the invoices that are there, locked until the transaction ends, by identifier.
pub fn lock_all(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<Vec<InvoiceRow>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let rows = invoices::table
        .filter(invoices::tenant_id.eq(tenant))
        .filter(invoices::id.eq_any(ids))
        .order(invoices::id)
        .for_no_key_update()
        .select(InvoiceRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Writes a new invoice; answers whether there was none of its quotation.
pub fn insert(tx: &mut TenantTx<'_>, row: &InvoiceRow) -> Result<bool, MoneyError> {
    let written = diesel::insert_into(invoices::table)
        .values(row)
        .on_conflict((invoices::tenant_id, invoices::quotation_id))
        .do_nothing()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(written == 1)
}

/// Writes a changed invoice back.
pub fn save(tx: &mut TenantTx<'_>, row: &InvoiceRow) -> Result<(), MoneyError> {
    diesel::update(invoices::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Deletes a draft.
pub fn delete(tx: &mut TenantTx<'_>, id: InvoiceId) -> Result<(), MoneyError> {
    let tenant = tx.tenant().uuid();
    diesel::delete(invoices::table.find((tenant, id.uuid())))
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// The next number of a series, which nobody else gets until the transaction ends.
pub fn next_number(tx: &mut TenantTx<'_>, of: Numbered, series: &str) -> Result<i64, MoneyError> {
    let tenant = tx.tenant().uuid();
    let kind = match of {
        Numbered::Invoices => "invoice",
        Numbered::CreditNotes => "credit_note",
    };
    let number = diesel::insert_into(number_series::table)
        .values((
            number_series::tenant_id.eq(tenant),
            number_series::kind.eq(kind),
            number_series::series.eq(series),
            number_series::last_number.eq(1),
        ))
        .on_conflict((number_series::tenant_id, number_series::kind, number_series::series))
        .do_update()
        .set(number_series::last_number.eq(number_series::last_number + 1))
        .returning(number_series::last_number)
        .get_result(tx.conn(BILLING)?);
    Ok(number.map_err(DbError::from)?)
}

/// Invoices whose customers are to be reminded by now, and whose they are.
pub fn to_remind(tx: &mut SystemTx<'_>, at_most: i64) -> Result<Vec<(TenantId, InvoiceId)>, MoneyError> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = SqlUuid)]
        tenant_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let now = tx.now();
    let due = diesel::sql_query("SELECT tenant_id, id FROM billing.invoices_to_remind($1, $2)")
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(at_most)
        .load::<Due>(tx.conn())
        .map_err(DbError::from)?;
    Ok(due.into_iter().map(|due| (due.tenant_id.into(), due.id.into())).collect())
}

/// What a customer was billed, has paid and owes, by currency, in minor units: (currency, net less credits, paid, owed).
pub fn sums(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Vec<CustomerSums>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let due = sql::<Nullable<BigInt>>(
        "(sum(total_minor - paid_minor - credited_minor) FILTER (WHERE status = 'issued'))::bigint",
    );
    let whole = |column: &str| sql::<Nullable<BigInt>>(&format!("sum({column})::bigint"));
    let rows = invoices::table
        .filter(invoices::tenant_id.eq(tenant).and(invoices::customer_id.eq(customer.uuid())))
        .filter(invoices::status.eq_any(["issued", "paid"]))
        .group_by(invoices::currency)
        .order(invoices::currency)
        .select((invoices::currency, whole("total_minor - credited_minor"), whole("paid_minor"), due))
        .load::<(String, Option<i64>, Option<i64>, Option<i64>)>(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    rows.into_iter()
        .map(|(currency, billed, paid, due)| {
            let currency = Currency::parse(&currency).map_err(|_| MoneyError::broken("invoice"))?;
            let money = |minor: Option<i64>| Money::from_minor(minor.unwrap_or_default(), currency);
            Ok(CustomerSums { billed: money(billed), paid: money(paid), due: money(due) })
        })
        .collect()
}

/// What a customer was billed, has paid and owes in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustomerSums {
    /// Issued, less credit notes.
    pub billed: Money,
    /// Paid, less refunds.
    pub paid: Money,
    /// Still owed.
    pub due: Money,
}

/// An invoice of which something is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpaidInvoice {
    /// The invoice.
    pub id: InvoiceId,
    /// Its series and number.
    pub folio: String,
    /// What it came to.
    pub total: Money,
    /// What is still owed.
    pub due: Money,
    /// Until when it was to be paid.
    pub due_on: NaiveDate,
}

/// Up to `at_most` invoices of which a customer owes something, the one due first before the others.
pub fn unpaid(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    at_most: i64,
) -> Result<Vec<UnpaidInvoice>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let rows = invoices::table
        .filter(invoices::tenant_id.eq(tenant).and(invoices::customer_id.eq(customer.uuid())))
        .filter(invoices::status.eq("issued"))
        .order((invoices::due_on, invoices::id))
        .limit(at_most)
        .select(ListRow::as_select())
        .load::<ListRow>(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    let unpaid = |row: ListRow| {
        let currency = Currency::parse(&row.currency).map_err(|_| MoneyError::broken("invoice"))?;
        let due = row.total_minor - row.paid_minor - row.credited_minor;
        Ok(UnpaidInvoice {
            id: row.id.into(),
            folio: format!("{}-{}", row.series, row.number.unwrap_or_default()),
            total: Money::from_minor(row.total_minor, currency),
            due: Money::from_minor(due, currency),
            due_on: row.due_on.unwrap_or_default(),
        })
    };
    rows.into_iter().map(unpaid).collect()
}

/// Whether an invoice of a subscription is overdue `today`.
pub fn has_overdue(tx: &mut TenantTx<'_>, subscription: Uuid, today: NaiveDate) -> Result<bool, MoneyError> {
    let tenant = tx.tenant().uuid();
    let overdue = invoices::table
        .filter(invoices::tenant_id.eq(tenant).and(invoices::subscription_id.eq(subscription)))
        .filter(invoices::status.eq("issued").and(invoices::due_on.lt(today)));
    let found = diesel::select(diesel::dsl::exists(overdue)).get_result(tx.conn(BILLING)?);
    Ok(found.map_err(DbError::from)?)
}
