//! Headers that keep browsers from doing with an answer what nobody means: on every answer, unless the handler said other.

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

/// How the outside reaches this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// By plain HTTP.
    Http,
    /// By TLS, if only through a proxy: browsers are told to use nothing else.
    Https,
}

/// For data: nothing in it is ever run, loaded or shown within another page.
const OF_DATA: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// For our own page, which has its style in it.
const OF_HOME: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// For Swagger UI: its own files, styles that it sets itself, pictures in them, and requests to this server.
const OF_SWAGGER: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                          connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Adds what is missing to the headers of an answer for `path`.
pub fn protect(headers: &mut HeaderMap, path: &str, outside: Outside) {
    let policy = match path {
        "/" => OF_HOME,
        _ if path.starts_with("/swagger-ui/") => OF_SWAGGER,
        _ => OF_DATA,
    };
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(CONTENT_SECURITY_POLICY, policy);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    set(REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    );
    if outside == Outside::Https {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
}
