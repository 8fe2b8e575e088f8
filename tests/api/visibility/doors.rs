//! Lists, search, counts, details, changes and duplicates of leads and customers.

use serde_json::json;

use super::{Shop, customer, lead, page, refused_at};
use crate::support::until;

#[tokio::test]
async fn two_sellers_see_their_own_leads_in_lists_search_and_counts() {
    let shop = Shop::new("own").await;
    let (of_ana, _) = lead(&shop.ana, "Taller Ana").await;
    let (of_beto, _) = lead(&shop.beto, "Taller Beto").await;
    let (of_nobody, _) = lead(&shop.tenant.owner, "Taller Nadie").await;

    let names = async |client, path: &str| page(client, path, "company_name").await;
    for query in
        ["", "?q=taller", "?tag=visible", "?source=feria", "?status=new", "?sort=company_name", "?limit=200"]
    {
        let path = format!("/api/v1/leads{query}");
        assert_eq!(names(&shop.ana, &path).await, ["Taller Ana"], "{query}");
        assert_eq!(names(&shop.beto, &path).await, ["Taller Beto"], "{query}");
        assert_eq!(names(&shop.tenant.owner, &path).await.len(), 3, "{query}");
    }
    let others = format!("/api/v1/leads?owner_id={}", shop.beto_id);
    assert!(names(&shop.ana, &others).await.is_empty());
    for (client, expected) in [(&shop.ana, 1), (&shop.beto, 1), (&shop.tenant.owner, 3)] {
        let summary = client.get("/api/v1/leads/summary").await.expect(200);
        assert_eq!(summary.body["by_status"]["new"], json!(expected), "{}", summary.text);
    }
    // Whose it is, is told by the record; what is hidden is not there at all.
    let own = shop.ana.get(&format!("/api/v1/leads/{of_ana}")).await.expect(200);
    assert_eq!(own.text_at("/owner_id"), shop.ana_id);
    for hidden in [&of_beto, &of_nobody, &"0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c99".to_owned()] {
        for part in ["", "/timeline", "/activities", "/contacts", "/score"] {
            let answer = shop.ana.get(&format!("/api/v1/leads/{hidden}{part}")).await.expect(404);
            assert_eq!(answer.text_at("/type"), "/problems/lead-not-found");
        }
        shop.ana.patch(&format!("/api/v1/leads/{hidden}"), json!({ "notes": "x" })).await.expect(404);
        shop.ana.delete(&format!("/api/v1/leads/{hidden}")).await.expect(404);
        let merge =
            shop.ana.post(&format!("/api/v1/leads/{of_ana}/merge"), json!({ "other_id": hidden })).await;
        assert_eq!(merge.status, 404, "{}", merge.text);
        let bulk = json!({ "lead_ids": [of_ana, hidden], "action": "add_tags", "tags": ["x"] });
        let bulk = shop.ana.post("/api/v1/leads/bulk", bulk).await.expect(422);
        assert_eq!(refused_at(&bulk), "/lead_ids/1");
    }
}

#[tokio::test]
async fn two_sellers_see_their_own_customers_and_what_hangs_on_them() {
    let shop = Shop::new("own").await;
    let of_ana = customer(&shop.ana, "Cliente Ana").await;
    let of_beto = customer(&shop.beto, "Cliente Beto").await;
    let of = |id: &str, rest: &str| format!("/api/v1/customers/{id}{rest}");
    let task = json!({ "title": "Llamar", "due_at": "2030-01-15T16:00:00Z" });
    shop.beto.post(&of(&of_beto, "/tasks"), task).await.expect(201);

    for query in ["", "?q=cliente", "?tag=visible", "?sort=trade_name"] {
        let path = format!("/api/v1/customers{query}");
        assert_eq!(page(&shop.ana, &path, "trade_name").await, ["Cliente Ana"], "{query}");
    }
    let summary = shop.ana.get("/api/v1/customers/summary").await.expect(200);
    assert!(summary.text.contains("\"active\":1"), "{}", summary.text);
    assert!(page(&shop.ana, "/api/v1/customers/tasks", "title").await.is_empty());
    assert_eq!(page(&shop.beto, "/api/v1/customers/tasks", "title").await, ["Llamar"]);
    for part in ["", "/timeline", "/contacts", "/contracts", "/tasks", "/onboardings", "/health"] {
        shop.ana.get(&of(&of_beto, part)).await.expect(404);
        shop.ana.get(&of(&of_ana, part)).await.expect(200);
    }
    let below = json!({ "trade_name": "Sucursal", "parent_id": of_beto });
    let below = shop.ana.post("/api/v1/customers", below).await.expect(422);
    assert_eq!(refused_at(&below), "/parent_id");
}

#[tokio::test]
async fn a_seller_gives_records_to_nobody_whose_records_they_do_not_see() {
    let shop = Shop::new("own").await;
    let (mine, _) = lead(&shop.ana, "Taller Ana").await;
    let my_customer = customer(&shop.ana, "Cliente Ana").await;
    let to_beto = json!({ "owner_id": shop.beto_id });
    let new_lead = json!({ "company_name": "Taller", "phone": "9711609009", "owner_id": shop.beto_id });
    let bulk = json!({ "lead_ids": [mine], "action": "assign", "owner_id": shop.beto_id });
    for (path, body) in [
        (format!("/api/v1/leads/{mine}/assign"), to_beto.clone()),
        (format!("/api/v1/customers/{my_customer}/assign"), to_beto.clone()),
        ("/api/v1/leads".to_owned(), new_lead),
        ("/api/v1/leads/bulk".to_owned(), bulk),
        ("/api/v1/customers".to_owned(), json!({ "trade_name": "X", "owner_id": shop.beto_id })),
        ("/api/v1/quotations".to_owned(), json!({ "customer_id": my_customer, "owner_id": shop.beto_id })),
    ] {
        let answer = shop.ana.post(&path, body).await;
        assert_eq!(
            (answer.status, refused_at(&answer)),
            (422, &json!("/owner_id")),
            "{path}: {}",
            answer.text
        );
    }
    // Whoever sees both hands it over, and from then on it is the other one's.
    shop.tenant.owner.post(&format!("/api/v1/leads/{mine}/assign"), to_beto).await.expect(200);
    shop.ana.get(&format!("/api/v1/leads/{mine}")).await.expect(404);
    shop.beto.get(&format!("/api/v1/leads/{mine}")).await.expect(200);
}

#[tokio::test]
async fn a_duplicate_of_a_hidden_record_is_told_without_the_record() {
    let shop = Shop::new("own").await;
    let (of_beto, email) = lead(&shop.beto, "Secreto de Beto").await;
    let again = json!({ "company_name": "Taller", "email": email });

    for query in ["", "?on_duplicate=update"] {
        let refused = shop.ana.post(&format!("/api/v1/leads{query}"), again.clone()).await.expect(409);
        assert_eq!(refused.text_at("/type"), "/problems/lead-duplicate");
        assert_eq!((&refused.body["existing_id"], &refused.body["existing"]), (&json!(null), &json!(null)));
        assert!(!refused.text.contains(&of_beto) && !refused.text.contains("Secreto"), "{}", refused.text);
    }
    let unchanged = shop.beto.get(&format!("/api/v1/leads/{of_beto}")).await.expect(200);
    assert_eq!(
        (unchanged.text_at("/company_name").as_str(), unchanged.text_at("/version").as_str()),
        ("Secreto de Beto", "1")
    );
    let (mine, _) = lead(&shop.ana, "Taller Ana").await;
    let taken = shop.ana.patch(&format!("/api/v1/leads/{mine}"), json!({ "email": email })).await.expect(409);
    assert!(!taken.text.contains(&of_beto), "{}", taken.text);
    shop.ana.post("/api/v1/leads?on_duplicate=allow", again).await.expect(201);

    let field = json!({ "key": "serie", "label": "Serie", "type": "text", "unique": true });
    shop.tenant.owner.post("/api/v1/leads/fields", field).await.expect(201);
    shop.beto
        .patch(&format!("/api/v1/leads/{of_beto}"), json!({ "custom_fields": { "serie": "A1" } }))
        .await
        .expect(200);
    let same = json!({ "company_name": "Taller", "phone": "9711609010", "custom_fields": { "serie": "A1" } });
    let taken = shop.ana.post("/api/v1/leads", same).await.expect(409);
    assert!(taken.body["existing_id"].is_null() && !taken.text.contains(&of_beto), "{}", taken.text);

    let tax_id = json!({ "trade_name": "Secreto", "tax_id": { "country": "MX", "number": "EKU9003173C9" } });
    let hidden = shop.beto.post("/api/v1/customers", tax_id.clone()).await.expect(201).text_at("/id");
    let taken = shop.ana.post("/api/v1/customers", tax_id).await.expect(409);
    assert!(taken.body["existing_id"].is_null() && !taken.text.contains(&hidden), "{}", taken.text);
}

#[tokio::test]
async fn alike_leads_are_shown_to_whoever_sees_both() {
    let shop = Shop::new("own").await;
    for client in [&shop.ana, &shop.beto] {
        lead(client, "Ferretería Gemela").await;
    }
    let pairs = async |client| page(client, "/api/v1/leads/duplicates", "x").await.len();
    until("the pair is found", async || pairs(&shop.tenant.owner).await == 1).await;
    assert_eq!((pairs(&shop.ana).await, pairs(&shop.beto).await), (0, 0));
}

#[tokio::test]
async fn accounts_make_no_circle_behind_the_back_of_a_seller() {
    let shop = Shop::new("own").await;
    let top = customer(&shop.ana, "Matriz").await;
    let middle = json!({ "trade_name": "Oculta", "parent_id": top });
    let middle = shop.tenant.owner.post("/api/v1/customers", middle).await.expect(201).text_at("/id");
    let bottom = json!({ "trade_name": "Sucursal", "parent_id": middle, "owner_id": shop.ana_id });
    let bottom = shop.tenant.owner.post("/api/v1/customers", bottom).await.expect(201).text_at("/id");

    let circle =
        shop.ana.patch(&format!("/api/v1/customers/{top}"), json!({ "parent_id": bottom })).await.expect(422);
    assert_eq!(refused_at(&circle), "/parent_id");
    // An account with others below it is not archived, whoever sees them, and nobody is told of those whom they do not see.
    let hanging = shop.ana.delete(&format!("/api/v1/customers/{top}")).await.expect(409);
    assert_eq!(hanging.body["children"], json!(0));
    let hanging = shop.tenant.owner.delete(&format!("/api/v1/customers/{top}")).await.expect(409);
    assert_eq!(hanging.body["children"], json!(1));
}

#[tokio::test]
async fn a_lead_becomes_a_customer_of_its_seller() {
    let shop = Shop::new("own").await;
    let (mine, _) = lead(&shop.ana, "Taller Ana").await;
    for verb in ["contacted", "qualified"] {
        let status = json!({ "lead_ids": [mine], "action": "status", "status": verb });
        shop.ana.post("/api/v1/leads/bulk", status).await.expect(200);
    }
    shop.beto.post(&format!("/api/v1/leads/{mine}/convert"), json!({})).await.expect(404);
    let converted = shop.ana.post(&format!("/api/v1/leads/{mine}/convert"), json!({})).await.expect(201);
    let customer = format!("/api/v1/customers/{}", converted.text_at("/customer_id"));
    assert_eq!(shop.ana.get(&customer).await.expect(200).text_at("/owner_id"), shop.ana_id);
    shop.beto.get(&customer).await.expect(404);
    // Handed over, the customer is not told to whoever still has the lead.
    shop.tenant
        .owner
        .post(&format!("{customer}/assign"), json!({ "owner_id": shop.beto_id }))
        .await
        .expect(200);
    let again = shop.ana.post(&format!("/api/v1/leads/{mine}/convert"), json!({})).await.expect(409);
    assert!(again.body["customer_id"].is_null(), "{}", again.text);
}

#[tokio::test]
async fn the_dashboard_counts_what_is_seen() {
    let shop = Shop::new("own").await;
    for (client, name) in
        [(&shop.ana, "A1"), (&shop.ana, "A2"), (&shop.beto, "B1"), (&shop.tenant.owner, "N1")]
    {
        lead(client, name).await;
    }
    let leads = async |client: &crate::support::Client| {
        client.get("/api/v1/dashboard").await.expect(200).body["totals"]["leads"].as_i64().unwrap()
    };
    until("everybody's are counted", async || leads(&shop.tenant.owner).await == 4).await;
    assert_eq!((leads(&shop.ana).await, leads(&shop.beto).await), (2, 1));
    let seen = shop.ana.get("/api/v1/dashboard").await.expect(200);
    assert_eq!(seen.body["by_owner"].as_array().unwrap().len(), 1, "{}", seen.text);
    assert_eq!(seen.text_at("/by_owner/0/owner_id"), shop.ana_id);
    assert_eq!(seen.body["by_source"][0]["leads"], json!(2));
    shop.sellers_see("team").await;
    let both = json!({ "name": "Juntos", "member_ids": [shop.ana_id, shop.beto_id] });
    shop.tenant.owner.post("/api/v1/teams", both).await.expect(201);
    assert_eq!((leads(&shop.ana).await, leads(&shop.beto).await), (3, 3));
}
