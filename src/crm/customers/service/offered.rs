//! What other modules and the workflows ask of customers.

use uuid::Uuid;

use super::{NewCustomer, create};
use crate::crm::contract::{Activity, CrmError, Customer, CustomerId};
use crate::crm::customers::domain::Record;
use crate::crm::customers::store::{self, ActivityRow};
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;

/// What others may know of a customer, in the archive too: [`Customer::open`] refuses those.
pub fn customer(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Customer, CrmError> {
    let row = store::find(tx, id)?;
    store::restore(&row).map(told)
}

/// The customer that a lead became.
pub fn customer_of_lead(tx: &mut TenantTx<'_>, lead: Uuid) -> Result<Option<Customer>, CrmError> {
    let row = store::of_lead(tx, lead)?;
    row.map(|row| store::restore(&row).map(told)).transpose()
}

/// Creates a customer with its primary person. Whoever was first with the lead or the tax identifier is told in the refusal.
pub fn register(tx: &mut TenantTx<'_>, new: NewCustomer) -> Result<Customer, CrmError> {
    let row = create(tx, new)?;
    store::restore(&row).map(told)
}

/// What was last done about a customer, `at_most` so many, the newest first.
pub fn last_activities(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    at_most: i64,
) -> Result<Vec<Activity>, CrmError> {
    let told = |row: ActivityRow| Activity {
        id: row.id,
        kind: row.kind,
        text: row.text,
        at: row.at,
        user: row.user_id.map(UserId::from),
    };
    Ok(store::latest(tx, customer, at_most)?.into_iter().map(told).collect())
}

fn told(record: Record) -> Customer {
    let details = record.details;
    Customer {
        id: record.id,
        version: record.version,
        kind: details.kind,
        trade_name: details.trade_name.to_string(),
        legal_name: details.legal_name.map(|name| name.to_string()),
        tax_id: details.tax_id,
        fiscal_regime: details.fiscal_regime,
        fiscal_postal_code: details.fiscal_address.and_then(|address| address.postal_code),
        email: details.email,
        phone: details.phone,
        owner: record.owner,
        language: details.language,
        currency: details.currency,
        archived_at: record.archived_at,
    }
}
