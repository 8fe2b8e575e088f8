//! What arbitrary addresses, bodies and headers must never do to webhooks: for the property tests below and for `fuzz/`.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a broken promise is what a fuzzer looks for"
)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};

use super::domain::{Reach, SigningSecret, Target, signatures};
use super::sender::retry_after;

/// An address that is taken is `https`, without credentials, and is taken again as it was stored.
pub fn target(text: &str) {
    if let Ok(target) = Target::parse(text, Reach::Public) {
        let stored = target.as_str();
        let url = url::Url::parse(stored).expect("an address");
        assert_eq!((url.scheme(), url.username(), url.password(), url.port()), ("https", "", None, None));
        assert_eq!(Target::parse(stored, Reach::Public).expect("it was taken before"), target);
    }
}

/// What a receiver says in `Retry-After` is a number of seconds or nothing; a signature is of its own body only.
pub fn headers(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(bytes) {
        headers.insert(RETRY_AFTER, value);
    }
    if let Some(seconds) = retry_after(&headers) {
        let said = std::str::from_utf8(bytes).expect("digits");
        assert_eq!(said.trim().trim_start_matches('+').parse::<u32>(), Ok(seconds));
    }
    let secrets = [SigningSecret::from_bytes(vec![1; 32]), SigningSecret::from_bytes(bytes.to_vec())];
    let signed = signatures(&secrets, "msg_1", 5, bytes);
    let parts: Vec<&str> = signed.split(' ').collect();
    assert_eq!(parts.len(), 2);
    for part in parts {
        let code = part.strip_prefix("v1,").expect("version 1");
        assert_eq!(STANDARD.decode(code).map(|code| code.len()), Ok(32));
    }
    assert_ne!(signed, signatures(&secrets, "msg_1", 5, &[bytes, b"x"].concat()));
    assert_ne!(signed, signatures(&secrets, "msg_1", 6, bytes));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{headers, target};

    proptest! {
        #[test]
        fn targets(text in ".{0,80}", address in "https?://[a-z0-9.@:\\[\\]%-]{0,30}[/?#a-z.]{0,10}") {
            target(&text);
            target(&address);
        }

        #[test]
        fn header_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..80), seconds in "[ +0-9a-z-]{0,14}") {
            headers(&bytes);
            headers(seconds.as_bytes());
        }
    }
}
