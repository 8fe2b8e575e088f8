//! Tables of values, taken and refused.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{FieldDefinition, FieldKey, FieldKind, FieldSet, Indexed};
use crate::kernel::Line;

fn field(key: &str, kind: FieldKind) -> FieldDefinition {
    let choices = if kind.has_choices() { vec!["Oro", "Plata, mate", "Añil"] } else { Vec::new() };
    FieldDefinition {
        id: Uuid::from_u128(7),
        key: FieldKey::parse(key).unwrap(),
        label: Line::parse("Campo").unwrap(),
        kind,
        choices: choices.into_iter().map(|choice| Line::parse(choice).unwrap()).collect(),
        is_required: false,
        is_unique: false,
        default: None,
    }
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn values_are_taken_by_kind() {
    use FieldKind::{Boolean, Choice, Date, MultiChoice, Number, Text};
    let long = "x".repeat(501);
    for (kind, value, expected) in [
        (Text, json!(" a "), Some(json!("a"))),
        (Text, json!(5), None),
        (Text, json!("a\nb"), None),
        (Text, json!(long), None),
        (Text, json!(""), None),
        (Number, json!(5), Some(json!(5))),
        (Number, json!(-2.5), Some(json!(-2.5))),
        (Number, json!("5"), None),
        (Number, json!(1e16), None),
        (Date, json!("2026-02-28"), Some(json!("2026-02-28"))),
        (Date, json!("2026-02-30"), None),
        (Date, json!("28/02/2026"), None),
        (Date, json!("+2026-2-28"), None),
        (Boolean, json!(false), Some(json!(false))),
        (Boolean, json!("true"), None),
        (Choice, json!("ORO"), Some(json!("Oro"))),
        (Choice, json!("anil"), Some(json!("Añil"))),
        (Choice, json!("Bronce"), None),
        (MultiChoice, json!(["oro", "Oro", "Añil"]), Some(json!(["Oro", "Añil"]))),
        (MultiChoice, json!([]), Some(json!([]))),
        (MultiChoice, json!("Oro"), None),
        (MultiChoice, json!(["Oro", 5]), None),
    ] {
        assert_eq!(field("a", kind).check(&value).ok(), expected, "{kind:?} {value}");
    }
}

#[test]
fn cells_are_read_as_people_write_them() {
    use FieldKind::{Boolean, Date, MultiChoice, Number};
    for (kind, cell, expected) in [
        (Number, "1,234.50", Some(json!(1234.5))),
        (Number, "1.234,5", Some(json!(1234.5))),
        (Number, "1,234", Some(json!(1234))),
        (Number, "0.125", Some(json!(0.125))),
        (Number, "-1.234.567", Some(json!(-1_234_567))),
        (Number, "$ 12", Some(json!(12))),
        (Number, "inf", None),
        (Number, "1e3", None),
        (Number, "doce", None),
        (Number, "", None),
        (Date, "31/03/2024", Some(json!("2024-03-31"))),
        (Date, "2024-03-31T10:00:00Z", Some(json!("2024-03-31"))),
        (Date, "03/31/2024", None),
        (Boolean, "Sí", Some(json!(true))),
        (Boolean, "quizá", None),
        (MultiChoice, "oro; añil", Some(json!(["Oro", "Añil"]))),
        (MultiChoice, "Plata, mate", Some(json!(["Plata, mate"]))),
        (MultiChoice, "oro, barro", None),
    ] {
        assert_eq!(field("a", kind).read_cell(cell).ok(), expected, "{kind:?} {cell}");
    }
}

#[test]
fn what_was_there_before_the_field_is_found_where_it_fits() {
    for (kind, value, expected) in [
        (FieldKind::Number, json!("1,500"), vec![Indexed::Number(1500.0)]),
        (FieldKind::Number, json!("mucho"), vec![]),
        (FieldKind::Date, json!("1970-01-03"), vec![Indexed::Number(2.0)]),
        (FieldKind::Boolean, json!("sí"), vec![Indexed::Text("true".to_owned())]),
        (FieldKind::Text, json!(5), vec![Indexed::Text("5".to_owned())]),
    ] {
        assert_eq!(field("a", kind).index(&value), expected, "{kind:?} {value}");
    }
}

#[test]
fn a_set_fills_checks_and_requires() {
    let mut needed = field("giro", FieldKind::Choice);
    needed.is_required = true;
    let mut filled = field("origen", FieldKind::Text);
    filled.default = Some(json!("web"));
    let set = FieldSet::new(vec![needed, filled]);

    let mut values = object(&json!({ "giro": "oro", "libre": 5 }));
    set.begin(&mut values).unwrap();
    assert_eq!(values, object(&json!({ "giro": "Oro", "libre": 5, "origen": "web" })));
    let refused = |result: Result<(), Vec<super::Refused>>| -> Vec<String> {
        result.unwrap_err().into_iter().map(|(key, _)| key).collect()
    };
    assert_eq!(refused(set.begin(&mut object(&json!({})))), ["giro"]);
    assert_eq!(refused(set.begin(&mut object(&json!({ "giro": null })))), ["giro"]);
    assert_eq!(refused(set.begin(&mut object(&json!({ "giro": "x", "l": ["a"] })))), ["giro", "l"]);

    let before = object(&json!({ "giro": "algo de antes" }));
    set.change(&before, &mut before.clone()).unwrap();
    set.change(&object(&json!({})), &mut object(&json!({ "a": 1 }))).unwrap();
    assert_eq!(refused(set.change(&before, &mut object(&json!({})))), ["giro"]);
    assert_eq!(refused(set.change(&before, &mut object(&json!({ "giro": "otra" })))), ["giro"]);
}

#[test]
fn definitions_must_not_contradict_themselves() {
    let wrong = |change: fn(&mut FieldDefinition), kind| -> Vec<String> {
        let mut field = field("a", kind);
        change(&mut field);
        field.coherent().into_iter().map(|(pointer, _)| pointer).collect()
    };
    assert_eq!(wrong(|_| {}, FieldKind::Choice), [] as [&str; 0]);
    assert_eq!(wrong(|field| field.choices.clear(), FieldKind::Choice), ["/choices"]);
    assert_eq!(
        wrong(|field| field.choices.push(field.choices[0].clone()), FieldKind::Choice),
        ["/choices/3"]
    );
    assert_eq!(wrong(|field| field.is_unique = true, FieldKind::Boolean), ["/unique"]);
    assert_eq!(wrong(|field| field.default = Some(json!("x")), FieldKind::Number), ["/default"]);
    for key in ["", "_a", "A", "ñ", "a.b", "a b", &"a".repeat(61)] {
        assert!(FieldKey::parse(key).is_err(), "{key}");
    }
}
