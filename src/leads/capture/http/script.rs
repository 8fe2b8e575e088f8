//! The script that shows a form in a company's page and sends the answers.

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::kernel::{Language, Message};
use crate::leads::capture::domain::Question;
use crate::leads::capture::door::open;
use crate::leads::capture::service::{self, Form};
use crate::platform::db::Db;
use crate::platform::http::{RequestContext, client_address, place_of};
use crate::platform::limits::Limits;
use crate::platform::problem::Problem;

const SCRIPT: &str = include_str!("form.js");

/// Show a form
///
/// The script that shows the form in a page: in each `<div data-cauce-form="…">` with its key, or else where the script
/// stands. It sends the answers with how the person came, which it remembers for the session; it sets no cookies.
#[utoipa::path(operation_id = "capture_script", tag = "capture",
    params(("form_key" = String, Path, description = "The form's key.")),
    responses((status = 200, description = "The script.", body = String, content_type = "text/javascript"),
        (status = 304, description = "The script that the browser has.")))]
#[get("/api/v1/capture/{form_key}/form.js")]
pub async fn capture_script(
    request: HttpRequest,
    key: Path<String>,
    db: Data<Db>,
    limits: Data<Limits>,
) -> Result<HttpResponse, Problem> {
    if let Some(address) = client_address(&request) {
        limits.check_address(&format!("script {}", place_of(address)))?;
    }
    let door = open(&db, &key, RequestContext::of(&request).correlation().clone()).await?;
    let (form, questions) = db
        .read(door.actor, move |tx| {
            let questions = service::asked(tx, &door.form)?;
            Ok::<_, Problem>((door.form, questions))
        })
        .await?;
    let text = script(&form, &questions);
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16]));
    let has = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_same = has.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag || tag.trim() == "*");
    let mut response = if is_same { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((ETAG, etag))
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        // Any page may show it; what it may do is up to the form's origins.
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"));
    if is_same {
        return Ok(response.finish());
    }
    Ok(response.content_type("text/javascript; charset=utf-8").body(text))
}

/// The script with the form in it.
fn script(form: &Form, questions: &[Question]) -> String {
    let language = form.language().language();
    let consent = form.consent.as_ref().map(|consent| {
        let (text, version) = (&consent.text, consent.number.to_string());
        json!({ "text": text, "version": version, "required": form.row.consent_is_required })
    });
    let settings = json!({
        "key": form.row.form_key,
        "language": form.row.language,
        "active": form.row.is_active,
        "fields": questions,
        "consent": consent,
        "words": words(language),
    });
    // `<` is written as an escape, so that the text is safe wherever a page puts it.
    let settings = settings.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028");
    SCRIPT.replacen("__FORM__", &settings.replace('\u{2029}', "\\u2029"), 1)
}

fn words(language: Language) -> Value {
    let words = [
        ("send", Message::new("Send", "Enviar")),
        ("sending", Message::new("Sending…", "Enviando…")),
        ("choose", Message::new("Choose", "Elija")),
        ("trap", Message::new("Leave this field empty", "Deje este campo vacío")),
        (
            "closed",
            Message::new("This form is closed at present.", "Este formulario está cerrado por ahora."),
        ),
        ("some", Message::new("Please look at the marked fields.", "Revise los campos marcados.")),
        (
            "failed",
            Message::new("It could not be sent; please try again.", "No se pudo enviar; intente de nuevo."),
        ),
    ];
    words.into_iter().map(|(name, text)| (name.to_owned(), json!(text.in_language(language)))).collect()
}
