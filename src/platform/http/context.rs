//! Around every request: its ids and language, one log line, metrics, limits in headers, problems rendered.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT_LANGUAGE, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, RETRY_AFTER, VARY,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use uuid::Uuid;

use super::paths::path_of;
use super::protection::{Outside, protect};
use crate::kernel::Language;
use crate::platform::auth::{Caller, CorrelationId, TenantId, UserId};
use crate::platform::limits::Standing;
use crate::platform::problem::Problem;

const CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is known of a request beside its content; clones are the same context.
#[derive(Clone)]
pub struct RequestContext(Rc<Inner>);

struct Inner {
    id: Uuid,
    correlation: CorrelationId,
    language: Language,
    caller: RefCell<Option<(TenantId, UserId)>>,
}

impl RequestContext {
    /// The context of `request`.
    pub fn of(request: &HttpRequest) -> Self {
        if let Some(context) = request.extensions().get::<Self>() {
            return context.clone();
        }
        Self::read(request.headers())
    }

    /// The correlation id, given by the client or made here.
    pub fn correlation(&self) -> &CorrelationId {
        &self.0.correlation
    }

    /// The language that the client asked for.
    pub fn language(&self) -> Language {
        self.0.language
    }

    /// Remembers who was verified, for the log line.
    pub fn set_caller(&self, caller: &Caller) {
        *self.0.caller.borrow_mut() = Some((caller.tenant, caller.user));
    }

    /// Logs why the request failed, if it is our failure; of problems that handlers return that is done already.
    pub fn log_cause(&self, problem: &Problem) {
        if problem.status() < 500 {
            return;
        }
        let cause = problem.cause().unwrap_or("unknown");
        let (request_id, correlation_id) = (self.0.id, self.correlation());
        if problem.status() == 500 {
            tracing::error!(%request_id, %correlation_id, code = problem.code(), cause, "a request failed");
        } else {
            tracing::warn!(%request_id, %correlation_id, code = problem.code(), cause, "a request was put off");
        }
    }

    fn read(headers: &HeaderMap) -> Self {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let correlation = text(&CORRELATION).and_then(CorrelationId::parse).unwrap_or_default();
        let language = text(&ACCEPT_LANGUAGE).map_or(Language::English, preferred);
        Self(Rc::new(Inner { id: Uuid::now_v7(), correlation, language, caller: RefCell::new(None) }))
    }
}

/// The first language of an `Accept-Language` header (RFC 9110 §12.5.4) that we speak; weights order it.
fn preferred(header: &str) -> Language {
    let mut best = (Language::English, 0.0);
    for part in header.split(',') {
        let mut pieces = part.split(';');
        let tag = pieces.next().unwrap_or_default().trim();
        let weight = pieces
            .find_map(|piece| piece.trim().strip_prefix("q="))
            .map_or(1.0, |weight| weight.parse::<f32>().unwrap_or(0.0));
        let language = match tag.split('-').next().unwrap_or_default() {
            "es" => Language::Spanish,
            "en" => Language::English,
            _ => continue,
        };
        if weight > best.1 {
            best = (language, weight);
        }
    }
    best.0
}

/// The origin whose pages may read the answer to a request; a handler puts it among the request's extensions, so that
/// refusals have it too.
#[derive(Debug, Clone)]
pub struct ReadableBy(pub HeaderValue);

/// A header of the answer to a request, put among the request's extensions, so that refusals have it too.
#[derive(Debug, Clone)]
pub struct AnsweredWith(pub HeaderName, pub HeaderValue);

/// The middleware around every request.
pub async fn in_context(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let started = Instant::now();
    let context = RequestContext::read(request.headers());
    request.extensions_mut().insert(context.clone());
    let response = next.call(request).await?.map_into_boxed_body();
    let mut response = render(response, &context);
    finish_headers(&mut response, &context);
    report(&response, &context, started);
    Ok(response)
}

/// Gives a failed answer its body, in the client's language.
fn render(response: ServiceResponse<BoxBody>, context: &RequestContext) -> ServiceResponse<BoxBody> {
    let problem = match response.response().error() {
        Some(error) => match error.as_error::<Problem>() {
            Some(problem) => problem.clone(),
            None => foreign(response.status().as_u16()).caused_by(&StdError(error.to_string())),
        },
        None => return response,
    };
    context.log_cause(&problem);
    let body = problem.body(context.0.language, &format!("urn:uuid:{}", context.0.id));
    let (request, old) = response.into_parts();
    let mut answer = HttpResponse::build(old.status());
    answer.insert_header((CONTENT_TYPE, "application/problem+json"));
    if let Some(seconds) = problem.retry_after_seconds() {
        answer.insert_header((RETRY_AFTER, seconds.to_string()));
    }
    for (name, value) in problem.headers() {
        answer.insert_header((name, value));
    }
    ServiceResponse::new(request, answer.body(body.to_string()))
}

/// A failure that the web framework found before any handler of ours.
fn foreign(status: u16) -> Problem {
    match status {
        404 => Problem::no_such_path(),
        405 => Problem::method_not_allowed(&[]),
        413 => Problem::too_large(super::body::BODY_LIMIT),
        400..=499 => Problem::malformed(
            "malformed-request",
            crate::kernel::Message::new("The request cannot be read", "La solicitud no se puede leer"),
        ),
        _ => Problem::internal(),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct StdError(String);

fn finish_headers(response: &mut ServiceResponse<BoxBody>, context: &RequestContext) {
    let standing = response.request().extensions().get::<Standing>().cloned();
    // Answers of the API hold tokens and personal data: no cache between us and the client keeps one (RFC 6749 §5.1).
    let is_private = response.request().path().starts_with("/api/");
    let readable_by = response.request().extensions().get::<ReadableBy>().cloned();
    let answered_with = response.request().extensions().get::<AnsweredWith>().cloned();
    let path = response.request().path().to_owned();
    let outside = response.request().app_data::<Data<Outside>>().map_or(Outside::Http, |outside| ***outside);
    let headers = response.headers_mut();
    protect(headers, &path, outside);
    if let Some(ReadableBy(origin)) = readable_by {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
    if let Some(AnsweredWith(name, value)) = answered_with {
        headers.insert(name, value);
    }
    if is_private && !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(CORRELATION, context.correlation().as_str());
    set(REQUEST_ID, &context.0.id.to_string());
    if let Some(standing) = standing {
        set(HeaderName::from_static("ratelimit-limit"), &standing.limit.to_string());
        set(HeaderName::from_static("ratelimit-remaining"), &standing.remaining.to_string());
        set(HeaderName::from_static("ratelimit-reset"), &standing.reset_seconds.to_string());
    }
}

fn report(response: &ServiceResponse<BoxBody>, context: &RequestContext, started: Instant) {
    let elapsed = started.elapsed();
    let request = response.request();
    let route = path_of(request).unwrap_or_else(|| "unmatched".to_owned());
    let status = response.status().as_u16();
    let method = request.method().as_str();
    crate::platform::metrics::request(method, &route, status, elapsed);
    let (tenant, user) = (*context.0.caller.borrow()).map_or((None, None), |(t, u)| (Some(t), Some(u)));
    tracing::info!(
        method,
        route,
        status,
        latency_ms = elapsed.as_secs_f64() * 1000.0,
        request_id = %context.0.id,
        correlation_id = %context.correlation(),
        tenant_id = tenant.map(tracing::field::display),
        user_id = user.map(tracing::field::display),
        "request"
    );
}

#[cfg(test)]
mod tests {
    use super::preferred;
    use crate::kernel::Language::{English, Spanish};

    #[test]
    fn the_language_is_the_best_weighted_one_that_we_speak() {
        for (header, expected) in [
            ("es-MX,es;q=0.9,en;q=0.8", Spanish),
            ("en-US,en;q=0.9", English),
            ("fr, es;q=0.3, en;q=0.7", English),
            ("fr", English),
            ("", English),
            ("es;q=nonsense", English),
        ] {
            assert_eq!(preferred(header), expected, "{header}");
        }
    }
}
