//! What an export writes, an import into another tenant reads: the same leads.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use super::{export, file};
use crate::support::{Client, Tenant, TestApp, until};

/// One line of text without double spaces, often one that a spreadsheet would run.
fn line() -> impl Strategy<Value = String> {
    let word = "['=+@-]{0,2}[A-Za-zÑñáé0-9,;\"&<%]{1,12}( [A-Za-zÑñ0-9'=+|!]{1,8}){0,2}";
    // What people write where they know nothing is read as nothing.
    word.prop_filter("no placeholder", |text| {
        text.chars().any(char::is_alphabetic) && text.chars().count() > 5
    })
}

fn lead() -> impl Strategy<Value = Value> {
    let texts = (line(), prop::option::of(line()), prop::option::of(line()), line());
    let tags = prop::collection::vec("[=+@-]?[a-zñ]{2,8}", 0..4);
    let notes = prop::option::of("[=+@-]?[a-zñ,;\"']{1,9}(\n[=a-z,\"]{1,9}){0,2}");
    let custom =
        (prop::option::of(line()), prop::option::of(-500_i32..500), any::<bool>(), prop::option::of(line()));
    let numbers =
        (1_i64..10_000_000, 0_u64..9_999_999, prop::sample::select(vec!["new", "contacted", "qualified"]));
    (texts, tags, notes, custom, numbers, prop::option::of(line())).prop_map(
        |(
            (company, contact, industry, source),
            tags,
            notes,
            (text, number, truth, free),
            (people, cents, _),
            utm,
        )| {
            let mut tags = tags;
            tags.sort();
            tags.dedup();
            let mut fields = Map::new();
            fields.insert("si_o_no".to_owned(), truth.into());
            fields.insert("fecha".to_owned(), "2024-02-29".into());
            fields.insert("tallas".to_owned(), json!(["XL, larga", "=M"]));
            for (key, value) in [("nombre_corto", text), ("notas", free)] {
                fields.extend(value.map(|value| (key.to_owned(), value.into())));
            }
            fields.extend(number.map(|number| ("piezas".to_owned(), number.into())));
            let revenue = format!("{}.{:02}", cents / 100, cents % 100);
            json!({
                "company_name": company, "contact_name": contact, "industry": industry, "source": source,
                "tags": tags, "notes": notes, "employee_count": people, "custom_fields": fields,
                "annual_revenue": { "amount": revenue, "currency": "MXN" },
                "utm": utm.map(|utm| json!({ "source": utm })),
            })
        },
    )
}

async fn define(tenant: &Tenant) {
    for (key, kind, choices) in [
        ("nombre_corto", "text", json!([])),
        ("piezas", "number", json!([])),
        ("si_o_no", "boolean", json!([])),
        ("fecha", "date", json!([])),
        ("tallas", "multi_choice", json!(["S", "=M", "XL, larga"])),
    ] {
        let mut field = json!({ "key": key, "label": key, "type": kind });
        if kind == "multi_choice" {
            field["choices"] = choices;
        }
        tenant.owner.post("/api/v1/leads/fields", field).await.expect(201);
    }
}

/// All leads without what a tenant gives them.
async fn leads(client: &Client) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/api/v1/leads?limit=200&sort=created_at{cursor}")).await.expect(200);
        all.extend(page.body["data"].as_array().unwrap().iter().cloned());
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    for lead in &mut all {
        for name in ["id", "import_id", "updated_at", "version", "owner_id", "score"] {
            lead.as_object_mut().unwrap().remove(name);
        }
        for touch in ["first_touch", "last_touch"] {
            if let Some(touch) = lead[touch].as_object_mut() {
                touch.remove("at");
            }
        }
        // The order of members does not matter.
        let fields = lead["custom_fields"].as_object_mut().unwrap();
        fields.sort_keys();
    }
    all
}

#[tokio::test]
async fn leads_that_are_exported_and_imported_are_the_same() {
    let app = TestApp::shared();
    let from = app.tenant().await;
    define(&from).await;
    let mut runner = TestRunner::deterministic();
    for number in 0..120 {
        let mut body = lead().new_tree(&mut runner).unwrap().current();
        body["phone"] = format!("97116{number:05}").into();
        if number % 2 == 0 {
            body["email"] = format!("+n{number}@a.mx").into();
        }
        from.owner.post("/api/v1/leads", body.clone()).await.expect(201);
    }
    let before = leads(&from.owner).await;
    assert_eq!(before.len(), 120);
    for format in ["csv", "xlsx"] {
        let done = export(&from.owner, json!({ "format": format, "sort": "created_at" })).await;
        let to = app.tenant().await;
        define(&to).await;
        let bytes = file(&from.owner, &done).await;
        let import = to.owner.upload("/api/v1/leads/imports", "x", bytes, None).await.expect(202);
        let location = import.header("location").unwrap().to_owned();
        until("the import ends", async || {
            to.owner.get(&location).await.expect(200).body["status"] == "completed"
        })
        .await;
        let said = to.owner.get(&location).await.expect(200).body;
        assert_eq!(said["created"], 120, "{format}: {said}");
        let after = leads(&to.owner).await;
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before, after, "{format}");
        }
    }
}
