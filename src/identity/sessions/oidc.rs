//! ID tokens of an external OpenID Connect issuer (OpenID Connect Core 1.0 §3.1.3.7), checked with its published keys.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::identity::OidcSettings;
use crate::identity::contract::IdentityError;
use crate::kernel::EmailAddress;

/// How long the issuer may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The largest document that is read from the issuer, in bytes.
const LARGEST_DOCUMENT: usize = 256 * 1024;
/// How long its keys are kept.
const KEYS_ARE_KEPT: Duration = Duration::from_hours(1);
/// How often an unknown key makes us ask again: a flood of forged tokens is not passed on to the issuer.
const ASK_AGAIN_AFTER: Duration = Duration::from_mins(1);
/// How far its clock may be from ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);
/// Signatures with public keys, none with shared secrets.
const ALGORITHMS: [Algorithm; 8] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::EdDSA,
];

/// An issuer, and the keys that it published last.
pub(in crate::identity) struct Issuer {
    settings: OidcSettings,
    keys: Mutex<Option<Published>>,
}

struct Published {
    keys: JwkSet,
    read_at: Instant,
}

/// Who the issuer says that somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExternalPerson {
    /// The issuer.
    pub issuer: String,
    /// Who they are there; with the issuer, the only lasting key of a person (§5.7).
    pub subject: String,
    /// Their address, when the issuer has verified it.
    pub verified_email: Option<EmailAddress>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    nbf: Option<i64>,
    iat: i64,
    email: Option<String>,
    email_verified: Option<Verified>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

// Some issuers write the boolean as a string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Verified {
    Flag(bool),
    Text(String),
}

impl Issuer {
    /// The issuer of `settings`; it is asked when the first token comes.
    pub fn new(settings: OidcSettings) -> Self {
        Self { settings, keys: Mutex::new(None) }
    }

    /// Who the bearer of `id_token` is at `now`.
    pub(super) async fn person(
        &self,
        id_token: &str,
        now: DateTime<Utc>,
    ) -> Result<ExternalPerson, IdentityError> {
        let header = jsonwebtoken::decode_header(id_token).map_err(|error| bad(&error.to_string()))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(bad("it is signed with an algorithm that is not taken"));
        }
        let key =
            self.key(header.kid.as_deref()).await?.ok_or_else(|| bad("it is signed with an unknown key"))?;
        let claims = verified(id_token, header.alg, &key, &self.settings)?;
        accept(claims, &self.settings, now)
    }

    /// The issuer's key called `id`; its only one when the token names none.
    async fn key(&self, id: Option<&str>) -> Result<Option<Jwk>, IdentityError> {
        // One request asks the issuer; the others wait for it, not longer than it may take itself.
        let mut known =
            tokio::time::timeout(PATIENCE, self.keys.lock()).await.map_err(|_| away("it is being asked"))?;
        if let Some(published) = known.as_ref() {
            let age = published.read_at.elapsed();
            match pick(&published.keys, id) {
                Some(key) if age < KEYS_ARE_KEPT => return Ok(Some(key)),
                None if age < ASK_AGAIN_AFTER => return Ok(None),
                _ => {}
            }
        }
        let keys = read_keys(&self.settings.issuer).await?;
        let key = pick(&keys, id);
        *known = Some(Published { keys, read_at: Instant::now() });
        Ok(key)
    }
}

fn pick(keys: &JwkSet, id: Option<&str>) -> Option<Jwk> {
    match (id, keys.keys.as_slice()) {
        (Some(id), _) => keys.find(id).cloned(),
        (None, [only]) => Some(only.clone()),
        (None, _) => None,
    }
}

fn verified(
    id_token: &str,
    algorithm: Algorithm,
    key: &Jwk,
    settings: &OidcSettings,
) -> Result<Claims, IdentityError> {
    let key = DecodingKey::from_jwk(key).map_err(|error| bad(&error.to_string()))?;
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[&settings.issuer]);
    validation.set_audience(&[&settings.audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // Times are checked against our clock in `accept`.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let token = jsonwebtoken::decode::<Claims>(id_token, &key, &validation);
    Ok(token.map_err(|error| bad(&error.to_string()))?.claims)
}

fn accept(
    claims: Claims,
    settings: &OidcSettings,
    now: DateTime<Utc>,
) -> Result<ExternalPerson, IdentityError> {
    let leeway = LEEWAY.num_seconds();
    let now = now.timestamp();
    if claims.exp.saturating_add(leeway) <= now {
        return Err(bad("it is expired"));
    }
    if claims.nbf.unwrap_or(claims.iat).max(claims.iat).saturating_sub(leeway) > now {
        return Err(bad("it is not good yet"));
    }
    let several = matches!(&claims.aud, Audience::Several(list) if list.len() > 1);
    if let Audience::One(audience) = &claims.aud
        && *audience != settings.audience
    {
        return Err(bad("it is for somebody else"));
    }
    match &claims.azp {
        Some(party) if *party != settings.audience => return Err(bad("it was given to somebody else")),
        None if several => return Err(bad("it does not say to whom it was given")),
        _ => {}
    }
    if claims.sub.is_empty() || claims.sub.len() > 255 {
        return Err(bad("its subject is empty or too long"));
    }
    let is_verified = match claims.email_verified {
        Some(Verified::Flag(flag)) => flag,
        Some(Verified::Text(text)) => text == "true",
        None => false,
    };
    let email = claims.email.filter(|_| is_verified);
    Ok(ExternalPerson {
        issuer: settings.issuer.clone(),
        subject: claims.sub,
        verified_email: email.and_then(|email| EmailAddress::parse(&email).ok()),
    })
}

async fn read_keys(issuer: &str) -> Result<JwkSet, IdentityError> {
    let http = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| away(&error.to_string()))?;
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let discovery: Discovery = read(&http, &address).await?;
    if discovery.issuer != issuer {
        return Err(away("its discovery document is of another issuer"));
    }
    // An issuer on https keeps its keys on https.
    if issuer.starts_with("https:") && !discovery.jwks_uri.starts_with("https:") {
        return Err(away("its keys are not on https"));
    }
    read(&http, &discovery.jwks_uri).await
}

async fn read<T: DeserializeOwned>(http: &reqwest::Client, address: &str) -> Result<T, IdentityError> {
    let failed = |error: reqwest::Error| away(&error.to_string());
    let mut response = http.get(address).send().await.map_err(failed)?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(away(&format!("{address} answers {}", response.status())));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if bytes.len() + chunk.len() > LARGEST_DOCUMENT {
            return Err(away(&format!("{address} is too large")));
        }
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes).map_err(|error| away(&format!("{address}: {error}")))
}

fn bad(reason: &str) -> IdentityError {
    IdentityError::BadIdToken(reason.to_owned())
}

fn away(reason: &str) -> IdentityError {
    IdentityError::IssuerAway(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn accepted(changes: &Value) -> Result<ExternalPerson, IdentityError> {
        let settings =
            OidcSettings { issuer: "https://login.example.com".to_owned(), audience: "cauce".to_owned() };
        let mut claims = json!({ "sub": "u1", "aud": "cauce", "exp": 2000, "iat": 1000,
            "email": "ana@lopez.mx", "email_verified": true });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let now = DateTime::from_timestamp(1500, 0).unwrap();
        accept(serde_json::from_value(claims).unwrap(), &settings, now)
    }

    #[test]
    fn what_an_id_token_must_say() {
        for (changes, expected) in [
            (json!({}), true),
            (json!({ "exp": 1471 }), true),
            (json!({ "exp": 1470 }), false),
            (json!({ "nbf": 1530 }), true),
            (json!({ "nbf": 1531 }), false),
            (json!({ "iat": 1531 }), false),
            (json!({ "aud": ["cauce"] }), true),
            (json!({ "aud": ["cauce", "other"] }), false),
            (json!({ "aud": ["cauce", "other"], "azp": "cauce" }), true),
            (json!({ "aud": "other" }), false),
            (json!({ "azp": "other" }), false),
            (json!({ "sub": "" }), false),
            (json!({ "sub": "x".repeat(256) }), false),
            (json!({ "exp": i64::MAX, "nbf": i64::MIN }), true),
        ] {
            assert_eq!(accepted(&changes).is_ok(), expected, "{changes}");
        }
    }

    #[test]
    fn an_address_counts_only_when_it_is_verified() {
        for (changes, expected) in [
            (json!({}), true),
            (json!({ "email_verified": "true" }), true),
            (json!({ "email_verified": "false" }), false),
            (json!({ "email_verified": false }), false),
            (json!({ "email_verified": null }), false),
            (json!({ "email": "nobody" }), false),
        ] {
            let person = accepted(&changes).unwrap();
            assert_eq!(person.verified_email.is_some(), expected, "{changes}");
        }
    }
}
