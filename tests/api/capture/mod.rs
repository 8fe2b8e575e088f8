//! Forms of web pages: how they are made, who may answer them, and what becomes of the answers.

mod answers;
mod doors;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Tenant, TestApp, until};

const FORMS: &str = "/api/v1/leads/forms";
const PAGE: &str = "https://www.empresa.mx";

/// A form for the page of the company, with `more` over the usual.
async fn form(tenant: &Tenant, more: Value) -> Answer {
    let mut body = json!({
        "name": "Contacto", "origins": [PAGE], "source": "sitio", "tags": ["web"],
        "fields": [{ "name": "contact_name" }, { "name": "email" }, { "name": "phone" }, { "name": "notes" }]
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    tenant.owner.post(FORMS, body).await.expect(201)
}

/// Somebody in a page of the company.
fn visitor() -> Client {
    TestApp::shared().anonymous().with_header("Origin", PAGE)
}

async fn answer(form: &Answer, body: Value) -> Answer {
    visitor().post(&path(form), body).await
}

fn path(form: &Answer) -> String {
    format!("/api/v1/capture/{}", form.text_at("/form_key"))
}

async fn leads(tenant: &Tenant) -> Vec<Value> {
    tenant.owner.get("/api/v1/leads").await.expect(200).body["data"].as_array().unwrap().clone()
}

async fn totals(tenant: &Tenant, form: &Answer) -> Value {
    let path = format!("{FORMS}/{}/results", form.text_at("/id"));
    tenant.owner.get(&path).await.expect(200).body["total"].clone()
}

#[tokio::test]
async fn forms_are_made_changed_and_archived() {
    let acme = TestApp::shared().tenant().await;
    let (seller, _) = acme.colleague(&["SALES"]).await;
    let made = form(&acme, json!({ "consent": { "text": "Acepto el aviso" } })).await;
    let path = made.header("location").unwrap().to_owned();
    let (key, id) = (made.text_at("/form_key"), made.text_at("/id"));
    assert_eq!(key.len(), 22);
    assert!(made.text_at("/html").contains(&format!("/api/v1/capture/{key}/form.js")), "{}", made.text);
    assert_eq!(made.body["language"], "es");
    assert_eq!(made.body["consent"], json!({ "text": "Acepto el aviso", "version": "1", "required": true }));

    let first = acme.owner.with_header("If-Match", "\"1\"");
    let changed = first.patch(&path, json!({ "consent": { "text": "Acepto el nuevo" } })).await.expect(200);
    assert_eq!(
        (changed.text_at("/consent/version").as_str(), changed.text_at("/version").as_str()),
        ("2", "2")
    );
    first.patch(&path, json!({ "active": false })).await.expect(412);
    let same = acme.owner.patch(&path, json!({ "consent": { "text": "Acepto el nuevo" } })).await.expect(200);
    assert_eq!(same.text_at("/version"), "2", "nothing changed");
    let cleared =
        acme.owner.patch(&path, json!({ "consent": null, "thanks_text": "Listo" })).await.expect(200);
    assert_eq!((&cleared.body["consent"], &cleared.body["thanks_text"]), (&Value::Null, &json!("Listo")));

    seller.get(FORMS).await.expect(200);
    seller.patch(&path, json!({ "name": "x" })).await.expect(403);
    let rotated = acme.owner.post(&format!("{path}/rotate-key"), json!({})).await.expect(200);
    assert_ne!(rotated.text_at("/form_key"), key);
    answer(&made, json!({ "email": "a@acme.mx" })).await.expect(404);
    answer(&rotated, json!({ "email": "a@acme.mx" })).await.expect(202);
    acme.owner.delete(&path).await.expect(204);
    acme.owner.get(&path).await.expect(404);
    answer(&rotated, json!({ "email": "b@acme.mx" })).await.expect(404);
    assert_eq!(leads(&acme).await.len(), 1);
    let history = format!("/api/v1/audit?record_id={id}");
    until("its history is told", async || {
        let told = acme.owner.get(&history).await.text;
        ["added", "changed", "key_rotated", "archived"].iter().all(|change| told.contains(change))
    })
    .await;
}

#[tokio::test]
async fn forms_that_nobody_could_answer_are_refused() {
    let acme = TestApp::shared().tenant().await;
    let stranger = TestApp::shared().tenant().await.owner_id;
    let made = form(&acme, json!({})).await;
    let path = made.header("location").unwrap();
    let email = json!({ "name": "email" });
    for (change, pointer) in [
        (json!({ "fields": [] }), "/fields"),
        (json!({ "fields": [{ "name": "contact_name" }] }), "/fields"),
        (json!({ "fields": [email, email] }), "/fields/1/name"),
        (json!({ "fields": [email, { "name": "status" }] }), "/fields/1/name"),
        (json!({ "fields": [email, { "name": "field.nowhere" }] }), "/fields/1/name"),
        (json!({ "fields": [{ "name": "email", "label": "a\nb" }] }), "/fields/0/label"),
        (json!({ "origins": ["https://empresa.mx", "https://empresa.mx/contacto"] }), "/origins/1"),
        (json!({ "origins": ["*"] }), "/origins/0"),
        (json!({ "origins": ["null"] }), "/origins/0"),
        (json!({ "thanks_url": "https://empresa.mx/\r\nSet-Cookie: a=b" }), "/thanks_url"),
        (json!({ "thanks_url": "javascript:alert(1)" }), "/thanks_url"),
        (json!({ "thanks_url": "//empresa.mx" }), "/thanks_url"),
        (json!({ "consent": { "text": " " } }), "/consent/text"),
        (json!({ "owner_id": stranger }), "/owner_id"),
        (json!({ "name": "" }), "/name"),
        (json!({ "tags": ["a", ""] }), "/tags/1"),
        (json!({ "on_duplicate": "merge" }), "/on_duplicate"),
        (json!({ "form_key": "mine" }), "/form_key"),
    ] {
        let refused = acme.owner.patch(path, change.clone()).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer, "{change}");
        let mut whole = json!({ "name": "Otra", "fields": [email] });
        whole.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = acme.owner.post(FORMS, whole).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer, "{change}");
    }
    let unchanged = acme.owner.get(path).await.expect(200);
    assert_eq!(unchanged.text_at("/version"), "1");
    let results = format!("{path}/results");
    acme.owner.get(&format!("{results}?from=2026-02-01&to=2026-01-01")).await.expect(422);
    acme.owner.get(&format!("{results}?from=2020-02-01&to=2026-01-01")).await.expect(422);
    acme.owner.get(&format!("{results}?from=soon")).await.expect(422);
}

#[tokio::test]
async fn the_script_shows_the_form_as_it_is_and_is_cached() {
    let acme = TestApp::shared().tenant().await;
    let field = json!({ "key": "giro", "label": "</script><script>alert(1)</script>", "type": "choice", "choices": ["A", "B"] });
    acme.owner.post("/api/v1/leads/fields", field).await.expect(201);
    let asked = json!([{ "name": "email", "required": true }, { "name": "field.giro" }]);
    let made = form(&acme, json!({ "fields": asked, "consent": { "text": "Acepto" } })).await;
    let address = format!("{}/form.js", path(&made));
    let anonymous = TestApp::shared().anonymous();
    let script = anonymous.get(&address).await.expect(200);
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert!(script.header("cache-control").is_some_and(|text| text.contains("max-age")));
    assert!(!script.text.contains("</script>") && script.text.contains("\\u003c/script>"), "{}", script.text);
    for part in ["Correo electrónico", "\"choices\":[\"A\",\"B\"]", "\"version\":\"1\""] {
        assert!(script.text.contains(part), "{part}");
    }
    for word in ["eval(", "new Function", "document.cookie", "innerHTML"] {
        assert!(!script.text.contains(word), "{word}");
    }
    let etag = script.header("etag").unwrap();
    let again = anonymous.with_header("If-None-Match", etag).get(&address).await.expect(304);
    assert_eq!((again.text.as_str(), again.header("etag")), ("", Some(etag)));
    let location = made.header("location").unwrap();
    acme.owner.patch(location, json!({ "language": "en" })).await.expect(200);
    let english = anonymous.with_header("If-None-Match", etag).get(&address).await.expect(200);
    assert!(english.text.contains("\"E-mail\"") && english.header("etag") != Some(etag));
    anonymous.get("/api/v1/capture/nowhere/form.js").await.expect(404);
    anonymous.send(Method::PUT, &path(&made), None).await.expect(405);
}

#[tokio::test]
async fn days_that_no_calendar_has_are_refused() {
    let acme = TestApp::shared().tenant().await;
    let made = form(&acme, json!({})).await;
    let results = format!("{FORMS}/{}/results", made.text_at("/id"));
    for query in [
        "to=-262143-01-01",
        "to=-9999-01-01",
        "from=-9999-01-01&to=-9999-02-01",
        "from=%2B262142-01-01&to=%2B262142-02-01",
        "from=1899-12-31&to=1900-01-01",
        "from=2026-02-30",
        "from=2026-11-22T00:00:00Z",
        "from=2026-11-23&to=2026-11-22",
    ] {
        acme.owner.get(&format!("{results}?{query}")).await.expect(422);
    }
    for query in ["from=1900-01-01&to=1900-01-01", "from=2199-12-31&to=2199-12-31", "to=1900-02-01"] {
        acme.owner.get(&format!("{results}?{query}")).await.expect(200);
    }
}
