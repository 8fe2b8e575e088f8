//! A mail server for tests: it speaks SMTP (RFC 5321) on this machine, keeps what it takes, and refuses what it is told to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::support::until;

/// A letter as it arrived.
#[derive(Debug, Clone)]
pub struct Received {
    pub from: String,
    pub to: String,
    /// Headers and body, as they were sent.
    pub raw: String,
}

/// What the server does with letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Takes them.
    Takes,
    /// Says "later" to so many, then takes them.
    Later(u32),
    /// Says "never" to recipients that begin with `nobody`.
    Never,
}

/// A running mail server.
pub struct MailServer {
    pub port: u16,
    state: Arc<State>,
}

struct State {
    manner: Mutex<Manner>,
    received: Mutex<Vec<Received>>,
    tries: Mutex<u32>,
    login: Option<String>,
}

impl MailServer {
    /// Takes everything, from anybody.
    pub async fn start() -> Self {
        Self::with(Manner::Takes, None).await
    }

    /// Behaves as `manner`; lets in only who signs in with this user and password, if any.
    pub async fn with(manner: Manner, login: Option<(&str, &str)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let login = login.map(|(user, password)| STANDARD.encode(format!("\0{user}\0{password}")));
        let state = Arc::new(State {
            manner: Mutex::new(manner),
            received: Mutex::default(),
            tries: Mutex::new(0),
            login,
        });
        let shared = state.clone();
        #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                tokio::spawn(async move {
                    // A client that goes away is no concern of the server.
                    drop(state.serve(stream).await);
                });
            }
        });
        Self { port, state }
    }

    /// The settings of a server of ours that sends through this one.
    pub fn settings(&self) -> [(&'static str, String); 4] {
        [
            ("SMTP_HOST", "127.0.0.1".to_owned()),
            ("SMTP_PORT", self.port.to_string()),
            ("SMTP_TLS", "none".to_owned()),
            ("MAIL_FROM", "Cauce <no-reply@cauce.example>".to_owned()),
        ]
    }

    /// All letters to `address`, so far.
    pub fn to(&self, address: &str) -> Vec<Received> {
        let received = self.state.received.lock().unwrap();
        received.iter().filter(|letter| letter.to == address).cloned().collect()
    }

    /// The first letter to `address`, once there is one.
    pub async fn letter_to(&self, address: &str) -> Received {
        until("a letter arrives", async || !self.to(address).is_empty()).await;
        self.to(address).remove(0)
    }

    /// How often a letter was brought, taken or not.
    pub fn tries(&self) -> u32 {
        *self.state.tries.lock().unwrap()
    }
}

impl State {
    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let (mut from, mut to, mut is_in) = (String::new(), String::new(), self.login.is_none());
        stream.write_all(b"220 mail.example ESMTP\r\n").await?;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            let answer = match line.split([' ', ':']).next().unwrap_or_default().to_uppercase().as_str() {
                "EHLO" => "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN".to_owned(),
                "AUTH" => {
                    is_in = line.split(' ').nth(2) == self.login.as_deref();
                    if is_in { "235 welcome" } else { "535 5.7.8 wrong user or password" }.to_owned()
                }
                "MAIL" if !is_in => "530 5.7.0 sign in first".to_owned(),
                "MAIL" => {
                    from = address_in(line);
                    "250 ok".to_owned()
                }
                "RCPT" => {
                    to = address_in(line);
                    self.judge(&to)
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let raw = content(&mut stream).await?;
                    self.received.lock().unwrap().push(Received { from: from.clone(), to: to.clone(), raw });
                    "250 taken".to_owned()
                }
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                "RSET" | "NOOP" => "250 ok".to_owned(),
                other => format!("502 what is {other}?"),
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }

    fn judge(&self, to: &str) -> String {
        *self.tries.lock().unwrap() += 1;
        let mut manner = self.manner.lock().unwrap();
        match *manner {
            Manner::Later(times) if times > 0 => {
                *manner = Manner::Later(times - 1);
                "451 4.7.1 later, please".to_owned()
            }
            Manner::Never if to.starts_with("nobody") => "550 5.1.1 nobody is called that here".to_owned(),
            _ => "250 ok".to_owned(),
        }
    }
}

async fn content(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut raw = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(raw);
        }
        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn address_in(line: &str) -> String {
    line.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or("", |(address, _)| address)
        .to_owned()
}

impl Received {
    /// A header's value.
    pub fn header(&self, name: &str) -> String {
        let prefix = format!("{name}: ");
        let line = self.raw.lines().find_map(|line| line.strip_prefix(&prefix));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.raw)).to_owned()
    }

    /// The text, decoded.
    pub fn text(&self) -> String {
        let (headers, body) = self.raw.split_once("\r\n\r\n").unwrap();
        let headers = headers.to_lowercase();
        if headers.contains("encoding: base64") {
            let joined: String = body.split_whitespace().collect();
            return String::from_utf8(STANDARD.decode(joined).unwrap()).unwrap();
        }
        if !headers.contains("encoding: quoted-printable") {
            return body.to_owned();
        }
        let mut bytes = Vec::new();
        let joined = body.replace("=\r\n", "");
        let mut rest = joined.as_bytes();
        while let Some((first, behind)) = rest.split_first() {
            if *first == b'=' {
                bytes.push(u8::from_str_radix(std::str::from_utf8(&behind[..2]).unwrap(), 16).unwrap());
                rest = &behind[2..];
            } else {
                bytes.push(*first);
                rest = behind;
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    /// What stands behind `#<name>=` in the link of the text.
    pub fn token(&self, name: &str) -> String {
        let text = self.text();
        let behind = text.split_once(&format!("/#{name}=")).unwrap_or_else(|| panic!("no link in {text}")).1;
        behind.split_whitespace().next().unwrap().to_owned()
    }
}

/// How long nothing may happen before it is taken for never.
pub const QUIET: Duration = Duration::from_millis(1_500);
