//! A receiver of webhooks on this machine: it notes what comes and answers as it was told.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::support::until;

/// What came.
#[derive(Debug, Clone)]
pub struct Received {
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// How to answer.
#[derive(Debug, Clone)]
pub struct Told {
    pub status: u16,
    pub after: Duration,
    pub header: String,
}

/// A receiver that listens until the process ends.
pub struct Receiver {
    pub url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    received: Mutex<Vec<Received>>,
    script: Mutex<VecDeque<Told>>,
    usual: Mutex<Option<Told>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Told {
    pub fn status(status: u16) -> Self {
        Self { status, after: Duration::ZERO, header: String::new() }
    }
}

impl Receiver {
    /// A receiver that answers `usual` when its script is over.
    pub fn start(usual: Told) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let state = Arc::new(State { usual: Mutex::new(Some(usual)), ..State::default() });
        let shared = state.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let state = shared.clone();
                std::thread::spawn(move || state.serve(connection));
            }
        });
        Self { url, state }
    }

    /// Answers these first.
    pub fn then(self, script: impl IntoIterator<Item = Told>) -> Self {
        self.state.script.lock().unwrap().extend(script);
        self
    }

    /// Answers `usual` from now on.
    pub fn answer(&self, usual: Told) {
        *self.state.usual.lock().unwrap() = Some(usual);
    }

    /// Everything that came.
    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// Everything that came, once there are `count`.
    pub async fn after(&self, count: usize) -> Vec<Received> {
        until(&format!("{count} request(s) came"), async || self.received().len() >= count).await;
        self.received()
    }

    /// The most requests that were open at the same time.
    pub fn most_at_once(&self) -> usize {
        self.state.most_at_once.load(Ordering::SeqCst)
    }
}

impl State {
    fn serve(&self, connection: TcpStream) {
        let mut reader = BufReader::new(connection);
        let mut headers: Vec<(String, String)> = Vec::new();
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap_or(0) > 2 {
            if let Some((name, value)) = line.trim_end().split_once(": ") {
                headers.push((name.to_lowercase(), value.to_owned()));
            }
            line.clear();
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
        if headers.is_empty() || reader.read_exact(&mut body).is_err() {
            return;
        }
        let open = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(open, Ordering::SeqCst);
        self.received.lock().unwrap().push(Received { headers, body });
        let told = self.script.lock().unwrap().pop_front();
        let told = told.or_else(|| self.usual.lock().unwrap().clone()).unwrap();
        std::thread::park_timeout(told.after);
        let Told { status, header, .. } = told;
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        let answer = format!("HTTP/1.1 {status} X\r\n{header}Content-Length: 0\r\nConnection: close\r\n\r\n");
        // Whoever gave up waiting does not read it.
        let _ = reader.into_inner().write_all(answer.as_bytes());
    }
}

impl Received {
    /// A header's text.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// How many of the signatures are those of `secret`, computed here from the definition of HMAC (RFC 2104).
    pub fn signatures_of(&self, secret: &str) -> usize {
        use aws_lc_rs::digest::{SHA256, digest};
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let padded = |pad: u8| -> Vec<u8> {
            (0..64).map(|index| key.get(index).copied().unwrap_or_default() ^ pad).collect()
        };
        let mut content =
            format!("{}.{}.", self.header("webhook-id"), self.header("webhook-timestamp")).into_bytes();
        content.extend(&self.body);
        let inner = digest(&SHA256, &[padded(0x36), content].concat());
        let outer = digest(&SHA256, &[padded(0x5c), inner.as_ref().to_vec()].concat());
        let expected = format!("v1,{}", STANDARD.encode(outer.as_ref()));
        self.header("webhook-signature").split(' ').filter(|signature| **signature == expected).count()
    }
}
