//! Lists by a custom field while their records go.

use serde_json::json;

use super::{define, lead};
use crate::support::{Database, TestApp, until};

#[tokio::test]
async fn a_list_by_a_field_goes_on_behind_leads_that_are_deleted_while_it_is_read() {
    let app = TestApp::alone("fields_meanwhile");
    let acme = app.tenant().await;
    define(&acme, json!({ "key": "piezas", "label": "Piezas", "type": "number" })).await;
    let mut ids = Vec::new();
    for (pieces, name) in (1..).zip(["Uno", "Dos", "Tres", "Cuatro", "Cinco"]) {
        let made = acme.owner.post("/api/v1/leads", lead(name, &json!({ "piezas": pieces }))).await;
        ids.push(made.expect(201).text_at("/id"));
    }
    let [mut writer, mut watching] = [(); 2].map(|()| Database::connect(&app.admin_url));
    // The list finds its leads by their values, and waits for their rows, of which its whole first page goes meanwhile.
    writer.run("BEGIN; LOCK TABLE leads.leads IN ACCESS EXCLUSIVE MODE");
    writer.run(&format!("DELETE FROM leads.leads WHERE id IN ('{}', '{}')", ids[0], ids[1]));
    let process = writer.column("SELECT pg_backend_pid()").concat();
    let waits = format!(
        "SELECT pid FROM pg_locks WHERE relation = 'leads.field_values'::regclass AND granted
         AND {process} = ANY (pg_blocking_pids(pid))"
    );
    let deletion = async {
        until("the list waits for the rows", async || !watching.rows(&waits).is_empty()).await;
        writer.run("COMMIT");
    };
    let list = "/api/v1/leads?sort=field.piezas&limit=2";
    let (page, ()) = tokio::join!(acme.owner.get(list), deletion);

    let (mut seen, mut page) = (Vec::new(), page.expect(200));
    loop {
        let data = page.body["data"].as_array().unwrap();
        seen.extend(data.iter().map(|lead| lead["company_name"].as_str().unwrap().to_owned()));
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        page = acme.owner.get(&format!("{list}&cursor={next}")).await.expect(200);
    }
    assert_eq!(seen, ["Tres", "Cuatro", "Cinco"]);
}
