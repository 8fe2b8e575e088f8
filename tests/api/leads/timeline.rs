//! The time line of a lead: everything that happened to it, and to those that went into it.

use serde_json::{Value, json};

use super::{create, lead};
use crate::support::{Database, Tenant, TestApp, settled, until};

/// The time line, once it has `kinds` and nothing else in them, newest first.
async fn told(tenant: &Tenant, id: &str, kinds: &[&str]) -> Vec<Value> {
    let path = format!("/api/v1/leads/{id}/timeline?limit=200");
    let kind_of = |item: &Value| item["kind"].as_str().unwrap_or_default().to_owned();
    let items = async || tenant.owner.get(&path).await.expect(200).body["data"].as_array().unwrap().clone();
    until("the time line is told", async || items().await.iter().map(kind_of).collect::<Vec<_>>() == kinds)
        .await;
    items().await
}

#[tokio::test]
async fn everything_that_happened_is_told_with_before_and_after() {
    let acme = TestApp::shared().tenant().await;
    let (_, seller) = acme.colleague(&["SALES"]).await;
    let id = create(&acme, lead("Acme", "a@acme.mx")).await;
    let path = format!("/api/v1/leads/{id}");
    let post = async |rest: &str, body: Value| acme.owner.post(&format!("{path}/{rest}"), body).await;
    acme.owner.patch(&path, json!({ "notes": "Llamar", "tags": ["vip"] })).await.expect(200);
    post("assign", json!({ "owner_id": seller })).await.expect(200);
    post("activities", json!({ "kind": "call", "text": "Pidió precios" })).await.expect(201);
    post("contacts", json!({ "name": "Eva" })).await.expect(201);
    post("status", json!({ "status": "contacted" })).await.expect(200);
    post("follow-up", json!({ "at": "2030-01-15T16:00:00Z" })).await.expect(200);
    let expected = ["follow_up", "status", "contact", "activity", "assignment", "change", "created"];
    let items = told(&acme, &id, &expected).await;
    assert_eq!(
        items[5]["data"]["changes"],
        json!({ "tags": { "from": [], "to": ["vip"] }, "notes": { "from": null, "to": "Llamar" } })
    );
    assert_eq!(
        (&items[3]["data"]["text"], &items[3]["data"]["kind"]),
        (&json!("Pidió precios"), &json!("call"))
    );
    assert_eq!((&items[4]["data"]["from"], &items[4]["data"]["to"]), (&Value::Null, &json!(seller)));
    assert_eq!((&items[1]["data"]["from"], &items[1]["data"]["to"]), (&json!("new"), &json!("contacted")));
    for item in &items {
        assert_eq!((&item["lead_id"], &item["actor_name"]), (&json!(id), &json!("Ana Dueña")));
    }

    let read = async |query: &str| acme.owner.get(&format!("{path}/timeline{query}")).await;
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = read(&format!("?limit=3{cursor}")).await.expect(200);
        paged.extend(page.body["data"].as_array().unwrap().clone());
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, items);
    let filtered = read("?kind=activity,created&limit=1").await.expect(200);
    assert_eq!(filtered.body["data"][0], items[3]);
    let next = filtered.text_at("/next_cursor");
    let filtered = read(&format!("?kind=activity,created&limit=1&cursor={next}")).await.expect(200);
    assert_eq!((&filtered.body["data"][0], &filtered.body["next_cursor"]), (&items[6], &Value::Null));
    for query in ["?kind=calls", "?kind=", "?cursor=x", "?limit=0", "?since=x"] {
        read(query).await.expect(422);
    }
    let stranger = TestApp::shared().tenant().await;
    stranger.owner.get(&format!("{path}/timeline")).await.expect(404);
    acme.owner.delete(&path).await.expect(204);
    read("").await.expect(404);
}

#[tokio::test]
async fn the_history_of_a_lead_that_went_into_another_goes_with_it_and_comes_back() {
    let acme = TestApp::shared().tenant().await;
    let (one, two, three) = (
        create(&acme, lead("Uno", "uno@acme.mx")).await,
        create(&acme, lead("Dos", "dos@acme.mx")).await,
        create(&acme, lead("Tres", "tres@acme.mx")).await,
    );
    let note = json!({ "kind": "note", "text": "De tres" });
    acme.owner.post(&format!("/api/v1/leads/{three}/activities"), note).await.expect(201);
    let merge = async |into: &str, other: &str| {
        let body = json!({ "other_id": other });
        let merged = acme.owner.post(&format!("/api/v1/leads/{into}/merge"), body).await.expect(200);
        merged.text_at("/merge/id")
    };
    merge(&two, &three).await;
    let last = merge(&one, &two).await;
    let items = told(&acme, &one, &["merge", "merge", "activity", "created", "created", "created"]).await;
    let of: Vec<&str> = items.iter().filter_map(|item| item["lead_id"].as_str()).collect();
    assert_eq!(of, [&*one, &two, &three, &three, &two, &one]);
    assert_eq!(items[2]["data"]["text"], "De tres");
    acme.owner.get(&format!("/api/v1/leads/{two}/timeline")).await.expect(404);

    acme.owner.post(&format!("/api/v1/leads/merges/{last}/undo"), json!({})).await.expect(200);
    told(&acme, &one, &["merge", "merge", "created"]).await;
    told(&acme, &two, &["merge", "activity", "created", "created"]).await;
}

#[tokio::test]
async fn imports_and_forms_are_told_as_such() {
    let acme = TestApp::shared().tenant().await;
    let file = b"Empresa,Correo\nImportada,importada@acme.mx\n".to_vec();
    let import =
        acme.owner.upload("/api/v1/leads/imports", "i.csv", file, None).await.expect(202).text_at("/id");
    let found = async |email: &str| {
        let path = format!("/api/v1/leads?q={email}%40acme.mx");
        until("the lead is there", async || acme.owner.get(&path).await.body["data"][0].is_object()).await;
        acme.owner.get(&path).await.text_at("/data/0/id")
    };
    let items = told(&acme, &found("importada").await, &["import"]).await;
    assert_eq!(items[0]["data"]["import_id"], json!(import));
    let form = json!({ "name": "Contacto", "fields": [{ "name": "email" }] });
    let form = acme.owner.post("/api/v1/leads/forms", form).await.expect(201);
    let path = format!("/api/v1/capture/{}", form.text_at("/form_key"));
    for _ in 0..2 {
        TestApp::shared()
            .anonymous()
            .post(&path, json!({ "email": "forma@acme.mx", "utm_source": "fb" }))
            .await
            .expect(202);
    }
    let captured = found("forma").await;
    let items = told(&acme, &captured, &["capture", "activity", "capture", "created"]).await;
    assert_eq!(
        (&items[0]["data"]["outcome"], &items[2]["data"]["outcome"]),
        (&json!("noted"), &json!("created"))
    );
    assert_eq!(
        (&items[2]["data"]["form"], &items[2]["data"]["utm"]["source"]),
        (&json!("Contacto"), &json!("fb"))
    );
    assert_eq!(
        (&items[2]["actor_id"], &items[2]["data"]["form_id"]),
        (&Value::Null, &json!(form.text_at("/id")))
    );
    let created = acme.owner.get(&format!("/api/v1/leads/{captured}/timeline?kind=import")).await.expect(200);
    assert_eq!(created.body["data"], json!([]));
}

#[tokio::test]
async fn a_page_costs_what_it_shows_however_much_happened_elsewhere() {
    let app = TestApp::alone("timeline_plan");
    let acme = app.tenant().await;
    let id = create(&acme, lead("Acme", "a@acme.mx")).await;
    let mut database = Database::connect(&app.admin_url);
    settled(&mut database).await;
    // The company's others fill the log; the counter is not moved, because nobody reads on here.
    database.run(&format!(
        "INSERT INTO events.log (position, event_id, tenant_id, type, aggregate_id, aggregate_version, data, correlation_id, occurred_at)
         SELECT 1000 + n, gen_random_uuid(), '{tenant}', 'Lead.Updated', ('00000000-0000-0000-0000-' || lpad((n % 5000)::text, 12, '0'))::uuid,
             1, '{{}}', 'x', now() FROM generate_series(1, 200000) n; ANALYZE events.log",
        tenant = acme.id
    ));
    database.run(&format!("BEGIN; SET LOCAL ROLE cauce_leads; SET LOCAL app.tenant_id = '{}'", acme.id));
    for kinds in ["", "AND type = ANY ('{Lead.Merged,Lead.MergeUndone}')"] {
        for lead in [id.as_str(), "00000000-0000-0000-0000-000000000007"] {
            let plan = database.explain(&format!(
                "SELECT position FROM events.log WHERE tenant_id = '{}' AND aggregate_id = '{lead}' {kinds}
                 ORDER BY position DESC LIMIT 21",
                acme.id
            ));
            let blocks = plan[0]["Plan"]["Shared Hit Blocks"].as_i64().unwrap()
                + plan[0]["Plan"]["Shared Read Blocks"].as_i64().unwrap();
            assert!(blocks < 200, "{blocks} blocks: {plan}");
        }
    }
    database.run("ROLLBACK");
}
