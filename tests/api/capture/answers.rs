//! What becomes of an answer: a lead with consent and origin, or a note on the one that is there.

#![expect(clippy::disallowed_methods, reason = "clients at once")]

use serde_json::{Value, json};

use super::{answer, form, leads, path, totals, visitor};
use crate::support::{TestApp, until};

#[tokio::test]
async fn an_answer_becomes_a_lead_with_consent_origin_and_owner() {
    let acme = TestApp::shared().tenant().await;
    let (_, seller) = acme.colleague(&["SALES"]).await;
    for field in [
        json!({ "key": "giro", "label": "Giro", "type": "multi_choice", "choices": ["Textil", "Calzado"] }),
        json!({ "key": "presupuesto", "label": "Presupuesto", "type": "number" }),
        json!({ "key": "urgente", "label": "Urgente", "type": "boolean", "required": true }),
    ] {
        acme.owner.post("/api/v1/leads/fields", field).await.expect(201);
    }
    let asked = json!([{ "name": "contact_name" }, { "name": "email" }, { "name": "phone" }, { "name": "notes" },
        { "name": "field.giro" }, { "name": "field.presupuesto" }]);
    let consent = json!({ "text": "Acepto el aviso de privacidad" });
    let made = form(&acme, json!({ "fields": asked, "consent": consent, "owner_id": seller })).await;
    let taken = answer(
        &made,
        json!({
            "contact_name": "Inés <b>Nájera</b>", "email": "ines@najera.mx", "phone": "971 160 9009", "notes": "Hola",
            "field.giro": ["Textil"], "field.presupuesto": "10,000", "consent": true, "consent_version": "1",
            "utm_source": "facebook", "utm_campaign": "otoño", "fbclid": "IwAR0", "gclid": "g1", "msclkid": "m1",
            "ttclid": "t1", "page_url": "https://www.empresa.mx/contacto?utm_source=facebook", "referrer": "https://l.facebook.com/",
            "status": "qualified", "score": 100, "tags": ["vip"], "source": "mine", "owner_id": acme.owner_id, "csrf": "x"
        }),
    )
    .await
    .expect(202);
    assert_eq!(taken.body, json!({ "message": "Gracias, recibimos sus datos.", "redirect_url": null }));
    let all = leads(&acme).await;
    let lead = &all[0];
    assert_eq!(all.len(), 1);
    assert_eq!(
        lead["company_name"], "Inés <b>Nájera</b>",
        "the person stands for the company, and text is text"
    );
    assert_eq!((&lead["phone"], &lead["status"]), (&json!("+529711609009"), &json!("new")));
    assert_eq!(
        (&lead["source"], &lead["tags"], &lead["owner_id"]),
        (&json!("sitio"), &json!(["web"]), &json!(seller))
    );
    assert_eq!(lead["custom_fields"], json!({ "giro": ["Textil"], "presupuesto": 10_000, "urgente": false }));
    assert_eq!(
        lead["first_touch"],
        json!({
            "source": "facebook", "campaign": "otoño", "gclid": "g1", "fbclid": "IwAR0", "msclkid": "m1", "ttclid": "t1",
            "landing_page": "https://www.empresa.mx/contacto?utm_source=facebook", "referrer": "https://l.facebook.com/",
            "form": "Contacto"
        })
    );
    let consent = &lead["consent"];
    assert_eq!(
        (&consent["status"], &consent["text"], &consent["version"], &consent["ip"]),
        (&json!("granted"), &json!("Acepto el aviso de privacidad"), &json!("1"), &json!("127.0.0.1"))
    );
    assert!(consent["at"].is_string());
    let history = format!("/api/v1/audit?record_id={}", lead["id"].as_str().unwrap());
    until("it is told and scored as every lead", async || {
        let told = acme.owner.get(&history).await.text;
        ["Lead.Created", "Lead.Captured", "\"outcome\":\"created\""].iter().all(|part| told.contains(part))
    })
    .await;
}

#[tokio::test]
async fn consent_is_to_the_text_that_the_person_saw() {
    let acme = TestApp::shared().tenant().await;
    let made = form(&acme, json!({ "consent": { "text": "Primero" } })).await;
    let location = made.header("location").unwrap();
    for body in
        [json!({}), json!({ "consent": false }), json!({ "consent": "no" }), json!({ "consent": [true] })]
    {
        let mut body = body;
        body["email"] = json!("a@acme.mx");
        let refused = answer(&made, body).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), "/consent");
    }
    acme.owner.patch(location, json!({ "consent": { "text": "Segundo" } })).await.expect(200);
    let agreed = async |email: &str, version: Value| {
        answer(&made, json!({ "email": email, "consent": "on", "consent_version": version })).await
    };
    agreed("first@acme.mx", json!("1")).await.expect(202);
    agreed("second@acme.mx", Value::Null).await.expect(202);
    let refused = agreed("third@acme.mx", json!("3")).await.expect(422);
    assert_eq!(refused.text_at("/errors/0/pointer"), "/consent");
    let optional = json!({ "consent": { "text": "Segundo", "required": false } });
    acme.owner.patch(location, optional).await.expect(200);
    answer(&made, json!({ "email": "none@acme.mx" })).await.expect(202);
    for (email, expected) in
        [("first", json!("Primero")), ("second", json!("Segundo")), ("none", Value::Null)]
    {
        let found = acme.owner.get(&format!("/api/v1/leads?q={email}%40acme.mx")).await.expect(200);
        assert_eq!(found.body["data"][0]["consent"]["text"], expected, "{email}");
    }
    assert_eq!(totals(&acme, &made).await["refused"], 5);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_at_the_names_of_the_form() {
    let acme = TestApp::shared().tenant().await;
    let field = json!({ "key": "fecha", "label": "Fecha", "type": "date", "required": true });
    acme.owner.post("/api/v1/leads/fields", field).await.expect(201);
    let asked = json!([{ "name": "contact_name", "required": true }, { "name": "email" }, { "name": "employee_count" }]);
    let made = form(&acme, json!({ "fields": asked })).await;
    let good = json!({ "contact_name": "Ana", "email": "ana@acme.mx", "field.fecha": "2026-11-22", "employee_count": "5" });
    for (change, pointers) in [
        (json!({ "contact_name": null }), &["/contact_name"][..]),
        (json!({ "email": "nobody" }), &["/email"]),
        (json!({ "email": { "a": 1 } }), &["/email"]),
        (json!({ "email": "" }), &["/email"]),
        (json!({ "contact_name": 7, "email": "x" }), &["/contact_name", "/email"]),
        (json!({ "contact_name": "a\u{7}" }), &["/contact_name"]),
        (json!({ "contact_name": "x".repeat(300) }), &["/contact_name"]),
        (json!({ "employee_count": "many" }), &["/employee_count"]),
        (json!({ "employee_count": -1 }), &["/employee_count"]),
        (json!({ "field.fecha": "tomorrow" }), &["/field.fecha"]),
        (json!({ "field.fecha": "" }), &["/field.fecha"]),
    ] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = answer(&made, body).await.expect(422);
        let errors = refused.body["errors"].as_array().unwrap();
        let found: Vec<&str> = errors.iter().filter_map(|error| error["pointer"].as_str()).collect();
        assert_eq!(found, pointers, "{change}: {}", refused.text);
    }
    answer(&made, good).await.expect(202);
    assert_eq!(leads(&acme).await.len(), 1);
}

#[tokio::test]
async fn a_person_who_is_a_lead_already_is_noted_and_not_told() {
    let acme = TestApp::shared().tenant().await;
    let body = json!({ "company_name": "Nájera", "email": "ines@najera.mx", "phone": "+529711609009", "notes": "Buena clienta" });
    let lead = acme.owner.post("/api/v1/leads", body).await.expect(201).text_at("/id");
    let lead = format!("/api/v1/leads/{lead}");
    let other = json!({ "company_name": "Otra", "phone": "+525517037908" });
    acme.owner.post("/api/v1/leads", other).await.expect(201);
    let made = form(&acme, json!({ "consent": { "text": "Acepto" } })).await;
    let known = json!({
        "contact_name": "Alguien", "email": "INES@najera.mx", "phone": "+525517037908", "notes": "Llámenme", "consent": true
    });
    let new = answer(&made, json!({ "email": "new@acme.mx", "consent": true })).await.expect(202);
    let same = answer(&made, known.clone()).await.expect(202);
    assert_eq!(same.body, new.body, "the answer does not tell who is a lead");
    let noted = acme.owner.get(&lead).await.expect(200);
    assert_eq!(
        (noted.text_at("/company_name").as_str(), &noted.body["contact_name"]),
        ("Nájera", &Value::Null)
    );
    assert_eq!(
        (noted.text_at("/notes").as_str(), noted.text_at("/phone").as_str()),
        ("Buena clienta", "+529711609009")
    );
    assert_eq!(
        (noted.text_at("/consent/text").as_str(), noted.text_at("/utm/form").as_str()),
        ("Acepto", "Contacto")
    );
    let activity = acme.owner.get(&format!("{lead}/activities")).await.expect(200).text_at("/data/0/text");
    assert!(activity.contains("Mensaje: Llámenme") && activity.contains("Nombre: Alguien"), "{activity}");

    acme.owner.patch(made.header("location").unwrap(), json!({ "on_duplicate": "update" })).await.expect(200);
    answer(&made, known).await.expect(202);
    let updated = acme.owner.get(&lead).await.expect(200);
    assert_eq!(
        (updated.text_at("/contact_name").as_str(), updated.text_at("/company_name").as_str()),
        ("Alguien", "Nájera")
    );
    assert_eq!(
        (updated.text_at("/notes").as_str(), updated.text_at("/phone").as_str()),
        ("Buena clienta", "+529711609009")
    );
    assert_eq!(leads(&acme).await.len(), 3);
    let expected = json!({ "submissions": 3, "created": 1, "duplicates": 2, "refused": 0, "spam": 0 });
    assert_eq!(totals(&acme, &made).await, expected);
}

#[tokio::test]
async fn a_lead_that_has_all_its_tags_takes_an_answer_without_that_of_the_form() {
    let acme = TestApp::shared().tenant().await;
    let tags: Vec<String> = (0..50).map(|n| format!("t{n}")).collect();
    let full = json!({ "company_name": "Nájera", "email": "ines@najera.mx", "tags": tags });
    let id = acme.owner.post("/api/v1/leads", full).await.expect(201).text_at("/id");
    let made = form(&acme, json!({ "on_duplicate": "update" })).await;
    answer(&made, json!({ "contact_name": "Inés", "email": "ines@najera.mx" })).await.expect(202);
    let path = format!("/api/v1/leads/{id}");
    let updated = acme.owner.get(&path).await.expect(200).body;
    assert_eq!((&updated["contact_name"], &updated["tags"]), (&json!("Inés"), &json!(tags)));
    acme.owner.patch(&path, json!({ "industry": "Textil" })).await.expect(200);
}

#[tokio::test]
async fn the_same_answer_sent_twice_at_once_is_one_lead() {
    let acme = TestApp::shared().tenant().await;
    let made = form(&acme, json!({})).await;
    let send = |key: Option<&str>, email: String| {
        let client = key.map_or_else(visitor, |key| visitor().with_header("Idempotency-Key", key));
        let path = path(&made);
        tokio::spawn(
            async move { client.post(&path, json!({ "email": email, "phone": "971 160 9009" })).await },
        )
    };
    let clicks: Vec<_> = (0..8).map(|_| send(None, "ana@acme.mx".to_owned())).collect();
    for click in clicks {
        click.await.unwrap().expect(202);
    }
    assert_eq!(leads(&acme).await.len(), 1);
    // The script sends a key: the second one is the first one.
    let first = send(Some("one"), "beto@acme.mx".to_owned()).await.unwrap().expect(202);
    let second = send(Some("one"), "beto@acme.mx".to_owned()).await.unwrap().expect(202);
    assert_eq!((first.body, second.header("idempotency-replayed")), (second.body.clone(), Some("true")));
    let expected = json!({ "submissions": 9, "created": 1, "duplicates": 8, "refused": 0, "spam": 0 });
    assert_eq!(totals(&acme, &made).await, expected);
}

#[tokio::test]
async fn a_value_that_only_one_lead_may_have_is_no_error_to_the_person() {
    let acme = TestApp::shared().tenant().await;
    let field = json!({ "key": "rfc", "label": "RFC", "type": "text", "unique": true });
    acme.owner.post("/api/v1/leads/fields", field).await.expect(201);
    let made = form(&acme, json!({ "fields": [{ "name": "email" }, { "name": "field.rfc" }] })).await;
    answer(&made, json!({ "email": "a@acme.mx", "field.rfc": "VADA800927DJ3" })).await.expect(202);
    answer(&made, json!({ "email": "b@acme.mx", "field.rfc": "vada800927dj3" })).await.expect(202);
    assert_eq!(leads(&acme).await.len(), 1);
}

#[tokio::test]
async fn a_page_that_posts_a_form_itself_gets_a_page() {
    let acme = TestApp::shared().tenant().await;
    let url = "https://www.empresa.mx/gracias?a=b";
    let made = form(&acme, json!({ "thanks_url": url, "consent": { "text": "Acepto" } })).await;
    let browser = visitor().with_header("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    let post = async |body: &str| {
        browser.send_raw(&path(&made), "application/x-www-form-urlencoded", body.as_bytes().to_vec()).await
    };
    let refused = post("contact_name=%3Cscript%3E&email=nobody").await.expect(422);
    assert_eq!(refused.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(refused.text.contains("email: ") && !refused.text.contains("<script>"), "{}", refused.text);
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nmulti@acme.mx\r\n--x\r\n\
        Content-Disposition: form-data; name=\"consent\"\r\n\r\non\r\n--x\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.exe\"\r\n\r\nMZ\r\n--x--\r\n";
    let form_type = "multipart/form-data; boundary=x";
    visitor().send_raw(&path(&made), form_type, multipart.as_bytes().to_vec()).await.expect(202);
    acme.owner.patch(made.header("location").unwrap(), json!({ "thanks_url": null })).await.expect(200);
    let thanks = post("email=ana%40acme.mx&email=&consent=on&utm_source=fb&csrf=1").await.expect(200);
    assert!(thanks.text.contains("<h1>Gracias, recibimos sus datos.</h1>"), "{}", thanks.text);
    assert!(thanks.header("content-security-policy").is_some());
    let found = acme.owner.get("/api/v1/leads?q=ana%40acme.mx").await.expect(200);
    assert_eq!(found.body["data"][0]["utm"]["source"], "fb");
    assert_eq!(leads(&acme).await.len(), 2);
    acme.owner.patch(made.header("location").unwrap(), json!({ "thanks_url": url })).await.expect(200);
    assert_eq!(see_other(&browser_address(&path(&made)), "email=eva%40acme.mx&consent=1").await, url);
}

fn browser_address(path: &str) -> String {
    format!("{}{path}", TestApp::shared().url)
}

/// Where a browser is sent that posts `body`.
async fn see_other(address: &str, body: &'static str) -> String {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = client.post(address).header("Accept", "text/html").body(body);
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 303);
    answer.headers()["location"].to_str().unwrap().to_owned()
}
