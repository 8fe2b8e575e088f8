//! The caller's own sessions over HTTP.

use actix_web::web::{Data, Path};
use actix_web::{delete, get};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::identity::Identity;
use crate::identity::contract::IdentityError;
use crate::identity::contract::events::SessionEnd;
use crate::identity::sessions::domain::SessionRecord;
use crate::identity::sessions::service;
use crate::platform::auth::{Authenticated, SessionId};
use crate::platform::db::TenantTx;
use crate::platform::http::{Cursor, Page, PageLimit, Query, Reply};
use crate::platform::problem::Problem;

/// One signing-in that still lasts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c12", "user_agent": "Mozilla/5.0 (Android 16; Mobile)", "ip": "192.0.2.7",
    "created_at": "2026-01-05T15:00:00Z", "last_used_at": "2026-01-05T16:20:00Z", "expires_at": "2026-02-04T15:00:00Z",
    "current": true
}))]
struct SessionView {
    id: SessionId,
    /// What it was begun with, as that said of itself.
    #[schema(required)]
    user_agent: Option<String>,
    /// The address that it was begun from.
    #[schema(required)]
    ip: Option<String>,
    created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    last_used_at: DateTime<Utc>,
    /// When it ends, whatever happens.
    expires_at: DateTime<Utc>,
    /// Whether it is the one that this request came with.
    current: bool,
}

impl SessionView {
    fn of(session: SessionRecord, current: SessionId) -> Self {
        Self {
            current: session.id == current,
            id: session.id,
            user_agent: session.user_agent,
            ip: session.ip,
            created_at: session.started_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
        }
    }
}

/// Which sessions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SessionQuery {
    /// Items on a page.
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200, default = 20)]
    limit: PageLimit,
    /// The `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// List your sessions
///
/// Lists where you are signed in, the newest first. An API key has no sessions and is refused.
#[utoipa::path(operation_id = "me_sessions_list", tag = "me", security(("bearer" = [])), params(SessionQuery),
    responses((status = 200, description = "A page of sessions.", body = Page<SessionView>)))]
#[get("/api/v1/me/sessions")]
pub(super) async fn me_sessions_list(
    who: Authenticated,
    identity: Data<Identity>,
    query: Query<SessionQuery>,
) -> Result<Reply, Problem> {
    let limit = query.0.limit;
    let after = query.0.cursor.as_deref().map(Cursor::read::<SessionId>).transpose()?;
    let (user, current) = (who.caller().user, who.caller().session);
    let list = move |tx: &mut TenantTx<'_>| {
        service::expect_session(tx, current)?;
        service::list(tx, user, after, limit.rows_to_read())
    };
    let sessions = identity.db.read::<_, IdentityError, _>(who.actor(), list).await?;
    let page = Page::cut(sessions, limit, |session| Cursor::write(&session.id));
    Ok(Reply::ok(&page.map(|session| SessionView::of(session, current))))
}

/// End one of your sessions
///
/// Ends a session of yours: its next request is refused. Ending it again changes nothing.
#[utoipa::path(operation_id = "me_sessions_end", tag = "me", security(("bearer" = [])),
    params(("id" = SessionId, Path, description = "The session.")),
    responses((status = 204, description = "It is over.")))]
#[delete("/api/v1/me/sessions/{id}")]
pub(super) async fn me_sessions_end(
    who: Authenticated,
    identity: Data<Identity>,
    id: Path<SessionId>,
) -> Result<Reply, Problem> {
    let (user, current) = (who.caller().user, who.caller().session);
    let end = move |tx: &mut TenantTx<'_>| {
        service::expect_session(tx, current)?;
        service::revoke(tx, user, *id)
    };
    finish(&who, &identity, end).await
}

/// End your other sessions
///
/// Ends every session of yours but the one that the request came with.
#[utoipa::path(operation_id = "me_sessions_end_others", tag = "me", security(("bearer" = [])),
    responses((status = 204, description = "They are over.")))]
#[delete("/api/v1/me/sessions")]
pub(super) async fn me_sessions_end_others(
    who: Authenticated,
    identity: Data<Identity>,
) -> Result<Reply, Problem> {
    let (user, current) = (who.caller().user, who.caller().session);
    let end = move |tx: &mut TenantTx<'_>| {
        service::expect_session(tx, current)?;
        service::end_all_of(tx, user, Some(current), SessionEnd::Revoked)
    };
    finish(&who, &identity, end).await
}

async fn finish(
    who: &Authenticated,
    identity: &Identity,
    end: impl FnOnce(&mut TenantTx<'_>) -> Result<(), IdentityError> + Send + 'static,
) -> Result<Reply, Problem> {
    let ended = identity.db.tenant(who.actor(), end).await;
    identity.verifier.recheck(who.caller().tenant);
    ended?;
    Ok(Reply::no_content())
}
