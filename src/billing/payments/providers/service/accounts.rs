//! Accounts with providers.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use uuid::Uuid;

use crate::billing::contract::events::{PaymentAccountConnected, PaymentAccountDisconnected};
use crate::billing::contract::{MoneyError, PaymentAccountId};
use crate::billing::payments::providers::domain::{Credentials, Provider};
use crate::billing::payments::providers::store::{self, AccountRow};
use crate::kernel::Message;
use crate::platform::db::TenantTx;
use crate::platform::problem::Problem;
use crate::platform::seal::Seal;

/// An account to be.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// What it is used with.
    pub credentials: Credentials,
    /// The page that customers come back to.
    pub return_url: String,
}

/// An account that can be used.
#[derive(Debug, Clone)]
pub struct Account {
    /// Which.
    pub id: Uuid,
    /// What it is used with.
    pub credentials: Credentials,
    /// The page that customers come back to.
    pub return_url: String,
}

/// Connects the tenant with a provider; it has one account with each.
pub fn connect(tx: &mut TenantTx<'_>, seal: &Seal, new: &NewAccount) -> Result<AccountRow, MoneyError> {
    let provider = new.credentials.provider();
    let mut token = [0_u8; 24];
    rand::fill(&mut token).map_err(|_| Problem::internal())?;
    let id = PaymentAccountId::new();
    let row = AccountRow {
        tenant_id: tx.tenant().uuid(),
        id: id.uuid(),
        version: 1,
        provider: provider.as_str().to_owned(),
        credentials: closed(seal, tx.tenant().uuid(), id.uuid(), &new.credentials)?,
        hint: new.credentials.hint(),
        return_url: new.return_url.clone(),
        webhook_token: URL_SAFE_NO_PAD.encode(token),
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    if !store::insert_account(tx, &row)? {
        return Err(connected_already(tx, provider)?.into());
    }
    tx.emit(row.id, row.version, &PaymentAccountConnected { id, provider: provider.method() });
    Ok(row)
}

/// Gives an account other credentials of the same provider, under the same webhook.
pub fn replace(
    tx: &mut TenantTx<'_>,
    seal: &Seal,
    id: PaymentAccountId,
    expected: Option<i32>,
    new: &NewAccount,
) -> Result<AccountRow, MoneyError> {
    let mut row = store::lock_account(tx, id)?;
    if expected.is_some_and(|version| version != row.version) {
        return Err(MoneyError::Stale(row.version));
    }
    let provider = new.credentials.provider();
    if row.provider != provider.as_str() {
        return Err(Problem::conflict(
            "payment-account-of-another",
            Message::new(
                "The account is with the other provider; connect that one by itself",
                "La cuenta es del otro proveedor; conecte ese aparte",
            ),
        )
        .into());
    }
    row.credentials = closed(seal, row.tenant_id, row.id, &new.credentials)?;
    row.hint = new.credentials.hint();
    new.return_url.clone_into(&mut row.return_url);
    row.version += 1;
    row.updated_at = tx.now();
    store::save_account(tx, &row)?;
    tx.emit(row.id, row.version, &PaymentAccountConnected { id, provider: provider.method() });
    Ok(row)
}

/// Disconnects the tenant from a provider.
pub fn disconnect(tx: &mut TenantTx<'_>, id: PaymentAccountId) -> Result<(), MoneyError> {
    let row = store::lock_account(tx, id)?;
    store::delete_account(tx, id)?;
    let provider = Provider::stored(&row.provider).ok_or_else(|| MoneyError::broken("account"))?;
    tx.emit(row.id, row.version + 1, &PaymentAccountDisconnected { id, provider: provider.method() });
    Ok(())
}

/// The tenant's account with a provider, with its credentials; none when it has none.
pub fn account_of(
    tx: &mut TenantTx<'_>,
    seal: &Seal,
    provider: Provider,
) -> Result<Option<Account>, MoneyError> {
    let row = store::accounts(tx)?.into_iter().find(|row| row.provider == provider.as_str());
    row.map(|row| opened(seal, row)).transpose()
}

/// The account of `row`, with its credentials.
pub fn opened(seal: &Seal, row: AccountRow) -> Result<Account, MoneyError> {
    let plain = seal.open(&place(row.tenant_id, row.id), &row.credentials);
    let credentials = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
    let credentials = credentials.ok_or_else(|| MoneyError::broken("account"))?;
    Ok(Account { id: row.id, credentials, return_url: row.return_url })
}

fn connected_already(tx: &mut TenantTx<'_>, provider: Provider) -> Result<Problem, MoneyError> {
    let existing = store::accounts(tx)?.into_iter().find(|row| row.provider == provider.as_str());
    let problem = Problem::conflict(
        "payment-account-connected",
        Message::new(
            "Your company is connected with this provider; change that account",
            "Su empresa ya está conectada con este proveedor; modifique esa cuenta",
        ),
    );
    let id = existing.map(|row| row.id);
    Ok(problem.member("existing_id", json!(id)))
}

fn closed(seal: &Seal, tenant: Uuid, id: Uuid, credentials: &Credentials) -> Result<Vec<u8>, MoneyError> {
    let plain = serde_json::to_vec(credentials).map_err(|_| Problem::internal())?;
    Ok(seal.close(&place(tenant, id), plain).map_err(|error| Problem::internal().caused_by(&error))?)
}

/// What credentials are bound to: in another row they do not open.
fn place(tenant: Uuid, id: Uuid) -> Vec<u8> {
    [*tenant.as_bytes(), *id.as_bytes()].concat()
}
