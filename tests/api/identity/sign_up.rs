//! Signing a company up.

use futures_util::future::join_all;
use serde_json::json;

use super::{PASSWORD, address, log_in, sign_up, signup_body};
use crate::support::{TestApp, unique};

#[tokio::test]
async fn a_company_signs_up_and_its_owner_is_signed_in() {
    let client = TestApp::shared().anonymous();
    let email = address();
    let name = format!("Diseños {}", unique("Ñandú"));

    let answer = sign_up(&client, &name, &email).await;

    assert_eq!(answer.header("location"), Some("/api/v1/tenant"));
    assert_eq!(answer.text_at("/tenant/name"), name);
    assert!(answer.text_at("/tenant/slug").starts_with("disenos-nandu"), "{}", answer.text);
    assert_eq!(answer.body["tenant"]["currency"], "MXN");
    assert_eq!(answer.body["tenant"]["time_zone"], "America/Mexico_City");
    assert_eq!(answer.body["tenant"]["limits"]["tenant"], 1000);
    assert_eq!(answer.body["user"]["roles"], json!(["OWNER"]));
    assert_eq!(answer.body["user"]["status"], "active");
    assert_eq!((answer.text_at("/token_type").as_str(), &answer.body["expires_in"]), ("Bearer", &json!(600)));
    assert!(!answer.text.contains("password"), "{}", answer.text);
    let me = client.with_token(&answer.text_at("/access_token")).get("/api/v1/me").await.expect(200);
    assert_eq!(me.text_at("/user/id"), answer.text_at("/user/id"));
    assert_eq!(me.text_at("/tenant/id"), answer.text_at("/tenant/id"));
    assert_eq!(me.body["permissions"], json!(["*:*"]));
}

#[tokio::test]
async fn companies_of_one_name_get_slugs_of_their_own() {
    let client = TestApp::shared().anonymous();
    let name = unique("ferreteria");

    let mut slugs = Vec::new();
    for _ in 0..7 {
        slugs.push(sign_up(&client, &name, &address()).await.text_at("/tenant/slug"));
    }

    assert_eq!(slugs[0], name);
    assert_eq!(slugs[1], format!("{name}-2"));
    slugs.sort();
    slugs.dedup();
    assert_eq!(slugs.len(), 7);
}

#[tokio::test]
async fn what_is_wrong_with_a_sign_up_is_told_by_its_place() {
    let client = TestApp::shared().anonymous();
    for (field, value, pointer) in [
        ("tenant_name", json!(""), "/tenant_name"),
        ("tenant_name", json!("x".repeat(121)), "/tenant_name"),
        ("tenant_name", json!("a\nb"), "/tenant_name"),
        ("name", json!("   "), "/name"),
        ("name", json!("a\u{0}b"), "/name"),
        ("name", json!(7), "/name"),
        ("email", json!("ana"), "/email"),
        ("email", json!(null), "/email"),
        ("email", json!("ana@lopez.mx\u{0}"), "/email"),
        ("password", json!("corta"), "/password"),
        ("password", json!("x1".repeat(65)), "/password"),
        ("password", json!("Password123"), "/password"),
        ("tenant_id", json!("0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11"), "/tenant_id"),
        ("roles", json!(["OWNER"]), "/roles"),
    ] {
        let mut body = signup_body("Empresa", &address());
        body[field] = value.clone();
        let answer = client.post("/api/v1/auth/signup", body).await.expect(422);
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer, "{field} {value}: {}", answer.text);
    }
    let spanish = client.with_header("Accept-Language", "es");
    let mut body = signup_body("Empresa", "nadie");
    body["password"] = json!("corta");
    let answer = spanish.post("/api/v1/auth/signup", body).await.expect(422);
    assert_eq!(answer.text_at("/title"), "La solicitud no es válida");
    assert_eq!(answer.text_at("/errors/1/detail"), "debe tener de 8 a 128 caracteres");
}

#[tokio::test]
async fn a_repeated_sign_up_under_a_key_is_the_same_company() {
    let client = TestApp::shared().anonymous();
    let (tenant, email) = (unique("empresa"), address());
    let keyed = client.with_header("Idempotency-Key", "alta-1");

    let first = sign_up(&keyed, &tenant, &email).await;
    let again = sign_up(&keyed, &tenant, &email).await;

    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.text_at("/tenant/id"), again.text_at("/tenant/id"));
    assert_eq!(first.text_at("/user/id"), again.text_at("/user/id"));
    assert_ne!(first.text_at("/refresh_token"), again.text_at("/refresh_token"));
    client.with_token(&again.text_at("/access_token")).get("/api/v1/me").await.expect(200);
    // Another request under the key, then the same key of somebody else, who is a stranger.
    let mut other = signup_body(&tenant, &email);
    other["password"] = json!("another horse battery");
    let refused = keyed.post("/api/v1/auth/signup", other).await.expect(422);
    assert_eq!(refused.text_at("/type"), "/problems/idempotency-key-reused");
    let stranger = sign_up(&keyed, &tenant, &address()).await;
    assert_ne!(stranger.text_at("/tenant/id"), first.text_at("/tenant/id"));
    log_in(&client, &email).await.expect(200);
}

#[tokio::test]
async fn sign_ups_at_once_under_one_key_make_one_company() {
    // So many passwords at once would have others of the shared server told that it is busy.
    let app = TestApp::alone("signup_at_once");
    let (tenant, email) = (unique("empresa"), address());
    let keyed = app.anonymous().with_header("Idempotency-Key", "alta-2");

    let answers =
        join_all((0..4).map(|_| keyed.post("/api/v1/auth/signup", signup_body(&tenant, &email)))).await;

    let mut tenants = Vec::new();
    for answer in answers {
        match answer.status {
            201 => tenants.push(answer.text_at("/tenant/id")),
            // Put off: the first one still runs, or too many passwords are being hashed.
            409 | 503 => assert!(answer.header("retry-after").is_some(), "{}", answer.text),
            _ => panic!("{}", answer.text),
        }
    }
    assert!(!tenants.is_empty());
    tenants.dedup();
    assert_eq!(tenants.len(), 1);
    assert_eq!(sign_up(&keyed, &tenant, &email).await.text_at("/tenant/id"), tenants[0]);
}

#[tokio::test]
async fn a_closed_server_takes_nobody_new() {
    let app = TestApp::with_settings("signup_closed", &[("SIGNUP", "closed")]);
    let answer =
        app.anonymous().post("/api/v1/auth/signup", signup_body("Empresa", &address())).await.expect(403);
    assert_eq!(answer.text_at("/type"), "/problems/signup-closed");
    assert!(!answer.text.contains(PASSWORD));
}
