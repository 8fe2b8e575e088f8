//! Taking a change of a record back, whatever was changed since.

use serde_json::{Map, Value};

/// What a record becomes when the change from `before` to `after` is taken back: what was changed since stays.
pub fn taken_back(before: &Value, after: &Value, current: &Value) -> Value {
    if current == after {
        return before.clone();
    }
    let (Value::Object(was), Value::Object(became), Value::Object(is)) = (before, after, current) else {
        return current.clone();
    };
    let mut result = Map::new();
    for key in was.keys().chain(is.keys().filter(|key| !was.contains_key(*key))) {
        let value = match (was.get(key), became.get(key), is.get(key)) {
            (was, became, is) if became == is => was.cloned(),
            (Some(was), Some(became), Some(is)) => Some(taken_back(was, became, is)),
            (_, _, is) => is.cloned(),
        };
        if let Some(value) = value {
            result.insert(key.clone(), value);
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
            assert_eq!(taken_back(&before, &after, &current), expected, "{before} {after} {current}");
        }
    }
}
