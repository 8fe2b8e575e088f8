//! Answers: a status, a JSON body and the few headers that go with it.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::{Deserialize, Serialize};

/// An answer that can be sent now, or stored and sent again for the same idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    status: u16,
    location: Option<String>,
    etag: Option<String>,
    body: Option<String>,
    #[serde(skip)]
    replayed: bool,
}

impl Reply {
    /// 200 with `view`.
    pub fn ok<T: Serialize>(view: &T) -> Self {
        Self::with(200, view)
    }

    /// 201 with `view`, which is found at `location` from now on.
    pub fn created<T: Serialize>(view: &T, location: String) -> Self {
        Self { location: Some(location), ..Self::with(201, view) }
    }

    /// 202 with `view`; the work goes on and is seen at `location`.
    pub fn accepted<T: Serialize>(view: &T, location: String) -> Self {
        Self { location: Some(location), ..Self::with(202, view) }
    }

    /// 202 with `view`; there is nothing to see of it later.
    pub fn received<T: Serialize>(view: &T) -> Self {
        Self::with(202, view)
    }

    /// 202 without a word of what comes of it.
    pub fn noted() -> Self {
        Self { status: 202, ..Self::no_content() }
    }

    /// 204.
    pub fn no_content() -> Self {
        Self { status: 204, location: None, etag: None, body: None, replayed: false }
    }

    /// Adds the version as an `ETag`.
    #[must_use]
    pub fn version(self, version: i32) -> Self {
        Self { etag: Some(format!("\"{version}\"")), ..self }
    }

    /// Marks an answer that was given before, for the same idempotency key.
    #[must_use]
    pub fn replayed(self) -> Self {
        Self { replayed: true, ..self }
    }

    fn with<T: Serialize>(status: u16, view: &T) -> Self {
        #[expect(clippy::expect_used, reason = "views have text keys and infallible parts")]
        let body = serde_json::to_string(view).expect("a view is always JSON");
        Self { status, location: None, etag: None, body: Some(body), replayed: false }
    }
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        if let Some(location) = self.location {
            response.insert_header((LOCATION, location));
        }
        if let Some(etag) = self.etag {
            response.insert_header((ETAG, etag));
        }
        if self.replayed {
            response.insert_header(("Idempotency-Replayed", "true"));
        }
        match self.body {
            Some(body) => response.insert_header((CONTENT_TYPE, "application/json")).body(body),
            None => response.finish(),
        }
    }
}
