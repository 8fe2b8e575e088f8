//! Allowances: how much work a tenant may have under way, which its people share.

use diesel::sql_types::Text;
use uuid::Uuid;

use super::{TransferError, TransferTables};
use crate::platform::db::TenantTx;
use crate::platform::id::Id;
use crate::platform::limits::Quota;
use crate::platform::problem::Problem;

/// How many of something a tenant may have at the same time.
pub(super) struct Allowance {
    /// At most so many, of all its people together.
    pub at_most: i64,
    /// Counts those of a user, or of everybody.
    pub count: fn(&mut TenantTx<'_>, TransferTables, Option<Uuid>) -> Result<i64, TransferError>,
    /// What is said when there are so many.
    pub full: fn(i64) -> Problem,
}

impl Allowance {
    /// Refuses when all of it is taken. Whoever sees some people's records only may take half of it: nobody of those who do
    /// not see each other keeps it from all others alone.
    pub fn check(&self, tx: &mut TenantTx<'_>, tables: TransferTables) -> Result<(), TransferError> {
        if let Some(user) = limited_user(tx) {
            // Requests that arrive together are counted one after the other.
            let key = format!("transfers of {user} in {} ", tables.module().name());
            let lock = "SELECT pg_advisory_xact_lock(hashtextextended($2 || $1::text, 0))";
            tables.execute(tx, lock, |query| query.bind::<Text, _>(key))?;
            if self.taken(tx, tables, Some(user))? >= self.share() {
                return Err((self.full)(self.share()).into());
            }
        }
        if self.taken(tx, tables, None)? >= self.at_most {
            return Err((self.full)(self.at_most).into());
        }
        Ok(())
    }

    /// How much of it the actor may take and has taken, under the name `quota`.
    pub fn quota(
        &self,
        tx: &mut TenantTx<'_>,
        tables: TransferTables,
        quota: &'static str,
    ) -> Result<Quota, TransferError> {
        let number = |count: i64| usize::try_from(count).unwrap_or(usize::MAX);
        let of_all = self.taken(tx, tables, None)?;
        let (used, limit) = match limited_user(tx) {
            None => (of_all, self.at_most),
            Some(user) => {
                let own = self.taken(tx, tables, Some(user))?;
                (own, self.share().min(own + (self.at_most - of_all).max(0)))
            }
        };
        Ok(Quota::held(quota, number(used), number(limit)))
    }

    /// As many as one may take who does not see everybody's.
    fn share(&self) -> i64 {
        (self.at_most + 1) / 2
    }

    fn taken(
        &self,
        tx: &mut TenantTx<'_>,
        tables: TransferTables,
        user: Option<Uuid>,
    ) -> Result<i64, TransferError> {
        tx.over_everything(|tx| (self.count)(tx, tables, user))
    }
}

/// The user who acts, if they see some people's records only.
fn limited_user(tx: &TenantTx<'_>) -> Option<Uuid> {
    if tx.actor().sight().is_everything() { None } else { tx.actor().user().map(Id::uuid) }
}
