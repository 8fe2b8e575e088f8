//! Forgotten passwords, from the request to the letter: who asks is told nothing of whether there is such an account, so
//! the request is only noted, and looked at afterwards.

use chrono::TimeDelta;

use super::store;
use crate::identity::contract::IdentityError;
use crate::identity::lookup::{self, Login};
use crate::identity::mail::{self, LetterKind, Words};
use crate::identity::secrets::Secret;
use crate::identity::{Identity, tenants, users};
use crate::kernel::EmailAddress;
use crate::platform::auth::{Actor, CorrelationId};
use crate::platform::db::{Db, TenantTx};
use crate::platform::seal::Seal;

/// What a reset's token begins with.
const RESET_PREFIX: &str = "cauce_reset_";

/// How long a reset is good.
const RESET_LIFETIME: TimeDelta = TimeDelta::minutes(30);

/// Notes that somebody says they forgot the password of `email`.
pub(super) async fn request(identity: &Identity, email: &EmailAddress) -> Result<(), IdentityError> {
    store::request(&identity.db, email).await?;
    identity.letters.notify_one();
    Ok(())
}

/// Writes a letter for each account of each request that was not looked at yet.
pub(in crate::identity) async fn write_letters(db: &Db, identity: &Identity) -> Result<(), IdentityError> {
    for address in store::requests(db).await? {
        // What was noted is the form by which accounts are found, which is an address itself.
        let logins = match EmailAddress::parse(&address) {
            Ok(email) => lookup::logins(db, &email, None).await?,
            Err(_) => Vec::new(),
        };
        for login in logins {
            let (seal, public_url) = (identity.letter_seal.clone(), identity.public_url.clone());
            let actor = Actor::platform(login.tenant, CorrelationId::new());
            db.tenant(actor, move |tx| write_letter(tx, &seal, &login, &public_url)).await?;
        }
        store::close_request(db, address).await?;
    }
    Ok(())
}

fn write_letter(
    tx: &mut TenantTx<'_>,
    seal: &Seal,
    login: &Login,
    public_url: &str,
) -> Result<(), IdentityError> {
    let token = Secret::new(RESET_PREFIX)?;
    let expires_at = tx.now() + RESET_LIFETIME;
    store::insert(tx, login.user, &token.hash(), expires_at)?;
    let (user, tenant) = (users::store::find(tx, login.user)?, tenants::store::find(tx)?);
    // The host is the configured one, never what a request says; the token stands behind the `#`, which no server sees.
    let link = format!("{public_url}/#password-reset={}", token.reveal());
    let words = Words { to: &user.email, name: &user.name, company: tenant.name.as_str(), link: &link };
    mail::queue(tx, seal, LetterKind::PasswordReset, &words, expires_at)
}
