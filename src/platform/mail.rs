//! Letters by SMTP, or into the log where no server for them is configured.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where letters go.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The server; empty for none.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept from others.
    pub tls: MailTls,
    /// Whom we sign in as; empty for nobody.
    pub user: String,
    /// Their password.
    pub password: SecretString,
    /// Whom letters are from: `address` or `Name <address>`.
    pub from: String,
}

/// How the connection to a mail server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// TLS begins on a plain connection, and nothing is said before.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Not at all: for a server on the same machine.
    None,
}

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// Why a letter did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The settings cannot be used.
    #[error("the letters' {setting} cannot be used: {reason}")]
    Settings {
        /// Which one.
        setting: &'static str,
        /// Why not.
        reason: String,
    },
    /// Nobody will ever take this letter.
    #[error("the letter is refused: {0}")]
    Refused(String),
    /// Another try may go well.
    #[error("the mail server is away or busy: {0}")]
    Away(String),
}

/// Sends letters; clones share connections.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    smtp: Option<AsyncSmtpTransport<Tokio1Executor>>,
}

impl Mailer {
    /// A mailer by `settings`, which connects when it first has something to send.
    pub fn new(settings: &MailSettings) -> Result<Self, MailError> {
        let from = settings
            .from
            .parse()
            .map_err(|reason| MailError::Settings { setting: "MAIL_FROM", reason: format!("{reason}") })?;
        if settings.host.is_empty() {
            return Ok(Self { from, smtp: None });
        }
        let refused = |reason: lettre::transport::smtp::Error| MailError::Settings {
            setting: "SMTP_HOST",
            reason: reason.to_string(),
        };
        let host = settings.host.as_str();
        let transport = match settings.tls {
            MailTls::Starttls => {
                AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host).map_err(refused)?
            }
            MailTls::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(host).map_err(refused)?,
            MailTls::None => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host),
        };
        let transport = transport.port(settings.port).timeout(Some(PATIENCE));
        let transport = if settings.user.is_empty() {
            transport
        } else {
            let password = settings.password.expose_secret().to_owned();
            transport.credentials(Credentials::new(settings.user.clone(), password))
        };
        Ok(Self { from, smtp: Some(transport.build()) })
    }

    /// Whether letters leave this machine.
    pub fn is_connected(&self) -> bool {
        self.smtp.is_some()
    }

    /// Sends `letter`, which bears `id` at every try, by which servers and readers know it again.
    pub async fn send(&self, id: Uuid, letter: &Letter) -> Result<(), MailError> {
        let Some(smtp) = &self.smtp else {
            // The one exception to logs without addresses: whoever runs the server has no other way to the letter.
            let Letter { to, subject, text } = letter;
            tracing::warn!(to, subject, text, "no SMTP_HOST: a letter is written here instead");
            return Ok(());
        };
        let to: Address = letter.to.parse().map_err(|error| MailError::Refused(format!("{error}")))?;
        let domain = self.from.email.domain();
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject.clone())
            .message_id(Some(format!("<{id}@{domain}>")))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.clone())
            .map_err(|error| MailError::Refused(error.to_string()))?;
        smtp.send(message).await.map(drop).map_err(|error| {
            // 530 to 538 are about how we sign in (RFC 4954), which somebody can mend.
            let is_about_us = error.status().map(u16::from).is_some_and(|code| (530..=538).contains(&code));
            if error.is_permanent() && !is_about_us {
                MailError::Refused(error.to_string())
            } else {
                MailError::Away(error.to_string())
            }
        })
    }
}
