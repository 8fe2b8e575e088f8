//! Dead letters, for operators: see them, try them again, or skip them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::event::LoggedEvent;
use super::own::{DeadLetterRetried, DeadLetterSkipped};
use super::schema::{dead_letters, subscriptions};
use super::{EVENTS, cursor, parking};
use crate::kernel::Message;
use crate::platform::auth::{Actor, CorrelationId, TenantId};
use crate::platform::db::{Db, DbError, TenantTx};
use crate::platform::problem::{AsProblem, Problem};

/// An event that a subscription gave up on.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = dead_letters, check_for_backend(diesel::pg::Pg))]
pub struct DeadLetter {
    /// Its identifier; later ones are greater.
    pub id: Uuid,
    /// The subscription that failed.
    pub subscription: String,
    /// The event's place in the log.
    pub position: i64,
    /// The event.
    pub event_id: Uuid,
    /// The tenant in which it happened.
    pub tenant_id: Uuid,
    /// The record that it happened to.
    pub aggregate_id: Uuid,
    /// The kind of event.
    pub type_: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Why the first attempt failed.
    pub first_error: String,
    /// Why the last attempt failed.
    pub last_error: String,
    /// When it was given up.
    pub parked_at: DateTime<Utc>,
    /// When somebody retried or skipped it.
    pub resolved_at: Option<DateTime<Utc>>,
    /// `retried` or `skipped`.
    pub resolution: Option<String>,
}

/// Which dead letters to list.
#[derive(Debug, Clone, Default)]
pub struct DeadLetterFilter {
    /// Only this tenant's.
    pub tenant: Option<TenantId>,
    /// Only this subscription's.
    pub subscription: Option<String>,
    /// Which of them by what was done about them.
    pub state: DeadLetterState,
    /// Only those behind this identifier: the last one of the page before.
    pub after: Option<Uuid>,
}

/// What was done about a dead letter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeadLetterState {
    /// Nothing yet.
    #[default]
    Open,
    /// Anything, or nothing.
    Any,
}

/// What to do about a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Try it again, with eight new attempts; later events of its record wait for it.
    Retry,
    /// Leave it.
    Skip,
}

/// Why nothing can be done about a dead letter.
#[derive(Debug, thiserror::Error)]
pub enum DeadLetterError {
    /// Not there, or another tenant's.
    #[error("no dead letter {0}")]
    NotFound(Uuid),
    /// Somebody retried or skipped it before.
    #[error("the dead letter {0} was resolved before")]
    Resolved(Uuid),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl AsProblem for DeadLetterError {
    fn as_problem(&self) -> Problem {
        match self {
            Self::NotFound(_) => Problem::not_found(
                "dead-letter-not-found",
                Message::new("No such dead letter", "No existe ese evento fallido"),
            ),
            Self::Resolved(_) => Problem::conflict(
                "dead-letter-resolved",
                Message::new(
                    "Somebody retried or skipped it before; read it again",
                    "Alguien ya lo reintentó o lo omitió; léalo de nuevo",
                ),
            ),
            Self::Db(error) => error.as_problem(),
        }
    }
}

/// Up to `limit` dead letters, the oldest first.
pub async fn dead_letters(db: &Db, filter: DeadLetterFilter, limit: i64) -> Result<Vec<DeadLetter>, DbError> {
    db.system(EVENTS, move |tx| {
        let mut query = dead_letters::table
            .select(DeadLetter::as_select())
            .order(dead_letters::id)
            .limit(limit)
            .into_boxed();
        if let Some(tenant) = filter.tenant {
            query = query.filter(dead_letters::tenant_id.eq(tenant.uuid()));
        }
        if let Some(subscription) = filter.subscription {
            query = query.filter(dead_letters::subscription.eq(subscription));
        }
        if filter.state == DeadLetterState::Open {
            query = query.filter(dead_letters::resolved_at.is_null());
        }
        if let Some(after) = filter.after {
            query = query.filter(dead_letters::id.gt(after));
        }
        Ok(query.load(tx.conn())?)
    })
    .await
}

/// The dead letter `id` of the transaction's tenant, and the event itself while the log has it.
pub(super) fn find(
    tx: &mut TenantTx<'_>,
    id: Uuid,
) -> Result<(DeadLetter, Option<LoggedEvent>), DeadLetterError> {
    let tenant = tx.tenant().uuid();
    let connection = tx.conn(EVENTS)?;
    let letter = dead_letters::table
        .select(DeadLetter::as_select())
        .filter(dead_letters::id.eq(id).and(dead_letters::tenant_id.eq(tenant)))
        .first(connection)
        .optional()
        .map_err(DbError::from)?
        .ok_or(DeadLetterError::NotFound(id))?;
    let event = cursor::event_at(connection, letter.position)?;
    Ok((letter, event))
}

/// Resolves the open dead letter `id` of the transaction's tenant, and tells so in an event.
pub(super) fn resolve(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    resolution: Resolution,
) -> Result<DeadLetter, DeadLetterError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let connection = tx.conn(EVENTS)?;
    let letter = dead_letters::table
        .select(DeadLetter::as_select())
        .filter(dead_letters::id.eq(id).and(dead_letters::tenant_id.eq(tenant)))
        .for_update()
        .first(connection)
        .optional()
        .map_err(DbError::from)?
        .ok_or(DeadLetterError::NotFound(id))?;
    if letter.resolved_at.is_some() {
        return Err(DeadLetterError::Resolved(id));
    }
    let letter = diesel::update(dead_letters::table)
        .filter(dead_letters::id.eq(id))
        .set((dead_letters::resolved_at.eq(now), dead_letters::resolution.eq(resolution.as_str())))
        .returning(DeadLetter::as_returning())
        .get_result(connection)
        .map_err(DbError::from)?;
    if resolution == Resolution::Retry {
        // Between two batches of the subscription, so that the record's next events see that one waits.
        subscriptions::table
            .select(subscriptions::name)
            .filter(subscriptions::name.eq(&letter.subscription))
            .for_update()
            .first::<String>(connection)
            .optional()
            .map_err(DbError::from)?;
        if let Some(event) = cursor::event_at(connection, letter.position)? {
            parking::queue(connection, &letter.subscription, &event, now)?;
        }
    }
    resolution.tell(tx, &letter);
    Ok(letter)
}

/// Resolves the open dead letter `id`, of `tenant` when one is given; false when there is none.
pub async fn resolve_dead_letter(
    db: &Db,
    id: Uuid,
    tenant: Option<TenantId>,
    resolution: Resolution,
) -> Result<bool, DbError> {
    let owner = db
        .system(EVENTS, move |tx| {
            let owner = dead_letters::table
                .select(dead_letters::tenant_id)
                .filter(dead_letters::id.eq(id))
                .first::<Uuid>(tx.conn());
            owner.optional().map_err(DbError::from)
        })
        .await?;
    let Some(owner) = owner.map(TenantId::from).filter(|owner| tenant.is_none_or(|own| own == *owner)) else {
        return Ok(false);
    };
    let actor = Actor::platform(owner, CorrelationId::new());
    match db.tenant(actor, move |tx| resolve(tx, id, resolution)).await {
        Ok(_) => Ok(true),
        Err(DeadLetterError::Db(error)) => Err(error),
        Err(DeadLetterError::NotFound(_) | DeadLetterError::Resolved(_)) => Ok(false),
    }
}

impl Resolution {
    fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retried",
            Self::Skip => "skipped",
        }
    }

    fn tell(self, tx: &mut TenantTx<'_>, letter: &DeadLetter) {
        let DeadLetter { id, subscription, event_id, type_, .. } = letter;
        let (subscription, event_id, event_type) = (subscription.clone(), *event_id, type_.clone());
        match self {
            Self::Retry => {
                tx.emit(*id, 2, &DeadLetterRetried { id: *id, subscription, event_id, event_type });
            }
            Self::Skip => {
                tx.emit(*id, 2, &DeadLetterSkipped { id: *id, subscription, event_id, event_type });
            }
        }
    }
}
