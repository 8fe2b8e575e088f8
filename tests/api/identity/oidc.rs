//! Signing in through an external issuer.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{PASSWORD, address, sign_up};
use crate::support::{Answer, TestApp, unique};

/// An issuer with one key, which counts how often it is asked.
struct TestIssuer {
    url: String,
    key: EncodingKey,
    asked: Arc<AtomicUsize>,
}

impl TestIssuer {
    fn start() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let discovery = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") }).to_string();
        let keys = json!({ "keys": [
            { "kty": "OKP", "crv": "Ed25519", "kid": "one", "use": "sig", "alg": "EdDSA", "x": public }
        ] })
        .to_string();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut line = String::new();
                BufReader::new(&stream).read_line(&mut line).unwrap();
                let body = if line.contains("/keys") { &keys } else { &discovery };
                count.fetch_add(1, Ordering::Relaxed);
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
                write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
            }
        });
        Self { url, key: EncodingKey::from_ed_der(pkcs8.as_ref()), asked }
    }

    fn app(&self, name: &str) -> TestApp {
        TestApp::with_settings(name, &[("OIDC_ISSUER", &self.url), ("OIDC_AUDIENCE", "cauce")])
    }

    fn claims(&self, app: &TestApp, subject: &str, email: &str) -> Value {
        let now = app.clock.now().timestamp();
        json!({ "iss": self.url, "sub": subject, "aud": "cauce", "iat": now, "exp": now + 300,
            "email": email, "email_verified": true })
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }
}

async fn exchange(app: &TestApp, id_token: &str) -> Answer {
    app.anonymous().post("/api/v1/auth/oidc", json!({ "id_token": id_token })).await
}

#[tokio::test]
async fn a_person_is_linked_by_a_verified_address_once_and_known_by_their_subject_after() {
    let issuer = TestIssuer::start();
    let app = issuer.app("oidc_link");
    let tenant = app.tenant().await;
    let invited = address();
    let body = json!({ "email": invited, "name": "Beto", "roles": ["SALES"] });
    let id = tenant.owner.post("/api/v1/users", body).await.expect(201).text_at("/id");

    // An address that nobody verified, or that nobody invited, opens nothing.
    let mut unverified = issuer.claims(&app, "beto", &invited);
    unverified["email_verified"] = json!(false);
    exchange(&app, &issuer.sign(&unverified)).await.expect(401);
    exchange(&app, &issuer.sign(&issuer.claims(&app, "carla", &address()))).await.expect(401);

    let joined = exchange(&app, &issuer.sign(&issuer.claims(&app, "beto", &invited))).await.expect(200);
    assert_eq!(
        (joined.text_at("/user/id"), joined.text_at("/user/status")),
        (id.clone(), "active".to_owned())
    );
    app.anonymous().with_token(&joined.text_at("/access_token")).get("/api/v1/me").await.expect(200);

    // From now on the address does not matter, to him or to others.
    let moved = exchange(&app, &issuer.sign(&issuer.claims(&app, "beto", &address()))).await.expect(200);
    assert_eq!(moved.text_at("/user/id"), id);
    exchange(&app, &issuer.sign(&issuer.claims(&app, "mallory", &invited))).await.expect(401);
    // An existing user is linked just so, and suspending acts here too.
    let owner = exchange(&app, &issuer.sign(&issuer.claims(&app, "ana", &tenant.email))).await.expect(200);
    assert_eq!(owner.text_at("/user/id"), tenant.owner_id);
    tenant.owner.post(&format!("/api/v1/users/{id}/suspend"), json!({})).await.expect(200);
    exchange(&app, &issuer.sign(&issuer.claims(&app, "beto", &invited))).await.expect(401);
}

#[tokio::test]
async fn a_person_of_several_companies_says_which() {
    let issuer = TestIssuer::start();
    let app = issuer.app("oidc_several");
    let email = address();
    let first = sign_up(&app.anonymous(), &unique("empresa"), &email).await;
    sign_up(&app.anonymous(), &unique("empresa"), &email).await;
    let token = issuer.sign(&issuer.claims(&app, "ana", &email));

    exchange(&app, &token).await.expect(409);
    let body = json!({ "id_token": token, "tenant": first.text_at("/tenant/slug") });
    let answer = app.anonymous().post("/api/v1/auth/oidc", body).await.expect(200);
    assert_eq!(answer.text_at("/tenant/id"), first.text_at("/tenant/id"));
}

#[tokio::test]
async fn id_tokens_that_are_not_good_are_refused() {
    let issuer = TestIssuer::start();
    let app = issuer.app("oidc_hostile");
    let tenant = app.tenant().await;
    let good = issuer.claims(&app, "ana", &tenant.email);
    let changed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        issuer.sign(&claims)
    };
    let unsigned = |header: Value| {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        format!("{}.{}.", encode(&header), encode(&good))
    };
    let other = TestIssuer::start();
    for (name, token) in [
        ("garbage", "garbage".to_owned()),
        ("no algorithm", unsigned(json!({ "alg": "none", "kid": "one" }))),
        ("another issuer", changed("iss", json!("https://evil.example.com"))),
        ("another audience", changed("aud", json!("other"))),
        ("expired", changed("exp", json!(good["iat"].as_i64().unwrap() - 60))),
        ("another key", other.sign(&good)),
        ("our own access token", tenant.tokens["access_token"].as_str().unwrap().to_owned()),
    ] {
        let answer = exchange(&app, &token).await;
        assert_eq!(answer.status, 401, "{name}: {}", answer.text);
    }
    // Tokens with unknown keys do not make us ask the issuer again and again.
    exchange(&app, &issuer.sign(&good)).await.expect(200);
    let before = issuer.asked.load(Ordering::Relaxed);
    for _ in 0..5 {
        let header = Header { kid: Some("two".to_owned()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, &good, &issuer.key).unwrap();
        exchange(&app, &token).await.expect(401);
    }
    assert_eq!(issuer.asked.load(Ordering::Relaxed), before);
    let login = json!({ "email": tenant.email, "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/login", login).await.expect(200);
}

#[tokio::test]
async fn a_server_without_an_issuer_says_so_and_one_whose_issuer_is_away_asks_for_patience() {
    let answer = exchange(TestApp::shared(), "x").await.expect(404);
    assert_eq!(answer.text_at("/type"), "/problems/no-oidc-issuer");

    let issuer = TestIssuer::start();
    let gone = { TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    let gone = format!("http://{gone}");
    let app = TestApp::with_settings("oidc_away", &[("OIDC_ISSUER", &gone), ("OIDC_AUDIENCE", "cauce")]);
    let token = issuer.sign(&issuer.claims(&app, "ana", "ana@example.com"));
    let answer = exchange(&app, &token).await.expect(503);
    assert!(answer.header("retry-after").is_some());
}
