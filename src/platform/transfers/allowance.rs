//! Allowances: how much work a tenant may have under way, which its people share.

use super::{TransferError, TransferTables};
use crate::platform::db::TenantTx;
use crate::platform::limits::Quota;
use crate::platform::problem::Problem;

/// How many of something a tenant may have at the same time.
pub(super) struct Allowance {
    /// As many.
    pub at_most: i64,
    /// Counts those that the actor sees.
    pub count: fn(&mut TenantTx<'_>, TransferTables) -> Result<i64, TransferError>,
    /// What is said when there are so many.
    pub full: fn(i64) -> Problem,
}

impl Allowance {
    /// Refuses when all of it is taken. Whoever sees some people's records only may take half of it with these people, so that
    /// nobody takes all from those whom they do not see.
    pub fn check(&self, tx: &mut TenantTx<'_>, tables: TransferTables) -> Result<(), TransferError> {
        let of_some = (self.at_most + 1) / 2;
        if !tx.actor().sight().is_everything() && (self.count)(tx, tables)? >= of_some {
            return Err((self.full)(of_some).into());
        }
        if self.taken(tx, tables)? >= self.at_most { Err((self.full)(self.at_most).into()) } else { Ok(()) }
    }

    /// How much is taken, under the name `quota`.
    pub fn quota(
        &self,
        tx: &mut TenantTx<'_>,
        tables: TransferTables,
        quota: &'static str,
    ) -> Result<Quota, TransferError> {
        let number = |count: i64| usize::try_from(count).unwrap_or(usize::MAX);
        Ok(Quota::held(quota, number(self.taken(tx, tables)?), number(self.at_most)))
    }

    fn taken(&self, tx: &mut TenantTx<'_>, tables: TransferTables) -> Result<i64, TransferError> {
        tx.over_everything(|tx| (self.count)(tx, tables))
    }
}
