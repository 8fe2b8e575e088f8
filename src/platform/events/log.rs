//! A tenant's own history: its events, page by page, under row-level security.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::event::{LogRow, LoggedEvent};
use super::schema::log;
use crate::platform::auth::UserId;
use crate::platform::db::{DbError, Module, TenantTx};
use crate::platform::id::Id;

/// Which events of the tenant; everything that is none is not asked.
#[derive(Debug, Clone, Default)]
pub struct HistoryFilter {
    /// Of this record.
    pub aggregate: Option<Uuid>,
    /// Of these kinds.
    pub kinds: Option<Vec<String>>,
    /// Caused by this person.
    pub user: Option<UserId>,
    /// Under this correlation id.
    pub correlation: Option<String>,
    /// At this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Before this time.
    pub before: Option<DateTime<Utc>>,
    /// Behind this position of the log, whatever the order.
    pub behind: Option<i64>,
}

/// The order of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryOrder {
    /// The newest first.
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// Up to `limit` events of the transaction's tenant, read as `module`, behind the position `after` in that order.
pub fn history(
    tx: &mut TenantTx<'_>,
    module: Module,
    filter: &HistoryFilter,
    order: HistoryOrder,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<LoggedEvent>, DbError> {
    let tenant = tx.tenant().uuid();
    let mut query =
        log::table.select(LogRow::as_select()).filter(log::tenant_id.eq(tenant)).limit(limit).into_boxed();
    query = match (order, after) {
        (HistoryOrder::NewestFirst, Some(position)) => query.filter(log::position.lt(position)),
        (HistoryOrder::OldestFirst, Some(position)) => query.filter(log::position.gt(position)),
        (_, None) => query,
    };
    query = match order {
        HistoryOrder::NewestFirst => query.order(log::position.desc()),
        HistoryOrder::OldestFirst => query.order(log::position.asc()),
    };
    if let Some(aggregate) = filter.aggregate {
        query = query.filter(log::aggregate_id.eq(aggregate));
    }
    if let Some(kinds) = &filter.kinds {
        query = query.filter(log::type_.eq_any(kinds));
    }
    if let Some(user) = filter.user {
        query = query.filter(log::user_id.eq(Id::uuid(user)));
    }
    if let Some(correlation) = &filter.correlation {
        query = query.filter(log::correlation_id.eq(correlation));
    }
    if let Some(since) = filter.since {
        query = query.filter(log::occurred_at.ge(since));
    }
    if let Some(before) = filter.before {
        query = query.filter(log::occurred_at.lt(before));
    }
    if let Some(position) = filter.behind {
        query = query.filter(log::position.gt(position));
    }
    Ok(query.load(tx.conn(module)?)?.into_iter().map(LoggedEvent::from).collect())
}
