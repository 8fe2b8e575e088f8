//! Dead letters, for operators: see them, try them again, or skip them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::schema::{dead_letters, subscriptions};
use super::{EVENTS, cursor, parking};
use crate::platform::auth::TenantId;
use crate::platform::db::{Db, DbError};

/// An event that a subscription gave up on.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable)]
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
    #[serde(rename = "type")]
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

/// Up to `limit` dead letters, the oldest first.
pub async fn dead_letters(db: &Db, filter: DeadLetterFilter, limit: i64) -> Result<Vec<DeadLetter>, DbError> {
    db.for_background()
        .system(EVENTS, move |tx| {
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

/// Resolves the open dead letter `id`, of `tenant` when one is given; false when there is none.
pub async fn resolve_dead_letter(
    db: &Db,
    id: Uuid,
    tenant: Option<TenantId>,
    resolution: Resolution,
) -> Result<bool, DbError> {
    db.for_background()
        .system(EVENTS, move |tx| {
            let now = tx.now();
            let connection = tx.conn();
            let name = match resolution {
                Resolution::Retry => "retried",
                Resolution::Skip => "skipped",
            };
            let open = dead_letters::table
                .select(DeadLetter::as_select())
                .filter(dead_letters::id.eq(id).and(dead_letters::resolved_at.is_null()))
                .for_update()
                .first(connection)
                .optional()?;
            let Some(letter) = open.filter(|letter| tenant.is_none_or(|own| own.uuid() == letter.tenant_id))
            else {
                return Ok(false);
            };
            diesel::update(dead_letters::table)
                .filter(dead_letters::id.eq(id))
                .set((dead_letters::resolved_at.eq(now), dead_letters::resolution.eq(name)))
                .execute(connection)?;
            if resolution == Resolution::Retry {
                // Between two batches of the subscription, so that the record's next events see that one waits.
                subscriptions::table
                    .select(subscriptions::name)
                    .filter(subscriptions::name.eq(&letter.subscription))
                    .for_update()
                    .first::<String>(connection)
                    .optional()?;
                if let Some(event) = cursor::event_at(connection, letter.position)? {
                    parking::queue(connection, &letter.subscription, &event, now)?;
                }
            }
            Ok(true)
        })
        .await
}
