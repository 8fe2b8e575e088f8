//! The AsyncAPI document: whole, deterministic, and refused subscriptions.

use serde_json::Value;

use super::support::{ThingChanged, catalogue};
use crate::platform::events::{Subscription, asyncapi, subscribers};

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(reference) if name == "$ref" => found.push(reference.to_owned()),
                    _ => references(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document = asyncapi(&catalogue());
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() >= 10, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    assert_eq!(document.to_string(), asyncapi(&catalogue()).to_string());
    assert_eq!(document["channels"]["thing_changed"]["address"], "thing.changed");
    let message = &document["components"]["messages"]["Thing.Changed"];
    assert_eq!(message["examples"][0]["payload"]["data"]["marker"], "one");
    assert_eq!(document["components"]["schemas"]["Thing.Changed.Data"]["required"][0], "marker");
}

#[test]
fn subscriptions_that_contradict_each_other_are_refused() {
    let reader = |name| Subscription::new(name).on::<ThingChanged>(|_, _, _| Ok(()));
    let none = crate::platform::events::Catalogue::new(Vec::new(), Vec::new()).unwrap();
    for (subscriptions, catalogue, refusal) in [
        (vec![reader("a"), reader("a")], &*catalogue(), "the subscription name a is taken"),
        (vec![reader("nats")], &*catalogue(), "the subscription name nats is taken"),
        (
            vec![reader("a").on::<ThingChanged>(|_, _, _| Ok(()))],
            &*catalogue(),
            "the subscription a handles Thing.Changed twice",
        ),
        (vec![reader("a")], &none, "the subscription a handles Thing.Changed, which is not in the catalogue"),
    ] {
        let error = subscribers::check(&subscriptions, catalogue).unwrap_err();
        assert_eq!(error.to_string(), refusal);
    }
    assert!(subscribers::check(&[reader("a"), reader("b")], &catalogue()).is_ok());
}
