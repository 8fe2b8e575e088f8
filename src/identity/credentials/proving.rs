//! Somebody who is signed in proves once more who they are, before they change how they sign in.

use secrecy::{ExposeSecret, SecretString};

use crate::identity::contract::IdentityError;
use crate::identity::factors::service::{Proof, prove};
use crate::identity::guesses::{self, Guess, Places, Target};
use crate::identity::{Identity, sessions, users};
use crate::platform::auth::{Authenticated, UserId};
use crate::platform::db::TenantTx;
use crate::platform::seal::Seal;

/// A password that was right when it was checked.
pub(in crate::identity) struct Proven {
    guess: Guess,
    user: UserId,
    hash: String,
}

/// Counts a guess at what only the caller can tell; they must have come with a session.
pub(in crate::identity) async fn guess(
    identity: &Identity,
    who: &Authenticated,
) -> Result<Guess, IdentityError> {
    let (user, session) = (who.caller().user, who.caller().session);
    let read = move |tx: &mut TenantTx<'_>| sessions::service::expect_session(tx, session);
    identity.db.read(who.actor(), read).await?;
    guesses::count(&identity.db, Target::of_user(user), Places::Ignore).await
}

/// Checks the password of the caller, who must have come with a session; wrong ones are counted.
pub(in crate::identity) async fn password(
    identity: &Identity,
    who: &Authenticated,
    password: SecretString,
) -> Result<Proven, IdentityError> {
    let (user, session) = (who.caller().user, who.caller().session);
    let read = move |tx: &mut TenantTx<'_>| {
        sessions::service::expect_session(tx, session)?;
        users::store::password_hash(tx, user)?.ok_or(IdentityError::NoPassword)
    };
    let hash = identity.db.read(who.actor(), read).await?;
    let guess = guesses::count(&identity.db, Target::of_user(user), Places::Ignore).await?;
    // Nothing that is longer can be anybody's password; it is not worth hashing.
    if password.expose_secret().len() > 1024 {
        return Err(IdentityError::NotProven);
    }
    if identity.passwords.matching(password, vec![hash.clone()]).await? != [true] {
        return Err(IdentityError::NotProven);
    }
    Ok(Proven { guess, user, hash })
}

impl Proven {
    /// Takes the password as proof, if it is the same still.
    pub fn by_password(&self, tx: &mut TenantTx<'_>) -> Result<(), IdentityError> {
        if !users::store::has_password(tx, self.user, &self.hash)? {
            return Err(IdentityError::NotProven);
        }
        self.guess.right(tx)
    }

    /// Takes the password as proof, and `code` for the second factor where there is one.
    pub fn by_both(
        &self,
        tx: &mut TenantTx<'_>,
        seal: &Seal,
        code: Option<&SecretString>,
    ) -> Result<(), IdentityError> {
        match prove(tx, seal, self.user, code)? {
            Proof::Given | Proof::NotNeeded => self.by_password(tx),
            Proof::Missing | Proof::Wrong => Err(IdentityError::NotProven),
        }
    }
}
