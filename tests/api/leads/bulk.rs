//! Many leads at once.

use serde_json::{Value, json};

use super::{create, lead};
use crate::support::{Database, Tenant, TestApp, until};

const PATH: &str = "/api/v1/leads/bulk";

async fn five(tenant: &Tenant) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..5 {
        let tags = if number < 3 { json!(["feria"]) } else { json!([]) };
        let email = format!("b{number}@bloque.mx");
        ids.push(
            create(tenant, json!({ "company_name": format!("B{number}"), "email": email, "tags": tags }))
                .await,
        );
    }
    ids
}

fn counts(answer: &Value) -> [i64; 4] {
    let refused = i64::try_from(answer["refused"].as_array().unwrap().len()).unwrap();
    let count = |name: &str| answer[name].as_i64().unwrap();
    [count("matched"), count("changed"), count("unchanged"), refused]
}

#[tokio::test]
async fn leads_are_assigned_tagged_moved_and_deleted_together() {
    let acme = TestApp::shared().tenant().await;
    let ids = five(&acme).await;
    let (_, seller) = acme.colleague(&["SALES"]).await;
    acme.owner.post(&format!("/api/v1/leads/{}/qualify", ids[0]), json!({})).await.expect(200);
    for (body, expected) in [
        (
            json!({ "filter": { "tag": "feria" }, "action": "assign", "owner_id": seller, "dry_run": true }),
            [3, 3, 0, 0],
        ),
        (json!({ "filter": { "tag": "feria" }, "action": "assign", "owner_id": seller }), [3, 3, 0, 0]),
        (json!({ "filter": { "tag": "feria" }, "action": "assign", "owner_id": seller }), [3, 0, 3, 0]),
        (
            json!({ "lead_ids": [ids[2], ids[3], ids[3]], "action": "add_tags", "tags": ["istmo", "feria"] }),
            [2, 2, 0, 0],
        ),
        (json!({ "filter": { "tag": "istmo" }, "action": "remove_tags", "tags": ["feria"] }), [2, 2, 0, 0]),
        (
            json!({ "filter": { "q": "b", "score_min": 0 }, "action": "status", "status": "contacted" }),
            [5, 4, 0, 1],
        ),
        (
            json!({ "filter": { "status": "contacted", "owner_id": seller }, "action": "delete", "dry_run": true }),
            [2, 2, 0, 0],
        ),
        (
            json!({ "filter": { "status": "contacted", "owner_id": seller }, "action": "delete" }),
            [2, 2, 0, 0],
        ),
    ] {
        let answer = acme.owner.post(PATH, body.clone()).await.expect(200);
        assert_eq!(counts(&answer.body), expected, "{body}");
    }
    let left = acme.owner.get("/api/v1/leads?sort=created_at").await.expect(200);
    let left: Vec<&str> =
        left.body["data"].as_array().unwrap().iter().map(|lead| lead["id"].as_str().unwrap()).collect();
    assert_eq!(left, [&ids[0], &ids[3], &ids[4]]);
    let history = format!("/api/v1/audit?record_id={}", ids[2]);
    for event in ["Lead.Assigned", "Lead.Updated", "Lead.StatusChanged", "Lead.Deleted"] {
        until(event, async || acme.owner.get(&history).await.text.contains(event)).await;
    }
    let spanish = acme.owner.with_header("Accept-Language", "es");
    let refused =
        spanish.post(PATH, json!({ "lead_ids": [ids[0]], "action": "status", "status": "converted" })).await;
    assert!(refused.expect(200).text_at("/refused/0/reason").contains("no puede pasar a `converted`"));
}

#[tokio::test]
async fn a_large_selection_is_worked_off_in_parts() {
    let acme = TestApp::shared().tenant().await;
    let rows: Vec<String> = (0..620).map(|n| format!("M{n},m{n}@muchos.mx")).collect();
    let file = format!("Empresa,Correo\n{}\n", rows.join("\n"));
    let started =
        acme.owner.upload("/api/v1/leads/imports", "m.csv", file.into_bytes(), None).await.expect(202);
    let import = started.text_at("/id");
    let path = format!("/api/v1/leads/imports/{import}");
    until("the import ends", async || acme.owner.get(&path).await.text_at("/status") == "completed").await;
    let (mut seen, mut body) =
        (Vec::new(), json!({ "filter": { "import_id": import }, "action": "add_tags", "tags": ["x"] }));
    loop {
        let answer = acme.owner.post(PATH, body.clone()).await.expect(200);
        seen.push(counts(&answer.body)[1]);
        let Some(next) = answer.body["next_cursor"].as_str() else { break };
        body["cursor"] = json!(next);
    }
    assert_eq!(seen, [500, 120]);
}

#[tokio::test]
async fn a_lead_that_matches_no_more_when_it_is_reached_is_left_alone() {
    let app = TestApp::alone("bulk_held");
    let acme = app.tenant().await;
    let [mut scoring, mut writer, mut watching] = [(); 3].map(|()| Database::connect(&app.admin_url));
    // What reads the log for scores stands still, so that nobody but the request waits for the lead.
    scoring.run("BEGIN; SELECT FROM events.subscriptions WHERE name = 'leads-scoring' FOR UPDATE");
    let attended = create(&acme, lead("Atendida", "atendida@a.mx")).await;
    let fresh = create(&acme, lead("Nueva", "nueva@a.mx")).await;
    writer.run(&format!("BEGIN; UPDATE leads.leads SET status = 'contacted' WHERE id = '{attended}'"));
    let process = writer.column("SELECT pg_backend_pid()").concat();
    let waiting = {
        let (owner, body) =
            (acme.owner.clone(), json!({ "filter": { "status": "new" }, "action": "delete" }));
        tokio::spawn(async move { owner.post(PATH, body).await })
    };
    let waits =
        format!("SELECT pid FROM pg_locks WHERE NOT granted AND {process} = ANY (pg_blocking_pids(pid))");
    until("the request waits for the lead", async || !watching.rows(&waits).is_empty()).await;
    writer.run("COMMIT");

    assert_eq!(counts(&waiting.await.unwrap().expect(200).body), [1, 1, 0, 0]);
    acme.owner.get(&format!("/api/v1/leads/{attended}")).await.expect(200);
    acme.owner.get(&format!("/api/v1/leads/{fresh}")).await.expect(404);
}

#[tokio::test]
async fn a_request_that_says_too_little_or_too_much_is_refused() {
    let acme = TestApp::shared().tenant().await;
    let id = create(&acme, lead("A", "a@a.mx")).await;
    let theirs = create(&TestApp::shared().tenant().await, lead("B", "b@b.mx")).await;
    let many: Vec<String> = (0..501).map(|_| id.clone()).collect();
    for (body, pointer) in [
        (json!({ "lead_ids": [id, theirs], "action": "delete" }), "/lead_ids/1"),
        (json!({ "lead_ids": [], "action": "delete" }), "/lead_ids"),
        (json!({ "lead_ids": many, "action": "delete" }), "/lead_ids"),
        (json!({ "action": "delete" }), "/lead_ids"),
        (json!({ "lead_ids": [id], "filter": { "tag": "x" }, "action": "delete" }), "/lead_ids"),
        (json!({ "filter": {}, "action": "delete" }), "/filter"),
        (json!({ "filter": { "fields": { "nada": "1" } }, "action": "delete" }), "field.nada"),
        (json!({ "lead_ids": [id], "action": "assign" }), "/owner_id"),
        (json!({ "lead_ids": [id], "action": "assign", "owner_id": id }), "/owner_id"),
        (json!({ "lead_ids": [id], "action": "add_tags", "tags": [] }), "/tags"),
        (json!({ "lead_ids": [id], "action": "add_tags", "tags": [""] }), "/tags/0"),
        (json!({ "lead_ids": [id], "action": "status" }), "/status"),
    ] {
        let refused = acme.owner.post(PATH, body.clone()).await.expect(422);
        let error = &refused.body["errors"][0];
        assert_eq!(error["pointer"].as_str().or(error["parameter"].as_str()), Some(pointer), "{body}");
    }
    acme.owner.get(&format!("/api/v1/leads/{id}")).await.expect(200);
}
