//! What columns feed: previewed, saved, and recognised again.

use serde_json::{Value, json};

use super::{PATH, counts, excerpt, import, leads, plain};
use crate::support::{Client, TestApp};

const CSV: &str = "A,B,Teléfono,Empleados\nTaller Ñu,Costura,971 160 9009,muchos\nOtro,Hilos,,5\n";
const SAVED: &str = "/api/v1/leads/imports/mappings";

async fn preview(client: &Client, content: impl Into<Vec<u8>>, options: Value) -> Value {
    let path = format!("{PATH}/preview");
    client.upload(&path, "x.csv", content.into(), Some(options)).await.expect(200).body
}

/// Each column's field and basis.
fn columns(preview: &Value) -> Vec<(String, String)> {
    let text = |column: &Value, name: &str| column[name].as_str().unwrap().to_owned();
    let columns = preview["columns"].as_array().unwrap().iter();
    columns.map(|column| (text(column, "field"), text(column, "basis"))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(field, basis)| ((*field).to_owned(), (*basis).to_owned())).collect()
}

#[tokio::test]
async fn a_preview_reads_and_writes_nothing() {
    let tenant = TestApp::shared().tenant().await;
    let spanish = tenant.owner.with_header("Accept-Language", "es");
    let field = json!({ "key": "hilo", "label": "B", "type": "text" });
    tenant.owner.post("/api/v1/leads/fields", field).await.expect(201);

    let said = preview(&spanish, CSV, json!({ "mapping": { "A": "company_name" } })).await;

    assert_eq!(
        (&said["total"], &said["encoding"], &said["problem"]),
        (&json!(2), &json!("UTF-8"), &json!(null))
    );
    let expected =
        [("company_name", "chosen"), ("custom:hilo", "field"), ("phone", "name"), ("employee_count", "name")];
    assert_eq!(columns(&said), pairs(&expected));
    assert_eq!(said["columns"][1]["samples"], json!(["Costura", "Hilos"]));
    let [first, second] = &said["rows"].as_array().unwrap()[..] else { panic!("{said}") };
    assert_eq!((&first["row"], &first["lead"]["phone"]), (&json!(2), &json!("+529711609009")));
    assert_eq!(first["kept_as_text"], json!(["employee_count"]));
    assert_eq!(
        (&second["lead"], &second["problem"]),
        (&json!(null), &json!("La fila no tiene correo ni teléfono."))
    );
    assert_eq!(leads(&tenant.owner).await, 0);
    assert_eq!(tenant.owner.get(PATH).await.expect(200).body["data"], json!([]));

    let unreachable = preview(&spanish, "A,B\nx,y\n", plain()).await;
    assert!(unreachable["problem"].as_str().unwrap().contains("\"A\", \"B\""), "{unreachable}");
    assert_eq!(columns(&unreachable), pairs(&[("custom:a", "unknown"), ("custom:hilo", "field")]));
    let real = preview(&spanish, excerpt(), plain()).await;
    assert_eq!((&real["total"], real["rows"].as_array().unwrap().len()), (&json!(57), 10));
    let bad = tenant.owner.upload(&format!("{PATH}/preview"), "x", b"%PDF-1.7".to_vec(), None).await;
    bad.expect(422);
}

#[tokio::test]
async fn a_saved_mapping_is_recognised_by_its_columns() {
    let tenant = TestApp::shared().tenant().await;
    let mapping = json!({ "a": "company_name", "B": "industry", "teléfono": "phone", "Empleados": "ignore" });
    let body = json!({ "name": "Talleres", "mapping": mapping });
    let saved = tenant.owner.post(SAVED, body.clone()).await.expect(201);
    let (id, location) = (saved.text_at("/id"), saved.header("location").unwrap().to_owned());
    assert_eq!(tenant.owner.get(&location).await.expect(200).body, saved.body);

    // In another order, and with a choice of its own.
    let csv = "Teléfono,Empleados,A,B\n971 160 9009,5,Taller Ñu,Costura\n";
    let said = preview(&tenant.owner, csv, json!({ "mapping": { "B": "notes" } })).await;
    let expected = [("phone", "saved"), ("ignore", "saved"), ("company_name", "saved"), ("notes", "chosen")];
    assert_eq!((columns(&said), &said["mapping_id"]), (pairs(&expected), &json!(id)));
    let done = import(&tenant.owner, CSV, plain()).await;
    assert_eq!((&done["mapping_id"], &done["mapping"]["B"]), (&json!(id), &json!("industry")));
    assert_eq!(counts(&done), [2, 1, 0, 0, 1]);

    // By its name in the options, for a file with other columns.
    let other = "A,Correo\nPeña,p@a.mx\n";
    assert_eq!(columns(&preview(&tenant.owner, other, plain()).await)[0].1, "unknown");
    let said = preview(&tenant.owner, other, json!({ "mapping_id": id })).await;
    assert_eq!(columns(&said)[0], ("company_name".to_owned(), "saved".to_owned()));
    let foreign = json!({ "mapping_id": uuid::Uuid::now_v7() });
    let refused = tenant.owner.upload(PATH, "x.csv", other.into(), Some(foreign)).await.expect(422);
    assert_eq!(refused.text_at("/errors/0/pointer"), "/options/mapping_id");

    // Changed, taken by name, and gone.
    tenant.owner.post(SAVED, body).await.expect(409);
    let changed = json!({ "name": "Otros", "mapping": { "A": "ignore" } });
    let at = |version: &str| tenant.owner.with_header("If-Match", version);
    let now = at("\"1\"").put(&location, changed.clone()).await.expect(200);
    assert_eq!((now.header("etag"), now.text_at("/name").as_str()), (Some("\"2\""), "Otros"));
    at("\"1\"").put(&location, changed).await.expect(412);
    at("\"1\"").delete(&location).await.expect(412);
    assert_eq!(columns(&preview(&tenant.owner, CSV, plain()).await)[0].1, "unknown");
    at("\"2\"").delete(&location).await.expect(204);
    tenant.owner.get(&location).await.expect(404);
    assert_eq!(tenant.owner.get(SAVED).await.expect(200).body["data"], json!([]));
}

#[tokio::test]
async fn mappings_that_say_nothing_are_refused_by_place() {
    let tenant = TestApp::shared().tenant().await;
    let many: serde_json::Map<String, Value> = (0..201).map(|n| (format!("c{n}"), json!("ignore"))).collect();
    for (body, pointer) in [
        (json!({ "name": "", "mapping": { "A": "phone" } }), "/name"),
        (json!({ "name": "x", "mapping": {} }), "/mapping"),
        (json!({ "name": "x", "mapping": many }), "/mapping"),
        (json!({ "name": "x", "mapping": { "a/b": "phon" } }), "/mapping/a~1b"),
        (json!({ "name": "x", "mapping": { " ": "phone" } }), "/mapping/ "),
        (json!({ "name": "x", "mapping": { "A": 7 } }), "/mapping/A"),
        (json!({ "name": "x", "mapping": { "A": "phone" }, "more": 1 }), "/more"),
    ] {
        let answer = tenant.owner.post(SAVED, body.clone()).await.expect(422);
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer, "{body}");
    }
}
