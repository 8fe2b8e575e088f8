//! Who sees whose records: sellers of different teams, in every door of the API.

mod changes;
mod cost;
mod doors;
mod files;
mod money;
mod teams;

use serde_json::{Value, json};

use crate::support::{Answer, Client, Tenant, TestApp, unique};

/// A company whose sellers see what `visibility` says, and two of them.
struct Shop {
    tenant: Tenant,
    ana: Client,
    ana_id: String,
    beto: Client,
    beto_id: String,
}

impl Shop {
    async fn new(visibility: &str) -> Self {
        Self::on(TestApp::shared(), visibility).await
    }

    async fn on(app: &TestApp, visibility: &str) -> Self {
        let tenant = app.tenant().await;
        let ((ana, ana_id), (beto, beto_id)) =
            (tenant.colleague(&["SALES"]).await, tenant.colleague(&["SALES"]).await);
        for (name, member) in [("Norte", &ana_id), ("Sur", &beto_id)] {
            let team = json!({ "name": name, "member_ids": [member] });
            tenant.owner.post("/api/v1/teams", team).await.expect(201);
        }
        let shop = Self { tenant, ana, ana_id, beto, beto_id };
        shop.sellers_see(visibility).await;
        shop
    }

    async fn sellers_see(&self, visibility: &str) {
        let change = json!({ "visibility": { "SALES": visibility } });
        let changed = self.tenant.owner.patch("/api/v1/tenant", change).await.expect(200);
        assert_eq!(changed.text_at("/visibility/SALES"), visibility);
    }
}

/// A new lead of whoever makes it; its identifier and its e-mail address.
async fn lead(client: &Client, name: &str) -> (String, String) {
    let email = format!("{}@taller.example", unique("lead"));
    let body = json!({ "company_name": name, "email": email, "tags": ["visible"], "source": "feria" });
    (client.post("/api/v1/leads", body).await.expect(201).text_at("/id"), email)
}

/// A new customer of whoever makes it.
async fn customer(client: &Client, name: &str) -> String {
    client
        .post("/api/v1/customers", json!({ "trade_name": name, "tags": ["visible"] }))
        .await
        .expect(201)
        .text_at("/id")
}

/// The texts at `member` of a page, in order.
async fn page(client: &Client, path: &str, member: &str) -> Vec<String> {
    let answer = client.get(path).await.expect(200);
    let rows = answer.body["data"].as_array().expect("a page").clone();
    let mut texts: Vec<String> =
        rows.iter().map(|row| row[member].as_str().unwrap_or_default().to_owned()).collect();
    texts.sort();
    texts
}

/// What the answer says of the field that it refuses.
fn refused_at(answer: &Answer) -> &Value {
    &answer.body["errors"][0]["pointer"]
}
