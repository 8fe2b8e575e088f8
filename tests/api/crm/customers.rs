//! Customers as records: created, changed, told apart, archived, listed.

use serde_json::{Value, json};

use super::{create, id_of, named};
use crate::support::{Database, TestApp, until};

#[tokio::test]
async fn a_customer_is_created_read_and_changed() {
    let acme = TestApp::shared().tenant().await;
    let created = acme
        .owner
        .post(
            "/api/v1/customers",
            json!({
                "trade_name": "  Sastrería Ñandú ", "legal_name": "Confecciones Ñandú SA de CV",
                "tax_id": { "number": "eku-900317-3c9" }, "fiscal_regime": "601",
                "fiscal_address": { "postal_code": "70000", "city": " Juchitán " }, "phone": "971 160 9009",
                "website": "www.nandu.mx", "tags": ["istmo", "istmo"], "language": "es-MX", "currency": "MXN",
                "custom_fields": { "giro": "confección" }
            }),
        )
        .await
        .expect(201);
    assert_eq!(created.body["tax_id"], json!({ "country": "MX", "number": "EKU9003173C9" }));
    assert_eq!(
        created.body["fiscal_address"],
        json!({ "street": null, "neighborhood": null, "city": "Juchitán", "state": null, "postal_code": "70000", "country": "MX" })
    );
    for (pointer, expected) in [
        ("/trade_name", "Sastrería Ñandú"),
        ("/kind", "company"),
        ("/phone", "+529711609009"),
        ("/fiscal_regime", "601"),
        ("/status", "active"),
        ("/health_score", "70"),
        ("/tags", r#"["istmo"]"#),
        ("/warnings", "[]"),
    ] {
        assert_eq!(created.text_at(pointer), expected, "{pointer}");
    }
    assert_eq!(created.header("etag"), Some("\"1\""));
    let path = created.header("location").unwrap().to_owned();

    let changed = acme
        .owner
        .with_header("If-Match", "\"1\"")
        .patch(&path, json!({ "notes": "Llamar", "phone": null, "email": "ana@nandu.mx", "kind": "person" }))
        .await
        .expect(200);
    assert_eq!((changed.text_at("/version").as_str(), &changed.body["phone"]), ("2", &Value::Null));
    let stale =
        acme.owner.with_header("If-Match", "\"1\"").patch(&path, json!({ "notes": "x" })).await.expect(412);
    assert_eq!(stale.text_at("/current_version"), "2");
    let same = acme.owner.patch(&path, json!({ "notes": "Llamar" })).await.expect(200);
    assert_eq!(same.text_at("/version"), "2", "what does not differ changes nothing");
    let stranger = TestApp::shared().tenant().await;
    stranger.owner.get(&path).await.expect(404);
    stranger.owner.patch(&path, json!({ "notes": "x" })).await.expect(404);
}

#[tokio::test]
async fn a_wrong_check_digit_is_told_and_refuses_nothing() {
    let acme = TestApp::shared().tenant().await;
    let wrong = json!({ "trade_name": "Una", "tax_id": { "country": "MX", "number": "EKU9003173C8" } });
    let created = acme.owner.post("/api/v1/customers", wrong).await.expect(201);
    assert_eq!(created.text_at("/warnings/0/pointer"), "/tax_id/number");
    assert_eq!(created.text_at("/warnings/0/detail"), "The check digit is wrong: look again at the papers.");
    let path = created.header("location").unwrap();
    let read = acme.owner.with_header("Accept-Language", "es").get(path).await.expect(200);
    assert_eq!(
        read.text_at("/warnings/0/detail"),
        "El dígito verificador no coincide: revise los documentos."
    );
    let mended = json!({ "tax_id": { "country": "MX", "number": "EKU9003173C9" } });
    assert_eq!(acme.owner.patch(path, mended).await.expect(200).text_at("/warnings"), "[]");
}

#[tokio::test]
async fn one_tax_identifier_is_one_customer_unless_both_are_meant() {
    let acme = TestApp::shared().tenant().await;
    let with = |name: &str, number: &str| json!({ "trade_name": name, "tax_id": { "country": "MX", "number": number } });
    let first = create(&acme, with("Una", "EKU9003173C9")).await;
    let refused = acme.owner.post("/api/v1/customers", with("Otra", "eku 9003173 c9")).await.expect(409);
    assert_eq!(refused.text_at("/type"), "/problems/customer-duplicate");
    assert_eq!(refused.text_at("/existing_id"), id_of(&first));
    let allowed = "/api/v1/customers?on_duplicate=allow";
    let twin = acme.owner.post(allowed, with("Otra", "EKU9003173C9")).await.expect(201);
    let twin = twin.header("location").unwrap().to_owned();
    acme.owner.post("/api/v1/customers?on_duplicate=update", named("X")).await.expect(422);

    // The general public is many.
    for name in ["Público", "Mostrador"] {
        create(&acme, with(name, "XAXX010101000")).await;
    }
    // The same number of another country is another identifier.
    create(&acme, json!({ "trade_name": "Lejana", "tax_id": { "country": "GT", "number": "EKU9003173C9" } }))
        .await;

    // Changing one into another's duplicate is refused too; one that is given up is free.
    let third = create(&acme, with("Tercera", "H&E951128469")).await;
    let take = json!({ "tax_id": { "country": "MX", "number": "EKU9003173C9" } });
    acme.owner.patch(&third, take.clone()).await.expect(409);
    acme.owner.patch(&first, json!({ "tax_id": null })).await.expect(200);
    acme.owner.patch(&third, take).await.expect(200);
    // Whoever was let in beside keeps what they have.
    acme.owner.patch(&twin, json!({ "notes": "sigue" })).await.expect(200);
}

#[tokio::test]
async fn parallel_creates_with_one_tax_identifier_make_one_customer() {
    let acme = TestApp::shared().tenant().await;
    let attempts: Vec<_> = (0..12)
        .map(|n| {
            let owner = acme.owner.clone();
            let body = json!({ "trade_name": format!("C{n}"), "tax_id": { "country": "MX", "number": "EKU9003173C9" } });
            tokio::spawn(async move { owner.post("/api/v1/customers", body).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in attempts {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; 11]].concat());
}

#[tokio::test]
async fn the_archive_keeps_a_customer_and_frees_its_tax_identifier() {
    let acme = TestApp::shared().tenant().await;
    let body = json!({ "trade_name": "Una", "tax_id": { "country": "MX", "number": "EKU9003173C9" } });
    let path = create(&acme, body.clone()).await;
    let (seller, _) = acme.colleague(&["BILLING"]).await;
    seller.delete(&path).await.expect(403);
    acme.owner.with_header("If-Match", "\"7\"").delete(&path).await.expect(412);
    acme.owner.delete(&path).await.expect(204);

    assert!(acme.owner.get(&path).await.expect(200).body["archived_at"].is_string());
    assert_eq!(acme.owner.get("/api/v1/customers").await.body["data"], json!([]));
    let archived = acme.owner.get("/api/v1/customers?archived=true").await.expect(200);
    assert_eq!(archived.text_at("/data/0/id"), id_of(&path));
    let owner_id = acme.owner_id.clone();
    for (verb, change) in [
        ("assign", json!({ "owner_id": owner_id })),
        ("churn", json!({ "reason": "x" })),
        ("contacts", json!({ "name": "Inés" })),
        ("activities", json!({ "kind": "note", "text": "x" })),
    ] {
        let refused = acme.owner.post(&format!("{path}/{verb}"), change).await.expect(409);
        assert_eq!(refused.text_at("/type"), "/problems/customer-archived", "{verb}");
    }
    acme.owner.patch(&path, json!({ "notes": "x" })).await.expect(409);
    acme.owner.delete(&path).await.expect(409);

    let other = create(&acme, body).await;
    let refused = acme.owner.post(&format!("{path}/restore"), json!({})).await.expect(409);
    assert_eq!(refused.text_at("/existing_id"), id_of(&other));
    acme.owner.delete(&other).await.expect(204);
    let back = acme.owner.post(&format!("{path}/restore"), json!({})).await.expect(200);
    assert_eq!(back.body["archived_at"], Value::Null);
    acme.owner.post(&format!("{path}/restore"), json!({})).await.expect(200);
}

#[tokio::test]
async fn a_customer_is_assigned_lost_and_won_back() {
    let acme = TestApp::shared().tenant().await;
    let (seller, seller_id) = acme.colleague(&["SALES"]).await;
    let path = create(&acme, named("Acme")).await;
    let post = async |verb: &str, body: Value| seller.post(&format!("{path}/{verb}"), body).await;
    assert_eq!(
        post("assign", json!({ "owner_id": seller_id })).await.expect(200).text_at("/owner_id"),
        seller_id
    );
    let nobody = uuid::Uuid::now_v7();
    let refused = post("assign", json!({ "owner_id": nobody })).await.expect(422);
    assert_eq!(refused.text_at("/errors/0/pointer"), "/owner_id");

    let early = post("reactivate", json!({})).await.expect(409);
    assert_eq!(
        (early.text_at("/type").as_str(), &early.body["allowed"]),
        ("/problems/customer-wrong-state", &json!(["churn"]))
    );
    post("churn", json!({})).await.expect(422);
    let lost = post("churn", json!({ "reason": "Cerró la tienda" })).await.expect(200);
    assert_eq!(
        (lost.text_at("/status"), lost.text_at("/churn_reason")),
        ("churned".into(), "Cerró la tienda".into())
    );
    let again = post("churn", json!({ "reason": "x" })).await.expect(409);
    assert_eq!(again.body["allowed"], json!(["reactivate"]));
    let back = post("reactivate", json!({})).await.expect(200);
    assert_eq!((back.text_at("/status").as_str(), &back.body["churned_at"]), ("active", &Value::Null));

    let mut database = Database::connect(&TestApp::shared().admin_url);
    let events = format!(
        "SELECT type FROM events.log WHERE aggregate_id = '{}' AND type <> 'Customer.HealthScoreUpdated' ORDER BY position",
        id_of(&path)
    );
    let expected = ["Customer.Created", "Customer.Assigned", "Customer.Churned", "Customer.Reactivated"];
    until("every change is told", async || database.column(&events) == expected).await;
}

#[tokio::test]
async fn one_person_of_a_customer_is_the_primary_one() {
    let acme = TestApp::shared().tenant().await;
    let path = create(&acme, named("Acme")).await;
    let contacts = format!("{path}/contacts");
    let add = async |body: Value| acme.owner.post(&contacts, body).await.expect(201);
    let first = add(json!({ "name": "Inés", "email": "ines@acme.mx", "phone": "971 160 9009" })).await;
    assert_eq!(
        (first.text_at("/is_primary"), first.text_at("/phone")),
        ("true".into(), "+529711609009".into())
    );
    assert_eq!(add(json!({ "name": "Eva" })).await.text_at("/is_primary"), "false");
    let third = add(json!({ "name": "Ada", "is_primary": true })).await;
    let names = async || {
        let all = acme.owner.get(&contacts).await.expect(200).body["data"].as_array().unwrap().clone();
        let told = |one: &Value| format!("{} {}", one["name"].as_str().unwrap(), one["is_primary"]);
        all.iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["Ada true", "Inés false", "Eva false"]);
    // Who is primary stays so until another one is.
    let at = format!("{contacts}/{}", third.text_at("/id"));
    acme.owner.put(&at, json!({ "name": "Ada L.", "is_primary": false })).await.expect(200);
    assert_eq!(names().await, ["Ada L. true", "Inés false", "Eva false"]);
    acme.owner.delete(&at).await.expect(204);
    assert_eq!(names().await, ["Inés true", "Eva false"]);
    acme.owner.delete(&at).await.expect(404);
    let other = create(&acme, named("Otra")).await;
    let elsewhere = format!("{other}/contacts/{}", first.text_at("/id"));
    acme.owner.put(&elsewhere, json!({ "name": "X" })).await.expect(404);
}

#[tokio::test]
async fn fields_of_customers_are_checked_found_and_ordered_by() {
    let acme = TestApp::shared().tenant().await;
    let define = async |body: Value| acme.owner.post("/api/v1/customers/fields", body).await;
    let before = create(&acme, json!({ "trade_name": "Antes", "custom_fields": { "piezas": 7 } })).await;
    define(json!({ "key": "piezas", "label": "Piezas", "type": "number" })).await.expect(201);
    define(json!({ "key": "folio", "label": "Folio", "type": "text", "unique": true })).await.expect(201);
    let twice = define(json!({ "key": "piezas", "label": "Otra", "type": "text" })).await.expect(409);
    assert_eq!(twice.text_at("/type"), "/problems/field-key-taken");

    let with = |name: &str, fields: Value| json!({ "trade_name": name, "custom_fields": fields });
    let first = create(&acme, with("Diez", json!({ "piezas": 10, "folio": "A-1" }))).await;
    create(&acme, with("Cinco", json!({ "piezas": 5 }))).await;
    create(&acme, named("Ninguna")).await;
    let refused =
        acme.owner.post("/api/v1/customers", with("X", json!({ "piezas": "diez" }))).await.expect(422);
    assert_eq!(refused.text_at("/errors/0/pointer"), "/custom_fields/piezas");
    let taken = acme.owner.post("/api/v1/customers", with("X", json!({ "folio": "a-1" }))).await.expect(409);
    assert_eq!(taken.text_at("/type"), "/problems/customer-field-taken");
    assert_eq!(taken.text_at("/existing_id"), id_of(&first));

    let names = async |query: &str| {
        let answer = acme.owner.get(&format!("/api/v1/customers?{query}")).await.expect(200);
        let data = answer.body["data"].as_array().unwrap().clone();
        data.iter().map(|one| one["trade_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("field.piezas.from=6&sort=created_at").await, ["Antes", "Diez"]);
    assert_eq!(names("sort=field.piezas").await, ["Cinco", "Antes", "Diez"]);
    assert_eq!(names("sort=-field.piezas&field.piezas.to=10").await, ["Antes", "Cinco"]);
    let page = acme.owner.get("/api/v1/customers?sort=field.piezas&limit=2").await.expect(200);
    assert_eq!(
        names(&format!("sort=field.piezas&limit=2&cursor={}", page.text_at("/next_cursor"))).await,
        ["Diez"]
    );
    acme.owner.patch(&before, json!({ "custom_fields": { "piezas": null } })).await.expect(200);
    assert_eq!(names("sort=field.piezas").await, ["Cinco", "Diez"]);
    acme.owner.get("/api/v1/customers?field.nada=1").await.expect(422);
}

#[tokio::test]
async fn lists_are_filtered_sorted_searched_and_paged() {
    let acme = TestApp::shared().tenant().await;
    for (index, name) in
        ["Ñandú Textil", "Árbol Azul", "Zapatería León", "Café Ocote", "nandu calzado"].iter().enumerate()
    {
        create(
            &acme,
            json!({ "trade_name": name, "phone": format!("971160900{index}"),
                "kind": if index < 2 { "person" } else { "company" },
                "tags": [if index % 2 == 0 { "par" } else { "impar" }],
                "tax_id": { "country": "GT", "number": format!("ID{index}00") } }),
        )
        .await;
    }
    let names = async |query: &str| -> Vec<String> {
        let answer = acme.owner.get(&format!("/api/v1/customers{query}")).await.expect(200);
        let data = answer.body["data"].as_array().unwrap().clone();
        data.iter().map(|one| one["trade_name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("?q=NANDU&sort=created_at").await, ["Ñandú Textil", "nandu calzado"]);
    assert_eq!(names("?q=971%20160-9003").await, ["Café Ocote"]);
    assert_eq!(names("?q=id200").await, ["Zapatería León"]);
    assert_eq!(names("?q=100%25").await, [] as [&str; 0]);
    assert_eq!(names("?tag=par&kind=company&sort=trade_name").await, ["Zapatería León", "nandu calzado"]);
    assert_eq!(names("?status=churned").await, [] as [&str; 0]);
    assert_eq!(names("?health_min=71").await, [] as [&str; 0]);

    for sort in ["created_at", "-created_at", "updated_at", "-health_score", "trade_name", "-trade_name"] {
        let whole = names(&format!("?sort={sort}")).await;
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let page =
                acme.owner.get(&format!("/api/v1/customers?limit=2&sort={sort}{cursor}")).await.expect(200);
            let data = page.body["data"].as_array().unwrap();
            paged.extend(data.iter().map(|one| one["trade_name"].as_str().unwrap().to_owned()));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(paged, whole, "{sort}");
    }
    let summary = acme.owner.get("/api/v1/customers/summary").await.expect(200);
    assert_eq!(
        summary.body,
        json!({ "total": 5, "by_status": { "active": 5, "churned": 0 }, "at_risk": 0, "archived": 0 })
    );
}
