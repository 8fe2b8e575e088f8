//! What begins with one sight and ends with another.

use std::fmt::Write as _;

use serde_json::json;

use super::{Shop, customer, lead, page, refused_at};
use crate::support::{Client, until};

#[tokio::test]
async fn an_undoing_ends_when_whoever_asked_sees_less_by_now() {
    let shop = Shop::new("all").await;
    let mut file = "Empresa,Correo\n".to_owned();
    for row in 0..1_000 {
        let _ = writeln!(file, "Taller {row},taller{row}.{}@taller.example", shop.tenant.slug);
    }
    let imports = "/api/v1/leads/imports";
    let asked =
        shop.ana.upload(imports, "leads.csv", file.into_bytes(), None).await.expect(202).text_at("/id");
    let place = format!("{imports}/{asked}");
    let is =
        async |status: &str| shop.tenant.owner.get(&place).await.expect(200).text_at("/status") == status;
    until("the import ends", async || is("completed").await).await;

    shop.beto.post(&format!("{place}/undo"), json!({})).await.expect(202);
    shop.sellers_see("own").await;

    until("the undoing ends", async || is("undone").await).await;
    shop.beto.get(&place).await.expect(404);
}

#[tokio::test]
async fn exports_of_one_do_not_push_those_of_another_out() {
    let shop = Shop::new("own").await;
    let exports = "/api/v1/leads/exports";
    let export = async |client: &Client| {
        let asked = client.post(exports, json!({ "format": "csv" })).await.expect(202);
        let place = asked.header("location").unwrap().to_owned();
        until("it ends", async || client.get(&place).await.expect(200).text_at("/status") == "completed")
            .await;
        place
    };
    lead(&shop.ana, "Taller Ana").await;
    let of_owner = export(&shop.tenant.owner).await;
    let first = export(&shop.ana).await;
    for _ in 0..20 {
        export(&shop.ana).await;
    }

    shop.ana.get(&first).await.expect(404);
    shop.tenant.owner.get(&of_owner).await.expect(200);
}

#[tokio::test]
async fn uploads_of_one_leave_room_for_those_of_another() {
    let shop = Shop::new("own").await;
    let at_once = async |client: &Client, count: usize| {
        let client = client.with_header("Tus-Resumable", "1.0.0").with_header("Upload-Length", "10");
        let begun = (0..count).map(|_| client.post("/api/v1/leads/imports/uploads", json!({})));
        let begun = futures_util::future::join_all(begun).await;
        begun.iter().filter(|answer| answer.status == 201).count()
    };
    let limit = async |client: &Client| {
        let limits = client.get("/api/v1/tenant/limits").await.expect(200);
        let limits = limits.body["data"].as_array().unwrap().clone();
        let uploads = limits.into_iter().find(|limit| limit["name"] == "open_uploads").unwrap();
        ["used", "limit", "remaining"].map(|member| uploads[member].as_i64().unwrap())
    };
    assert_eq!(limit(&shop.ana).await, [0, 10, 10]);
    assert_eq!(at_once(&shop.ana, 14).await, 10);
    assert_eq!(limit(&shop.ana).await, [10, 10, 0]);
    assert_eq!(limit(&shop.tenant.owner).await, [10, 20, 10]);
    for _ in 0..6 {
        assert_eq!(at_once(&shop.tenant.owner, 1).await, 1);
    }
    assert_eq!(limit(&shop.beto).await, [0, 4, 4]);
}

#[tokio::test]
async fn a_task_is_for_somebody_who_sees_its_customer() {
    let shop = Shop::new("own").await;
    let of_ana = customer(&shop.ana, "Cliente Ana").await;
    let tasks = format!("/api/v1/customers/{of_ana}/tasks");
    let task = |assignee: &str| json!({ "title": "Llamar", "assignee_id": assignee });

    let refused = shop.tenant.owner.post(&tasks, task(&shop.beto_id)).await.expect(422);
    assert_eq!(refused_at(&refused), "/assignee_id");
    let made = shop.tenant.owner.post(&tasks, task(&shop.ana_id)).await.expect(201).text_at("/id");
    let over = json!({ "assignee_id": shop.beto_id });
    let refused = shop.tenant.owner.patch(&format!("{tasks}/{made}"), over).await.expect(422);
    assert_eq!(refused_at(&refused), "/assignee_id");
    shop.sellers_see("all").await;
    shop.tenant.owner.post(&tasks, task(&shop.beto_id)).await.expect(201);
}

#[tokio::test]
async fn a_shared_address_of_a_hidden_customer_is_no_obstacle_and_no_news() {
    let shop = Shop::new("own").await;
    let email = format!("compras@{}.example", shop.tenant.slug);
    for (client, name) in [(&shop.beto, "Cliente Beto"), (&shop.ana, "Cliente Ana")] {
        let body = json!({ "trade_name": name, "email": email });
        client.post("/api/v1/customers", body).await.expect(201);
    }
    let imports = "/api/v1/customers/imports";
    let import = async |rows: String| {
        let file = format!("Cliente,Correo,Notas\n{rows}").into_bytes();
        let options = Some(json!({ "on_duplicate": "update" }));
        let asked = shop.ana.upload(imports, "clientes.csv", file, options).await.expect(202);
        let place = format!("{imports}/{}", asked.text_at("/id"));
        until("it ends", async || shop.ana.get(&place).await.expect(200).text_at("/status") == "completed")
            .await;
        shop.ana.get(&place).await.expect(200).body
    };

    let own = import(format!("Cliente Ana,{email},nota\n")).await;
    assert_eq!((&own["updated"], &own["skipped"]), (&json!(1), &json!(0)), "{own}");
    assert_eq!(page(&shop.ana, "/api/v1/customers", "notes").await, ["nota"]);
    let hidden = format!("oculto@{}.example", shop.tenant.slug);
    let body = json!({ "trade_name": "Oculto", "email": hidden });
    shop.beto.post("/api/v1/customers", body).await.expect(201);
    let other = import(format!("Mío,{hidden},\n")).await;
    assert_eq!((&other["created"], &other["skipped"]), (&json!(1), &json!(0)), "{other}");
}
