//! Reading requests: JSON bodies, queries and `If-Match`, each refusal naming its place.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, IF_MATCH};
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::words::explain;
use crate::kernel::{Invalid, Line, Message};
use crate::platform::idempotency::Once;
use crate::platform::problem::{FieldError, Problem};

/// The largest JSON body, in bytes.
pub const BODY_LIMIT: usize = 256 * 1024;

/// A body may take this long, and longer by what has arrived at [`BODY_PACE`]; then the client is too slow to serve.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// Bytes a second that earn a body more time.
const BODY_PACE: u32 = 32 * 1024;

/// The JSON body of a request that is not repeated under a key (PATCH, PUT).
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            let bytes = read_json(&request, payload).await?;
            parse_json(&bytes, "").map(Self)
        })
    }
}

/// The JSON body of a POST, with the idempotency key that it came under, if any.
pub struct Command<T> {
    /// What was asked.
    pub value: T,
    /// Runs it at most once for its key.
    pub once: Once,
}

impl<T: DeserializeOwned + 'static> FromRequest for Command<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            let bytes = read_json(&request, payload).await?;
            let once = Once::of(&request, &bytes)?;
            Ok(Self { value: parse_json(&bytes, "")?, once })
        })
    }
}

/// The body of a POST that takes no fields.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct Empty {}

/// The query of a request; unknown and repeated parameters are refused.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read_query(request.query_string()).map(Self))
    }
}

/// The query of a request, and its parameters `field.<name>` apart, as (name, value).
pub struct QueryWithFields<T>(pub T, pub Vec<(String, String)>);

impl<T: DeserializeOwned> FromRequest for QueryWithFields<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read_query_with_fields(request.query_string()))
    }
}

/// The version that the client read, from `If-Match`; none when it does not care.
pub struct IfMatch(pub Option<i32>);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(header) = request.headers().get(IF_MATCH) else {
            return ready(Ok(Self(None)));
        };
        let text = header.to_str().unwrap_or_default().trim();
        if text == "*" {
            return ready(Ok(Self(None)));
        }
        let version = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .and_then(|text| text.parse().ok())
            .filter(|version| *version > 0);
        ready(version.map(|version| Self(Some(version))).ok_or_else(|| {
            let reason = Invalid::new(
                "must be the `ETag` of the record, such as `\"3\"`",
                "debe ser el `ETag` del registro, por ejemplo `\"3\"`",
            );
            Problem::invalid(vec![FieldError::parameter("If-Match", reason)])
        }))
    }
}

/// Collects what is wrong with the fields of a request, so that all of it is told at once.
#[derive(Default)]
pub struct Fields {
    errors: Vec<FieldError>,
}

impl Fields {
    /// The value, or nothing and a note that `pointer` was refused.
    pub fn take<T>(&mut self, pointer: &str, parsed: Result<T, Invalid>) -> Option<T> {
        parsed.map_err(|reason| self.errors.push(FieldError::at(pointer, reason))).ok()
    }

    /// The value of an optional field.
    pub fn take_optional<T>(
        &mut self,
        pointer: &str,
        text: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        text.and_then(|text| self.take(pointer, parse(text)))
    }

    /// The labels of a record, without repetition: at most 50, from the member `tags`.
    pub fn tags(&mut self, texts: &[String]) -> Vec<Line<50>> {
        if texts.len() > 50 {
            self.refuse("/tags", Invalid::new("at most 50 tags", "como máximo 50 etiquetas"));
            return Vec::new();
        }
        let mut tags: Vec<Line<50>> = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            if let Some(tag) = self.take(&format!("/tags/{index}"), Line::parse(text))
                && !tags.contains(&tag)
            {
                tags.push(tag);
            }
        }
        tags
    }

    /// Refuses `pointer` for `reason`.
    pub fn refuse(&mut self, pointer: &str, reason: Invalid) {
        self.errors.push(FieldError::at(pointer, reason));
    }

    /// 422 with everything refused, or nothing.
    pub fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }
}

/// The body as it is, of one of the media types `accepted`.
pub async fn read_bytes(
    request: &HttpRequest,
    payload: Payload,
    accepted: &[&str],
) -> Result<Vec<u8>, Problem> {
    if !accepted.iter().any(|accepted| is_of(request, accepted)) {
        return Err(Problem::unsupported_media_type(&accepted.join(", ")));
    }
    Ok(read(payload).await?.to_vec())
}

async fn read_json(request: &HttpRequest, payload: Payload) -> Result<BytesMut, Problem> {
    let bytes = read(payload).await?;
    if !bytes.is_empty() && !is_json(request) {
        return Err(Problem::unsupported_media_type("application/json"));
    }
    Ok(bytes)
}

async fn read(mut payload: Payload) -> Result<BytesMut, Problem> {
    let begun = Instant::now();
    let mut bytes = BytesMut::new();
    loop {
        let earned = Duration::from_secs(bytes.len() as u64) / BODY_PACE;
        let next = tokio::time::timeout_at(begun + BODY_DEADLINE + earned, payload.next());
        let Some(chunk) = next.await.map_err(|_| slow_body())? else { return Ok(bytes) };
        let chunk = chunk.map_err(|_| broken_body())?;
        if bytes.len() + chunk.len() > BODY_LIMIT {
            return Err(Problem::too_large(BODY_LIMIT));
        }
        bytes.extend_from_slice(&chunk);
    }
}

/// 400: the body broke off.
pub fn broken_body() -> Problem {
    Problem::malformed("broken-body", Message::new("The body broke off", "El cuerpo llegó incompleto"))
}

/// 400: the body took too long.
pub fn slow_body() -> Problem {
    Problem::malformed(
        "slow-body",
        Message::new("The body took too long to arrive", "El cuerpo tardó demasiado en llegar"),
    )
}

fn is_json(request: &HttpRequest) -> bool {
    is_of(request, "application/json")
}

fn is_of(request: &HttpRequest, media_type: &str) -> bool {
    let Some(Ok(text)) = request.headers().get(CONTENT_TYPE).map(|value| value.to_str()) else {
        return false;
    };
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(media_type)
}

/// The JSON in `bytes`, where none is `{}`; refusals point below `place`, which is empty for a whole body.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8], place: &str) -> Result<T, Problem> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    refuse_nul(bytes, place)?;
    refuse_list(bytes, place)?;
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| refused(&error, bytes, place))?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

// serde would take a list for a structure, field by field in their order.
fn refuse_list(bytes: &[u8], place: &str) -> Result<(), Problem> {
    if bytes.trim_ascii_start().first() != Some(&b'[') {
        return Ok(());
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(bytes).map_err(|error| malformed(&error))?;
    let reason = Invalid::new("must be an object: {…}", "debe ser un objeto: {…}");
    Err(Problem::invalid(vec![FieldError::at(place, reason)]))
}

fn refused(error: &serde_path_to_error::Error<serde_json::Error>, bytes: &[u8], place: &str) -> Problem {
    let inner = error.inner();
    // What stands where an enumeration is asked for is to serde_json a fault of the text, although the text is JSON.
    let is_of_another_type = !inner.is_data();
    if is_of_another_type && serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_err() {
        return malformed(inner);
    }
    let path = error.path().to_string();
    let mut pointer = String::new();
    for segment in path.split('.').filter(|segment| !segment.is_empty()) {
        pointer.push('/');
        pointer.push_str(&segment.replace('[', "/").replace(']', ""));
    }
    if is_of_another_type {
        let reason = Invalid::new("is of another type", "es de otro tipo");
        return Problem::invalid(vec![FieldError::at(format!("{place}{pointer}"), reason)]);
    }
    let message = inner.to_string();
    if pointer.is_empty() && (message.starts_with("missing field") || message.starts_with("unknown field")) {
        pointer = format!("/{}", unknown_name(&message));
    }
    Problem::invalid(vec![FieldError::at(format!("{place}{pointer}"), Invalid(explain(&message)))])
}

fn malformed(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    Problem::malformed("malformed-json", Message::new("The body is not JSON", "El cuerpo no es JSON")).detail(
        Message::formatted(
            format!("Look at line {line}, column {column}"),
            format!("Revise la línea {line}, columna {column}"),
        ),
    )
}

/// The name between the first backquotes of serde's sentence.
fn unknown_name(message: &str) -> String {
    message.split('`').nth(1).unwrap_or_default().to_owned()
}

// PostgreSQL's text cannot hold U+0000, and nobody means it.
fn refuse_nul(bytes: &[u8], place: &str) -> Result<(), Problem> {
    if !bytes.windows(6).any(|window| window == br"\u0000") {
        return Ok(());
    }
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return Ok(()) };
    nul_in(&value, place).map_or(Ok(()), |pointer| {
        let reason =
            Invalid::new("holds the character U+0000; leave it out", "contiene el carácter U+0000; quítelo");
        Err(Problem::invalid(vec![FieldError::at(pointer, reason)]))
    })
}

/// Where in `value`, which stands at `place`, the character U+0000 is.
pub(super) fn nul_in(value: &Value, place: &str) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(|| place.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| nul_in(item, &format!("{place}/{index}")))
        }
        Value::Object(members) => members.iter().find_map(|(name, item)| {
            if name.contains('\0') {
                Some(place.to_owned())
            } else {
                nul_in(item, &format!("{place}/{name}"))
            }
        }),
        _ => None,
    }
}

fn read_query_with_fields<T: DeserializeOwned>(query: &str) -> Result<QueryWithFields<T>, Problem> {
    let (rest, fields) = split_query(query)?;
    read_query(&rest).map(|query| QueryWithFields(query, fields))
}

/// The parameters of `query` that are no fields, encoded again, and those that are, without `field.`.
pub fn split_query(query: &str) -> Result<(String, Vec<(String, String)>), Problem> {
    check_pairs(query)?;
    let mut rest = form_urlencoded::Serializer::new(String::new());
    let mut fields = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.strip_prefix("field.") {
            Some(name) => fields.push((name.to_owned(), value.into_owned())),
            None => {
                rest.append_pair(&name, &value);
            }
        }
    }
    Ok((rest.finish(), fields))
}

fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    check_pairs(query)?;
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let path = error.path().to_string();
        let words = error.inner().to_string();
        let name = if path == "." { unknown_name(&words) } else { path };
        Problem::invalid(vec![FieldError::parameter(name, Invalid(explain(&words)))])
    })
}

fn check_pairs(query: &str) -> Result<(), Problem> {
    let mut seen = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let refusal = if value.contains('\0') || name.contains('\0') {
            Invalid::new("holds the character U+0000; leave it out", "contiene el carácter U+0000; quítelo")
        } else if seen.contains(&name) {
            Invalid::new("is given twice; give it once", "está repetido; envíelo una vez")
        } else {
            seen.push(name);
            continue;
        };
        return Err(Problem::invalid(vec![FieldError::parameter(name, refusal)]));
    }
    Ok(())
}
