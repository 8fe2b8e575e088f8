//! Guesses at passwords and codes, counted before they are checked: of an account that there is and of one that there is not
//! alike, in the database, so that neither a restart nor a second server forgets them.
//!
//! The first wrong guesses cost nothing, each one more a wait twice as long as the last, up to a quarter of an hour; never for
//! ever. From a place where somebody signed in before their guesses are counted apart, so that whoever guesses elsewhere
//! does not keep them out.

mod store;

use crate::identity::contract::IdentityError;
use crate::identity::secrets::hash;
use crate::identity::sessions::domain::Device;
use crate::kernel::EmailAddress;
use crate::platform::auth::UserId;
use crate::platform::db::{Db, TenantTx};

pub(in crate::identity) use store::{clear, make_familiar};

/// Wrong guesses at one account that cost nothing.
const FREE_OF_ACCOUNT: i32 = 5;

/// Wrong guesses from one place that cost nothing: a whole office may be behind one address.
const FREE_OF_PLACE: i32 = 100;

/// What is guessed at.
pub(in crate::identity) struct Target {
    account: Vec<u8>,
    from: Option<(Vec<u8>, Vec<u8>)>,
}

impl Target {
    /// The account with this address, whether there is one or not, by somebody at `device`.
    pub fn of_address(email: &EmailAddress, device: &Device) -> Self {
        let from = (place_of(device), at_place(email, device));
        Self { account: account(email), from: Some(from) }
    }

    /// The password and codes of somebody who is signed in.
    pub fn of_user(user: UserId) -> Self {
        Self { account: hash(&format!("user {user}")), from: None }
    }
}

/// A guess that was counted and not yet judged; dropped, it counts as wrong.
pub(in crate::identity) struct Guess {
    counted: Vec<u8>,
    place: Option<Vec<u8>>,
}

/// Whether guesses are counted by place, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::identity) enum Places {
    /// They are.
    Count,
    /// They are not: everybody is at one place.
    Ignore,
}

/// Counts a guess; refused while the account, or the place, must wait.
pub(in crate::identity) async fn count(
    db: &Db,
    target: Target,
    places: Places,
) -> Result<Guess, IdentityError> {
    let counted = db
        .system(crate::identity::IDENTITY, move |tx| {
            let (place, at_place) = target.from.unzip();
            let counted = store::count(tx, &target.account, at_place.as_deref(), FREE_OF_ACCOUNT)?;
            let is_stranger = counted.counted == target.account;
            let place = place.filter(|_| is_stranger && places == Places::Count);
            let waits = match (&place, counted.wait) {
                (_, Some(wait)) => Some(wait),
                (Some(place), None) => store::count(tx, place, None, FREE_OF_PLACE)?.wait,
                (None, None) => None,
            };
            // An answer, not an error: what was counted stays.
            Ok::<_, IdentityError>(waits.ok_or(Guess { counted: counted.counted, place }))
        })
        .await?;
    match counted {
        Err(guess) => Ok(guess),
        Ok(wait) => {
            metrics::counter!("guesses_refused_total").increment(1);
            Err(IdentityError::TooManyGuesses(wait))
        }
    }
}

impl Guess {
    /// It was right: the wrong ones before it are forgiven.
    pub fn right(&self, tx: &mut TenantTx<'_>) -> Result<(), IdentityError> {
        store::settle(tx, &self.counted, true)?;
        self.place.iter().try_for_each(|place| store::settle(tx, place, false))
    }

    /// It was no guess, as nothing was wrong with it; those before it stand.
    pub fn take_back(&self, tx: &mut TenantTx<'_>) -> Result<(), IdentityError> {
        store::settle(tx, &self.counted, false)?;
        self.place.iter().try_for_each(|place| store::settle(tx, place, false))
    }
}

fn account(email: &EmailAddress) -> Vec<u8> {
    hash(&format!("account {}", email.normalized()))
}

fn place_of(device: &Device) -> Vec<u8> {
    hash(&format!("place {}", device.place))
}

fn at_place(email: &EmailAddress, device: &Device) -> Vec<u8> {
    hash(&format!("account {} at {}", email.normalized(), device.place))
}
