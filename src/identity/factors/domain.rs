//! Codes of devices and recovery codes: rules without I/O.

use chrono::{DateTime, Utc};
use qrcode::QrCode;
use qrcode::render::svg;
use secrecy::{ExposeSecret, SecretString};
use totp_rs::{Builder, Secret as Base32, Totp};

use crate::identity::contract::IdentityError;
use crate::identity::secrets::{hash, random};
use crate::platform::auth::{TenantId, UserId};

/// Bytes of a seed: 160 bits, as RFC 4226 §4 recommends.
const SEED_BYTES: usize = 20;

/// Recovery codes that somebody gets at once.
pub(super) const RECOVERY_CODES: usize = 10;

/// Bytes of a recovery code: 120 bits, which no plain hash gives away (ASVS 6.5.2 asks for 112).
const RECOVERY_BYTES: usize = 15;

/// The seed that a device and the server make codes from.
pub(super) struct Seed(Vec<u8>);

impl Seed {
    /// A new seed.
    pub fn new() -> Result<Self, IdentityError> {
        Ok(Self(random::<SEED_BYTES>()?.to_vec()))
    }

    /// The seed that was stored as `bytes`.
    pub fn stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// What is stored of it, under seal.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.clone()
    }

    /// The seed for somebody to type.
    pub fn base32(&self) -> String {
        Base32::from(self.0.clone()).to_base32()
    }

    /// The seed for a device to read, as `otpauth://…`, under the name of `email`.
    pub fn url(&self, email: &str) -> Result<String, IdentityError> {
        self.totp(email)?.to_url().map_err(|_| IdentityError::Cryptography("no URL could be made of a seed"))
    }

    /// The time step that `code` is of at `now`: the present one, the one before or the next.
    pub fn step_of(&self, code: &str, now: DateTime<Utc>) -> Result<Option<i64>, IdentityError> {
        let Ok(now) = u64::try_from(now.timestamp()) else { return Ok(None) };
        let step = self.totp("")?.check(code, now);
        Ok(step.and_then(|step| i64::try_from(step).ok()))
    }

    fn totp(&self, email: &str) -> Result<Totp, IdentityError> {
        // A colon divides issuer and account in the URL.
        let name = email.replace(':', "_");
        let totp =
            Builder::new().with_secret(self.0.clone()).with_issuer(Some("Cauce")).with_account_name(name);
        totp.build().map_err(|_| IdentityError::Cryptography("no codes can be made of a seed"))
    }
}

/// What the seal of a seed is bound to.
pub(super) fn place(tenant: TenantId, user: UserId) -> Vec<u8> {
    [*tenant.uuid().as_bytes(), *user.uuid().as_bytes()].concat()
}

/// A picture of `url` that devices read.
pub(super) fn picture(url: &str) -> Result<String, IdentityError> {
    let code =
        QrCode::new(url).map_err(|_| IdentityError::Cryptography("no picture could be made of a URL"))?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(240, 240).build())
}

/// A code that somebody brings.
pub(in crate::identity) enum Code {
    /// Six digits, from a device.
    Device(SecretString),
    /// A recovery code, by its hash.
    Recovery(Vec<u8>),
}

impl Code {
    /// What `text` is, however it is grouped.
    pub fn read(text: &SecretString) -> Self {
        let text: String =
            text.expose_secret().chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
        if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Self::Device(text.into())
        } else {
            Self::Recovery(recovery_hash(&text))
        }
    }
}

/// New recovery codes, each with its hash.
pub(super) fn recovery_codes() -> Result<Vec<(String, Vec<u8>)>, IdentityError> {
    let code = || {
        let letters = Base32::from(random::<RECOVERY_BYTES>()?.to_vec()).to_base32().to_lowercase();
        let groups: Vec<&str> =
            [0, 6, 12, 18].iter().filter_map(|start| letters.get(*start..start + 6)).collect();
        Ok((groups.join("-"), recovery_hash(&letters)))
    };
    (0..RECOVERY_CODES).map(|_| code()).collect()
}

fn recovery_hash(letters: &str) -> Vec<u8> {
    hash(&format!("recovery code {}", letters.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, SHA-1, the last six of its eight digits.
        let seed = Seed::stored(b"12345678901234567890".to_vec());
        for (second, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            let now = DateTime::from_timestamp(second, 0).unwrap();
            assert_eq!(seed.step_of(code, now).unwrap(), Some(second / 30));
        }
        assert_eq!(seed.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_code_is_good_in_its_step_and_the_two_beside_it() {
        let seed = Seed::stored(b"12345678901234567890".to_vec());
        for (second, expected) in
            [(0, false), (29, false), (30, true), (59, true), (89, true), (119, true), (120, false)]
        {
            let now = DateTime::from_timestamp(1_111_111_080 - 60 + second, 0).unwrap();
            assert_eq!(seed.step_of("081804", now).unwrap().is_some(), expected, "{second}");
        }
    }

    #[test]
    fn recovery_codes_are_read_however_they_are_typed() {
        let codes = recovery_codes().unwrap();
        assert_eq!(codes.len(), RECOVERY_CODES);
        for (code, expected) in codes {
            assert_eq!(code.len(), 27, "{code}");
            for typed in [code.clone(), code.to_uppercase(), code.replace('-', " "), code.replace('-', "")] {
                assert!(matches!(Code::read(&typed.into()), Code::Recovery(hash) if hash == expected));
            }
        }
        assert!(matches!(Code::read(&"123 456".to_owned().into()), Code::Device(_)));
    }

    #[test]
    fn devices_are_told_whose_the_codes_are() {
        let seed = Seed::stored(b"12345678901234567890".to_vec());
        let url = seed.url("ana:\"x\"@lopez.mx").unwrap();
        assert!(url.starts_with("otpauth://totp/Cauce:ana_"), "{url}");
        assert!(
            url.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") && url.contains("issuer=Cauce"),
            "{url}"
        );
        assert!(picture(&url).unwrap().contains("<svg"));
    }
}
