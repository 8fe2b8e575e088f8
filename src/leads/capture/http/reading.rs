//! Reading an answer: JSON, or the form of a page, at most 64 KiB.

use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{ACCEPT, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value, json};

use crate::kernel::Message;
use crate::leads::capture::domain::Answers;
use crate::platform::http::{broken_body, parse_json, slow_body};
use crate::platform::problem::Problem;

/// The largest answer, in bytes.
pub const ANSWER_LIMIT: usize = 64 * 1024;

/// So much of a body that is too large is thrown away, so that the sender gets to read the refusal.
const DRAIN_LIMIT: usize = 4 * 1024 * 1024;

/// A body must have arrived after this time.
const DEADLINE: Duration = Duration::from_secs(15);

/// Names that one answer may have.
const NAMES_AT_MOST: usize = 200;

/// In what form an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Json,
    UrlEncoded,
    Multipart,
}

/// The bytes of an answer.
pub async fn read(payload: Payload) -> Result<Bytes, Problem> {
    tokio::time::timeout(DEADLINE, read_all(payload)).await.map_err(|_| slow_body())?
}

async fn read_all(mut payload: Payload) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    let mut length = 0;
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|_| broken_body())?;
        length += piece.len();
        if length > DRAIN_LIMIT {
            break;
        }
        if length <= ANSWER_LIMIT {
            bytes.extend_from_slice(&piece);
        }
    }
    if length > ANSWER_LIMIT { Err(Problem::too_large(ANSWER_LIMIT)) } else { Ok(bytes.freeze()) }
}

/// What `bytes` answer, by the media type of the request.
pub async fn parse(request: &HttpRequest, bytes: Bytes) -> Result<Answers, Problem> {
    let answers = match shape(request)? {
        Shape::Json => parse_json::<Map<String, Value>>(&bytes, "")?,
        Shape::UrlEncoded => gather(
            form_urlencoded::parse(&bytes).map(|(name, value)| (name.into_owned(), value.into_owned())),
        ),
        Shape::Multipart => gather(parts(request, bytes).await?.into_iter()),
    };
    if answers.len() > NAMES_AT_MOST {
        return Err(Problem::too_large(ANSWER_LIMIT));
    }
    Ok(Answers(answers))
}

/// Whether a page itself waits for the answer, rather than a script in it.
pub fn wants_page(request: &HttpRequest) -> bool {
    let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepts.contains("text/html") && shape(request).is_ok_and(|shape| shape != Shape::Json)
}

fn shape(request: &HttpRequest) -> Result<Shape, Problem> {
    let text = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/json" => Ok(Shape::Json),
        "application/x-www-form-urlencoded" => Ok(Shape::UrlEncoded),
        "multipart/form-data" => Ok(Shape::Multipart),
        _ => Err(Problem::unsupported_media_type(
            "application/json, application/x-www-form-urlencoded or multipart/form-data",
        )),
    }
}

/// Names with their values; a name that comes again has a list of them.
fn gather(pairs: impl Iterator<Item = (String, String)>) -> Map<String, Value> {
    let mut answers = Map::new();
    for (name, value) in pairs {
        match answers.get_mut(&name) {
            None => {
                answers.insert(name, json!(value));
            }
            Some(Value::Array(values)) => values.push(json!(value)),
            Some(first) => *first = json!([first.take(), value]),
        }
    }
    answers
}

/// The parts of a form that are no files.
async fn parts(request: &HttpRequest, bytes: Bytes) -> Result<Vec<(String, String)>, Problem> {
    let broken = || {
        Problem::malformed(
            "malformed-form",
            Message::new(
                "The body is not a whole multipart form; send it as `multipart/form-data` with a boundary",
                "El cuerpo no es un formulario multipart completo; envíelo como `multipart/form-data` con un separador",
            ),
        )
    };
    let body = stream::once(async move { Ok::<_, PayloadError>(bytes) });
    let mut form = Multipart::new(request.headers(), Box::pin(body));
    let mut pairs = Vec::new();
    while let Some(part) = form.next().await {
        let mut part = part.map_err(|_| broken())?;
        let is_file = part.content_disposition().is_some_and(|said| said.get_filename().is_some());
        let name = part.name().unwrap_or_default().to_owned();
        let mut content = Vec::new();
        while let Some(piece) = part.next().await {
            content.extend_from_slice(&piece.map_err(|_| broken())?);
        }
        if !is_file {
            pairs.push((name, String::from_utf8_lossy(&content).into_owned()));
        }
    }
    Ok(pairs)
}
