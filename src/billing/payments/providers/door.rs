//! The way in for a provider that tells something: nobody's user, for whom the platform acts in the account's company.

use super::store;
use crate::billing::BILLING;
use crate::billing::contract::{MoneyError, PaymentAccountId};
use crate::platform::auth::{Actor, CorrelationId};
use crate::platform::db::Db;

/// The platform in the company whose account is called under the address with this token, and the account; none when there
/// is no such account.
pub async fn open(
    db: &Db,
    token: String,
    correlation: CorrelationId,
) -> Result<Option<(Actor, PaymentAccountId)>, MoneyError> {
    let found = db.system(BILLING, move |tx| store::find_by_token(tx, &token)).await?;
    Ok(found.map(|(tenant, account)| (Actor::platform(tenant, correlation), account)))
}
