//! A tenant's own history: its events, stretch by stretch, under row-level security.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use uuid::Uuid;

use super::event::{LogRow, LoggedEvent};
use super::schema::log;
use crate::platform::auth::UserId;
use crate::platform::db::{DbError, Module, TenantTx};
use crate::platform::id::Id;

/// Events that one statement looks through for those that are wanted: some tens of milliseconds.
const LOOKED_AT_ONCE: i64 = 10_000;
/// Such looks for one answer.
const LOOKS: usize = 10;
/// Far more than a transaction lasts: its events get their time at its beginning and their place at its end, so the log is in
/// the order of times but for less than this.
const DISORDER: TimeDelta = TimeDelta::hours(1);

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

/// A stretch of a history. Of a long log with few events that are wanted it may have fewer than asked for, or none, and go on.
#[derive(Debug)]
pub struct Stretch {
    /// The events, in order.
    pub events: Vec<LoggedEvent>,
    /// The position behind which the history goes on; none when that was its end.
    pub goes_on: Option<i64>,
}

/// Up to `limit` events of the transaction's tenant, read as `module`, behind the position `after` in that order.
pub fn history(
    tx: &mut TenantTx<'_>,
    module: Module,
    filter: &HistoryFilter,
    order: HistoryOrder,
    after: Option<i64>,
    limit: i64,
) -> Result<Stretch, DbError> {
    let tenant = tx.tenant().uuid();
    let connection = tx.conn(module)?;
    let mut span = filter.span(connection, tenant)?;
    if let Some(position) = after {
        span = span.behind(position, order);
    }
    let (mut events, mut goes_on) = (Vec::new(), None);
    for _ in 0..LOOKS {
        let end = if filter.is_sparse() { end_of_look(connection, tenant, span, order)? } else { None };
        let missing = limit - i64::try_from(events.len()).unwrap_or(limit);
        let look = end.map_or(span, |end| span.until(end, order));
        let found = filter.events(connection, tenant, look, order, missing)?;
        let is_full = i64::try_from(found.len()).is_ok_and(|found| found >= missing);
        events.extend(found);
        goes_on = if is_full { events.last().map(|event: &LoggedEvent| event.position) } else { end };
        match goes_on {
            Some(position) if !is_full => span = span.behind(position, order),
            _ => break,
        }
    }
    Ok(Stretch { events, goes_on })
}

/// The first event of the transaction's tenant in that order, read as `module`, however far away it is.
pub fn first_of_history(
    tx: &mut TenantTx<'_>,
    module: Module,
    filter: &HistoryFilter,
    order: HistoryOrder,
) -> Result<Option<LoggedEvent>, DbError> {
    let mut after = None;
    loop {
        let stretch = history(tx, module, filter, order, after, 1)?;
        match (stretch.events.into_iter().next(), stretch.goes_on) {
            (None, Some(position)) => after = Some(position),
            (found, _) => return Ok(found),
        }
    }
}

impl HistoryFilter {
    /// Whether those that are wanted may be far apart. Those of one record have an index of their own.
    fn is_sparse(&self) -> bool {
        let by_time = self.since.is_some() || self.before.is_some();
        let narrows = by_time || self.kinds.is_some() || self.user.is_some() || self.correlation.is_some();
        narrows && self.aggregate.is_none()
    }

    /// Where in the log those that are wanted may be.
    fn span(&self, connection: &mut PgConnection, tenant: Uuid) -> Result<Span, DbError> {
        let mut span = Span { above: self.behind.unwrap_or(0), up_to: i64::MAX };
        if self.aggregate.is_none() {
            if let Some(since) = self.since {
                span.above = span.above.max(end_of_before(connection, tenant, since - DISORDER)?);
            }
            if let Some(before) = self.before {
                span.up_to = end_of_before(connection, tenant, before + DISORDER)?;
            }
        }
        Ok(span)
    }

    /// Up to `limit` of those within `span` that are wanted.
    fn events(
        &self,
        connection: &mut PgConnection,
        tenant: Uuid,
        span: Span,
        order: HistoryOrder,
        limit: i64,
    ) -> Result<Vec<LoggedEvent>, DbError> {
        let mut rows = span.rows(tenant, order);
        if let Some(aggregate) = self.aggregate {
            rows = rows.filter(log::aggregate_id.eq(aggregate));
        }
        if let Some(kinds) = self.kinds.clone() {
            rows = rows.filter(log::type_.eq_any(kinds));
        }
        if let Some(user) = self.user {
            rows = rows.filter(log::user_id.eq(Id::uuid(user)));
        }
        if let Some(correlation) = self.correlation.clone() {
            rows = rows.filter(log::correlation_id.eq(correlation));
        }
        if let Some(since) = self.since {
            rows = rows.filter(log::occurred_at.ge(since));
        }
        if let Some(before) = self.before {
            rows = rows.filter(log::occurred_at.lt(before));
        }
        let rows = rows.select(LogRow::as_select()).limit(limit).load(connection)?;
        Ok(rows.into_iter().map(LoggedEvent::from).collect())
    }
}

/// The positions behind `above`, up to and with `up_to`.
#[derive(Debug, Clone, Copy)]
struct Span {
    above: i64,
    up_to: i64,
}

impl Span {
    /// The tenant's events in it, in that order.
    fn rows(self, tenant: Uuid, order: HistoryOrder) -> log::BoxedQuery<'static, Pg> {
        let rows = log::table.filter(log::tenant_id.eq(tenant)).into_boxed();
        let rows = rows.filter(log::position.gt(self.above)).filter(log::position.le(self.up_to));
        match order {
            HistoryOrder::NewestFirst => rows.order(log::position.desc()),
            HistoryOrder::OldestFirst => rows.order(log::position.asc()),
        }
    }

    /// What comes behind `position` in that order.
    fn behind(self, position: i64, order: HistoryOrder) -> Self {
        match order {
            HistoryOrder::NewestFirst => Self { up_to: self.up_to.min(position - 1), ..self },
            HistoryOrder::OldestFirst => Self { above: self.above.max(position), ..self },
        }
    }

    /// What comes up to and with `position` in that order.
    fn until(self, position: i64, order: HistoryOrder) -> Self {
        match order {
            HistoryOrder::NewestFirst => Self { above: self.above.max(position - 1), ..self },
            HistoryOrder::OldestFirst => Self { up_to: self.up_to.min(position), ..self },
        }
    }
}

/// The last position that one look reaches; none when it reaches the end of the span.
fn end_of_look(
    connection: &mut PgConnection,
    tenant: Uuid,
    span: Span,
    order: HistoryOrder,
) -> Result<Option<i64>, DbError> {
    let rows = span.rows(tenant, order).select(log::position).offset(LOOKED_AT_ONCE - 1).limit(1);
    Ok(rows.get_result(connection).optional()?)
}

/// The last position of the tenant of those that happened before `moment`, by bisection; exact but for the log's disorder.
fn end_of_before(connection: &mut PgConnection, tenant: Uuid, moment: DateTime<Utc>) -> Result<i64, DbError> {
    let all = Span { above: 0, up_to: i64::MAX }.rows(tenant, HistoryOrder::NewestFirst);
    let last: Option<i64> = all.select(log::position).limit(1).get_result(connection).optional()?;
    // Up to `low` everything happened before, behind `high` nothing did.
    let (mut low, mut high) = (0, last.unwrap_or(0));
    while low < high {
        let middle = low + (high - low) / 2;
        let rest = Span { above: middle, up_to: high }.rows(tenant, HistoryOrder::OldestFirst);
        let next: Option<(i64, DateTime<Utc>)> =
            rest.select((log::position, log::occurred_at)).limit(1).get_result(connection).optional()?;
        match next {
            Some((position, occurred_at)) if occurred_at < moment => low = position,
            _ => high = middle,
        }
    }
    Ok(low)
}
