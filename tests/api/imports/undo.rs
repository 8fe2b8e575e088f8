//! Imports are undone: the tenant is as before, except for what somebody changed since.

use serde_json::{Value, json};

use super::books::{rows_of, xlsx};
use super::real::{WHOLE, whole};
use super::{PATH, all_leads, counts, excerpt, import, leads, plain, undo_at};
use crate::support::{Client, Database, Tenant, TestApp, until};

/// Asks for an import to be undone and waits until it is; answers the import.
async fn undo(client: &Client, import: &Value) -> Value {
    undo_at(client, PATH, import).await
}

/// A hash of each table of the tenant's leads: everything but imports themselves. Of restored leads, whose version and time
/// of change tell of the restoring, `counters` are left out.
async fn hash(tenant: &Tenant, counters: &[&str]) -> Vec<String> {
    let mut database = Database::connect(&TestApp::shared().admin_url);
    let id = &tenant.id;
    let waiting = format!(
        "SELECT (SELECT count(*) FROM events.outbox WHERE tenant_id = '{id}')
             + (SELECT count(*) FROM events.log e WHERE tenant_id = '{id}' AND position >
                (SELECT min(position) FROM events.subscriptions WHERE name LIKE 'leads-%'))"
    );
    until("scores and likenesses are there", async || database.column(&waiting) == ["0"]).await;
    let without = counters.iter().map(|name| format!(" - '{name}'")).collect::<Vec<_>>().concat();
    let tables =
        ["leads", "identities", "contacts", "activities", "fields", "field_values", "likenesses", "merges"];
    let hashes = tables.map(|table| {
        format!(
            "SELECT '{table} ' || count(*) || ' ' || md5(coalesce(string_agg(row, '' ORDER BY row), '')) FROM
             (SELECT (to_jsonb(x){without})::text AS row FROM leads.{table} x WHERE tenant_id = '{id}') rows"
        )
    });
    database.column(&hashes.join(" UNION ALL "))
}

#[tokio::test]
async fn the_real_file_is_undone_without_a_trace() {
    let tenant = TestApp::shared().tenant().await;
    let field = json!({ "key": "municipio", "label": "Municipio", "type": "text" });
    tenant.owner.post("/api/v1/leads/fields", field).await.expect(201);
    let lead = json!({ "company_name": "De antes", "email": "antes@a.mx", "custom_fields": { "municipio": "Juchitán" } });
    tenant.owner.post("/api/v1/leads", lead).await.expect(201);
    let before = hash(&tenant, &[]).await;
    let text: String = whole().into_iter().map(char::from).collect();
    let file = xlsx(&rows_of(&text), &["telefono"]);
    let done = import(&tenant.owner, file.clone(), plain()).await;
    assert_eq!(counts(&done), WHOLE);
    let again = import(&tenant.owner, file, plain()).await;
    assert_eq!(counts(&again), [3_561, 0, 0, 1_208, 2_353], "all duplicates found");
    assert_ne!(hash(&tenant, &[]).await, before);

    let undone = undo(&tenant.owner, &done).await;

    let said = &undone["undo"];
    assert_eq!((&said["removed"], &said["restored"], &said["kept"]), (&json!(1_177), &json!(0), &json!(0)));
    assert_eq!(hash(&tenant, &[]).await, before);
    let mut database = Database::connect(&TestApp::shared().admin_url);
    let events = database.rows(&format!(
        "SELECT type, count(*) AS count FROM events.log WHERE tenant_id = '{}'
         AND type IN ('Lead.Deleted', 'Lead.ImportUndone') GROUP BY 1 ORDER BY 1",
        tenant.id
    ));
    assert_eq!(
        json!(events),
        json!([{ "type": "Lead.Deleted", "count": 1_177 }, { "type": "Lead.ImportUndone", "count": 1 }])
    );
}

#[tokio::test]
async fn what_was_updated_becomes_what_it_was() {
    for on_duplicate in ["update", "merge"] {
        let tenant = TestApp::shared().tenant().await;
        import(&tenant.owner, excerpt(), plain()).await;
        let counters = ["version", "updated_at"];
        let before = hash(&tenant, &counters).await;
        // Other names, industries, e-mails and custom fields for the same phones; one row twice.
        let phone = |lead: &Value| lead["phone"].as_str().unwrap_or_default().to_owned();
        let rows: Vec<String> = all_leads(&tenant.owner)
            .await
            .iter()
            .filter(|lead| !phone(lead).is_empty())
            .enumerate()
            .map(|(n, lead)| {
                format!("Nuevo {n},{},n{n}.{}@a.mx,Otra cosa,vip,{n}\n", phone(lead), tenant.slug)
            })
            .collect();
        let (rows, first) = (rows.concat(), rows[0].trim_end().to_owned());
        let csv = format!(
            "empresa,telefono,correo,giro,tags,municipio\n{rows}{first}\nFresca,9711609999,,,,\nFresca,9711609999,,Hilos,,\n"
        );
        let done = import(&tenant.owner, csv, json!({ "on_duplicate": on_duplicate })).await;
        assert_eq!((counts(&done)[1], counts(&done)[3]), (1, 0), "{done}");
        assert_ne!(hash(&tenant, &counters).await, before);

        let undone = undo(&tenant.owner, &done).await;

        assert_eq!((&undone["undo"]["removed"], &undone["undo"]["kept"]), (&json!(1), &json!(0)), "{undone}");
        assert_eq!(undone["undo"]["leads"], json!([]));
        assert_eq!(hash(&tenant, &counters).await, before, "{on_duplicate}");
    }
}

#[tokio::test]
async fn what_somebody_changed_since_stays_and_is_told() {
    let tenant = TestApp::shared().tenant().await;
    let there = json!({ "company_name": "De antes", "email": "antes@a.mx", "industry": "Textil" });
    let there = tenant.owner.post("/api/v1/leads", there).await.expect(201).text_at("/id");
    let gone = json!({ "company_name": "Se va", "email": "va@a.mx" });
    let gone = tenant.owner.post("/api/v1/leads", gone).await.expect(201).text_at("/id");
    let csv = "empresa,correo,giro\nUno,uno@a.mx,\nDos,dos@a.mx,\nTres,tres@a.mx,\nCambiada,antes@a.mx,Hilos\nSe fue,va@a.mx,\n";
    let done = import(&tenant.owner, csv, json!({ "on_duplicate": "update" })).await;
    assert_eq!(counts(&done), [5, 3, 2, 0, 0]);
    let of = |name: &str| {
        let name = name.to_owned();
        let client = tenant.owner.clone();
        async move { client.get(&format!("/api/v1/leads?q={name}")).await.expect(200).text_at("/data/0/id") }
    };
    let (one, two) = (of("uno").await, of("dos").await);
    tenant.owner.patch(&format!("/api/v1/leads/{one}"), json!({ "notes": "Llamar" })).await.expect(200);
    let call = json!({ "kind": "call", "text": "Contestó" });
    tenant.owner.post(&format!("/api/v1/leads/{two}/activities"), call).await.expect(201);
    tenant.owner.patch(&format!("/api/v1/leads/{there}"), json!({ "industry": "Calzado" })).await.expect(200);
    tenant.owner.delete(&format!("/api/v1/leads/{gone}")).await.expect(204);

    let undone = undo(&tenant.owner, &done).await;

    let said = &undone["undo"];
    assert_eq!(
        (&said["removed"], &said["restored"], &said["kept"]),
        (&json!(1), &json!(1), &json!(2)),
        "{undone}"
    );
    let named = said["leads"].as_array().unwrap();
    let reason =
        |id: &str| named.iter().find(|left| left["lead_id"] == id).unwrap()["reason"].as_str().unwrap();
    assert!(reason(&one).contains("stays") && reason(&two).contains("stays"));
    assert!(reason(&there).contains("what was changed stays"));
    assert!(reason(&gone).contains("deleted"));
    let now = tenant.owner.get(&format!("/api/v1/leads/{there}")).await.expect(200);
    assert_eq!(
        (now.text_at("/company_name"), now.text_at("/industry")),
        ("De antes".into(), "Calzado".into())
    );
    assert_eq!(leads(&tenant.owner).await, 3);

    let path = format!("{PATH}/{}/undo", done["id"].as_str().unwrap());
    let twice = tenant.owner.post(&path, json!({})).await.expect(409);
    assert_eq!(twice.text_at("/type"), "/problems/import-over");
    let dry = import(&tenant.owner, csv, json!({ "dry_run": true })).await;
    let path = format!("{PATH}/{}/undo", dry["id"].as_str().unwrap());
    tenant.owner.post(&path, json!({})).await.expect(409);
    tenant.owner.post(&format!("{PATH}/{}/undo", uuid::Uuid::now_v7()), json!({})).await.expect(404);
}

#[tokio::test]
async fn an_amount_that_was_changed_since_keeps_its_currency() {
    let tenant = TestApp::shared().tenant().await;
    let money = |amount: &str, currency: &str| json!({ "amount": amount, "currency": currency });
    let there =
        json!({ "company_name": "De antes", "email": "antes@a.mx", "annual_revenue": money("1000", "MXN") });
    let there = tenant.owner.post("/api/v1/leads", there).await.expect(201).text_at("/id");
    let csv = "empresa,correo,ingresos\nCambiada,antes@a.mx,2000 dólares\n";
    let done = import(&tenant.owner, csv, json!({ "on_duplicate": "update" })).await;
    let path = format!("/api/v1/leads/{there}");
    let imported = tenant.owner.get(&path).await.expect(200);
    assert_eq!(imported.body["annual_revenue"], money("2000.00", "USD"));
    let change = json!({ "annual_revenue": money("3000", "USD") });
    tenant.owner.patch(&path, change).await.expect(200);

    undo(&tenant.owner, &done).await;

    let now = tenant.owner.get(&path).await.expect(200);
    assert_eq!(now.text_at("/company_name"), "De antes");
    assert_eq!(now.body["annual_revenue"], money("3000.00", "USD"));
}

#[tokio::test]
async fn an_undoing_goes_on_after_its_server_ended() {
    let app = TestApp::alone("undo_resume");
    let tenant = app.tenant().await;
    let lines: Vec<String> = (0..2_000).map(|n| format!("Taller {n},taller{n}@a.mx")).collect();
    let done = import(&tenant.owner, format!("empresa,correo\n{}\n", lines.join("\n")), plain()).await;
    assert_eq!(counts(&done)[1], 2_000);
    let path = format!("{PATH}/{}", done["id"].as_str().unwrap());
    tenant.owner.post(&format!("{path}/undo"), json!({})).await.expect(202);
    until("a part is undone", async || leads(&tenant.owner).await < 2_000).await;
    app.stop().await;

    let next = app.beside("undo_resume_again", &[]);
    let client = next.sign_in(&tenant).await.owner;
    until("the rest is undone", async || client.get(&path).await.expect(200).body["status"] == "undone")
        .await;

    let undo = client.get(&path).await.expect(200).body["undo"].clone();
    assert_eq!((&undo["removed"], &undo["kept"], leads(&client).await), (&json!(2_000), &json!(0), 0));
    let mut database = Database::connect(&next.admin_url);
    let deleted =
        "SELECT count(*) FROM (SELECT type FROM events.outbox UNION ALL SELECT type FROM events.log) e
        WHERE type = 'Lead.Deleted'";
    assert_eq!(database.column(deleted), ["2000"], "each lead is told once");
}

/// Merges `other` into `lead`; answers where that is undone.
async fn merge(client: &Client, lead: &str, other: &str) -> String {
    let path = format!("/api/v1/leads/{lead}/merge");
    let merged = client.post(&path, json!({ "other_id": other })).await.expect(200);
    format!("/api/v1/leads/merges/{}/undo", merged.text_at("/merge/id"))
}

#[tokio::test]
async fn what_was_merged_into_others_since_stays_and_is_told() {
    let owner = TestApp::shared().tenant().await.owner;
    for name in ["antes", "vieja"] {
        let there = json!({ "company_name": name, "email": format!("{name}@a.mx") });
        owner.post("/api/v1/leads", there).await.expect(201);
    }
    let names = ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"];
    let rows = names.map(|name| format!("{name},{name}@a.mx,\n")).concat();
    let csv = format!("empresa,correo,giro\n{rows}vieja,vieja@a.mx,Hilos\n");
    let done = import(&owner, csv, json!({ "on_duplicate": "update" })).await;
    assert_eq!(counts(&done), [10, 9, 1, 0, 0]);
    let all = all_leads(&owner).await;
    let id = |name: &str| {
        let lead = all.iter().find(|lead| lead["company_name"] == name).unwrap();
        lead["id"].as_str().unwrap()
    };
    // Into a lead that was there before, into one of the same file, and into one that went on itself.
    let way_back = merge(&owner, id("antes"), id("uno")).await;
    merge(&owner, id("tres"), id("dos")).await;
    merge(&owner, id("cinco"), id("cuatro")).await;
    merge(&owner, id("antes"), id("cinco")).await;
    // What it went into is gone, and so is the way back.
    merge(&owner, id("siete"), id("seis")).await;
    owner.delete(&format!("/api/v1/leads/{}", id("siete"))).await.expect(204);
    // Back already, and no lead of the import but one that it changed.
    let there_and_back = merge(&owner, id("antes"), id("ocho")).await;
    owner.post(&there_and_back, json!({})).await.expect(200);
    merge(&owner, id("antes"), id("vieja")).await;

    let undone = undo(&owner, &done).await;

    let said = &undone["undo"];
    let numbers = ["removed", "restored", "kept"].map(|name| said[name].as_i64().unwrap());
    assert_eq!(numbers, [1, 0, 6], "{undone}");
    let told = said["leads"].as_array().unwrap();
    for (name, why) in [
        ("uno", "merged"),
        ("dos", "merged"),
        ("tres", "changed"),
        ("cuatro", "merged"),
        ("cinco", "merged"),
        ("ocho", "changed"),
        ("vieja", "merged"),
    ] {
        let left = told.iter().find(|left| left["lead_id"] == id(name));
        let reason = left.and_then(|left| left["reason"].as_str());
        assert!(reason.is_some_and(|reason| reason.contains(why)), "{name}: {undone}");
    }
    assert_eq!(told.len(), 7, "{undone}");
    owner.post(&way_back, json!({})).await.expect(200);
    owner.get(&format!("/api/v1/leads/{}", id("uno"))).await.expect(200);
}
