//! The words of tus 1.0.0 (<https://tus.io/protocols/resumable-upload>): headers of requests and of answers.

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::{Ready, ready};

use crate::kernel::{Invalid, Message};
use crate::platform::http::AnsweredWith;
use crate::platform::problem::{FieldError, Problem};
use crate::platform::transfers::imports::domain::FileName;
use crate::platform::transfers::imports::service::NewUpload;

/// The version of the protocol.
pub const VERSION: &str = "1.0.0";
/// What we know beside its core.
pub const EXTENSIONS: &str = "creation,termination";
/// The type of a part of a file.
pub const PART: &str = "application/offset+octet-stream";
/// Characters of `Upload-Metadata`.
const METADATA_AT_MOST: usize = 4_000;

/// A request that speaks our version of tus, and so has an answer that does.
pub struct Tus;

impl FromRequest for Tus {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let name = HeaderName::from_static("tus-resumable");
        let said = request.headers().get(&name).is_some_and(|version| version == VERSION);
        request.extensions_mut().insert(AnsweredWith(name, HeaderValue::from_static(VERSION)));
        let title = Message::new(
            "Uploads speak tus 1.0.0; send `Tus-Resumable: 1.0.0`",
            "Las cargas usan tus 1.0.0; envíe `Tus-Resumable: 1.0.0`",
        );
        ready(if said {
            Ok(Self)
        } else {
            Err(Problem::precondition("tus-version", title).header("Tus-Version", VERSION.to_owned()))
        })
    }
}

/// The number in the header `name`.
pub fn number(request: &HttpRequest, name: &'static str) -> Result<i64, Problem> {
    let text = request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| is_number)
        .ok_or_else(|| refuse(name, Invalid::new("must be a number of bytes", "debe ser un número de bytes")))
}

/// The file that the request announces, of at most `max_bytes`.
pub fn announced(request: &HttpRequest, max_bytes: usize) -> Result<NewUpload, Problem> {
    let length = number(request, "Upload-Length")?;
    if !usize::try_from(length).is_ok_and(|length| length <= max_bytes) {
        return Err(Problem::too_large(max_bytes));
    }
    let header = request.headers().get("Upload-Metadata");
    let metadata = header.map_or(Some(""), |value| value.to_str().ok()).map(str::trim);
    let file_name = metadata.map_or_else(|| Err(unreadable()), file_name);
    let file_name = file_name.map_err(|reason| refuse("Upload-Metadata", reason))?;
    let metadata = metadata.unwrap_or_default();
    Ok(NewUpload { file_name, metadata: metadata.to_owned(), length })
}

/// The file's name in what is said of it: pairs of a key and a text in base64, of which others than `filename` are the client's own.
fn file_name(metadata: &str) -> Result<FileName, Invalid> {
    let mut seen = Vec::new();
    let mut name = FileName::unnamed();
    if metadata.len() > METADATA_AT_MOST {
        return Err(unreadable());
    }
    for pair in metadata.split(',').filter(|_| !metadata.is_empty()) {
        let (key, text) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        let text = STANDARD.decode(text.trim()).map_err(|_| unreadable())?;
        let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_key || seen.contains(&key) {
            return Err(unreadable());
        }
        seen.push(key);
        if key == "filename" && !text.is_empty() {
            name = FileName::parse(&String::from_utf8(text).map_err(|_| unreadable())?)?;
        }
    }
    Ok(name)
}

fn unreadable() -> Invalid {
    Invalid::new(
        "must be keys with their texts in base64, such as `filename bGVhZHMuY3N2`, separated by commas",
        "deben ser claves con su texto en base64, por ejemplo `filename bGVhZHMuY3N2`, separadas por comas",
    )
}

fn refuse(header: &str, reason: Invalid) -> Problem {
    Problem::invalid(vec![FieldError::parameter(header, reason)])
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_file_is_called_what_its_metadata_say() {
        for (metadata, expected) in [
            ("", Some("import.csv")),
            ("filename bGVhZHMuY3N2", Some("leads.csv")),
            ("filetype dGV4dC9jc3Y=, filename bGVhZHMuY3N2,is_confidential", Some("leads.csv")),
            ("filename", Some("import.csv")),
            ("filename bGVhZHMuY3N2,filename bGVhZHMuY3N2", None),
            ("filename leads.csv", None),
            // ../x, and bytes that are no UTF-8.
            ("filename Li4veA==", None),
            ("filename /w==", None),
            ("filename bGVhZHMuY3N2,", None),
            (",", None),
        ] {
            let name = file_name(metadata).ok();
            assert_eq!(name.as_ref().map(super::FileName::as_str), expected, "{metadata:?}");
        }
        assert!(file_name(&format!("filename {}", "YWFh".repeat(1_100))).is_err());
    }
}
