//! Access tokens: JWT (RFC 7519) signed by us, with one fixed algorithm per key (RFC 8725 §3.1).

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{SessionId, TenantId, UserId};

/// How long an access token is good for.
pub const ACCESS_TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// How far the clocks of two servers may be apart.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(30);

const ISSUER: &str = "cauce";
const AUDIENCE: &str = "cauce-api";

/// What an access token says; permissions are looked up at each request instead, so that revoking acts at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessClaims {
    /// The user.
    pub sub: UserId,
    /// The tenant.
    pub tid: TenantId,
    /// The session.
    pub sid: SessionId,
    /// Always `cauce`.
    pub iss: String,
    /// Always `cauce-api`.
    pub aud: String,
    /// Issued at, in seconds of Unix time.
    pub iat: i64,
    /// Good until, in seconds of Unix time.
    pub exp: i64,
}

/// Exactly the members that we write, each once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnHeader {
    #[serde(rename = "typ")]
    _typ: String,
    #[serde(rename = "alg")]
    _alg: String,
    kid: Option<String>,
}

/// Where the signing key comes from.
#[derive(Debug, Clone)]
pub enum KeySettings {
    /// HS256 with a shared secret of at least 32 bytes.
    Secret(SecretString),
    /// RS256 or EdDSA with a PKCS#8 private key in a PEM file.
    PemFile(PathBuf),
}

/// Why a key or a token was refused.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The secret is short.
    #[error("JWT_SECRET needs at least 32 bytes; `openssl rand -base64 48` makes one")]
    WeakSecret,
    /// The key file cannot be used.
    #[error("JWT_KEY_FILE {path}: {reason}; it must be an RSA or Ed25519 private key in PEM (PKCS#8)")]
    Key {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The token is not ours, or not good any more.
    #[error("the access token is not valid: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
}

/// Signs and verifies access tokens.
pub struct TokenKeys {
    header: Header,
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
    published: JwkSet,
}

impl TokenKeys {
    /// Keys from `settings`, refused when they are too weak to sign with.
    pub fn load(settings: &KeySettings) -> Result<Self, TokenError> {
        match settings {
            KeySettings::Secret(secret) => {
                let bytes = secret.expose_secret().as_bytes();
                if bytes.len() < 32 {
                    return Err(TokenError::WeakSecret);
                }
                Ok(Self::assemble(
                    Header::new(Algorithm::HS256),
                    EncodingKey::from_secret(bytes),
                    DecodingKey::from_secret(bytes),
                    JwkSet { keys: Vec::new() },
                ))
            }
            KeySettings::PemFile(path) => {
                let refused = |reason: String| TokenError::Key { path: path.display().to_string(), reason };
                let pem = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
                Self::from_pem(&pem).map_err(|error| refused(error.to_string()))
            }
        }
    }

    fn from_pem(pem: &[u8]) -> Result<Self, TokenError> {
        let (algorithm, signing) = match EncodingKey::from_rsa_pem(pem) {
            Ok(key) => (Algorithm::RS256, key),
            Err(_) => (Algorithm::EdDSA, EncodingKey::from_ed_pem(pem)?),
        };
        let mut jwk = Jwk::from_encoding_key(&signing, algorithm)?;
        let key_id = jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256)?;
        jwk.common.key_id = Some(key_id.clone());
        let verifying = DecodingKey::from_jwk(&jwk)?;
        let header = Header { kid: Some(key_id), ..Header::new(algorithm) };
        Ok(Self::assemble(header, signing, verifying, JwkSet { keys: vec![jwk] }))
    }

    fn assemble(header: Header, signing: EncodingKey, verifying: DecodingKey, published: JwkSet) -> Self {
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_exp = false;
        Self {
            header: Header { typ: Some("at+jwt".to_owned()), ..header },
            signing,
            verifying,
            validation,
            published,
        }
    }

    /// A token for `user` in `tenant`, good for [`ACCESS_TOKEN_LIFETIME`].
    pub fn sign(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<String, TokenError> {
        let claims = AccessClaims {
            sub: user,
            tid: tenant,
            sid: session,
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now.timestamp(),
            exp: (now + ACCESS_TOKEN_LIFETIME).timestamp(),
        };
        Ok(jsonwebtoken::encode(&self.header, &claims, &self.signing)?)
    }

    /// What `token` claims, if we signed it and it is good at `now`.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<AccessClaims, TokenError> {
        use jsonwebtoken::errors::{Error, ErrorKind};
        self.expect_own_header(token).ok_or_else(|| Error::from(ErrorKind::InvalidToken))?;
        let data = jsonwebtoken::decode::<AccessClaims>(token, &self.verifying, &self.validation)?;
        if data.header.typ.as_deref() != Some("at+jwt") {
            return Err(Error::from(ErrorKind::InvalidToken).into());
        }
        // Checked against our clock, not the library's, so that tests can travel in time. What was made later than now, or for
        // longer than we make tokens, was not made by us.
        let latest = (now + ACCESS_TOKEN_LIFETIME + CLOCKS_DIFFER).timestamp();
        if data.claims.exp <= now.timestamp()
            || data.claims.exp > latest
            || data.claims.iat > (now + CLOCKS_DIFFER).timestamp()
        {
            return Err(Error::from(ErrorKind::ExpiredSignature).into());
        }
        Ok(data.claims)
    }

    /// None when the header says anything but what we write: nothing in it ever chooses a key or an algorithm.
    fn expect_own_header(&self, token: &str) -> Option<()> {
        let bytes = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
        let header: OwnHeader = serde_json::from_slice(&bytes).ok()?;
        (bytes.first() == Some(&b'{') && header.kid == self.header.kid).then_some(())
    }

    /// The public keys; empty when tokens are signed with a shared secret.
    pub fn published(&self) -> &JwkSet {
        &self.published
    }
}
