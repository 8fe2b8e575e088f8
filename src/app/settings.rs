//! Settings as the modules and the platform take them.

use std::time::Duration;

use chrono::TimeDelta;

use secrecy::SecretString;

use super::Services;
use crate::billing::{ProviderSettings, QuotationSettings};
use crate::config::{Config, Signup};
use crate::identity::{IdentitySettings, OidcSettings, SignupPolicy};
use crate::leads::CaptureSettings;
use crate::platform::auth::KeySettings;
use crate::platform::clock::Clock;
use crate::platform::db::{Db, PoolSettings};
use crate::platform::events::EventsHandle;
use crate::platform::files::{Bucket, FilesPlace};
use crate::platform::http::BODY_LIMIT;
use crate::platform::limits::{Limit, Limits, Quota, QuotaUnit, Quotas, TENANT};
use crate::platform::mail::MailSettings;
use crate::webhooks::{Reach, WebhookSettings};

/// Above the 5 s that one statement may take.
const DATABASE_DEADLINE: Duration = Duration::from_secs(6);

pub(super) fn connect(config: &Config, services: &Services, clock: Clock) -> Db {
    let pool = PoolSettings {
        requests: config.db_pool_max,
        background: config.db_pool_background,
        patience: Duration::from_millis(config.db_pool_wait_ms),
        deadline: DATABASE_DEADLINE,
    };
    Db::new(services.database_url(), &pool, clock)
}

pub(super) fn keys(config: &Config, secret: &SecretString) -> KeySettings {
    if config.jwt_key_file_path.is_empty() {
        KeySettings::Secret(secret.clone())
    } else {
        KeySettings::PemFile(config.jwt_key_file_path.clone().into())
    }
}

pub(super) fn limits(config: &Config) -> Limits {
    let limit = |name: &str, per_minute| Limit { name: name.to_owned(), per_minute };
    let defaults = vec![
        limit(TENANT, config.limit_tenant_per_minute),
        limit("POST /api/v1/leads", config.limit_lead_create_per_minute),
        limit("GET /api/v1/leads", config.limit_lead_list_per_minute),
    ];
    Limits::new(defaults, config.limit_address_per_minute, config.limits_enabled)
}

/// Everything of which a tenant may have only so much, besides requests a minute.
pub(super) fn quotas(config: &Config, events: &EventsHandle) -> Quotas {
    let (streams, feed) = (config.event_streams_per_tenant, events.feed().clone());
    let (body, import) = (BODY_LIMIT, config.import_max_bytes);
    Quotas::new(vec![
        Box::new(move |tx| Ok(vec![Quota::held("event_streams", feed.open_of(tx.tenant()), streams)])),
        Box::new(move |_| {
            Ok(vec![
                Quota::size("request_body", QuotaUnit::Bytes, body),
                Quota::size("import_file", QuotaUnit::Bytes, import),
            ])
        }),
        Box::new(crate::identity::quotas),
        Box::new(crate::leads::quotas),
        Box::new(crate::crm::quotas),
        Box::new(crate::billing::quotas),
        Box::new(crate::webhooks::quotas),
    ])
}

pub(super) fn webhook_settings(config: &Config) -> WebhookSettings {
    WebhookSettings {
        reach: if config.webhooks_development { Reach::Anywhere } else { Reach::Public },
        timeout: Duration::from_secs(config.webhook_timeout_seconds.into()),
        patience: TimeDelta::hours(config.webhook_disable_after_hours.into()),
    }
}

pub(super) fn provider_settings(config: &Config) -> ProviderSettings {
    let plain = |url: &str| url.trim_end_matches('/').to_owned();
    ProviderSettings {
        stripe_url: plain(&config.stripe_url),
        paypal_url: plain(&config.paypal_url),
        public_url: public_url(config),
    }
}

pub(super) fn capture_settings(config: &Config) -> CaptureSettings {
    CaptureSettings {
        public_url: public_url(config),
        per_address: config.limit_capture_address_per_minute,
        per_form: config.limit_capture_form_per_minute,
    }
}

pub(super) fn quotation_settings(config: &Config) -> QuotationSettings {
    QuotationSettings {
        public_url: public_url(config),
        per_address: config.limit_quotation_address_per_minute,
    }
}

pub(super) fn files_place(config: &Config, services: &Services) -> FilesPlace {
    if config.files_bucket.is_empty() {
        return FilesPlace::Folder(services.data_dir().join("files"));
    }
    FilesPlace::Bucket(Bucket {
        endpoint: config.files_endpoint.clone(),
        name: config.files_bucket.clone(),
        region: config.files_region.clone(),
        access_key: config.files_access_key.clone(),
        secret_key: config.files_secret_key.clone(),
    })
}

pub(super) fn mail_settings(config: &Config) -> MailSettings {
    MailSettings {
        host: config.smtp_host.clone(),
        port: config.smtp_port,
        tls: config.smtp_tls,
        user: config.smtp_user.clone(),
        password: config.smtp_password.clone(),
        from: config.mail_from.clone(),
    }
}

pub(super) fn public_url(config: &Config) -> String {
    match config.public_url.as_str() {
        "" => format!("http://{}:{}", config.host, config.port),
        url => url.trim_end_matches('/').to_owned(),
    }
}

pub(super) fn identity_settings(config: &Config) -> IdentitySettings {
    let public_url = public_url(config);
    let oidc = (!config.oidc_issuer.is_empty())
        .then(|| OidcSettings { issuer: config.oidc_issuer.clone(), audience: config.oidc_audience.clone() });
    let signup = match config.signup {
        Signup::Open => SignupPolicy::Open,
        Signup::Closed => SignupPolicy::Closed,
    };
    IdentitySettings { signup, public_url, oidc }
}
