//! Custom fields of leads: definitions, values, filters, orders, imports.

mod meanwhile;
mod products;

use serde_json::{Value, json};

use crate::support::{Answer, Client, Tenant, TestApp, until};

async fn define(tenant: &Tenant, field: Value) -> String {
    tenant.owner.post("/api/v1/leads/fields", field).await.expect(201).text_at("/id")
}

fn lead(name: &str, values: &Value) -> Value {
    let email = format!("{}@campos.mx", name.to_lowercase());
    json!({ "company_name": name, "email": email, "custom_fields": values })
}

async fn names(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("/api/v1/leads?{query}")).await.expect(200);
    let data = page.body["data"].as_array().unwrap();
    data.iter().map(|lead| lead["company_name"].as_str().unwrap().to_owned()).collect()
}

fn pointers(answer: &Answer) -> Vec<&str> {
    let errors = answer.body["errors"].as_array().unwrap();
    errors.iter().map(|error| error["pointer"].as_str().or(error["parameter"].as_str()).unwrap()).collect()
}

#[tokio::test]
async fn a_field_is_defined_changed_and_archived() {
    let acme = TestApp::shared().tenant().await;
    let field = json!({ "key": "giro", "label": " Giro ", "type": "choice", "choices": ["Textil", "Calzado"], "default": "textil" });
    let made = acme.owner.post("/api/v1/leads/fields", field.clone()).await.expect(201);
    assert_eq!((made.text_at("/label").as_str(), made.text_at("/default").as_str()), ("Giro", "Textil"));
    assert_eq!(made.header("etag"), Some("\"1\""));
    let path = made.header("location").unwrap().to_owned();
    let again = acme.owner.post("/api/v1/leads/fields", field).await.expect(409);
    assert_eq!(again.text_at("/existing_id"), made.text_at("/id"));

    let first = acme.owner.with_header("If-Match", "\"1\"");
    let changed = first.patch(&path, json!({ "choices": ["Textil", "Joyería"] })).await.expect(200);
    assert_eq!(changed.text_at("/version"), "2");
    acme.owner.with_header("If-Match", "\"1\"").patch(&path, json!({ "label": "Ramo" })).await.expect(412);
    let same = acme.owner.patch(&path, json!({ "label": "Giro" })).await.expect(200);
    assert_eq!(same.text_at("/version"), "2");
    let orphan = acme.owner.patch(&path, json!({ "choices": ["Joyería"] })).await.expect(422);
    assert_eq!(pointers(&orphan), ["/default"]);
    acme.owner.patch(&path, json!({ "key": "otro" })).await.expect(422);
    acme.owner.patch(&path, json!({ "type": "text" })).await.expect(422);

    acme.owner.delete(&path).await.expect(204);
    acme.owner.get(&path).await.expect(404);
    assert_eq!(acme.owner.get("/api/v1/leads/fields").await.expect(200).body["data"], json!([]));
    let (seller, _) = acme.colleague(&["SALES"]).await;
    seller.get("/api/v1/leads/fields").await.expect(200);
    seller
        .post("/api/v1/leads/fields", json!({ "key": "a", "label": "A", "type": "text" }))
        .await
        .expect(403);
}

#[tokio::test]
async fn definitions_that_contradict_themselves_are_refused() {
    let acme = TestApp::shared().tenant().await;
    for (field, pointer) in [
        (json!({ "key": "Giro", "label": "G", "type": "text" }), "/key"),
        (json!({ "key": "g", "label": " ", "type": "text" }), "/label"),
        (json!({ "key": "g", "label": "G", "type": "money" }), "/type"),
        (json!({ "key": "g", "label": "G", "type": "choice" }), "/choices"),
        (json!({ "key": "g", "label": "G", "type": "text", "choices": ["a"] }), "/choices"),
        (json!({ "key": "g", "label": "G", "type": "choice", "choices": ["a", ""] }), "/choices/1"),
        (json!({ "key": "g", "label": "G", "type": "boolean", "unique": true }), "/unique"),
        (json!({ "key": "g", "label": "G", "type": "number", "default": "5" }), "/default"),
        (json!({ "key": "g", "label": "G", "type": "text", "unique": true, "default": "x" }), "/default"),
        (json!({ "key": "g", "label": "G", "type": "text", "position": -1 }), "/position"),
    ] {
        let refused = acme.owner.post("/api/v1/leads/fields", field.clone()).await.expect(422);
        assert_eq!(pointers(&refused), [pointer], "{field}");
    }
}

#[tokio::test]
async fn values_are_checked_on_create_and_change() {
    let acme = TestApp::shared().tenant().await;
    for field in [
        json!({ "key": "giro", "label": "Giro", "type": "choice", "choices": ["Textil", "Calzado"], "required": true }),
        json!({ "key": "piezas", "label": "Piezas", "type": "number" }),
        json!({ "key": "visita", "label": "Visita", "type": "date" }),
        json!({ "key": "lineas", "label": "Líneas", "type": "multi_choice", "choices": ["A", "B"] }),
        json!({ "key": "origen", "label": "Origen", "type": "text", "default": "web" }),
    ] {
        define(&acme, field).await;
    }
    let wrong = json!({ "piezas": "5", "visita": "ayer", "lineas": ["C"], "suelta": ["x"] });
    let refused =
        acme.owner.with_header("Accept-Language", "es").post("/api/v1/leads", lead("Una", &wrong)).await;
    let refused = refused.expect(422);
    let expected =
        ["piezas", "visita", "lineas", "suelta", "giro"].map(|key| format!("/custom_fields/{key}"));
    assert_eq!(pointers(&refused), expected);
    assert_eq!(refused.text_at("/errors/4/detail"), "es obligatorio");
    assert_eq!(refused.text_at("/errors/2/detail"), "debe ser una de: A, B");

    let values =
        json!({ "giro": "textil", "piezas": 5, "visita": "2026-02-28", "lineas": ["b", "B"], "suelta": "x" });
    let made = acme.owner.post("/api/v1/leads", lead("Una", &values)).await.expect(201);
    let kept = json!({ "giro": "Textil", "piezas": 5, "visita": "2026-02-28", "lineas": ["B"], "suelta": "x", "origen": "web" });
    assert_eq!(made.body["custom_fields"], kept);
    let path = format!("/api/v1/leads/{}", made.text_at("/id"));
    let gone = acme.owner.patch(&path, json!({ "custom_fields": { "giro": null } })).await.expect(422);
    assert_eq!(pointers(&gone), ["/custom_fields/giro"]);
    let odd = acme.owner.patch(&path, json!({ "custom_fields": { "piezas": true } })).await.expect(422);
    assert_eq!(pointers(&odd), ["/custom_fields/piezas"]);
    let cleared = acme.owner.patch(&path, json!({ "custom_fields": { "piezas": null } })).await.expect(200);
    assert_eq!(cleared.body["custom_fields"]["piezas"], Value::Null);
    acme.owner.patch(&path, json!({ "notes": "sin tocar campos" })).await.expect(200);
}

/// A company with six fields and four leads.
async fn with_leads() -> Tenant {
    let acme = TestApp::shared().tenant().await;
    for field in [
        json!({ "key": "giro", "label": "Giro", "type": "choice", "choices": ["Textil", "Calzado"] }),
        json!({ "key": "piezas", "label": "Piezas", "type": "number" }),
        json!({ "key": "visita", "label": "Visita", "type": "date" }),
        json!({ "key": "lineas", "label": "Líneas", "type": "multi_choice", "choices": ["A", "B"] }),
        json!({ "key": "activo", "label": "Activo", "type": "boolean" }),
        json!({ "key": "zona", "label": "Zona", "type": "text" }),
    ] {
        define(&acme, field).await;
    }
    for (name, values) in [
        (
            "Uno",
            json!({ "giro": "Textil", "piezas": 10, "visita": "2026-01-10", "lineas": ["A", "B"], "zona": "Sur" }),
        ),
        (
            "Dos",
            json!({ "giro": "Calzado", "piezas": 2.5, "visita": "2026-01-20", "lineas": ["B"], "activo": true }),
        ),
        ("Tres", json!({ "giro": "Textil", "piezas": -4, "activo": false, "zona": "Norte" })),
        ("Cuatro", json!({})),
    ] {
        acme.owner.post("/api/v1/leads", lead(name, &values)).await.expect(201);
    }
    acme
}

#[tokio::test]
async fn lists_are_filtered_and_ordered_by_fields() {
    let acme = with_leads().await;
    for (query, expected) in [
        ("field.giro=textil&sort=created_at", vec!["Uno", "Tres"]),
        ("field.piezas=2.5", vec!["Dos"]),
        ("field.piezas.from=2.5&sort=created_at", vec!["Uno", "Dos"]),
        ("field.piezas.from=2.5&field.piezas.to=10", vec!["Dos"]),
        ("field.visita.to=2026-01-20", vec!["Uno"]),
        ("field.visita=2026-01-20", vec!["Dos"]),
        ("field.lineas=B&sort=created_at", vec!["Uno", "Dos"]),
        ("field.lineas=B&field.lineas.x=1", vec![]),
        ("field.activo=false", vec!["Tres"]),
        ("field.giro=Textil&q=tres", vec!["Tres"]),
        ("sort=field.piezas", vec!["Tres", "Dos", "Uno"]),
        ("sort=-field.visita", vec!["Dos", "Uno"]),
        ("sort=field.zona&field.giro=Textil", vec!["Tres", "Uno"]),
        ("sort=-field.activo", vec!["Dos", "Tres"]),
        ("sort=field.piezas&field.piezas.from=0&status=new", vec!["Dos", "Uno"]),
    ] {
        if expected.is_empty() {
            acme.owner.get(&format!("/api/v1/leads?{query}")).await.expect(422);
        } else {
            assert_eq!(names(&acme.owner, query).await, expected, "{query}");
        }
    }
    // Another company's fields are not there.
    let other = TestApp::shared().tenant().await;
    other.owner.get("/api/v1/leads?field.giro=Textil").await.expect(422);
}

#[tokio::test]
async fn pages_by_a_field_are_whole_and_odd_questions_are_refused() {
    let acme = with_leads().await;
    for sort in ["field.piezas", "-field.piezas", "field.giro", "-field.giro&field.piezas.from=-9"] {
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let page =
                acme.owner.get(&format!("/api/v1/leads?limit=1&sort={sort}{cursor}")).await.expect(200);
            paged.push(page.text_at("/data/0/company_name"));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(paged, names(&acme.owner, &format!("sort={sort}")).await, "{sort}");
    }
    for (query, parameter) in [
        ("field.nada=1", "field.nada"),
        ("field.piezas=muchas", "field.piezas"),
        ("field.giro=Joyería", "field.giro"),
        ("field.giro.from=Textil", "field.giro.from"),
        ("field.piezas.of=1", "field.piezas.of"),
        ("sort=field.nada", "sort"),
        ("sort=field.lineas", "sort"),
        ("field.piezas=1&field.piezas=2", "field.piezas"),
    ] {
        let refused = acme.owner.get(&format!("/api/v1/leads?{query}")).await.expect(422);
        assert_eq!(pointers(&refused), [parameter], "{query}");
    }
}

#[tokio::test]
async fn a_changed_value_is_found_and_a_former_one_is_not() {
    let acme = TestApp::shared().tenant().await;
    define(&acme, json!({ "key": "piezas", "label": "Piezas", "type": "number" })).await;
    let made = acme.owner.post("/api/v1/leads", lead("Una", &json!({ "piezas": 5 }))).await.expect(201);
    let path = format!("/api/v1/leads/{}", made.text_at("/id"));
    acme.owner.patch(&path, json!({ "custom_fields": { "piezas": 6 } })).await.expect(200);
    assert_eq!(names(&acme.owner, "field.piezas=5").await, [] as [&str; 0]);
    assert_eq!(names(&acme.owner, "field.piezas=6").await, ["Una"]);
    acme.owner
        .post("/api/v1/leads?on_duplicate=update", lead("Una", &json!({ "piezas": 7 })))
        .await
        .expect(200);
    assert_eq!(names(&acme.owner, "field.piezas=7").await, ["Una"]);
    acme.owner.delete(&path).await.expect(204);
    assert_eq!(names(&acme.owner, "sort=field.piezas").await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_unique_value_belongs_to_one_lead() {
    let acme = TestApp::shared().tenant().await;
    define(&acme, json!({ "key": "rfc", "label": "RFC", "type": "text", "unique": true })).await;
    let first =
        acme.owner.post("/api/v1/leads", lead("Una", &json!({ "rfc": "NAJI800101AB1" }))).await.expect(201);
    for on_duplicate in ["", "?on_duplicate=allow"] {
        let other = lead("Otra", &json!({ "rfc": " naji800101ab1" }));
        let taken = acme.owner.post(&format!("/api/v1/leads{on_duplicate}"), other).await.expect(409);
        assert_eq!(taken.text_at("/type"), "/problems/lead-field-taken");
        assert_eq!(taken.text_at("/existing_id"), first.text_at("/id"));
    }
    let other = acme.owner.post("/api/v1/leads", lead("Otra", &json!({ "rfc": "OTRA" }))).await.expect(201);
    let path = format!("/api/v1/leads/{}", other.text_at("/id"));
    acme.owner.patch(&path, json!({ "custom_fields": { "rfc": "NAJI800101AB1" } })).await.expect(409);
    acme.owner.patch(&path, json!({ "custom_fields": { "rfc": "otra" } })).await.expect(200);
    acme.owner.delete(&format!("/api/v1/leads/{}", first.text_at("/id"))).await.expect(204);
    acme.owner.patch(&path, json!({ "custom_fields": { "rfc": "NAJI800101AB1" } })).await.expect(200);

    let attempts =
        (0..8).map(|n| {
            let owner = acme.owner.clone();
            async move {
                owner.post("/api/v1/leads", lead(&format!("P{n}"), &json!({ "rfc": "MISMO" }))).await.status
            }
        });
    let mut statuses = futures_util::future::join_all(attempts).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; 7]].concat());
}

#[tokio::test]
async fn what_was_there_before_a_field_is_found_and_may_stay() {
    let acme = TestApp::shared().tenant().await;
    for (name, piezas) in [("Uno", json!("1,500")), ("Dos", json!("muchas")), ("Tres", json!(3))] {
        acme.owner.post("/api/v1/leads", lead(name, &json!({ "piezas": piezas }))).await.expect(201);
    }
    let field = json!({ "key": "piezas", "label": "Piezas", "type": "number", "required": true });
    assert_eq!(acme.owner.post("/api/v1/leads/fields", field).await.expect(201).body["indexed"], true);
    assert_eq!(names(&acme.owner, "sort=field.piezas").await, ["Tres", "Uno"]);
    let dos = acme.owner.get("/api/v1/leads?q=dos").await.text_at("/data/0/id");
    let path = format!("/api/v1/leads/{dos}");
    acme.owner.patch(&path, json!({ "custom_fields": { "otra": 1 } })).await.expect(200);
    acme.owner.patch(&path, json!({ "custom_fields": { "piezas": "pocas" } })).await.expect(422);
}

#[tokio::test]
async fn an_import_reads_values_by_key_and_label() {
    let acme = TestApp::shared().tenant().await;
    for field in [
        json!({ "key": "budget", "label": "Presupuesto anual", "type": "number" }),
        json!({ "key": "visita", "label": "Visita", "type": "date" }),
        json!({ "key": "folio", "label": "Folio", "type": "text", "unique": true }),
        json!({ "key": "giro", "label": "Giro", "type": "choice", "choices": ["Textil", "Calzado"], "required": true }),
    ] {
        define(&acme, field).await;
    }
    let import = async |file: &str, options: Value| -> Answer {
        let started = acme
            .owner
            .upload("/api/v1/leads/imports", "a.csv", file.as_bytes().to_vec(), Some(options))
            .await;
        let path = format!("/api/v1/leads/imports/{}", started.expect(202).text_at("/id"));
        until("the import ends", async || acme.owner.get(&path).await.text_at("/status") == "completed")
            .await;
        acme.owner.get(&path).await.expect(200)
    };
    let file = "Empresa,Correo,Presupuesto Anual,visita,Folio,Giro\n\
                Uno,u@i.mx,\"$1,500.50\",31/03/2026,F-1,textil\n\
                Dos,d@i.mx,mucho,,F-2,Calzado\n\
                Tres,t@i.mx,1,,F-1,Textil\n\
                Cuatro,c@i.mx,1,,F-4,\n";
    for dry_run in [true, false] {
        let done = import(file, json!({ "dry_run": dry_run })).await;
        let counts = ["created", "skipped", "refused"].map(|name| done.body[name].as_i64().unwrap());
        assert_eq!(counts, [2, 1, 1], "{}", done.text);
    }
    assert_eq!(
        names(&acme.owner, "field.budget.from=1500&field.visita=2026-03-31&field.giro=Textil").await,
        ["Uno"]
    );
    let dos = acme.owner.get("/api/v1/leads?field.folio=F-2").await.expect(200);
    assert_eq!(dos.text_at("/data/0/custom_fields/budget_original"), "mucho");

    let again = "Empresa,Correo,Folio,Presupuesto anual\nUno SA,otro@i.mx,f-1,9\n";
    let done = import(again, json!({ "on_duplicate": "update" })).await;
    assert_eq!(done.text_at("/updated"), "1");
    assert_eq!(names(&acme.owner, "field.budget=9").await, ["Uno SA"]);
}
