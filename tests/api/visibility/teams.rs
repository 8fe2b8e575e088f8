//! Teams, and what a change of them or of roles does to what people see.

use serde_json::json;

use super::{Shop, customer, lead, page};
use crate::support::TestApp;

#[tokio::test]
async fn a_team_is_made_changed_and_dissolved() {
    let tenant = TestApp::shared().tenant().await;
    let owner = &tenant.owner;
    let (ana, ana_id) = tenant.colleague(&["SALES"]).await;
    let once = owner.with_header("Idempotency-Key", "team");
    let body = json!({ "name": "Ventas Oaxaca", "member_ids": [ana_id, ana_id] });
    let made = once.post("/api/v1/teams", body.clone()).await.expect(201);
    let place = made.header("location").unwrap().to_owned();
    assert_eq!(once.post("/api/v1/teams", body).await.expect(201).text_at("/id"), made.text_at("/id"));
    assert_eq!(made.body["member_ids"], json!([ana_id]));
    assert_eq!(ana.get(&place).await.expect(200).body, made.body);
    assert_eq!(page(&ana, "/api/v1/teams", "name").await, ["Ventas Oaxaca"]);

    let taken = owner.post("/api/v1/teams", json!({ "name": "Ventas Oaxaca" })).await.expect(409);
    assert_eq!(
        (taken.text_at("/type").as_str(), taken.text_at("/existing_id")),
        ("/problems/team-name-taken", made.text_at("/id"))
    );
    let stranger = TestApp::shared().tenant().await;
    for (body, pointer) in [
        (json!({ "name": "" }), "/name"),
        (json!({ "name": "X", "member_ids": [stranger.owner_id] }), "/member_ids/0"),
        (
            json!({ "name": "X", "member_ids": [ana_id, "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c99"] }),
            "/member_ids/1",
        ),
        (json!({ "name": "X", "member_ids": vec![&ana_id; 501] }), "/member_ids"),
    ] {
        let refused = owner.post("/api/v1/teams", body).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer, "{}", refused.text);
    }
    owner.with_header("If-Match", "\"7\"").patch(&place, json!({ "name": "X" })).await.expect(412);
    let changed = owner.patch(&place, json!({ "member_ids": [] })).await.expect(200);
    assert_eq!((changed.text_at("/version").as_str(), &changed.body["member_ids"]), ("2", &json!([])));
    assert_eq!(owner.patch(&place, json!({ "member_ids": [] })).await.expect(200).text_at("/version"), "2");
    ana.patch(&place, json!({ "name": "Mía" })).await.expect(403);
    owner.delete(&place).await.expect(204);
    owner.get(&place).await.expect(404);
    for (body, status) in [
        (json!({ "visibility": { "OWNER": "own" } }), 422),
        (json!({ "visibility": { "SALES": "nothing" } }), 422),
        (json!({ "visibility": { "SALES": null } }), 422),
        (json!({ "visibility": { "SALES": "team", "VIEWER": "own" } }), 200),
    ] {
        owner.patch("/api/v1/tenant", body).await.expect(status);
    }
    let shown = owner.get("/api/v1/tenant").await.expect(200);
    let seen = json!({ "SALES": "team", "MARKETING": "all", "BILLING": "all", "VIEWER": "own" });
    assert_eq!(shown.body["visibility"], seen);
}

#[tokio::test]
async fn who_sees_their_team_sees_it_at_once_and_no_longer_than_they_are_in_it() {
    let shop = Shop::new("team").await;
    let (of_beto, _) = lead(&shop.beto, "Taller Beto").await;
    let path = format!("/api/v1/leads/{of_beto}");
    let (leader, leader_id) = shop.tenant.colleague(&["SALES"]).await;
    leader.get(&path).await.expect(404);

    let both = json!({ "name": "Todos", "member_ids": [shop.ana_id, shop.beto_id, leader_id] });
    let team = shop.tenant.owner.post("/api/v1/teams", both).await.expect(201);
    let team = team.header("location").unwrap().to_owned();
    // A team of two teams: people may be in several, and see everybody of all of them.
    for client in [&leader, &shop.ana] {
        client.get(&path).await.expect(200);
        assert_eq!(page(client, "/api/v1/leads", "company_name").await, ["Taller Beto"]);
    }
    leader.post(&format!("{path}/assign"), json!({ "owner_id": shop.ana_id })).await.expect(200);
    let without = json!({ "member_ids": [shop.beto_id, leader_id] });
    shop.tenant.owner.patch(&team, without).await.expect(200);
    leader.get(&path).await.expect(404);
    shop.ana.get(&path).await.expect(200);

    // The widest of several roles counts, and other roles act on the next request.
    let user = format!("/api/v1/users/{leader_id}");
    for (roles, status) in [(&["SALES", "ADMIN"][..], 200), (&["SALES", "VIEWER"], 200), (&["SALES"], 404)] {
        shop.tenant.owner.patch(&user, json!({ "roles": roles })).await.expect(200);
        leader.get(&path).await.expect(status);
    }
    shop.sellers_see("all").await;
    leader.get(&path).await.expect(200);
    shop.sellers_see("own").await;
    leader.get(&path).await.expect(404);
    shop.tenant.owner.delete(&team).await.expect(204);
}

#[tokio::test]
async fn another_server_learns_of_it() {
    let secret = [("JWT_SECRET", "what two servers of one company have in common")];
    let app = TestApp::with_settings("visibility_servers", &secret);
    let beside = app.beside("visibility_beside", &secret);
    let shop = Shop::on(&app, "all").await;
    let of_beto = customer(&shop.beto, "Cliente Beto").await;
    let ana = beside.anonymous().with_token(&shop.ana.token());
    let path = format!("/api/v1/customers/{of_beto}");
    ana.get(&path).await.expect(200);

    shop.sellers_see("own").await;
    crate::support::until("the other server knows", async || ana.get(&path).await.status == 404).await;
}

#[tokio::test]
async fn a_key_sees_what_its_maker_sees() {
    let shop = Shop::new("all").await;
    let (of_beto, _) = lead(&shop.beto, "Taller Beto").await;
    let user = format!("/api/v1/users/{}", shop.ana_id);
    shop.tenant.owner.patch(&user, json!({ "roles": ["ADMIN"] })).await.expect(200);
    let key = json!({ "name": "lectura", "scopes": ["leads:read"] });
    let key = shop.ana.post("/api/v1/api-keys", key).await.expect(201).text_at("/key");
    let program = shop.ana.with_token(&key);
    let path = format!("/api/v1/leads/{of_beto}");
    program.get(&path).await.expect(200);

    shop.tenant.owner.patch(&user, json!({ "roles": ["SALES"] })).await.expect(200);
    shop.sellers_see("own").await;
    program.get(&path).await.expect(404);
    assert!(page(&program, "/api/v1/leads", "company_name").await.is_empty());
}
