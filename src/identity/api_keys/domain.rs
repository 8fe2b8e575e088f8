//! API keys and their scopes: rules without I/O.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::identity::contract::IdentityError;
use crate::identity::users::domain::{AREAS, holds};
use crate::kernel::{Invalid, Line};
use crate::platform::auth::{SessionId, UserId};

/// What a key is for: one line of at most 120 characters.
pub(in crate::identity) type KeyName = Line<120>;

/// How many scopes a key may have.
const MOST_SCOPES: usize = 50;

/// How often it is noted that a key was used.
const USE_IS_NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// A key as it is kept: without its secret.
#[derive(Debug, Clone)]
pub(in crate::identity) struct ApiKey {
    /// The key.
    pub id: SessionId,
    /// Who made it, and as whom it acts.
    pub user: UserId,
    /// What it is for.
    pub name: String,
    /// Its first part, by which people tell their keys apart.
    pub prefix: String,
    /// What it may do, as far as its maker may.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good; none for ever.
    pub expires_at: Option<DateTime<Utc>>,
    /// Since when it is not.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl ApiKey {
    /// Whether it opens anything at `now`.
    pub fn is_good(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether its use at `now` is to be noted.
    pub fn use_is_news(&self, now: DateTime<Utc>) -> bool {
        self.last_used_at.is_none_or(|noted| now - noted >= USE_IS_NOTED_EVERY)
    }
}

/// What a key may do: one or more of `<area>:<verb>`, either half possibly `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::identity) struct Scopes(BTreeSet<String>);

impl Scopes {
    /// The scopes in `list`, refused when there are none, too many, or one is not a pattern of permissions.
    pub fn parse(list: &[String]) -> Result<Self, Invalid> {
        if list.is_empty() || list.len() > MOST_SCOPES {
            return Err(Invalid::new("needs 1 to 50 scopes", "necesita de 1 a 50 permisos"));
        }
        if let Some(wrong) = list.iter().find(|scope| !is_pattern(scope)) {
            let areas = AREAS.join(", ");
            return Err(Invalid::formatted(
                format!("`{wrong}` is not `<area>:<verb>` or `<area>:*`; areas are {areas}, and * for all"),
                format!(
                    "`{wrong}` no es `<área>:<verbo>` ni `<área>:*`; las áreas son {areas}, y * para todas"
                ),
            ));
        }
        Ok(Self(list.iter().cloned().collect()))
    }

    /// Refuses scopes beyond the rights of a caller who holds `held`.
    pub fn within(&self, held: &[String]) -> Result<(), IdentityError> {
        match self.0.iter().find(|scope| !holds(held, scope)) {
            Some(scope) => Err(IdentityError::ScopeTooWide(scope.clone())),
            None => Ok(()),
        }
    }

    /// The scopes.
    pub fn list(&self) -> Vec<String> {
        self.0.iter().cloned().collect()
    }
}

/// What is both in `scopes` and in `held`: a key never does what its maker may not, now.
pub(in crate::identity) fn shared(scopes: &[String], held: &[String]) -> Vec<String> {
    let pairs = scopes.iter().flat_map(|scope| held.iter().map(move |grant| (scope, grant)));
    let shared: BTreeSet<String> = pairs.filter_map(|(scope, grant)| overlap(scope, grant)).collect();
    shared.into_iter().collect()
}

fn overlap(one: &str, other: &str) -> Option<String> {
    let narrower = |one: &str, other: &str| match (one, other) {
        ("*", other) => Some(other.to_owned()),
        (one, "*") => Some(one.to_owned()),
        (one, other) => (one == other).then(|| one.to_owned()),
    };
    let ((area, verb), (other_area, other_verb)) = (one.split_once(':')?, other.split_once(':')?);
    Some(format!("{}:{}", narrower(area, other_area)?, narrower(verb, other_verb)?))
}

fn is_pattern(text: &str) -> bool {
    let Some((area, verb)) = text.split_once(':') else { return false };
    let is_verb =
        (1..=40).contains(&verb.len()) && verb.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    (area == "*" || AREAS.contains(&area)) && (verb == "*" || is_verb)
}

/// What every key begins with, so that scanners of leaked secrets know it.
const KEY_PREFIX: &str = "cauce_live_";
/// Characters of the id behind it.
const ID_LENGTH: usize = 8;
/// Characters of the secret: 256 bits in base64url.
const SECRET_LENGTH: usize = 43;

/// Puts a key together: `cauce_live_<8 id>_<43 secret>_<crc>`, the CRC-32 of all before it in 8 hexadecimal digits.
pub(in crate::identity) fn assemble(id: &str, secret: &str) -> String {
    let body = format!("{KEY_PREFIX}{id}_{secret}");
    let check = crc32(body.as_bytes());
    format!("{body}_{check:08x}")
}

/// The part of a key that people see in lists.
pub(in crate::identity) fn visible(id: &str) -> String {
    format!("{KEY_PREFIX}{id}")
}

/// Whether `bearer` is a key rather than an access token.
pub(in crate::identity) fn looks_like_a_key(bearer: &str) -> bool {
    bearer.starts_with(KEY_PREFIX)
}

/// Whether `key` has the shape of a key and its check digits are right; a typing error costs no query.
pub(in crate::identity) fn is_well_formed(key: &str) -> bool {
    let Some((body, check)) = key.rsplit_once('_') else { return false };
    body.len() == KEY_PREFIX.len() + ID_LENGTH + 1 + SECRET_LENGTH
        && body.is_ascii()
        && check == format!("{:08x}", crc32(body.as_bytes()))
}

/// CRC-32 as in ISO 3309 and zlib.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn the_check_is_that_of_zlib() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn a_key_with_a_typing_error_is_not_one() {
        let key = assemble("7hq2m0xk", &"s".repeat(43));
        assert!(is_well_formed(&key) && looks_like_a_key(&key), "{key}");
        for index in 0..key.len() {
            let mut bytes = key.clone().into_bytes();
            bytes[index] ^= 1;
            assert!(!is_well_formed(&String::from_utf8(bytes).unwrap()), "{index}");
        }
        for text in ["", "cauce_live_", "_", &key[1..], &format!("{key}0"), "cauce_live_ñ_ñ"] {
            assert!(!is_well_formed(text), "{text}");
        }
    }

    #[test]
    fn what_is_a_scope() {
        for (scope, expected) in [
            ("leads:write", true),
            ("leads:*", true),
            ("*:read", true),
            ("*:*", true),
            ("leads", false),
            ("leads:", false),
            ("nothing:read", false),
            ("leads:Write", false),
            ("leads:read write", false),
            ("leads:read:write", false),
            ("", false),
        ] {
            assert_eq!(Scopes::parse(&texts(&[scope])).is_ok(), expected, "{scope}");
        }
        assert!(Scopes::parse(&[]).is_err());
        assert!(Scopes::parse(&vec!["leads:read".to_owned(); 51]).is_err());
    }

    #[test]
    fn a_key_gets_no_more_than_its_maker_has() {
        for (scopes, held, expected) in [
            (&["leads:write"][..], &["leads:*"][..], true),
            (&["leads:*"], &["leads:*", "crm:read"], true),
            (&["leads:*"], &["leads:read", "leads:write"], false),
            (&["*:read"], &["leads:*"], false),
            (&["leads:read", "users:write"], &["leads:*"], false),
            (&["*:*"], &["*:*"], true),
        ] {
            let scopes = Scopes::parse(&texts(scopes)).unwrap();
            assert_eq!(scopes.within(&texts(held)).is_ok(), expected, "{scopes:?} {held:?}");
        }
    }

    #[test]
    fn a_key_keeps_only_what_its_maker_still_has() {
        for (scopes, held, expected) in [
            (&["leads:*"][..], &["leads:read", "crm:read"][..], &["leads:read"][..]),
            (&["*:*"], &["leads:read", "crm:*"], &["crm:*", "leads:read"]),
            (&["*:read"], &["leads:*"], &["leads:read"]),
            (&["leads:write"], &["leads:read"], &[]),
            (&["leads:read"], &["*:*"], &["leads:read"]),
        ] {
            assert_eq!(shared(&texts(scopes), &texts(held)), texts(expected), "{scopes:?} {held:?}");
        }
    }

    #[test]
    fn keys_end() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let key = |expires_at, revoked_at, last_used_at| ApiKey {
            id: SessionId::new(),
            user: UserId::new(),
            name: "Web form".to_owned(),
            prefix: visible("7hq2m0xk"),
            scopes: texts(&["leads:write"]),
            created_at: DateTime::UNIX_EPOCH,
            expires_at,
            revoked_at,
            last_used_at,
        };
        assert!(key(None, None, None).is_good(now));
        assert!(key(Some(now + TimeDelta::seconds(1)), None, None).is_good(now));
        assert!(!key(Some(now), None, None).is_good(now));
        assert!(!key(None, Some(now), None).is_good(now));
        assert!(key(None, None, None).use_is_news(now));
        assert!(!key(None, None, Some(now - TimeDelta::seconds(59))).use_is_news(now));
        assert!(key(None, None, Some(now - TimeDelta::seconds(60))).use_is_news(now));
    }
}
