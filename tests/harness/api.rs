//! The API as a client meets it: a status and a body, or no answer at all.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery";

fn email(name: &str) -> String {
    format!("{name}@example.com")
}

/// A client without a token.
#[derive(Clone)]
pub struct Api {
    url: String,
    http: reqwest::Client,
}

/// A company that signed up, and the token of its owner.
#[derive(Clone)]
pub struct Tenant {
    /// The company.
    pub id: String,
    /// The owner's access token.
    pub token: String,
    api: Api,
}

impl Api {
    /// A client of the server at `url` that waits for an answer for `patience` at most.
    pub fn new(url: &str, patience: Duration) -> Self {
        let http = reqwest::Client::builder().timeout(patience).build().unwrap();
        Self { url: url.to_owned(), http }
    }

    /// Signs a company up.
    pub async fn sign_up(&self, name: &str) -> Tenant {
        let body = json!({ "tenant_name": name, "name": "Ana", "email": email(name), "password": PASSWORD });
        self.come_in("signup", &body).await
    }

    /// Signs the owner of a company in again.
    pub async fn sign_in(&self, name: &str) -> Tenant {
        self.come_in("login", &json!({ "email": email(name), "password": PASSWORD })).await
    }

    async fn come_in(&self, door: &str, body: &Value) -> Tenant {
        let request = self.http.post(format!("{}/api/v1/auth/{door}", self.url));
        let answer = request.header("Content-Type", "application/json").body(body.to_string());
        let text = answer.send().await.unwrap().text().await.unwrap();
        let body: Value = serde_json::from_str(&text).unwrap();
        let at = |pointer: &str| {
            body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{text}")).to_owned()
        };
        Tenant { id: at("/tenant/id"), token: at("/access_token"), api: self.clone() }
    }
}

impl Tenant {
    /// Sends a request of the owner; `Err` when no answer came, and nobody knows what was done.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<(u16, Value), reqwest::Error> {
        let mut request = self.api.http.request(method, format!("{}{path}", self.api.url));
        request = request.bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        Self::answer(request).await
    }

    /// Uploads `content` as the file of a form.
    pub async fn upload(&self, path: &str, content: &str) -> Result<(u16, Value), reqwest::Error> {
        let boundary = "cauce-harness-boundary";
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"leads.csv\"\r\n\
             Content-Type: text/csv\r\n\r\n{content}\r\n--{boundary}--\r\n"
        );
        let request = self.api.http.post(format!("{}{path}", self.api.url)).bearer_auth(&self.token);
        let form = format!("multipart/form-data; boundary={boundary}");
        Self::answer(request.header("Content-Type", form).body(body)).await
    }

    async fn answer(request: reqwest::RequestBuilder) -> Result<(u16, Value), reqwest::Error> {
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or_default()))
    }
}
