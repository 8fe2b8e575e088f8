//! Answers to people whose browser posted a form without any script.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue, LOCATION, RETRY_AFTER};

use crate::kernel::{Language, Message};
use crate::platform::problem::Problem;

/// 303 to the form's page for afterwards.
pub fn see_other(url: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, url)).finish()
}

/// 200 with thanks.
pub fn thanks(text: &str, language: Language) -> HttpResponse {
    page(StatusCode::OK, text, &[], language)
}

/// What was refused, and how to go on.
pub fn refused(problem: &Problem, language: Language) -> HttpResponse {
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = problem.body(language, "");
    let text = |pointer: &str| body.pointer(pointer).and_then(|text| text.as_str()).unwrap_or_default();
    let mut lines: Vec<String> = problem
        .errors()
        .iter()
        .map(|error| {
            let name = error.place().trim_start_matches('/');
            format!("{name}: {}", error.reason().in_language(language))
        })
        .collect();
    let back = Message::new("Go back and try again.", "Regrese e intente de nuevo.");
    lines.push(back.in_language(language).to_owned());
    let mut page = page(status, text("/title"), &lines, language);
    if let Some(seconds) = problem.retry_after_seconds() {
        page.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    page
}

fn page(status: StatusCode, title: &str, lines: &[String], language: Language) -> HttpResponse {
    let lang = match language {
        Language::English => "en",
        Language::Spanish => "es",
    };
    let title = escape(title);
    let lines: Vec<String> = lines.iter().map(|line| format!("<p>{}</p>", escape(line))).collect();
    let lines = lines.concat();
    let html = format!(
        "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><h1>{title}</h1>{lines}</html>"
    );
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .body(html)
}

/// `text` as HTML shows it.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
