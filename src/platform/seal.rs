//! A seal for what is stored and must be read again, such as secrets that others gave us or that we sign with.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{Context, Digest, SHA256};

/// AES-256-GCM under a key derived from the server's own secret; servers of one database need the same secret.
pub struct Seal {
    key: RandomizedNonceKey,
}

/// The system gave no randomness, or the content is longer than a seal can hold.
#[derive(Debug, thiserror::Error)]
#[error("nothing can be sealed at present")]
pub struct SealError;

impl Seal {
    /// The seal for `purpose`; another purpose or another secret opens none of it.
    #[expect(clippy::missing_panics_doc, reason = "a digest is as long as a key")]
    pub fn new(secret: &[u8], purpose: &[u8]) -> Self {
        #[expect(clippy::expect_used, reason = "a SHA-256 digest is as long as an AES-256 key")]
        let key = RandomizedNonceKey::new(&AES_256_GCM, derived(secret, purpose).as_ref()).expect("32 bytes");
        Self { key }
    }

    /// `plain` under the seal, bound to `place`: it opens nowhere else.
    pub fn close(&self, place: &[u8], mut plain: Vec<u8>) -> Result<Vec<u8>, SealError> {
        let nonce = self.key.seal_in_place_append_tag(Aad::from(place), &mut plain).map_err(|_| SealError)?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.extend(plain);
        Ok(sealed)
    }

    /// What was closed at `place`; none when it was not, or under another secret.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        self.key.open_in_place(nonce, Aad::from(place), &mut body).ok().map(|plain| plain.to_vec())
    }
}

/// A key for `purpose` that tells nothing of `secret`.
pub(super) fn derived(secret: &[u8], purpose: &[u8]) -> Digest {
    let mut context = Context::new(&SHA256);
    context.update(purpose);
    context.update(secret);
    context.finish()
}

#[cfg(test)]
mod tests {
    use super::Seal;

    #[test]
    fn what_is_sealed_opens_only_with_the_same_secret_purpose_and_place() {
        let seal = Seal::new(b"secret", b"purpose");
        let sealed = seal.close(b"here", b"plain".to_vec()).unwrap();
        assert_eq!(seal.open(b"here", &sealed).as_deref(), Some(&b"plain"[..]));
        assert_eq!(seal.open(b"there", &sealed), None);
        assert_eq!(Seal::new(b"other", b"purpose").open(b"here", &sealed), None);
        assert_eq!(Seal::new(b"secret", b"other").open(b"here", &sealed), None);
        assert_eq!(seal.open(b"here", &sealed[..5]), None);
        assert_ne!(sealed, seal.close(b"here", b"plain".to_vec()).unwrap());
    }
}
