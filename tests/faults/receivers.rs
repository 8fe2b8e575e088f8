//! Receivers of webhooks of every kind: good ones, and ones that fail as receivers do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How a receiver behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes everything.
    Good,
    /// Answers 500.
    Failing,
    /// Says nothing.
    Hanging,
    /// Resets the connection.
    Resetting,
    /// Sends elsewhere, to where a canary listens.
    Redirecting(u16),
    /// Answers one byte a second.
    Slow,
    /// Says that it is gone for good.
    Gone,
}

/// A receiver; it listens until the program ends.
pub struct Receiver {
    /// Where.
    pub url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    behaviour: Behaviour,
    /// What was taken, by the event's id.
    taken: BTreeMap<String, Vec<Taken>>,
}

/// A request that was taken.
#[derive(Clone)]
struct Taken {
    timestamp: String,
    signature: String,
    body: String,
}

impl Receiver {
    /// Begins to listen.
    #[expect(clippy::disallowed_methods, reason = "ends with the scenario")]
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { behaviour, taken: BTreeMap::new() }));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let state = shared.clone();
                // A sender that goes away is its own affair.
                tokio::spawn(async move { drop(serve(connection, &state).await) });
            }
        });
        Self { url, state }
    }

    /// Behaves so from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state.lock().unwrap().behaviour = behaviour;
    }

    /// How many different events were taken, and how many of them more than once.
    pub fn counts(&self) -> (usize, usize) {
        let state = self.state.lock().unwrap();
        (state.taken.len(), state.taken.values().filter(|taken| taken.len() > 1).count())
    }

    /// The ids of the events that were taken.
    pub fn ids(&self) -> Vec<String> {
        self.state.lock().unwrap().taken.keys().cloned().collect()
    }

    /// Each request that was taken, with the secret that verifies it.
    pub fn requests(&self, secret: &str) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        let all = state.taken.iter().flat_map(|(id, taken)| taken.iter().map(move |taken| (id, taken)));
        all.map(|(id, taken)| {
            json!({ "secret": secret, "id": id, "timestamp": taken.timestamp, "signature": taken.signature, "body": taken.body })
        })
        .collect()
    }
}

async fn serve(connection: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut connection = BufReader::new(connection);
    loop {
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        let mut line = String::new();
        while connection.read_line(&mut line).await? > 2 {
            if let Some((name, value)) = line.trim_end().split_once(": ") {
                headers.insert(name.to_lowercase(), value.to_owned());
            }
            line.clear();
        }
        let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
        let Ok(length) = header("content-length").parse::<usize>() else { return Ok(()) };
        let mut body = vec![0; length];
        connection.read_exact(&mut body).await?;
        let behaviour = state.lock().unwrap().behaviour;
        let status = match behaviour {
            Behaviour::Good => {
                let taken = Taken {
                    timestamp: header("webhook-timestamp"),
                    signature: header("webhook-signature"),
                    body: String::from_utf8(body).unwrap(),
                };
                state.lock().unwrap().taken.entry(header("webhook-id")).or_default().push(taken);
                "204 No Content".to_owned()
            }
            Behaviour::Failing => "500 Internal Server Error".to_owned(),
            Behaviour::Gone => "410 Gone".to_owned(),
            Behaviour::Redirecting(port) => format!("302 Found\r\nLocation: http://127.0.0.1:{port}/"),
            Behaviour::Resetting => return connection.get_ref().set_zero_linger(),
            Behaviour::Hanging => {
                tokio::time::sleep(Duration::from_mins(10)).await;
                return Ok(());
            }
            Behaviour::Slow => {
                for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".iter().cycle() {
                    connection.write_all(&[*byte]).await?;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                return Ok(());
            }
        };
        connection.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes()).await?;
    }
}
