//! Taking a change of a record back, whatever was changed since.

use serde_json::{Map, Value};

/// The field of a record whose keys are values of their own.
const CUSTOM_FIELDS: &str = "custom_fields";

/// What a record becomes when the change from `before` to `after` is taken back: what was changed since stays. Each of
/// `together` names fields that are one value; any other field is one, whatever it holds, but for custom fields.
pub fn taken_back(before: &Value, after: &Value, current: &Value, together: &[&[&str]]) -> Value {
    let mut result = by_key(before, after, current);
    let Some(fields) = result.as_object_mut() else { return result };
    if let Some(values) = fields.get_mut(CUSTOM_FIELDS) {
        *values = by_key(&before[CUSTOM_FIELDS], &after[CUSTOM_FIELDS], &current[CUSTOM_FIELDS]);
    }
    for names in together {
        if names.iter().any(|name| after[*name] != current[*name]) {
            fields.extend(names.iter().map(|name| ((*name).to_owned(), current[*name].clone())));
        }
    }
    result
}

/// The same of values whose keys have nothing to do with each other.
fn by_key(before: &Value, after: &Value, current: &Value) -> Value {
    if current == after {
        return before.clone();
    }
    let (Value::Object(was), Value::Object(became), Value::Object(is)) = (before, after, current) else {
        return current.clone();
    };
    let mut result = Map::new();
    for key in was.keys().chain(is.keys().filter(|key| !was.contains_key(*key))) {
        let source = if became.get(key) == is.get(key) { was } else { is };
        if let Some(value) = source.get(key) {
            result.insert(key.clone(), value.clone());
        }
    }
    Value::Object(result)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::taken_back;

    #[test]
    fn what_was_changed_since_stays() {
        for (before, after, current, expected) in [
            (json!({ "a": 1 }), json!({ "a": 2 }), json!({ "a": 2 }), json!({ "a": 1 })),
            (json!({ "a": 1 }), json!({ "a": 2 }), json!({ "a": 3 }), json!({ "a": 3 })),
            (json!({ "a": 1 }), json!({ "a": 1 }), json!({ "a": 3 }), json!({ "a": 3 })),
            (json!({}), json!({ "a": 1 }), json!({ "a": 1, "b": 2 }), json!({ "b": 2 })),
            (json!({ "a": 1 }), json!({ "a": 1, "b": 2 }), json!({ "b": 2 }), json!({})),
            (
                json!({ "a": 1, "c": 9 }),
                json!({ "a": 2 }),
                json!({ "a": 2, "b": 5 }),
                json!({ "a": 1, "c": 9, "b": 5 }),
            ),
        ] {
            assert_eq!(taken_back(&before, &after, &current, &[]), expected, "{before} {after} {current}");
            let [before, after, current, expected] = [before, after, current, expected]
                .map(|values| json!({ "custom_fields": values, "version": 1 }));
            assert_eq!(taken_back(&before, &after, &current, &[]), expected, "{before} {after} {current}");
        }
    }

    #[test]
    fn what_is_one_value_is_taken_back_whole_or_stays_whole() {
        let record = |amount: i32, currency: &str, text: &str, at: i32, depth: i32| {
            json!({
                "amount": amount, "currency": currency, "consent": { "text": text, "at": at },
                "custom_fields": { "deep": { "text": text, "depth": depth }, "own": at }
            })
        };
        let before = record(100, "MXN", "one", 1, 1);
        let after = record(200, "USD", "two", 2, 2);
        for (current, expected) in [
            (after.clone(), before.clone()),
            (record(300, "USD", "two", 2, 2), {
                let mut expected = before.clone();
                (expected["amount"], expected["currency"]) = (json!(300), json!("USD"));
                expected
            }),
            (record(200, "EUR", "two", 3, 3), record(200, "EUR", "two", 3, 3)),
            (record(200, "USD", "two", 2, 3), {
                let mut expected = before.clone();
                expected["custom_fields"]["deep"] = json!({ "text": "two", "depth": 3 });
                expected
            }),
        ] {
            let together: &[&[&str]] = &[&["amount", "currency"]];
            assert_eq!(taken_back(&before, &after, &current, together), expected, "{current}");
        }
    }
}
