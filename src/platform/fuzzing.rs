//! What arbitrary input must never do to the parsers of requests: for the property tests below and for `fuzz/`.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a broken promise is what a fuzzer looks for"
)]

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::auth::{KeySettings, SessionId, TenantId, TokenKeys, UserId};
use super::fields::{FieldTest, conditions};
use super::http::{Cursor, parse_json, split_query};
use super::id::Id;
use crate::kernel::{FieldDefinition, FieldKey, FieldKind, FieldSet, Line};

const NOW: DateTime<Utc> = DateTime::from_timestamp_nanos(1_796_050_800_000_000_000);

static KEYS: LazyLock<TokenKeys> = LazyLock::new(|| {
    let secret = KeySettings::Secret("a secret that is long enough to sign with".to_owned().into());
    TokenKeys::load(&secret).expect("a good key")
});

static FIELDS: LazyLock<FieldSet> = LazyLock::new(|| {
    let field = |(number, name): (u128, &str)| {
        let kind = FieldKind::parse(name).expect("a kind");
        FieldDefinition {
            id: Uuid::from_u128(number),
            key: FieldKey::parse(name).expect("a key"),
            label: Line::parse(name).expect("a label"),
            kind,
            choices: ["A", "B"]
                .iter()
                .filter(|_| kind.has_choices())
                .filter_map(|c| Line::parse(c).ok())
                .collect(),
            is_required: false,
            is_unique: false,
            default: None,
        }
    };
    let kinds = ["text", "number", "date", "boolean", "choice", "multi_choice"];
    FieldSet::new((1..).zip(kinds).map(field).collect())
});

/// A cursor that is read is written as one that reads the same.
pub fn cursor(text: &str) {
    if let Ok(place) = Cursor::read::<i64>(text) {
        assert_eq!(Cursor::read::<i64>(&Cursor::write(&place)).ok(), Some(place));
    }
    if let Ok(place) = Cursor::read::<(DateTime<Utc>, Uuid)>(text) {
        assert_eq!(Cursor::read::<(DateTime<Utc>, Uuid)>(&Cursor::write(&place)).ok(), Some(place));
    }
    if let Ok(place) = Cursor::read::<(String, Option<f64>, Uuid)>(text) {
        assert!(Cursor::read::<(String, Option<f64>, Uuid)>(&Cursor::write(&place)).is_ok());
    }
}

/// A query's filters by custom fields name fields that there are, with bounds that are numbers.
pub fn filter(query: &str) {
    let Ok((_, parameters)) = split_query(query) else { return };
    if let Ok(conditions) = conditions(&FIELDS, &parameters) {
        for condition in conditions {
            assert!(FIELDS.iter().any(|field| field.id == condition.field));
            if let FieldTest::Within(from, to) = condition.test {
                assert!(from.is_none_or(f64::is_finite) && to.is_none_or(f64::is_finite));
            }
        }
    }
}

/// A body that is taken is an object, and holds no U+0000.
pub fn body(bytes: &[u8]) {
    if let Ok(value) = parse_json::<Value>(bytes, "") {
        assert!(!value.is_array() && !holds_nul(&value), "{value}");
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members.iter().any(|(name, item)| name.contains('\0') || holds_nul(item)),
        _ => false,
    }
}

/// No text but one that we signed is a token, whatever stands in it; nor is ours with another part.
pub fn token(text: &str) {
    assert!(KEYS.verify(text, NOW).is_err(), "{text} is taken for a token of ours");
    let ours = ours();
    let parts: Vec<&str> = ours.split('.').collect();
    for place in 0..3 {
        let mut forged = parts.clone();
        forged[place] = text;
        let forged = forged.join(".");
        assert!(
            forged == ours || KEYS.verify(&forged, NOW).is_err(),
            "{forged} is taken for a token of ours"
        );
    }
}

fn ours() -> String {
    let id = Uuid::from_u128(7);
    let (tenant, user, session): (TenantId, UserId, SessionId) = (Id::from(id), Id::from(id), Id::from(id));
    KEYS.sign(tenant, user, session, NOW).expect("it is signed")
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_ours_is_taken() {
        assert!(KEYS.verify(&ours(), NOW).is_ok());
        let filters = [("text".to_owned(), "x".to_owned()), ("number.from".to_owned(), "5".to_owned())];
        assert_eq!(conditions(&FIELDS, &filters).unwrap().len(), 2);
        assert_eq!(Cursor::read::<i64>(&Cursor::write(&json!(5))).unwrap(), 5);
    }

    proptest! {
        #[test]
        fn cursors(text in ".{0,80}", json in r#"[\[\]{}",:0-9a-z.+-]{0,60}"#) {
            cursor(&text);
            cursor(&URL_SAFE_NO_PAD.encode(json));
        }

        #[test]
        fn filters(
            text in ".{0,120}",
            key in "(text|number|date|boolean|choice|multi_choice|x)(\\.from|\\.to|\\.|\\.x)?",
            value in "[0-9eE.+-]{0,12}|inf|NaN|true|A|2026-0[0-9]-[0-9]{2}|(%[0-9A-F]{2}){1,6}|.{0,20}",
        ) {
            filter(&text);
            filter(&format!("field.{key}={value}&limit=5&field.{key}.to={value}"));
        }

        #[test]
        fn bodies(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in r#"[\[\]{}",:0-9a-z\\u.+-]{0,120}"#) {
            body(&bytes);
            body(text.as_bytes());
        }

        #[test]
        fn tokens(text in ".{0,120}", header in r#"\{"alg":"(none|HS256|HS512|RS256|)"(,"[a-z]{1,4}":"[a-z:/.]{0,12}")?\}"#) {
            token(&text);
            token(&URL_SAFE_NO_PAD.encode(header));
        }
    }
}
