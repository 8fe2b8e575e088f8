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

/// An error as an answer; rendered in the caller's language when the answer leaves.
#[derive(Debug, Clone)]
pub struct Problem {
    status: u16,
    code: &'static str,
    title: Message,
    detail: Option<Message>,
    errors: Vec<FieldError>,
    members: Map<String, Value>,
    retry_after: Option<u64>,
    allow: Vec<String>,
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
        if problem.status >= 500 { problem.caused_by(&error) } else { problem }
    }
}

impl Problem {
    fn new(status: u16, code: &'static str, title: Message) -> Self {
        Self {
            status,
            code,
            title,
            detail: None,
            errors: Vec::new(),
            members: Map::new(),
            retry_after: None,
            allow: Vec::new(),
            cause: None,
        }
    }

    /// 400: the request cannot be read at all.
    pub fn malformed(code: &'static str, title: Message) -> Self {
        Self::new(400, code, title)
    }

    /// 401: no valid token.
    pub fn unauthorized(detail: Message) -> Self {
        Self::new(401, "unauthorized", Message::new("Sign in first", "Inicie sesión primero")).detail(detail)
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
        Self { allow: allowed.to_vec(), ..Self::new(405, "method-not-allowed", title) }
    }

    /// 409: a duplicate, or the wrong state.
    pub fn conflict(code: &'static str, title: Message) -> Self {
        Self::new(409, code, title)
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
        Self { errors, ..Self::new(422, "invalid", title) }
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
        Self { retry_after: Some(seconds), ..Self::new(429, "too-many-requests", title) }
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
        Self { retry_after: Some(1), ..Self::new(503, code, title) }
    }

    /// Adds what happened in this case.
    #[must_use]
    pub fn detail(self, detail: Message) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// Adds a member of its own, such as the id of the existing record.
    #[must_use]
    pub fn member(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    /// Says after how many seconds to try again.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Keeps the cause for the log; clients never see it.
    #[must_use]
    pub fn caused_by(self, cause: &dyn std::error::Error) -> Self {
        Self { cause: Some(chain(cause)), ..self }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The stable code, the last part of `type`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The cause, for the log.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// When to try again, in seconds.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after
    }

    /// Headers that belong to this status.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        match self.status {
            401 => vec![("WWW-Authenticate", "Bearer".to_owned())],
            405 => vec![("Allow", self.allow.join(", "))],
            _ => Vec::new(),
        }
    }

    /// The `application/problem+json` body.
    pub fn body(&self, language: Language, instance: &str) -> Value {
        let mut body = Map::new();
        body.insert("type".to_owned(), json!(format!("/problems/{}", self.code)));
        body.insert("title".to_owned(), json!(self.title.in_language(language)));
        body.insert("status".to_owned(), json!(self.status));
        if let Some(detail) = &self.detail {
            body.insert("detail".to_owned(), json!(detail.in_language(language)));
        }
        body.insert("instance".to_owned(), json!(instance));
        if !self.errors.is_empty() {
            let errors: Vec<Value> = self.errors.iter().map(|error| error.body(language)).collect();
            body.insert("errors".to_owned(), Value::Array(errors));
        }
        body.extend(self.members.clone());
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
        write!(formatter, "{} {}: {}", self.status, self.code, self.title.en)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
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
