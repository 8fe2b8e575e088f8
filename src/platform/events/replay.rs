//! Replay: an operator has events delivered once more, to one subscription or to NATS.

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use tokio::sync::Notify;
use uuid::Uuid;

use super::cursor::{self, Span};
use super::delivery::{Outgoing, ReplayId, deliver};
use super::event::LoggedEvent;
use super::nats::{NatsSettings, News, Servers};
use super::schema::{retries, subscriptions};
use super::{Catalogue, EVENTS, EventsError};
use crate::platform::auth::TenantId;
use crate::platform::db::{Db, DbError};

/// Positions that one transaction looks at.
const STRIDE: i64 = 5_000;
const CONNECTING: Duration = Duration::from_secs(5);

/// Which events to deliver again.
#[derive(Debug, Clone, Default)]
pub struct ReplayFilter {
    /// From this position of the log on; the first is 1.
    pub from: i64,
    /// Only this tenant's.
    pub tenant: Option<TenantId>,
    /// Only of this kind.
    pub kind: Option<String>,
}

/// Has the subscription `name` handle events again that it already handled; answers how many.
///
/// Without tenant and kind, its position moves back, and everything from there is handled again in order. With either,
/// the events that match are parked: each is handled alone, and new events of their records wait for them. Handlers see
/// the events a second time, so they must be fit for it.
pub async fn replay_to_subscription(db: &Db, name: &str, filter: &ReplayFilter) -> Result<i64, EventsError> {
    let db = db.for_background();
    let name = name.to_owned();
    let filter = ReplayFilter { from: filter.from.max(1), ..filter.clone() };
    if filter.tenant.is_none() && filter.kind.is_none() {
        return move_back(&db, name, filter.from).await;
    }
    let mut after = filter.from - 1;
    let mut parked = 0;
    loop {
        let (name, filter) = (name.clone(), filter.clone());
        let step = db.system(EVENTS, move |tx| {
            let now = tx.now();
            let connection = tx.conn();
            let position = lock(connection, &name)?;
            let until = position.min(after + STRIDE);
            let rows = diesel::sql_query(
                "INSERT INTO events.retries (subscription, position, tenant_id, aggregate_id, attempts, next_at) \
                 SELECT $1, position, tenant_id, aggregate_id, 0, $2 FROM events.log \
                 WHERE position > $3 AND position <= $4 AND ($5 IS NULL OR tenant_id = $5) \
                   AND ($6 IS NULL OR type = $6) ON CONFLICT DO NOTHING",
            )
            .bind::<Text, _>(&name)
            .bind::<Timestamptz, _>(now)
            .bind::<BigInt, _>(after)
            .bind::<BigInt, _>(until)
            .bind::<Nullable<diesel::sql_types::Uuid>, _>(filter.tenant.map(TenantId::uuid))
            .bind::<Nullable<Text>, _>(filter.kind.as_deref())
            .execute(connection)
            .map_err(DbError::from)?;
            Ok::<_, EventsError>((rows, until, position))
        });
        let (rows, until, position) = step.await?;
        parked += i64::try_from(rows).unwrap_or(i64::MAX);
        after = until;
        if until >= position {
            return Ok(parked);
        }
    }
}

async fn move_back(db: &Db, name: String, from: i64) -> Result<i64, EventsError> {
    db.system(EVENTS, move |tx| {
        let connection = tx.conn();
        let position = lock(connection, &name)?;
        let back = position.min(from - 1);
        // Parked events from there on are read again with the rest.
        diesel::delete(retries::table)
            .filter(retries::subscription.eq(&name).and(retries::position.gt(back)))
            .execute(connection)
            .map_err(DbError::from)?;
        diesel::update(subscriptions::table.filter(subscriptions::name.eq(&name)))
            .set((subscriptions::position.eq(back), subscriptions::attempted_position.eq(back)))
            .execute(connection)
            .map_err(DbError::from)?;
        Ok(position - back)
    })
    .await
}

/// Waits until the subscription is between two batches, and answers its position.
fn lock(connection: &mut PgConnection, name: &str) -> Result<i64, EventsError> {
    let position = subscriptions::table
        .select(subscriptions::position)
        .filter(subscriptions::name.eq(name).and(subscriptions::name.ne(cursor::NATS)))
        .for_update()
        .first(connection)
        .optional()
        .map_err(DbError::from)?;
    position.ok_or_else(|| EventsError::NoSubscription(name.to_owned()))
}

/// Publishes matching events to NATS once more, each with the message id `<event id>:r<replay id>` and the header
/// `Replay: <replay id>`; answers how many.
pub async fn replay_to_nats(
    db: &Db,
    settings: &NatsSettings,
    catalogue: &Catalogue,
    filter: &ReplayFilter,
) -> Result<i64, EventsError> {
    let servers = Servers::parse(settings.servers.as_deref().unwrap_or_default())?;
    let connected = Arc::new(Notify::new());
    let news = Arc::new(News::new(connected.clone()));
    let context = servers.connect(news).await.map_err(|error| EventsError::Nats(error.to_string()))?;
    tokio::time::timeout(CONNECTING, connected.notified())
        .await
        .map_err(|_| EventsError::Nats("no server answers".to_owned()))?;
    let db = db.for_background();
    let replay = ReplayId(Uuid::now_v7());
    let end = db.system(EVENTS, |tx| cursor::log_end(tx.conn())).await?;
    let mut after = filter.from.max(1) - 1;
    let mut published = 0;
    while after < end {
        let until = end.min(after + STRIDE / 10);
        let kind = filter.kind.clone();
        let page: Vec<LoggedEvent> = db
            .system(EVENTS, move |tx| {
                let kinds = kind.as_deref().map(|kind| [kind]);
                let kinds = kinds.as_ref().map(<[&str; 1]>::as_slice);
                cursor::page(tx.conn(), &Span { after, until, kinds, limit: STRIDE })
            })
            .await?;
        let outgoing: Vec<Outgoing> = page
            .iter()
            .filter(|event| filter.tenant.is_none_or(|tenant| tenant == event.tenant))
            .filter_map(|event| {
                let entry = catalogue.entry(&event.kind)?;
                Some(Outgoing::new(event, entry.subject, &entry.stream, Some(replay)))
            })
            .collect();
        let (receipts, failure) = deliver(&context, outgoing).await;
        if let Some(failure) = failure {
            return Err(EventsError::Nats(failure.to_string()));
        }
        published += i64::try_from(receipts.len()).unwrap_or(i64::MAX);
        after = until;
    }
    Ok(published)
}
