//! What is done with second factors, inside the caller's transaction.

use secrecy::{ExposeSecret, SecretString};

use super::domain::{Code, Seed, picture, place, recovery_codes};
use super::store;
use crate::identity::contract::IdentityError;
use crate::identity::contract::events::{
    UserRecoveryCodeUsed, UserRecoveryCodesReplaced, UserSecondFactorAdded, UserSecondFactorRemoved,
};
use crate::identity::users;
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::seal::Seal;

/// A second factor that waits for its first code.
pub(super) struct Enrolment {
    /// For a device to read.
    pub url: String,
    /// For somebody to type.
    pub secret: String,
    /// The URL as an SVG picture.
    pub picture: String,
}

/// Where somebody's second factor stands.
pub(super) struct Standing {
    /// Since when it is asked for; none when it waits for its first code.
    pub confirmed_at: Option<chrono::DateTime<chrono::Utc>>,
    /// How many recovery codes are left.
    pub codes_left: i64,
}

/// What a code proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::identity) enum Proof {
    /// There is no second factor to prove.
    NotNeeded,
    /// There is, and no code was brought.
    Missing,
    /// The code is wrong or spent.
    Wrong,
    /// The code was good, and is spent.
    Given,
}

/// Checks and spends `code` for the second factor of `user`, if they have one.
pub(in crate::identity) fn prove(
    tx: &mut TenantTx<'_>,
    seal: &Seal,
    user: UserId,
    code: Option<&SecretString>,
) -> Result<Proof, IdentityError> {
    let Some(row) = store::find(tx, user)?.filter(|row| row.confirmed_at.is_some()) else {
        return Ok(Proof::NotNeeded);
    };
    let Some(code) = code else { return Ok(Proof::Missing) };
    let is_good = match Code::read(code) {
        Code::Device(digits) => spend(tx, seal, user, &row, &digits)?,
        Code::Recovery(hash) => {
            let is_good = store::spend_code(tx, user, &hash)?;
            if is_good {
                let told = UserRecoveryCodeUsed { left: store::codes_left(tx, user)? };
                let version = users::store::find(tx, user)?.version;
                tx.emit(user.uuid(), version, &told);
            }
            is_good
        }
    };
    Ok(if is_good { Proof::Given } else { Proof::Wrong })
}

/// Where the second factor of `user` stands; none when there is none.
pub(super) fn standing(tx: &mut TenantTx<'_>, user: UserId) -> Result<Option<Standing>, IdentityError> {
    let Some(row) = store::find(tx, user)? else { return Ok(None) };
    Ok(Some(Standing { confirmed_at: row.confirmed_at, codes_left: store::codes_left(tx, user)? }))
}

/// Begins a second factor of `user`, which nothing asks for until it is confirmed.
pub(super) fn enrol(tx: &mut TenantTx<'_>, seal: &Seal, user: UserId) -> Result<Enrolment, IdentityError> {
    let seed = Seed::new()?;
    let sealed = seal
        .close(&place(tx.tenant(), user), seed.bytes())
        .map_err(|_| IdentityError::Cryptography("a seed could not be sealed"))?;
    if !store::put(tx, user, &sealed)? {
        return Err(IdentityError::SecondFactorOn);
    }
    let url = seed.url(&users::store::find(tx, user)?.email)?;
    Ok(Enrolment { picture: picture(&url)?, secret: seed.base32(), url })
}

/// Has the second factor of `user` asked for from now on, as `code` shows that their device has it; answers recovery codes.
pub(super) fn confirm(
    tx: &mut TenantTx<'_>,
    seal: &Seal,
    user: UserId,
    code: &SecretString,
) -> Result<Vec<String>, IdentityError> {
    let row = store::find(tx, user)?.ok_or(IdentityError::SecondFactorOff)?;
    if row.confirmed_at.is_some() {
        return Err(IdentityError::SecondFactorOn);
    }
    let is_good = match Code::read(code) {
        Code::Device(digits) => spend(tx, seal, user, &row, &digits)?,
        Code::Recovery(_) => false,
    };
    if !is_good {
        return Err(IdentityError::NotProven);
    }
    if !store::confirm(tx, user)? {
        return Err(IdentityError::SecondFactorOn);
    }
    let version = users::store::find(tx, user)?.version;
    tx.emit(user.uuid(), version, &UserSecondFactorAdded {});
    new_codes(tx, user)
}

/// Gives `user` other recovery codes.
pub(super) fn replace_codes(tx: &mut TenantTx<'_>, user: UserId) -> Result<Vec<String>, IdentityError> {
    let version = users::store::find(tx, user)?.version;
    tx.emit(user.uuid(), version, &UserRecoveryCodesReplaced {});
    new_codes(tx, user)
}

/// Takes the second factor of `user` away.
pub(in crate::identity) fn remove(tx: &mut TenantTx<'_>, user: UserId) -> Result<(), IdentityError> {
    let was_on = store::find(tx, user)?.is_some_and(|row| row.confirmed_at.is_some());
    if !store::delete(tx, user)? {
        return Err(IdentityError::SecondFactorOff);
    }
    if was_on {
        let version = users::store::find(tx, user)?.version;
        tx.emit(user.uuid(), version, &UserSecondFactorRemoved {});
    }
    Ok(())
}

fn spend(
    tx: &mut TenantTx<'_>,
    seal: &Seal,
    user: UserId,
    row: &store::Row,
    digits: &SecretString,
) -> Result<bool, IdentityError> {
    let seed = seal.open(&place(tx.tenant(), user), &row.seed).map(Seed::stored);
    let seed = seed.ok_or(IdentityError::Corrupt("second_factors.seed"))?;
    match seed.step_of(digits.expose_secret(), tx.now())? {
        Some(step) => store::spend_step(tx, user, step),
        None => Ok(false),
    }
}

fn new_codes(tx: &mut TenantTx<'_>, user: UserId) -> Result<Vec<String>, IdentityError> {
    let (codes, hashes): (Vec<_>, Vec<_>) = recovery_codes()?.into_iter().unzip();
    store::replace_codes(tx, user, &hashes)?;
    Ok(codes)
}
