//! What clients see of a lead, whole: records, problems, activities, scores, counts.

#![expect(clippy::too_many_lines, reason = "answers are written out whole")]

use insta::assert_snapshot;
use serde_json::json;

use super::create;
use crate::support::{Client, Tenant, TestApp, until};

async fn tailor(tenant: &Tenant) -> String {
    create(
        tenant,
        json!({
            "company_name": "Sastrería Ñandú", "contact_name": "Inés Nájera", "email": "Ines@Nandu.MX",
            "phone": "971 160 9009", "industry": "Tecnología", "employee_count": 600, "tags": ["istmo"],
            "annual_revenue": { "amount": "1234.5", "currency": "MXN" }, "custom_fields": { "giro": "confección" },
            "utm": { "source": "facebook", "campaign": "otoño" }
        }),
    )
    .await
}

fn spanish(client: &Client) -> Client {
    client.with_header("Accept-Language", "es-MX")
}

#[tokio::test]
async fn the_record_of_a_lead() {
    let acme = TestApp::shared().tenant().await;
    let id = tailor(&acme).await;
    let path = format!("/api/v1/leads/{id}");
    until("the lead is scored", async || acme.owner.get(&path).await.text_at("/score") == "75").await;
    assert_snapshot!(acme.owner.get(&path).await.shape(), @r#"
200
{
  "id": "<id>",
  "company_name": "Sastrería Ñandú",
  "contact_name": "Inés Nájera",
  "email": "Ines@Nandu.MX",
  "phone": "+529711609009",
  "website": null,
  "industry": "Tecnología",
  "employee_count": 600,
  "annual_revenue": {
    "amount": "1234.50",
    "currency": "MXN"
  },
  "status": "new",
  "disqualify_reason": null,
  "score": 75,
  "source": "manual",
  "owner_id": null,
  "tags": [
    "istmo"
  ],
  "notes": null,
  "custom_fields": {
    "giro": "confección"
  },
  "utm": {
    "source": "facebook",
    "campaign": "otoño"
  },
  "first_touch": {
    "source": "facebook",
    "campaign": "otoño"
  },
  "consent": null,
  "import_id": null,
  "version": 1,
  "created_at": "<now>",
  "updated_at": "<now>",
  "last_activity_at": null,
  "next_follow_up_at": null,
  "follow_up_note": null,
  "forgotten_at": null
}
"#);
    assert_snapshot!(acme.owner.get(&format!("{path}/score")).await.shape(), @r#"
200
{
  "score": 75,
  "confidence": 0.6,
  "method": "rule_based_fallback",
  "reasons": [
    {
      "rule": "base",
      "points": 50
    },
    {
      "rule": "employee_count",
      "points": 15
    },
    {
      "rule": "industry",
      "points": 10
    }
  ]
}
"#);
    assert_snapshot!(acme.owner.get("/api/v1/leads/summary").await.shape(), @r#"
200
{
  "total": 1,
  "by_status": {
    "new": 1,
    "contacted": 0,
    "qualified": 0,
    "converted": 0,
    "disqualified": 0
  },
  "forgotten": 0,
  "follow_ups_due": 0
}
"#);
}

#[tokio::test]
async fn the_time_line_of_a_lead() {
    let acme = TestApp::shared().tenant().await;
    let id = create(&acme, super::lead("Acme", "a@acme.mx")).await;
    let path = format!("/api/v1/leads/{id}");
    let call = json!({ "kind": "call", "text": "Pidió precios", "at": "2026-01-05T10:00:00Z" });
    assert_snapshot!(acme.owner.post(&format!("{path}/activities"), call).await.shape(), @r#"
201
{
  "id": "<id>",
  "kind": "call",
  "text": "Pidió precios",
  "at": "2026-01-05T10:00:00Z",
  "user_id": "<id>",
  "created_at": "<now>"
}
"#);
    acme.owner.post(&format!("{path}/disqualify"), json!({ "reason": "Cerró" })).await.expect(200);
    assert_snapshot!(acme.owner.get(&format!("{path}/activities")).await.shape(), @r#"
200
{
  "data": [
    {
      "id": "<id>",
      "kind": "call",
      "text": "Pidió precios",
      "at": "2026-01-05T10:00:00Z",
      "user_id": "<id>",
      "created_at": "<now>"
    }
  ],
  "next_cursor": null
}
"#);
}

#[tokio::test]
async fn refusals_say_which_field_and_why() {
    let acme = TestApp::shared().tenant().await;
    let id = tailor(&acme).await;
    let wrong = json!({ "company_name": "", "email": "ana", "employee_count": -1 });
    assert_snapshot!(acme.owner.post("/api/v1/leads", wrong).await.shape(), @r#"
422
{
  "type": "/problems/invalid",
  "title": "The request is not valid",
  "status": 422,
  "instance": "urn:uuid:<id>",
  "errors": [
    {
      "pointer": "/company_name",
      "detail": "The text is empty."
    },
    {
      "pointer": "/email",
      "detail": "This is not an e-mail address: it must look like name@company.com."
    },
    {
      "pointer": "/employee_count",
      "detail": "must be from 0 to 10,000,000"
    }
  ]
}
"#);
    let unknown = json!({ "company_name": "Acme", "colour": "red" });
    assert_snapshot!(spanish(&acme.owner).post("/api/v1/leads", unknown).await.shape(), @r#"
422
{
  "type": "/problems/invalid",
  "title": "La solicitud no es válida",
  "status": 422,
  "instance": "urn:uuid:<id>",
  "errors": [
    {
      "pointer": "/colour",
      "detail": "campo desconocido `colour`, se esperaba uno de `company_name`, `contact_name`, `email`, `phone`, `website`, `industry`, `employee_count`, `annual_revenue`, `source`, `owner_id`, `tags`, `notes`, `custom_fields`, `utm`, `consent`"
    }
  ]
}
"#);
    let again = json!({ "company_name": "Otra", "phone": "+52 1 971 160 9009" });
    assert_snapshot!(spanish(&acme.owner).post("/api/v1/leads", again).await.shape(), @r#"
409
{
  "type": "/problems/lead-duplicate",
  "title": "Ya hay un prospecto con este correo o teléfono",
  "status": 409,
  "detail": "El mismo teléfono es del prospecto <id>; envíe `?on_duplicate=update` para actualizarlo, o `allow` para conservar ambos",
  "instance": "urn:uuid:<id>",
  "existing_id": "<id>",
  "existing": "/api/v1/leads/<id>",
  "field": "phone"
}
"#);
    let path = format!("/api/v1/leads/{id}");
    acme.owner.post(&format!("{path}/disqualify"), json!({ "reason": "Cerró" })).await.expect(200);
    assert_snapshot!(acme.owner.post(&format!("{path}/qualify"), json!({})).await.shape(), @r#"
409
{
  "type": "/problems/lead-wrong-state",
  "title": "The lead is in another state",
  "status": 409,
  "detail": "A lead that is `disqualified` cannot become `qualified`; from here: new",
  "instance": "urn:uuid:<id>",
  "allowed": [
    "new"
  ]
}
"#);
    assert_snapshot!(spanish(&acme.owner).get("/api/v1/leads?sort=shoe_size&limit=0").await.shape(), @r#"
422
{
  "type": "/problems/invalid",
  "title": "La solicitud no es válida",
  "status": 422,
  "instance": "urn:uuid:<id>",
  "errors": [
    {
      "parameter": "limit",
      "detail": "no es válido: se esperaba un número de 1 a 200"
    }
  ]
}
"#);
    assert_snapshot!(acme.owner.get("/api/v1/leads/19").await.shape(), @r#"
422
{
  "type": "/problems/invalid",
  "title": "The request is not valid",
  "status": 422,
  "instance": "urn:uuid:<id>",
  "errors": [
    {
      "parameter": "id",
      "detail": "is not an identifier (a UUID)"
    }
  ]
}
"#);
}
