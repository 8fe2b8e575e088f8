//! Every setting, from the embedded defaults and the environment, checked once at start.

use std::path::PathBuf;

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::platform::http::TrustedProxies;
use crate::platform::mail::MailTls;

const DEFAULTS: &str = include_str!("../config/default.toml");

/// Settings that were read and make sense together. Each is explained in `config/default.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml is the documentation")]
pub struct Config {
    pub host: String,
    pub port: u16,
    pub public_url: String,
    pub trusted_proxies: String,
    pub http_workers: usize,
    pub data_dir: PathBuf,
    pub database_url: SecretString,
    pub database_admin_url: SecretString,
    pub postgres_host: String,
    pub postgres_port: u16,
    pub postgres_db: String,
    pub postgres_user: String,
    pub postgres_password: SecretString,
    pub postgres_bin_dir: String,
    pub db_pool_max: u32,
    pub db_pool_background: u32,
    pub db_pool_wait_ms: u64,
    pub nats_servers: SecretString,
    pub nats_server_bin: String,
    pub nats_stream_max_bytes: i64,
    pub event_streams_per_tenant: usize,
    pub webhooks_development: bool,
    pub webhook_timeout_seconds: u32,
    pub webhook_disable_after_hours: u32,
    pub stripe_url: String,
    pub paypal_url: String,
    pub jwt_secret: SecretString,
    pub jwt_key_file_path: String,
    pub oidc_issuer: String,
    pub oidc_audience: String,
    pub signup: Signup,
    pub smtp_host: String,
    pub smtp_port: u16,
    pub smtp_tls: MailTls,
    pub smtp_user: String,
    pub smtp_password: SecretString,
    pub mail_from: String,
    pub files_bucket: String,
    pub files_endpoint: String,
    pub files_region: String,
    pub files_access_key: String,
    pub files_secret_key: SecretString,
    pub limits_enabled: bool,
    pub limit_tenant_per_minute: u32,
    pub limit_lead_create_per_minute: u32,
    pub limit_lead_list_per_minute: u32,
    pub limit_address_per_minute: u32,
    pub limit_capture_address_per_minute: u32,
    pub limit_capture_form_per_minute: u32,
    pub limit_quotation_address_per_minute: u32,
    pub import_max_bytes: usize,
    pub log_format: LogFormat,
    pub log_level: String,
    /// Whether `data_dir` was set by hand rather than left at its default.
    #[serde(skip)]
    pub data_dir_is_set: bool,
}

/// Who may sign up a new company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signup {
    /// Anybody.
    Open,
    /// Nobody; companies are made with `cauce demo` or by an operator.
    Closed,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// `pretty` on a terminal, `json` elsewhere.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

/// A setting that is wrong: one line that names it.
#[derive(Debug, thiserror::Error)]
#[error("setting {setting}: {reason}")]
pub struct ConfigError {
    setting: String,
    reason: String,
}

impl Config {
    /// Settings from the process's environment.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_variables(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Settings from `variable`, which answers the value of an environment variable.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let defaults: figment::value::Dict = Figment::from(Toml::string(DEFAULTS))
            .extract()
            .map_err(|error| refuse("default.toml", error.to_string()))?;
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        let mut data_dir_is_set = false;
        for (setting, default) in &defaults {
            let Some(text) = read(&setting.to_uppercase(), &variable)? else { continue };
            data_dir_is_set |= setting == "data_dir";
            figment = match default {
                figment::value::Value::String(..) => figment.merge(Serialized::default(setting, text)),
                figment::value::Value::Bool(..) => {
                    figment.merge(Serialized::default(setting, typed::<bool>(setting, &text)?))
                }
                _ => figment.merge(Serialized::default(setting, typed::<i64>(setting, &text)?)),
            };
        }
        let config: Self = figment.extract().map_err(|error| {
            let setting = error.path.join(".").to_uppercase();
            refuse(&setting, error.kind.to_string())
        })?;
        let config = Self { data_dir_is_set, ..config };
        config.check()?;
        Ok(config)
    }

    /// The server's login; none for the embedded PostgreSQL.
    pub fn database_url(&self) -> Option<String> {
        if !self.database_url.expose_secret().is_empty() {
            return Some(self.database_url.expose_secret().to_owned());
        }
        if self.postgres_host.is_empty() {
            return None;
        }
        let encode = |text: &str| {
            form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
        };
        Some(format!(
            "postgres://{}:{}@{}:{}/{}",
            encode(&self.postgres_user),
            encode(self.postgres_password.expose_secret()),
            self.postgres_host,
            self.postgres_port,
            encode(&self.postgres_db)
        ))
    }

    /// The owner of the database, for migrations.
    pub fn database_admin_url(&self) -> Option<String> {
        let admin = self.database_admin_url.expose_secret();
        if admin.is_empty() { self.database_url() } else { Some(admin.to_owned()) }
    }

    /// The proxies whose word on addresses is taken.
    pub fn trusted_proxies(&self) -> TrustedProxies {
        TrustedProxies::parse(&self.trusted_proxies).unwrap_or_default()
    }

    fn check_urls(&self) -> Result<(), ConfigError> {
        for (setting, url) in [
            ("DATABASE_URL", self.database_url.expose_secret()),
            ("DATABASE_ADMIN_URL", self.database_admin_url.expose_secret()),
        ] {
            if !(url.is_empty() || url.starts_with("postgres://") || url.starts_with("postgresql://")) {
                return Err(refuse(setting, "must start with postgres://".to_owned()));
            }
        }
        for (setting, url) in [("STRIPE_URL", &self.stripe_url), ("PAYPAL_URL", &self.paypal_url)] {
            if !(url.starts_with("https://") || url.starts_with("http://")) {
                return Err(refuse(setting, "must start with https://".to_owned()));
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), ConfigError> {
        let at_least = |setting: &str, value: u64, least: u64| {
            if value >= least {
                Ok(())
            } else {
                Err(refuse(setting, format!("{value} is too small; at least {least}")))
            }
        };
        at_least("DB_POOL_MAX", self.db_pool_max.into(), 1)?;
        at_least("DB_POOL_BACKGROUND", self.db_pool_background.into(), 2)?;
        at_least("EVENT_STREAMS_PER_TENANT", self.event_streams_per_tenant as u64, 1)?;
        at_least("WEBHOOK_TIMEOUT_SECONDS", self.webhook_timeout_seconds.into(), 1)?;
        at_least("WEBHOOK_DISABLE_AFTER_HOURS", self.webhook_disable_after_hours.into(), 1)?;
        at_least("LIMIT_TENANT_PER_MINUTE", self.limit_tenant_per_minute.into(), 1)?;
        at_least("LIMIT_LEAD_CREATE_PER_MINUTE", self.limit_lead_create_per_minute.into(), 1)?;
        at_least("LIMIT_LEAD_LIST_PER_MINUTE", self.limit_lead_list_per_minute.into(), 1)?;
        at_least("LIMIT_ADDRESS_PER_MINUTE", self.limit_address_per_minute.into(), 1)?;
        at_least("LIMIT_CAPTURE_ADDRESS_PER_MINUTE", self.limit_capture_address_per_minute.into(), 1)?;
        at_least("LIMIT_CAPTURE_FORM_PER_MINUTE", self.limit_capture_form_per_minute.into(), 1)?;
        at_least("LIMIT_QUOTATION_ADDRESS_PER_MINUTE", self.limit_quotation_address_per_minute.into(), 1)?;
        at_least("IMPORT_MAX_BYTES", self.import_max_bytes as u64, 1024)?;
        let secret = self.jwt_secret.expose_secret();
        if !secret.is_empty() && secret.len() < 32 {
            return Err(refuse(
                "JWT_SECRET",
                "needs at least 32 bytes; `openssl rand -base64 48` makes one".to_owned(),
            ));
        }
        self.check_urls()?;
        if let Err(part) = TrustedProxies::parse(&self.trusted_proxies) {
            return Err(refuse("TRUSTED_PROXIES", format!("\"{part}\" is neither an address nor a network")));
        }
        if !self.oidc_issuer.is_empty() && self.oidc_audience.is_empty() {
            return Err(refuse(
                "OIDC_AUDIENCE",
                "must be set with OIDC_ISSUER: the client id of the tokens".to_owned(),
            ));
        }
        if !self.files_bucket.is_empty()
            && (self.files_access_key.is_empty() || self.files_secret_key.expose_secret().is_empty())
        {
            return Err(refuse(
                "FILES_SECRET_KEY",
                "must be set with FILES_BUCKET, as FILES_ACCESS_KEY".to_owned(),
            ));
        }
        if self.host.parse::<std::net::IpAddr>().is_err() && self.host != "localhost" {
            return Err(refuse("HOST", format!("\"{}\" is not an IP address", self.host)));
        }
        Ok(())
    }
}

fn read(name: &str, variable: &impl Fn(&str) -> Option<String>) -> Result<Option<String>, ConfigError> {
    let file_name = format!("{name}_FILE");
    match (variable(name), variable(&file_name)) {
        (Some(_), Some(_)) => Err(refuse(name, format!("is set twice, also by {file_name}; set one"))),
        (Some(value), None) => Ok(Some(value)),
        (None, Some(path)) => std::fs::read_to_string(&path)
            .map(|text| Some(text.trim_end_matches(['\r', '\n']).to_owned()))
            .map_err(|error| refuse(&file_name, format!("cannot read {path}: {error}"))),
        (None, None) => Ok(None),
    }
}

fn typed<T: std::str::FromStr>(setting: &str, text: &str) -> Result<T, ConfigError> {
    text.trim().parse().map_err(|_| {
        let kind = if std::any::type_name::<T>() == "bool" { "true or false" } else { "a whole number" };
        refuse(&setting.to_uppercase(), format!("\"{text}\" is not {kind}"))
    })
}

fn refuse(setting: &str, reason: String) -> ConfigError {
    ConfigError { setting: setting.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::Config;

    fn with(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let lookup =
            |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Config::from_variables(lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_are_valid() {
        let config = with(&[]).unwrap();
        assert_eq!((config.host.as_str(), config.port), ("127.0.0.1", 8080));
        assert!(config.database_url().is_none() && !config.data_dir_is_set);
    }

    #[test]
    fn the_environment_overrides() {
        let config = with(&[("PORT", "0"), ("DATA_DIR", "/x"), ("LIMITS_ENABLED", "false")]).unwrap();
        assert!(config.port == 0 && config.data_dir_is_set && !config.limits_enabled);
        let config = with(&[("POSTGRES_HOST", "db"), ("POSTGRES_PASSWORD", "a b/c")]).unwrap();
        assert_eq!(config.database_url().unwrap(), "postgres://cauce_app:a%20b%2Fc@db:5432/cauce");
    }

    #[test]
    fn a_wrong_setting_is_named_in_one_line() {
        for (pairs, expected) in [
            (&[("PORT", "http")][..], "setting PORT: \"http\" is not a whole number"),
            (&[("PORT", "70000")], "setting PORT: "),
            (&[("LIMITS_ENABLED", "yes")], "setting LIMITS_ENABLED: \"yes\" is not true or false"),
            (&[("JWT_SECRET", "short")], "setting JWT_SECRET: needs at least 32 bytes"),
            (&[("JWT_SECRET", "a"), ("JWT_SECRET_FILE", "b")], "setting JWT_SECRET: is set twice"),
            (&[("JWT_SECRET_FILE", "/nowhere")], "setting JWT_SECRET_FILE: cannot read /nowhere"),
            (&[("DATABASE_URL", "mysql://x")], "setting DATABASE_URL: must start with postgres://"),
            (&[("DB_POOL_MAX", "0")], "setting DB_POOL_MAX: 0 is too small"),
            (&[("LOG_FORMAT", "xml")], "setting LOG_FORMAT: "),
            (&[("SIGNUP", "maybe")], "setting SIGNUP: "),
            (&[("SMTP_TLS", "ssl")], "setting SMTP_TLS: "),
            (&[("HOST", "nowhere at all")], "setting HOST: "),
            (&[("TRUSTED_PROXIES", "10.0.0.0/8, proxy")], "setting TRUSTED_PROXIES: \"proxy\" is neither"),
        ] {
            let refusal = with(pairs).unwrap_err();
            assert!(refusal.starts_with(expected), "{refusal}");
            assert!(!refusal.contains('\n'), "{refusal}");
        }
    }
}
