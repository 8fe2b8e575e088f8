//! Lists by a custom field while their records go, and at numbers that no short text names.

use serde_json::{Value, json};

use super::{define, lead, names};
use crate::imports::import;
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

#[tokio::test]
async fn a_list_by_numbers_of_seventeen_digits_has_each_once() {
    let acme = TestApp::shared().tenant().await;
    define(&acme, json!({ "key": "precio", "label": "Precio", "type": "number" })).await;
    // 19.99 × 1.16 as a program with floating point writes it; read carelessly it is 23.1884.
    let csv = "empresa,correo,precio\nUno,uno@a.mx,23.188399999999998\nDos,dos@a.mx,23.188399999999998\nTres,tres@a.mx,23.1884\n";
    assert_eq!(import(&acme.owner, csv, json!({})).await["created"], 3);
    for (sort, last) in [("field.precio", "Tres"), ("-field.precio", "Uno")] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        for _ in 0..3 {
            let query = format!("sort={sort}&limit=1{cursor}");
            seen.extend(names(&acme.owner, &query).await);
            let page = acme.owner.get(&format!("/api/v1/leads?{query}")).await.expect(200);
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!((seen.len(), seen.last().map(String::as_str)), (3, Some(last)), "{sort}: {seen:?}");
        seen.sort();
        assert_eq!(seen, ["Dos", "Tres", "Uno"], "{sort}");
    }
}

#[tokio::test]
async fn a_default_fills_a_record_only_while_there_is_room() {
    let acme = TestApp::shared().tenant().await;
    let field = json!({ "key": "giro", "label": "Giro", "type": "text", "default": "Textil" });
    define(&acme, field).await;
    let full: Value = (0..100).map(|number| (format!("campo_{number}"), json!(number))).collect();
    let made = acme.owner.post("/api/v1/leads", lead("Llena", &full)).await.expect(201);
    assert_eq!(made.body["custom_fields"], full);
    let path = format!("/api/v1/leads/{}", made.text_at("/id"));
    acme.owner.patch(&path, json!({ "notes": "Llamar" })).await.expect(200);
}
