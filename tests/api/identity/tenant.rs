//! The company's settings.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn the_company_is_changed_member_by_member() {
    let tenant = TestApp::shared().tenant().await;
    let change = json!({
        "name": "Ferretería López", "locale": "es-PE", "currency": "PEN", "time_zone": "America/Lima", "country": "PE",
        "tax_id": "20-10007097-0", "forgotten_after_days": 30,
        "branding": { "primary_color": "#0A7F5C", "logo_url": "https://example.com/logo.png" },
        "limits": { "POST /api/v1/leads": 10 }
    });

    let changed = tenant.owner.patch("/api/v1/tenant", change).await.expect(200);

    let shown = tenant.owner.get("/api/v1/tenant").await.expect(200);
    assert_eq!(changed.body, shown.body);
    assert_eq!(shown.header("etag"), Some("\"2\""));
    assert_eq!(shown.body["tax_id"], "20100070970");
    assert_eq!(shown.body["branding"]["primary_color"], "#0a7f5c");
    assert_eq!(shown.body["branding"]["secondary_color"], json!(null));
    assert_eq!(shown.body["limits"]["POST /api/v1/leads"], 10);
    assert_eq!(shown.body["limits"]["tenant"], 1000);
    assert_eq!(shown.text_at("/slug"), tenant.slug);

    let cleared =
        json!({ "tax_id": null, "branding": { "logo_url": null }, "limits": { "POST /api/v1/leads": null } });
    let cleared = tenant.owner.patch("/api/v1/tenant", cleared).await.expect(200);
    assert_eq!(
        (&cleared.body["tax_id"], &cleared.body["branding"]["logo_url"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(cleared.body["branding"]["primary_color"], "#0a7f5c");
    assert_eq!(cleared.body["limits"]["POST /api/v1/leads"], 50);
    let same = tenant.owner.patch("/api/v1/tenant", json!({})).await.expect(200);
    assert_eq!(same.body["version"], 3);
}

#[tokio::test]
async fn what_is_wrong_with_a_change_is_told_by_its_place_and_changes_nothing() {
    let tenant = TestApp::shared().tenant().await;
    for (body, pointer) in [
        (json!({ "name": "" }), "/name"),
        (json!({ "name": null }), "/name"),
        (json!({ "currency": "PESOS" }), "/currency"),
        (json!({ "locale": "xx" }), "/locale"),
        (json!({ "time_zone": "Mexico" }), "/time_zone"),
        (json!({ "country": "Mexico" }), "/country"),
        (json!({ "tax_id": "not an RFC" }), "/tax_id"),
        (json!({ "branding": { "primary_color": "red" } }), "/branding/primary_color"),
        (json!({ "branding": { "logo_url": "javascript:alert(1)" } }), "/branding/logo_url"),
        (json!({ "branding": { "font": "Arial" } }), "/branding/font"),
        (json!({ "branding": null }), "/branding"),
        (json!({ "forgotten_after_days": 0 }), "/forgotten_after_days"),
        (json!({ "forgotten_after_days": 1e3 }), "/forgotten_after_days"),
        (json!({ "limits": { "tenant": 1001 } }), "/limits/tenant"),
        (json!({ "limits": { "tenant": 0 } }), "/limits/tenant"),
        (json!({ "limits": { "POST /api/v1/leads": 51 } }), "/limits/POST ~1api~1v1~1leads"),
        (json!({ "limits": { "everything": 1 } }), "/limits/everything"),
        (json!({ "slug": "mine" }), "/slug"),
        (json!({ "id": tenant.id }), "/id"),
        (json!({ "version": 7 }), "/version"),
    ] {
        let answer = tenant.owner.patch("/api/v1/tenant", body.clone()).await.expect(422);
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer, "{body}: {}", answer.text);
    }
    assert_eq!(tenant.owner.get("/api/v1/tenant").await.body["version"], 1);
}

#[tokio::test]
async fn a_stale_change_of_the_company_is_refused() {
    let tenant = TestApp::shared().tenant().await;
    let first = tenant.owner.with_header("If-Match", "\"1\"");
    first.patch("/api/v1/tenant", json!({ "currency": "USD" })).await.expect(200);
    let stale = first.patch("/api/v1/tenant", json!({ "currency": "MXN" })).await.expect(412);
    assert_eq!(stale.body["current_version"], 2);
    assert_eq!(tenant.owner.get("/api/v1/tenant").await.body["currency"], "USD");
}

#[tokio::test]
async fn a_tightened_limit_acts_on_the_next_request() {
    let app = TestApp::with_settings("tenant_limits", &[("LIMITS_ENABLED", "true")]);
    let tenant = app.tenant().await;
    assert_eq!(tenant.owner.get("/api/v1/me").await.expect(200).header("ratelimit-limit"), Some("1000"));

    tenant.owner.patch("/api/v1/tenant", json!({ "limits": { "tenant": 2 } })).await.expect(200);

    let answers = [tenant.owner.get("/api/v1/me").await, tenant.owner.get("/api/v1/me").await];
    assert!(
        answers.iter().all(|answer| answer.status == 200 && answer.header("ratelimit-limit") == Some("2"))
    );
    let refused = tenant.owner.get("/api/v1/me").await.expect(429);
    assert!(refused.header("retry-after").is_some());
    app.tenant().await.owner.get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn limits_are_shown_with_what_is_left_of_them() {
    let app = TestApp::with_settings("tenant_quotas", &[("LIMITS_ENABLED", "true")]);
    let tenant = app.tenant().await;
    // So few a minute that what is taken is not back before it is shown.
    let few = json!({ "limits": { "POST /api/v1/leads": 3, "tenant": 12 } });
    tenant.owner.patch("/api/v1/tenant", few).await.expect(200);
    for number in 0..3 {
        let lead = json!({ "company_name": "Taller", "email": format!("taller{number}@example.com") });
        tenant.owner.post("/api/v1/leads", lead).await.expect(201);
    }
    let field = json!({ "key": "localidad", "label": "Localidad", "type": "text" });
    tenant.owner.post("/api/v1/leads/fields", field).await.expect(201);
    tenant.colleague(&["VIEWER"]).await;
    let stream = tenant.owner.stream("/api/v1/events/stream").await;

    let limits = tenant.owner.get("/api/v1/tenant/limits").await.expect(200);

    let of = |name: &str| {
        let all = limits.body["data"].as_array().unwrap();
        all.iter()
            .find(|limit| limit["name"] == name)
            .unwrap_or_else(|| panic!("{name} in {}", limits.text))
            .clone()
    };
    let requests = of("POST /api/v1/leads");
    assert_eq!((&requests["limit"], &requests["unit"]), (&json!(3), &json!("requests_per_minute_and_user")));
    let left = requests["remaining"].as_u64().unwrap();
    assert!(left < 3 && requests["used"] == json!(3 - left), "{requests}");
    assert!(of("tenant")["remaining"].as_u64().unwrap() < 12);
    for (name, used, limit) in [
        ("lead_fields", json!(1), 100),
        ("lead_assignment_rules", json!(0), 50),
        ("lead_forms", json!(0), 100),
        ("open_imports", json!(0), 20),
        ("import_mappings", json!(0), 100),
        ("open_exports", json!(0), 5),
        ("open_uploads", json!(0), 20),
        ("webhooks", json!(0), 20),
        ("event_streams", json!(1), 20),
        ("invitation_letters", json!(1), 100),
        ("request_body", json!(null), 262_144),
        ("import_file", json!(null), 67_108_864),
    ] {
        assert_eq!((&of(name)["used"], &of(name)["limit"]), (&used, &json!(limit)), "{name}");
    }
    drop(stream);
    let key = json!({ "name": "Leads", "scopes": ["leads:*"] });
    let key = tenant.owner.post("/api/v1/api-keys", key).await.expect(201).text_at("/key");
    tenant.owner.with_token(&key).get("/api/v1/tenant/limits").await.expect(403);
}
