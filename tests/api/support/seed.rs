//! A tenant with a row in every table that the API can fill, for the tests that try everything.

use reqwest::Method;
use serde_json::json;
use totp_rs::{Builder, Secret};

use super::money::money;
use super::sales::sales;
use super::{Client, Database, Tenant, TestApp, until};

/// A tenant and what it holds.
pub struct Seeded {
    pub tenant: Tenant,
    /// A word that is in every text of this tenant and of no other.
    pub marker: String,
    /// What stands for each path parameter: the path up to and with the parameter, and an identifier of this tenant.
    pub ids: Vec<(&'static str, String)>,
}

impl Seeded {
    /// Fills a new tenant through the API.
    pub async fn new(app: &TestApp) -> Self {
        let tenant = app.tenant().await;
        let marker = tenant.slug.clone();
        let (colleague, colleague_id) = tenant.colleague(&["SALES"]).await;
        second_factor(app, &colleague).await;
        password_reset(app, &tenant).await;
        let session = app.sign_in(&tenant).await.owner.get("/api/v1/me/sessions").await.expect(200);
        let key =
            tenant.owner.post("/api/v1/api-keys", json!({ "name": marker, "scopes": ["leads:read"] })).await;
        let field = json!({ "key": "localidad", "label": marker, "type": "text" });
        let field = tenant.owner.post("/api/v1/leads/fields", field).await.expect(201);
        let lead = json!({
            "company_name": format!("Taller {marker}"), "contact_name": format!("Inés {marker}"), "tags": [marker],
            "email": format!("{marker}@taller.example"), "phone": "+529711609009", "notes": marker,
            "custom_fields": { "localidad": marker }
        });
        let once = tenant.owner.with_header("Idempotency-Key", &marker);
        let lead_id = once.post("/api/v1/leads", lead).await.expect(201).text_at("/id");
        let of_lead = |rest: &str| format!("/api/v1/leads/{lead_id}/{rest}");
        let contact = json!({ "name": marker, "email": format!("contacto.{marker}@taller.example") });
        let contact = tenant.owner.post(&of_lead("contacts"), contact).await.expect(201);
        let activity = json!({ "kind": "call", "text": marker });
        tenant.owner.post(&of_lead("activities"), activity).await.expect(201);
        tenant.owner.post(&of_lead("assign"), json!({ "owner_id": colleague_id })).await.expect(200);
        let follow_up = json!({ "at": "2030-01-15T16:00:00Z", "note": marker });
        tenant.owner.post(&of_lead("follow-up"), follow_up).await.expect(200);
        let rule = json!({ "name": marker, "method": "round_robin", "sources": [marker], "user_ids": [colleague_id] });
        let rule = tenant.owner.post("/api/v1/leads/assignment-rules", rule).await.expect(201);
        let (form, form_key) = form(&tenant, &marker).await;
        let mut ids = vec![
            ("/api/v1/leads/forms/{id}", form),
            ("/api/v1/capture/{form_key}", form_key),
            ("/api/v1/teams/{id}", team(&tenant, &marker, &colleague_id).await),
            ("/api/v1/users/{id}", colleague_id),
            ("/api/v1/me/sessions/{id}", session.text_at("/data/0/id")),
            ("/api/v1/api-keys/{id}", key.expect(201).text_at("/id")),
            ("/api/v1/leads/{id}", lead_id.clone()),
            ("/api/v1/leads/fields/{id}", field.text_at("/id")),
            ("/api/v1/leads/assignment-rules/{id}", rule.text_at("/id")),
            ("/api/v1/leads/merges/{id}", merged(&tenant, &marker).await),
            ("/api/v1/leads/{id}/contacts/{contact_id}", contact.text_at("/id")),
        ];
        let mut database = Database::connect(&app.admin_url);
        let letter = dead_letter(&mut database, &lead_id, "leads-scoring");
        ids.push(("/api/v1/events/dead-letters/{id}", letter.await));
        let (webhook, delivery) = webhook(&tenant, &marker).await;
        ids.push(("/api/v1/webhooks/{id}", webhook));
        ids.push(("/api/v1/webhooks/{id}/deliveries/{delivery_id}", delivery));
        ids.extend(files(&tenant, &marker).await);
        ids.extend(customers(&tenant, &marker).await);
        let mut seeded = Self { tenant, marker, ids };
        let customer = seeded.id("/api/v1/customers/{id}").unwrap_or_default().to_owned();
        let sold = sales(&seeded.tenant, &seeded.marker, &customer).await;
        seeded.ids.extend(sold);
        let owed = money(&mut database, &seeded.tenant, &customer, &seeded.marker).await;
        seeded.ids.extend(owed);
        seeded
    }

    /// The identifier for the parameter with which `path` ends.
    pub fn id(&self, path: &str) -> Option<&str> {
        self.ids.iter().find(|(place, _)| *place == path).map(|(_, id)| id.as_str())
    }
}

/// A team with one person.
async fn team(tenant: &Tenant, marker: &str, member: &str) -> String {
    let team = json!({ "name": marker, "member_ids": [member] });
    tenant.owner.post("/api/v1/teams", team).await.expect(201).text_at("/id")
}

/// Two leads that became one, and two that are alike; answers the merge.
async fn merged(tenant: &Tenant, marker: &str) -> String {
    let mut twins = Vec::new();
    for number in 0..4 {
        let body = json!({ "company_name": format!("Gemela {marker}"), "email": format!("g{number}.{marker}@taller.example") });
        twins.push(tenant.owner.post("/api/v1/leads", body).await.expect(201).text_at("/id"));
    }
    let merge = json!({ "other_id": twins[1] });
    let merge = tenant.owner.post(&format!("/api/v1/leads/{}/merge", twins[0]), merge).await.expect(200);
    merge.text_at("/merge/id")
}

/// A password that somebody says they forgot.
async fn password_reset(app: &TestApp, tenant: &Tenant) {
    app.anonymous().post("/api/v1/auth/password-reset", json!({ "email": tenant.email })).await.expect(202);
    let mut database = Database::connect(&app.admin_url);
    let written = format!("SELECT FROM identity.password_resets WHERE tenant_id = '{}'", tenant.id);
    until("the letter is written", async || !database.rows(&written).is_empty()).await;
}

/// A second factor that is asked for.
async fn second_factor(app: &TestApp, client: &Client) {
    let factor = "/api/v1/me/second-factor";
    let added = client.post(factor, json!({ "password": "correct horse battery" })).await.expect(201);
    let secret = Secret::try_from_base32(added.text_at("/secret")).expect("base32");
    let totp = Builder::new().with_secret(secret).build().expect("a seed");
    let now = u64::try_from(app.clock.now().timestamp()).expect("after 1970");
    let code = json!({ "code": totp.generate(now).to_string() });
    client.post(&format!("{factor}/confirm"), code).await.expect(200);
}

/// An event of the record `record` that `subscription` gave up on; answers the dead letter's id.
pub async fn dead_letter(database: &mut Database, record: &str, subscription: &str) -> String {
    let event = format!("events.log WHERE aggregate_id = '{record}'");
    until("the event is in the log", async || !database.rows(&format!("SELECT FROM {event}")).is_empty())
        .await;
    let id = uuid::Uuid::now_v7();
    database.run(&format!(
        "INSERT INTO events.dead_letters (id, subscription, position, event_id, tenant_id, aggregate_id, type, attempts,
             first_error, last_error, parked_at)
         SELECT '{id}', '{subscription}', position, event_id, tenant_id, aggregate_id, type, 8, 'first', 'last', now()
         FROM {event} ORDER BY position LIMIT 1"
    ));
    id.to_string()
}

/// A form with a consent text, answered once; its identifier and its key.
async fn form(tenant: &Tenant, marker: &str) -> (String, String) {
    let form = json!({
        "name": marker, "fields": [{ "name": "contact_name" }, { "name": "email" }],
        "consent": { "text": marker, "required": false }
    });
    let form = tenant.owner.post("/api/v1/leads/forms", form).await.expect(201);
    let key = form.text_at("/form_key");
    let answer = json!({ "contact_name": marker, "email": format!("forma.{marker}@taller.example") });
    tenant.owner.post(&format!("/api/v1/capture/{key}"), answer).await.expect(202);
    (form.text_at("/id"), key)
}

/// A webhook that takes nothing that happens here, and a ping to it that found nobody there.
async fn webhook(tenant: &Tenant, marker: &str) -> (String, String) {
    let webhook =
        json!({ "url": format!("http://127.0.0.1:1/{marker}"), "event_types": ["Webhook.Disabled"] });
    let id = tenant.owner.post("/api/v1/webhooks", webhook).await.expect(201).text_at("/id");
    let ping = tenant.owner.post(&format!("/api/v1/webhooks/{id}/ping"), json!({})).await.expect(202);
    let delivery = ping.header("location").expect("it is found somewhere").to_owned();
    until("the ping was tried", async || {
        tenant.owner.get(&delivery).await.expect(200).text_at("/status") == "failed"
    })
    .await;
    (id, ping.text_at("/id"))
}

/// A customer with a person, an activity and a field of its own.
async fn customers(tenant: &Tenant, marker: &str) -> Vec<(&'static str, String)> {
    let field = json!({ "key": "zona", "label": marker, "type": "text" });
    let field = tenant.owner.post("/api/v1/customers/fields", field).await.expect(201);
    let customer = json!({
        "trade_name": format!("Cliente {marker}"), "legal_name": marker, "notes": marker, "tags": [marker],
        "tax_id": { "country": "GT", "number": marker }, "custom_fields": { "zona": marker }
    });
    let id = tenant.owner.post("/api/v1/customers", customer).await.expect(201).text_at("/id");
    let of_customer = |rest: &str| format!("/api/v1/customers/{id}/{rest}");
    let contact = json!({ "name": marker, "email": format!("cliente.{marker}@taller.example") });
    let contact = tenant.owner.post(&of_customer("contacts"), contact).await.expect(201);
    let activity = json!({ "kind": "call", "text": marker });
    tenant.owner.post(&of_customer("activities"), activity).await.expect(201);
    let agreed = json!({
        "title": marker, "value": { "amount": "1500.00", "currency": "MXN" }, "billing_period": "month",
        "starts_on": "2027-01-01", "renews_on": "2027-12-01", "active": true
    });
    let agreed = tenant.owner.post(&of_customer("contracts"), agreed).await.expect(201);
    let task = json!({ "title": marker, "notes": marker, "due_at": "2030-01-15T16:00:00Z" });
    let task = tenant.owner.post(&of_customer("tasks"), task).await.expect(201);
    let template = json!({ "name": marker, "steps": [{ "title": marker }, { "title": "Capacitar" }] });
    let template = tenant.owner.post("/api/v1/customers/onboarding-templates", template).await.expect(201);
    let begin = json!({ "template_id": template.text_at("/id") });
    let onboarding = tenant.owner.post(&of_customer("onboardings"), begin).await.expect(201);
    until("the customer's health is known", async || {
        tenant.owner.get(&of_customer("health")).await.expect(200).body["checked_at"].is_string()
    })
    .await;
    let exported = json!({ "format": "csv", "filter": { "tag": marker } });
    let file = format!("Cliente,Correo\nTraído {marker},traido.{marker}@taller.example\n,{marker}\n");
    let again = format!("Cliente,Correo,Notas\nTraído,traido.{marker}@taller.example,{marker}\n");
    let [brought, mapping, upload] = transfers(tenant, "customers", marker, [file, again], "notes").await;
    let step = "/api/v1/customers/{id}/onboardings/{onboarding_id}/steps/{step_id}";
    vec![
        ("/api/v1/customers/imports/{id}", brought),
        ("/api/v1/customers/imports/mappings/{id}", mapping),
        ("/api/v1/customers/imports/uploads/{id}", upload),
        ("/api/v1/customers/exports/{id}", export(tenant, "customers", exported).await),
        (step, onboarding.text_at("/steps/0/id")),
        ("/api/v1/customers/{id}/onboardings/{onboarding_id}", onboarding.text_at("/id")),
        ("/api/v1/customers/onboarding-templates/{id}", template.text_at("/id")),
        ("/api/v1/customers/{id}/tasks/{task_id}", task.text_at("/id")),
        ("/api/v1/customers/{id}/contracts/{contract_id}", agreed.text_at("/id")),
        ("/api/v1/customers/fields/{id}", field.text_at("/id")),
        ("/api/v1/customers/{id}/contacts/{contact_id}", contact.text_at("/id")),
        ("/api/v1/customers/{id}", id),
    ]
}

/// Imports that brought, refused and changed something, a saved mapping, an upload and an export.
async fn files(tenant: &Tenant, marker: &str) -> Vec<(&'static str, String)> {
    let file = format!(
        "Empresa,Correo\nImportada {marker},importada.{marker}@taller.example\nSin contacto {marker},\n"
    );
    let again = format!("Empresa,Correo,Notas\nImportada,importada.{marker}@taller.example,{marker}\n");
    let [import, mapping, upload] = transfers(tenant, "leads", marker, [file, again], "notes").await;
    let body = json!({ "format": "csv", "filter": { "tag": marker } });
    vec![
        ("/api/v1/leads/imports/{id}", import),
        ("/api/v1/leads/imports/mappings/{id}", mapping),
        ("/api/v1/leads/imports/uploads/{id}", upload),
        ("/api/v1/leads/exports/{id}", export(tenant, "leads", body).await),
    ]
}

/// An import of the first file, one of the second that changes what is there, a saved mapping, and an upload of records that
/// are called `name`; answers the first import, the mapping and the upload.
pub async fn transfers(
    tenant: &Tenant,
    name: &str,
    marker: &str,
    [file, again]: [String; 2],
    field: &str,
) -> [String; 3] {
    let path = format!("/api/v1/{name}/imports");
    let first = import(tenant, &path, marker, file, json!({})).await;
    import(tenant, &path, marker, again, json!({ "on_duplicate": "update" })).await;
    let mapping = json!({ "name": marker, "mapping": { marker: field } });
    let mapping = tenant.owner.post(&format!("{path}/mappings"), mapping).await.expect(201);
    [first, mapping.text_at("/id"), upload(tenant, &path, marker).await]
}

/// A finished export of records that are called `name`.
pub async fn export(tenant: &Tenant, name: &str, body: serde_json::Value) -> String {
    let export = tenant.owner.post(&format!("/api/v1/{name}/exports"), body).await.expect(202);
    let location = export.header("location").expect("it is found somewhere").to_owned();
    until("the export ends", async || {
        tenant.owner.get(&location).await.expect(200).text_at("/status") == "completed"
    })
    .await;
    export.text_at("/id")
}

/// An upload of which a part has arrived.
async fn upload(tenant: &Tenant, imports: &str, marker: &str) -> String {
    let path = &format!("{imports}/uploads");
    let client = tenant.owner.with_header("Tus-Resumable", "1.0.0");
    let begun = client.with_header("Upload-Length", "100").post(path, json!({})).await.expect(201);
    let (id, kind) = (begun.text_at("/id"), "application/offset+octet-stream");
    let client = client.with_header("Upload-Offset", "0");
    client.send_bytes(Method::PATCH, &format!("{path}/{id}"), kind, marker.into()).await.expect(204);
    id
}

/// A finished import of `file`.
async fn import(
    tenant: &Tenant,
    path: &str,
    marker: &str,
    file: String,
    options: serde_json::Value,
) -> String {
    let name = format!("{marker}.csv");
    let started = tenant.owner.upload(path, &name, file.into_bytes(), Some(options)).await;
    let id = started.expect(202).text_at("/id");
    until("the import ends", async || {
        let import = tenant.owner.get(&format!("{path}/{id}")).await.expect(200);
        import.text_at("/status") == "completed"
    })
    .await;
    id
}

/// Waits until every event was put in order and handled, every letter sent and every document made, so that only requests
/// change anything.
pub async fn settled(database: &mut Database) {
    until("every event is handled", async || {
        let open = database.column(
            "SELECT (SELECT count(*) FROM events.outbox) + (SELECT count(*) FROM events.subscriptions s, events.counter c
             WHERE s.position < c.last_position) + (SELECT count(*) FROM events.retries)
             + (SELECT count(*) FROM identity.mails WHERE status = 'waiting')
             + (SELECT count(*) FROM billing.documents WHERE file_key IS NULL)",
        );
        open == ["0"]
    })
    .await;
}
