//! Imports, uploads and exports: what runs in the background sees what whoever asked for it sees.

use serde_json::{Value, json};

use super::{Shop, lead, page};
use crate::support::{Client, until};

const EXPORTS: &str = "/api/v1/leads/exports";

async fn export(client: &Client) -> (String, String) {
    let asked = client.post(EXPORTS, json!({ "format": "csv" })).await.expect(202);
    let place = asked.header("location").unwrap().to_owned();
    until("the export ends", async || client.get(&place).await.expect(200).text_at("/status") == "completed")
        .await;
    let file = client.get(&place).await.expect(200).text_at("/file");
    (place, String::from_utf8(client.download(&file).await).unwrap())
}

async fn import(client: &Client, rows: &str, options: Value) -> Value {
    let file = format!("Empresa,Correo,Responsable,Notas\n{rows}");
    let options = json!({ "mapping": { "Responsable": "owner_email" }, "on_duplicate": options });
    let started = client.upload("/api/v1/leads/imports", "leads.csv", file.into_bytes(), Some(options)).await;
    let place = format!("/api/v1/leads/imports/{}", started.expect(202).text_at("/id"));
    until("the import ends", async || client.get(&place).await.expect(200).text_at("/status") == "completed")
        .await;
    client.get(&place).await.expect(200).body
}

#[tokio::test]
async fn an_export_holds_what_its_maker_sees_and_nobody_else_of_theirs_has_it() {
    let shop = Shop::new("team").await;
    for (client, name) in
        [(&shop.ana, "Taller Ana"), (&shop.beto, "Taller Beto"), (&shop.tenant.owner, "Taller Nadie")]
    {
        lead(client, name).await;
    }
    let (of_ana, file) = export(&shop.ana).await;
    assert!(
        file.contains("Taller Ana") && !file.contains("Taller Beto") && !file.contains("Taller Nadie"),
        "{file}"
    );
    let (of_all, everything) = export(&shop.tenant.owner).await;
    assert!(everything.contains("Taller Beto") && everything.contains("Taller Nadie"), "{everything}");

    // Even in one team, a file of whoever sees more is theirs.
    let both = json!({ "name": "Juntos", "member_ids": [shop.ana_id, shop.beto_id, shop.tenant.owner_id] });
    shop.tenant.owner.post("/api/v1/teams", both).await.expect(201);
    for place in [&of_all, &of_ana] {
        for path in [place.clone(), format!("{place}/file")] {
            shop.beto.get(&path).await.expect(404);
        }
    }
    assert_eq!(page(&shop.ana, EXPORTS, "status").await.len(), 1);
    assert_eq!(page(&shop.tenant.owner, EXPORTS, "status").await.len(), 2);
    let (wide, file) = export(&shop.ana).await;
    assert!(file.contains("Taller Beto"), "{file}");

    // Whoever sees less by now has no file of more.
    shop.sellers_see("own").await;
    shop.ana.get(&wide).await.expect(404);
    shop.ana.get(&of_ana).await.expect(200);
    shop.sellers_see("team").await;
    shop.ana.get(&wide).await.expect(200);
}

#[tokio::test]
async fn an_import_brings_leads_to_whoever_imports_and_touches_nobody_elses() {
    let shop = Shop::new("own").await;
    let (of_beto, email) = lead(&shop.beto, "Taller Beto").await;
    let beto =
        shop.tenant.owner.get(&format!("/api/v1/users/{}", shop.beto_id)).await.expect(200).text_at("/email");
    for (way, fresh) in [("skip", "a"), ("update", "b"), ("merge", "c")] {
        let rows = format!("Nueva {fresh},{fresh}.{email},{beto},x\nRobada,{email},,robada\n");
        let import = import(&shop.ana, &rows, json!(way)).await;
        assert_eq!(
            (&import["created"], &import["updated"], &import["skipped"]),
            (&json!(1), &json!(0), &json!(1)),
            "{import}"
        );
    }
    let untouched = shop.beto.get(&format!("/api/v1/leads/{of_beto}")).await.expect(200);
    assert_eq!(
        (untouched.text_at("/company_name").as_str(), untouched.text_at("/version").as_str()),
        ("Taller Beto", "1")
    );
    assert_eq!(page(&shop.ana, "/api/v1/leads", "company_name").await, ["Nueva a", "Nueva b", "Nueva c"]);
    assert_eq!(page(&shop.ana, "/api/v1/leads", "owner_id").await, [&*shop.ana_id; 3]);
    assert_eq!(page(&shop.beto, "/api/v1/leads", "company_name").await, ["Taller Beto"]);
    assert!(page(&shop.beto, "/api/v1/leads/imports", "status").await.is_empty());

    // What went out of sight stays when the import is taken back.
    let imports = shop.ana.get("/api/v1/leads/imports").await.expect(200);
    let newest = format!("/api/v1/leads/imports/{}", imports.text_at("/data/0/id"));
    shop.beto.get(&newest).await.expect(404);
    let brought = shop.ana.get("/api/v1/leads?q=nueva%20c").await.expect(200).text_at("/data/0/id");
    let hand_over = json!({ "owner_id": shop.beto_id });
    shop.tenant.owner.post(&format!("/api/v1/leads/{brought}/assign"), hand_over).await.expect(200);
    shop.ana.post(&format!("{newest}/undo"), json!({})).await.expect(202);
    until("it is undone", async || shop.ana.get(&newest).await.expect(200).text_at("/status") == "undone")
        .await;
    shop.beto.get(&format!("/api/v1/leads/{brought}")).await.expect(200);
}

#[tokio::test]
async fn what_was_merged_is_told_to_whoever_sees_what_it_is_in() {
    let shop = Shop::new("own").await;
    let names = ["Uno", "Dos", "Tres", "Cuatro", "Cinco", "Seis", "Siete"];
    let rows = names.map(|name| format!("{name},{name}@a.mx,,\n")).concat();
    let import = import(&shop.ana, &rows, json!("skip")).await;
    let leads = shop.ana.get("/api/v1/leads").await.expect(200).body["data"].clone();
    let leads = leads.as_array().unwrap();
    let id = |name: &str| {
        let lead = leads.iter().find(|lead| lead["company_name"] == name).unwrap();
        lead["id"].as_str().unwrap()
    };
    for (into, other) in [("Dos", "Uno"), ("Cuatro", "Tres"), ("Cinco", "Cuatro"), ("Siete", "Seis")] {
        let path = format!("/api/v1/leads/{}/merge", id(into));
        shop.ana.post(&path, json!({ "other_id": id(other) })).await.expect(200);
    }
    let hand_over = json!({ "owner_id": shop.beto_id });
    let path = format!("/api/v1/leads/{}/assign", id("Siete"));
    shop.tenant.owner.post(&path, hand_over).await.expect(200);

    let place = format!("/api/v1/leads/imports/{}", import["id"].as_str().unwrap());
    shop.ana.post(&format!("{place}/undo"), json!({})).await.expect(202);
    let read = async || shop.ana.get(&place).await.expect(200);
    until("it is undone", async || read().await.text_at("/status") == "undone").await;

    let undone = read().await.body;
    let mut told: Vec<&str> = undone["undo"]["leads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|left| left["lead_id"].as_str().unwrap())
        .collect();
    told.sort_unstable();
    let mut seen = ["Uno", "Dos", "Tres", "Cuatro", "Cinco"].map(id);
    seen.sort_unstable();
    assert_eq!((told, &undone["undo"]["kept"]), (seen.to_vec(), &json!(5)), "{undone}");
}
