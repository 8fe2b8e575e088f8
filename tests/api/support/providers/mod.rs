//! Stand-ins for Stripe and PayPal on this machine, by the providers' documents: they check what they are asked, keep names of
//! requests, answer objects of the official shape, and sign what they tell.

mod paypal;
mod stripe;

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

pub use stripe::stripe_signature;

/// What was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// How to answer badly.
#[derive(Debug, Clone, Copy)]
pub enum Bad {
    /// With this status.
    Status(u16),
    /// After this time, which is too long.
    After(Duration),
}

/// Both providers at one address.
#[derive(Clone)]
pub struct Standin {
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    bad: VecDeque<Bad>,
    always_bad: Option<Bad>,
    /// What was asked and answered under a name.
    names: HashMap<String, (String, u16, Value)>,
    /// Orders and sessions by their identifier.
    pages: HashMap<String, Value>,
    count: u64,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(header, _)| header == name).map_or("", |(_, value)| value)
    }

    /// The fields of a form.
    pub fn form(&self) -> HashMap<String, String> {
        form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }
}

impl Standin {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let standin = Self { url, state: Arc::default() };
        let shared = standin.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let standin = shared.clone();
                std::thread::spawn(move || standin.serve(connection));
            }
        });
        standin
    }

    /// Answers badly so many times as there are.
    pub fn fail(&self, bad: impl IntoIterator<Item = Bad>) {
        self.state().bad.extend(bad);
    }

    /// Answers badly from now on, or well again.
    pub fn always_fail(&self, bad: Option<Bad>) {
        self.state().always_bad = bad;
    }

    /// What was asked at `path`, in order.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.state().asked.iter().filter(|asked| asked.path.starts_with(path)).cloned().collect()
    }

    /// The session or order.
    pub fn page(&self, id: &str) -> Value {
        self.state().pages[id].clone()
    }

    fn name(&self, prefix: &str) -> String {
        let mut state = self.state();
        state.count += 1;
        format!("{prefix}{}a{}", std::process::id(), state.count)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn serve(&self, connection: TcpStream) {
        let mut reader = BufReader::new(connection);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut headers = Vec::new();
            line.clear();
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                if let Some((name, value)) = line.trim_end().split_once(": ") {
                    headers.push((name.to_lowercase(), value.to_owned()));
                }
                line.clear();
            }
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
            if reader.read_exact(&mut body).is_err() {
                return;
            }
            let asked = Asked { path, headers, body: String::from_utf8(body).unwrap() };
            self.state().asked.push(asked.clone());
            let bad = {
                let mut state = self.state();
                state.bad.pop_front().or(state.always_bad)
            };
            let (status, answer) = match bad {
                Some(Bad::Status(status)) => (status, json!({ "error": { "message": "broken" } })),
                Some(Bad::After(time)) => {
                    std::thread::park_timeout(time);
                    (200, json!({}))
                }
                None => self.answer(&asked),
            };
            let text = answer.to_string();
            let head = format!(
                "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                text.len()
            );
            if reader.get_mut().write_all((head + &text).as_bytes()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, asked: &Asked) -> (u16, Value) {
        let is_stripe = asked.path == "/v1/checkout/sessions" || asked.path == "/v1/refunds";
        let name = asked.header(if is_stripe { "idempotency-key" } else { "paypal-request-id" }).to_owned();
        if asked.path == "/v1/oauth2/token" {
            return paypal::token(asked);
        }
        let may = asked.header("authorization");
        let right = if is_stripe { "Bearer sk_test_right" } else { "Bearer token-of-right-client" };
        if may != right {
            let words = "Invalid API Key provided";
            return (
                401,
                json!({ "error": { "type": "invalid_request_error", "message": words }, "message": words }),
            );
        }
        if name.is_empty() || name.len() > 255 {
            return (400, json!({ "error": { "message": "no name" }, "message": "no name" }));
        }
        if let Some((body, status, answer)) = self.state().names.get(&name) {
            if *body != asked.body {
                let words = "Keys for idempotent requests can only be used with the same parameters they were first used with.";
                return (400, json!({ "error": { "type": "idempotency_error", "message": words } }));
            }
            return (*status, answer.clone());
        }
        let (status, answer) = match asked.path.as_str() {
            "/v1/checkout/sessions" => self.session(asked),
            "/v1/refunds" => self.stripe_refund(asked),
            "/v2/checkout/orders" => self.order(asked),
            "/v1/notifications/verify-webhook-signature" => Self::verification(asked),
            path if path.ends_with("/capture") => self.capture(asked),
            path if path.ends_with("/refund") => self.paypal_refund(asked),
            _ => (404, json!({ "error": { "message": "no such path" } })),
        };
        self.state().names.insert(name, (asked.body.clone(), status, answer.clone()));
        (status, answer)
    }
}
