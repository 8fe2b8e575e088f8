//! Errors as clients see them: problem details (RFC 9457), in English or Spanish.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Map, Value, json};

use crate::kernel::{Invalid, Language, Message};

/// One refused part of a request.
#[derive(Debug, Clone)]
pub struct FieldError {
    place: Place,
    detail: Message,
}

/// Where in a request something was refused.
#[derive(Debug, Clone)]
enum Place {
    /// A JSON pointer (RFC 6901) into the body.
    Pointer(String),
    /// The name of a path or query parameter, or of a header.
    Parameter(String),
}

/// What RFC 9457 §3.1 and [`FieldError`] fill.
const STANDARD_MEMBERS: [&str; 6] = ["type", "title", "status", "detail", "instance", "errors"];

/// An error as an answer; rendered in the caller's language when the answer leaves.
#[derive(Debug, Clone)]
pub struct Problem(Box<Content>);

/// What a problem holds; boxed, because results carry it everywhere.
#[derive(Debug, Clone)]
struct Content {
    status: u16,
    code: &'static str,
    title: Message,
    detail: Option<Message>,
    errors: Vec<FieldError>,
    members: Map<String, Value>,
    retry_after: Option<u64>,
    headers: Vec<(&'static str, String)>,
    cause: Option<String>,
}

/// An error that knows the answer it becomes.
pub trait AsProblem: std::error::Error {
    /// The answer.
    fn as_problem(&self) -> Problem;
}

impl<E: AsProblem + 'static> From<E> for Problem {
    fn from(error: E) -> Self {
        let problem = error.as_problem();
        if problem.status() >= 500 { problem.caused_by(&error) } else { problem }
    }
}

impl Problem {
    fn new(status: u16, code: &'static str, title: Message) -> Self {
        Self(Box::new(Content {
            status,
            code,
            title,
            detail: None,
            errors: Vec::new(),
            members: Map::new(),
            retry_after: None,
            headers: Vec::new(),
            cause: None,
        }))
    }

    /// 400: the request cannot be read at all.
    pub fn malformed(code: &'static str, title: Message) -> Self {
        Self::new(400, code, title)
    }

    /// 401: no valid token.
    pub fn unauthorized(detail: Message) -> Self {
        Self::new(401, "unauthorized", Message::new("Sign in first", "Inicie sesión primero")).detail(detail)
    }

    /// 401: more is needed to sign in than was sent.
    pub fn unproven(code: &'static str, title: Message) -> Self {
        Self::new(401, code, title)
    }

    /// 403: signed in, but without the permission named.
    pub fn forbidden(permission: &'static str) -> Self {
        let title = Message::new("You may not do this", "No tiene permiso para hacer esto");
        let detail = Message::formatted(
            format!("The permission `{permission}` is needed; ask an administrator of your company"),
            format!("Se necesita el permiso `{permission}`; pídalo a un administrador de su empresa"),
        );
        Self::new(403, "forbidden", title).detail(detail)
    }

    /// 403: not allowed, whatever the permissions.
    pub fn refused(code: &'static str, title: Message) -> Self {
        Self::new(403, code, title)
    }

    /// 404: not there, or another tenant's, which is the same answer.
    pub fn not_found(code: &'static str, title: Message) -> Self {
        Self::new(404, code, title)
    }

    /// 404: the path leads nowhere.
    pub fn no_such_path() -> Self {
        let title = Message::new(
            "No such path; `/swagger-ui/` lists those there are",
            "No existe esa ruta; `/swagger-ui/` muestra las que hay",
        );
        Self::new(404, "no-such-path", title)
    }

    /// 405: the path is there, but takes only the methods `allowed`.
    pub fn method_not_allowed(allowed: &[String]) -> Self {
        let title = Message::new("This path does not take that method", "Esta ruta no admite ese método");
        Self::new(405, "method-not-allowed", title).header("Allow", allowed.join(", "))
    }

    /// 409: a duplicate, or the wrong state.
    pub fn conflict(code: &'static str, title: Message) -> Self {
        Self::new(409, code, title)
    }

    /// 410: it was there, and takes nothing for now or for ever.
    pub fn gone(code: &'static str, title: Message) -> Self {
        Self::new(410, code, title)
    }

    /// 412: somebody changed it since you read it.
    pub fn stale(current_version: i32) -> Self {
        let title = Message::new("It was changed since you read it", "Cambió desde que usted lo leyó");
        let detail = Message::formatted(
            format!("Read it again and send `If-Match: \"{current_version}\"`"),
            format!("Léalo de nuevo y envíe `If-Match: \"{current_version}\"`"),
        );
        Self::new(412, "stale-version", title)
            .detail(detail)
            .member("current_version", json!(current_version))
    }

    /// 412: the request counts on something that is not so.
    pub fn precondition(code: &'static str, title: Message) -> Self {
        Self::new(412, code, title)
    }

    /// 413: larger than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        let title = Message::formatted(
            format!("Larger than the {limit} bytes allowed"),
            format!("Supera los {limit} bytes permitidos"),
        );
        Self::new(413, "too-large", title)
    }

    /// 415: not the media type that the operation takes.
    pub fn unsupported_media_type(expected: &str) -> Self {
        let title = Message::formatted(
            format!("Send the body as `Content-Type: {expected}`"),
            format!("Envíe el cuerpo como `Content-Type: {expected}`"),
        );
        Self::new(415, "unsupported-media-type", title)
    }

    /// 422: understood, but not valid; `errors` say where.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let title = Message::new("The request is not valid", "La solicitud no es válida");
        let mut problem = Self::new(422, "invalid", title);
        problem.0.errors = errors;
        problem
    }

    /// 422: an idempotency key that was used for another request.
    pub fn unprocessable(code: &'static str, title: Message) -> Self {
        Self::new(422, code, title)
    }

    /// 429: too many requests; try again after `seconds`.
    pub fn too_many_requests(seconds: u64) -> Self {
        let title = Message::formatted(
            format!("Too many requests; try again in {seconds} s"),
            format!("Demasiadas solicitudes; intente de nuevo en {seconds} s"),
        );
        Self::new(429, "too-many-requests", title).retry_after(seconds)
    }

    /// 429: passwords or codes of an account, or from a place, were guessed too often; try again after `seconds`.
    pub fn too_many_guesses(seconds: u64) -> Self {
        let title = Message::formatted(
            format!("Too many wrong passwords or codes; try again in {seconds} s"),
            format!("Demasiadas contraseñas o códigos incorrectos; intente de nuevo en {seconds} s"),
        );
        Self::new(429, "too-many-guesses", title).retry_after(seconds)
    }

    /// 429: a tenant has as many streams open as it may, which are `most`.
    pub fn too_many_streams(most: usize) -> Self {
        let title = Message::new(
            "Your company has too many streams open; close one",
            "Su empresa tiene demasiados flujos abiertos; cierre uno",
        );
        let detail = Message::formatted(
            format!("At most {most} at once; one stream can carry every kind of event"),
            format!("Como máximo {most} a la vez; un flujo puede llevar todos los tipos de evento"),
        );
        Self::new(429, "too-many-streams", title).detail(detail).retry_after(5)
    }

    /// 500: a mistake of ours; the log has the cause under the request's id.
    pub fn internal() -> Self {
        let title = Message::new(
            "Something went wrong on our side; tell us the `instance` of this answer",
            "Algo falló de nuestro lado; indíquenos el `instance` de esta respuesta",
        );
        Self::new(500, "internal", title)
    }

    /// 503: away or busy for the moment.
    pub fn unavailable(code: &'static str, title: Message) -> Self {
        Self::new(503, code, title).retry_after(1)
    }

    /// Adds what happened in this case.
    #[must_use]
    pub fn detail(mut self, detail: Message) -> Self {
        self.0.detail = Some(detail);
        self
    }

    /// Adds a member of its own, such as the id of the existing record; those of RFC 9457 §3.1 are set otherwise.
    #[must_use]
    pub fn member(mut self, name: &str, value: Value) -> Self {
        debug_assert!(!STANDARD_MEMBERS.contains(&name), "`{name}` would overwrite the problem's own");
        self.0.members.insert(name.to_owned(), value);
        self
    }

    /// The same refusal of a body that is the part at `pointer` of another one.
    #[must_use]
    pub fn under(mut self, pointer: &str) -> Self {
        for error in &mut self.0.errors {
            if let Place::Pointer(inner) = &mut error.place {
                inner.insert_str(0, pointer);
            }
        }
        self
    }

    /// Adds a header that belongs to this refusal.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Says after how many seconds to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// Keeps the cause for the log; clients never see it.
    #[must_use]
    pub fn caused_by(mut self, cause: &dyn std::error::Error) -> Self {
        self.0.cause = Some(chain(cause));
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The stable code, the last part of `type`.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The refused parts of the request.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The cause, for the log.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// When to try again, in seconds.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.0.retry_after
    }

    /// Headers that belong to this refusal.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let challenge = (self.0.status == 401).then(|| ("WWW-Authenticate", "Bearer".to_owned()));
        self.0.headers.iter().cloned().chain(challenge).collect()
    }

    /// The `application/problem+json` body.
    pub fn body(&self, language: Language, instance: &str) -> Value {
        let mut body = Map::new();
        body.insert("type".to_owned(), json!(format!("/problems/{}", self.0.code)));
        body.insert("title".to_owned(), json!(self.0.title.in_language(language)));
        body.insert("status".to_owned(), json!(self.0.status));
        if let Some(detail) = &self.0.detail {
            body.insert("detail".to_owned(), json!(detail.in_language(language)));
        }
        body.insert("instance".to_owned(), json!(instance));
        if !self.0.errors.is_empty() {
            let errors: Vec<Value> = self.0.errors.iter().map(|error| error.body(language)).collect();
            body.insert("errors".to_owned(), Value::Array(errors));
        }
        body.extend(self.0.members.clone());
        Value::Object(body)
    }
}

impl FieldError {
    /// Refuses the member of the body at `pointer`, such as `/email`.
    pub fn at(pointer: impl Into<String>, reason: Invalid) -> Self {
        Self { place: Place::Pointer(pointer.into()), detail: reason.0 }
    }

    /// Refuses the path or query parameter, or header, called `name`.
    pub fn parameter(name: impl Into<String>, reason: Invalid) -> Self {
        Self { place: Place::Parameter(name.into()), detail: reason.0 }
    }

    /// The pointer or the parameter's name.
    pub fn place(&self) -> &str {
        match &self.place {
            Place::Pointer(name) | Place::Parameter(name) => name,
        }
    }

    /// Why it was refused.
    pub fn reason(&self) -> &Message {
        &self.detail
    }

    fn body(&self, language: Language) -> Value {
        let detail = self.detail.in_language(language);
        match &self.place {
            Place::Pointer(pointer) => json!({ "pointer": pointer, "detail": detail }),
            Place::Parameter(name) => json!({ "parameter": name, "detail": detail }),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.0.status, self.0.code, self.0.title.en)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    // The body is written by `http::context`, which knows the caller's language and the request's id.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
