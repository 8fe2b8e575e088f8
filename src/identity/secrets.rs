//! Opaque secrets: 256 random bits behind a readable prefix, of which only the SHA-256 is stored.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::contract::IdentityError;

/// Bytes of a secret, and of the salt that its successor is made with.
pub(in crate::identity) const SECRET_BYTES: usize = 32;

/// A secret that only its holder knows; it is shown once and never logged.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::identity) struct Secret(String);

impl Secret {
    /// A new secret: `prefix` and 43 characters of base64url.
    pub fn new(prefix: &str) -> Result<Self, IdentityError> {
        Ok(Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random::<SECRET_BYTES>()?))))
    }

    /// The secret that follows `earlier` with `salt`: it takes both to tell it.
    pub fn after(prefix: &str, earlier: &str, salt: &[u8]) -> Self {
        let hash = digest(&SHA256, &[salt, earlier.as_bytes()].concat());
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(hash.as_ref())))
    }

    /// What is stored of it.
    pub fn hash(&self) -> Vec<u8> {
        hash(&self.0)
    }

    /// The secret itself, for its holder.
    pub fn reveal(self) -> String {
        self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// The SHA-256 of `text`, by which a secret is found.
pub(in crate::identity) fn hash(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}

/// `N` bytes from the system's random source.
pub(in crate::identity) fn random<const N: usize>() -> Result<[u8; N], IdentityError> {
    let mut bytes = [0_u8; N];
    rand::fill(&mut bytes).map_err(|_| IdentityError::Cryptography("the system gave no random bytes"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (one, other) = (Secret::new("x_").unwrap(), Secret::new("x_").unwrap());
        assert_ne!(one, other);
        assert_eq!(one.hash().len(), 32);
        assert_eq!(format!("{one:?}"), "Secret(…)");
        assert_eq!(one.reveal().len(), 2 + 43);
    }

    #[test]
    fn a_successor_needs_both_the_secret_and_the_salt() {
        let successor = |earlier, salt: &[u8]| Secret::after("x_", earlier, salt);
        assert_eq!(successor("a", b"salt"), successor("a", b"salt"));
        assert_ne!(successor("a", b"salt"), successor("b", b"salt"));
        assert_ne!(successor("a", b"salt"), successor("a", b"other"));
    }
}
