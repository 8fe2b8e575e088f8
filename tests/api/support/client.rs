//! A client of the API: signs up, signs in, sends JSON and reads answers.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{TestApp, until};

/// Sends requests, with or without a token.
#[derive(Clone)]
pub struct Client {
    base: String,
    token: Option<String>,
    headers: Vec<(String, String)>,
    http: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
    pub text: String,
}

/// A company that signed up, and its owner as a client.
pub struct Tenant {
    pub id: String,
    pub slug: String,
    pub owner: Client,
    pub owner_id: String,
    pub email: String,
    pub password: String,
    pub tokens: Value,
}

/// A word that no other test uses.
pub fn unique(prefix: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{prefix}{}x{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

impl Client {
    pub fn new(base: &str, token: Option<String>) -> Self {
        // A test that works for longer than the server keeps a connection would send on one that is closed.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client");
        Self { base: base.to_owned(), token, headers: Vec::new(), http }
    }

    /// The same client with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same client sending one more header.
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// What it signs in with.
    pub fn token(&self) -> String {
        self.token.clone().unwrap_or_default()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body.to_string())).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Sends `body` as JSON, whatever it holds.
    pub async fn send(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body);
        }
        Self::read(request).await
    }

    /// Uploads a file with optional JSON `options`.
    pub async fn upload(
        &self,
        path: &str,
        file_name: &str,
        content: Vec<u8>,
        options: Option<Value>,
    ) -> Answer {
        let boundary = "cauce-test-boundary";
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\nContent-Type: text/csv\r\n\r\n"
        )
        .into_bytes();
        body.extend(content);
        if let Some(options) = options {
            body.extend(
                format!(
                    "\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"options\"\r\n\r\n{options}"
                )
                .bytes(),
            );
        }
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        self.send_raw(path, &format!("multipart/form-data; boundary={boundary}"), body).await
    }

    /// The bytes of a file that is there.
    pub async fn download(&self, path: &str) -> Vec<u8> {
        self.file(path).await.bytes().await.expect("the file is whole").to_vec()
    }

    /// Whether the answer breaks off before its end.
    pub async fn breaks_off(&self, path: &str) -> bool {
        match self.request(Method::GET, path).send().await {
            Ok(response) => response.bytes().await.is_err(),
            Err(_) => true,
        }
    }

    /// The headers of a file that is there.
    pub async fn get_head(&self, path: &str) -> HeaderMap {
        self.file(path).await.headers().clone()
    }

    /// A file; as long as the server says that it is being made, it is asked for again.
    async fn file(&self, path: &str) -> reqwest::Response {
        let mut file = None;
        until("the file is made", async || {
            let response = self.request(Method::GET, path).send().await.expect("the server answers");
            let is_made = response.status() != 503;
            assert!(is_made || response.headers().contains_key("retry-after"), "{path}");
            file = Some(response);
            is_made
        })
        .await;
        let file = file.expect("it was asked for");
        assert_eq!(file.status(), 200, "{path}");
        file
    }

    /// Posts `body` as it is.
    pub async fn send_raw(&self, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        self.send_bytes(Method::POST, path, content_type, body).await
    }

    /// Sends `body` as it is.
    pub async fn send_bytes(&self, method: Method, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        Self::read(self.request(method, path).header("Content-Type", content_type).body(body)).await
    }

    /// The host, and the head of a request to `path` as it is written on the wire, without its end.
    pub fn head_of(&self, method: &str, path: &str) -> (String, String) {
        let host = self.base.trim_start_matches("http://").to_owned();
        let token = self.token.as_deref().unwrap_or_default();
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n");
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        (host, head)
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request
    }

    /// Opens a stream of events.
    pub async fn stream(&self, path: &str) -> EventStream {
        let response = self.request(Method::GET, path).send().await.expect("the server answers");
        assert_eq!(response.status(), 200);
        EventStream::of(response)
    }

    async fn read(request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let is_stream =
            headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let text = if is_stream {
            EventStream::of(response).rest().await
        } else {
            response.text().await.expect("the answer is text")
        };
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, headers, body, text }
    }
}

/// An open stream of Server-Sent Events.
pub struct EventStream {
    response: reqwest::Response,
    pub headers: HeaderMap,
    text: String,
}

/// One message of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub event: String,
    pub data: Value,
}

impl EventStream {
    fn of(response: reqwest::Response) -> Self {
        let headers = response.headers().clone();
        Self { response, headers, text: String::new() }
    }

    /// The next message that is no comment; none when the stream ended.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    let found = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                    found.unwrap_or_default().to_owned()
                };
                if !field("data").is_empty() {
                    let data = serde_json::from_str(&field("data")).expect("data is JSON");
                    return Some(Message { id: field("id"), event: field("event"), data });
                }
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// What comes until the stream ends or is silent for a moment.
    async fn rest(mut self) -> String {
        let silence = std::time::Duration::from_millis(300);
        while let Ok(true) = tokio::time::timeout(silence, self.more()).await {}
        self.text
    }

    async fn more(&mut self) -> bool {
        let Ok(Some(chunk)) = self.response.chunk().await else { return false };
        self.text.push_str(std::str::from_utf8(&chunk).expect("the stream is text"));
        true
    }
}

impl Answer {
    /// Status and body for snapshots, without what differs from run to run.
    pub fn shape(&self) -> String {
        let changing = [
            (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
            (r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "<now>"),
        ];
        let body = serde_json::to_string_pretty(&self.body).expect("JSON is written");
        changing.iter().fold(format!("{}\n{body}", self.status), |text, (pattern, name)| {
            regex::Regex::new(pattern).expect("a pattern").replace_all(&text, *name).into_owned()
        })
    }

    /// The answer, which must have `status`.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The text at a JSON pointer.
    #[track_caller]
    pub fn text_at(&self, pointer: &str) -> String {
        match self.body.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => panic!("no {pointer} in {}", self.text),
        }
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl TestApp {
    /// A company of its own.
    pub async fn tenant(&self) -> Tenant {
        let name = unique("empresa");
        let email = format!("{name}@example.com");
        let password = "correct horse battery".to_owned();
        let answer = self
            .anonymous()
            .post(
                "/api/v1/auth/signup",
                json!({ "tenant_name": name, "name": "Ana Dueña", "email": email, "password": password }),
            )
            .await
            .expect(201);
        Tenant {
            id: answer.text_at("/tenant/id"),
            slug: answer.text_at("/tenant/slug"),
            owner: self.anonymous().with_token(&answer.text_at("/access_token")),
            owner_id: answer.text_at("/user/id"),
            email,
            password,
            tokens: answer.body,
        }
    }
}

impl TestApp {
    /// The tenant's owner signed in again, after the clock went on.
    pub async fn sign_in(&self, tenant: &Tenant) -> Tenant {
        let body = json!({ "email": tenant.email, "password": tenant.password, "tenant": tenant.slug });
        let answer = self.anonymous().post("/api/v1/auth/login", body).await.expect(200);
        Tenant {
            id: tenant.id.clone(),
            slug: tenant.slug.clone(),
            owner: self.anonymous().with_token(&answer.text_at("/access_token")),
            owner_id: tenant.owner_id.clone(),
            email: tenant.email.clone(),
            password: tenant.password.clone(),
            tokens: answer.body,
        }
    }
}

impl Tenant {
    /// A colleague with `roles`, signed in; answers their client and id.
    pub async fn colleague(&self, roles: &[&str]) -> (Client, String) {
        let email = format!("{}@example.com", unique("colega"));
        let invited = self
            .owner
            .post("/api/v1/users", json!({ "name": "Beto Colega", "email": email, "roles": roles }))
            .await
            .expect(201);
        let joined = self
            .owner
            .post(
                "/api/v1/auth/accept-invitation",
                json!({ "token": invited.text_at("/invitation_token"), "password": "correct horse battery" }),
            )
            .await;
        assert!(joined.status < 300, "{}", joined.text);
        (self.owner.with_token(&joined.text_at("/access_token")), joined.text_at("/user/id"))
    }
}
