//! A tenant's events as they happen: Server-Sent Events (WHATWG HTML §9.2).

use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;

use actix_web::http::header::{CONTENT_ENCODING, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, get};
use futures_util::stream;
use serde::Deserialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;
use uuid::Uuid;

use super::ReadEvents;
use super::history::{Sequence, kinds};
use crate::kernel::Invalid;
use crate::platform::auth::{Actor, Authorized, Recheck};
use crate::platform::db::{Db, DbError};
use crate::platform::events::feed::Listener;
use crate::platform::events::{
    Catalogue, EVENTS, Envelope, EventsHandle, HistoryFilter, HistoryOrder, LoggedEvent, PLATFORM, cursor,
    history,
};
use crate::platform::http::Query;
use crate::platform::problem::{FieldError, Problem};

/// How often a comment is sent while nothing happens, so that nobody between takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often it is asked whether the caller still may read, while nothing happens.
const RECHECK: Duration = Duration::from_secs(5);
/// Events in one piece of the answer.
const AT_ONCE: i64 = 100;

/// How many streams a tenant may have open at once.
#[derive(Debug, Clone, Copy)]
pub struct StreamLimit(pub usize);

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    /// Only these kinds: a comma list of `Lead.Created`, `Lead.*` or `*`.
    #[serde(rename = "type")]
    #[param(example = "Lead.*")]
    kind: Option<String>,
    /// Only what happens to this record.
    record_id: Option<Uuid>,
    /// Begins behind this `sequence`; `Last-Event-ID` goes before. Without either it begins now.
    #[param(value_type = Option<i64>, minimum = 0)]
    after: Option<Sequence>,
}

/// Follow events
///
/// Sends your company's events as they happen, as Server-Sent Events: `id` is the event's `sequence` as a number, `event` its
/// type, `data` its envelope. Begin again with the last `id` as `Last-Event-ID` and nothing is missed. A comment comes at
/// least every 15 seconds. The stream ends with the event `end` when the token is no longer good (`token`) or the server
/// stops (`server`).
#[utoipa::path(operation_id = "events_stream", tag = "events", security(("bearer" = ["events:read"])),
    params(StreamQuery, ("Last-Event-ID" = Option<u64>, Header, description = "The last `id` that you handled.")),
    responses(
        (status = 200, description = "Events for as long as both sides like.", content_type = "text/event-stream",
            body = String, example = "id: 42\nevent: Lead.Created\ndata: {\"specversion\":\"1.0\"}\n\n"),
        (status = 429, description = "Too many requests, or too many streams of your company.")))]
#[get("/api/v1/events/stream")]
pub async fn events_stream(
    who: Authorized<ReadEvents>,
    request: HttpRequest,
    db: Data<Db>,
    catalogue: Data<Catalogue>,
    events: Data<EventsHandle>,
    limit: Data<StreamLimit>,
    query: Query<StreamQuery>,
) -> Result<HttpResponse, Problem> {
    let query = query.0;
    let after = last_event_id(&request)?.or(query.after.map(Sequence::position));
    let filter = HistoryFilter {
        aggregate: query.record_id,
        kinds: kinds(query.kind.as_deref(), &catalogue)?,
        ..HistoryFilter::default()
    };
    let listener = events
        .feed()
        .listen(who.caller().tenant, limit.0)
        .ok_or_else(|| Problem::too_many_streams(limit.0))?;
    let end = db.read(who.actor(), |tx| cursor::log_end(tx.conn(EVENTS)?)).await?;
    let now = Instant::now();
    let reader = Reader {
        db: Db::clone(&db),
        actor: who.actor(),
        filter,
        recheck: who.recheck(&request)?,
        closing: listener.closing(),
        listener,
        // A log that was restored from a backup may end before what the client saw.
        position: after.map_or(end, |after| after.min(end)),
        phase: Phase::Opening,
        has_news: true,
        next_beat: now + HEARTBEAT,
        next_check: now,
    };
    let body = stream::unfold(reader, Reader::next);
    let mut response = HttpResponse::Ok();
    response.content_type("text/event-stream").insert_header(("X-Accel-Buffering", "no"));
    // A compressor would keep events back until it has a block of them.
    response.insert_header((CONTENT_ENCODING, HeaderValue::from_static("identity")));
    Ok(response.streaming(body))
}

fn last_event_id(request: &HttpRequest) -> Result<Option<i64>, Problem> {
    let Some(header) = request.headers().get("Last-Event-ID") else { return Ok(None) };
    let text = header.to_str().unwrap_or("?").trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().ok().filter(|position| *position >= 0).map(Some).ok_or_else(|| {
        let reason = Invalid::new(
            "must be the `id` of an event of this stream, which is a number",
            "debe ser el `id` de un evento de este flujo, que es un número",
        );
        Problem::invalid(vec![FieldError::parameter("Last-Event-ID", reason)])
    })
}

/// One open stream.
struct Reader {
    db: Db,
    actor: Actor,
    filter: HistoryFilter,
    recheck: Recheck,
    closing: CancellationToken,
    listener: Listener,
    /// Everything up to here was sent, or is not wanted.
    position: i64,
    phase: Phase,
    has_news: bool,
    next_beat: Instant,
    next_check: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opening,
    Open,
    Ended,
}

impl Reader {
    /// The next piece of the answer, and the reader for those behind it.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let piece = match self.phase {
            Phase::Ended => return None,
            Phase::Opening => {
                self.phase = Phase::Open;
                ": events follow as they happen\nretry: 2000\n\n".to_owned()
            }
            Phase::Open => self.piece().await,
        };
        self.next_beat = Instant::now() + HEARTBEAT;
        Some((Ok(Bytes::from(piece)), self))
    }

    async fn piece(&mut self) -> String {
        loop {
            if self.closing.is_cancelled() {
                return self.end("server");
            }
            match self.recheck.ask().await {
                Ok(()) => {}
                Err(problem) if [401, 403].contains(&problem.status()) => return self.end("token"),
                Err(problem) => {
                    tracing::debug!(%problem, "a stream waits for the database");
                    self.wait_for(RECHECK).await;
                    continue;
                }
            }
            self.next_check = Instant::now() + RECHECK;
            if self.has_news {
                match self.stretch().await {
                    Ok(events) if !events.is_empty() => return events.iter().map(message).collect(),
                    Ok(_) if self.has_news && Instant::now() < self.next_beat => continue,
                    Ok(_) => {}
                    Err(error) => {
                        tracing::debug!(%error, "a stream waits for the database");
                        self.wait_for(RECHECK).await;
                        continue;
                    }
                }
            }
            if let Some(heartbeat) = self.wait().await {
                return heartbeat;
            }
        }
    }

    /// The next events; none when there are none yet, or none in a long stretch, while there still is news.
    async fn stretch(&mut self) -> Result<Vec<LoggedEvent>, DbError> {
        let told = *self.listener.news.borrow_and_update();
        let (filter, position) = (self.filter.clone(), self.position);
        let stretch = self
            .db
            .read(self.actor.clone(), move |tx| {
                history(tx, PLATFORM, &filter, HistoryOrder::OldestFirst, Some(position), AT_ONCE)
            })
            .await?;
        self.has_news = stretch.goes_on.is_some();
        // At its end, everything that was told of before the look is behind us too.
        let last = stretch.events.last().map_or(self.position, |event| event.position);
        self.position = stretch.goes_on.unwrap_or_else(|| last.max(told));
        Ok(stretch.events)
    }

    /// Waits until there is something to do; answers a comment when it is time for one.
    async fn wait(&mut self) -> Option<String> {
        tokio::select! {
            changed = self.listener.news.changed() => self.has_news = changed.is_ok(),
            () = tokio::time::sleep_until(self.next_beat) => return Some(self.still_here()),
            () = tokio::time::sleep_until(self.next_check) => {}
            () = self.closing.cancelled() => {}
        }
        None
    }

    async fn wait_for(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.closing.cancelled() => {}
        }
    }

    /// A comment, with the place that was reached: whoever begins again does so behind it, though no event came from there.
    fn still_here(&self) -> String {
        format!(": still here\nid: {}\n\n", self.position)
    }

    fn end(&mut self, reason: &str) -> String {
        self.phase = Phase::Ended;
        format!("event: end\ndata: {{\"reason\":\"{reason}\"}}\n\n")
    }
}

/// One event of the stream; JSON has no line breaks in it.
fn message(event: &LoggedEvent) -> String {
    let data = serde_json::to_string(&Envelope::from(event)).unwrap_or_default();
    let mut text = String::with_capacity(data.len() + 64);
    // Writing to a string does not fail.
    let _ = write!(text, "id: {}\nevent: {}\ndata: {data}\n\n", event.position, event.kind);
    text
}
