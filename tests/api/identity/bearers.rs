//! Bearer tokens that are not good.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{refresh, sign_up};
use crate::support::{TestApp, unique};

const SECRET: &str = "a secret of tests that is long enough";

fn parts(token: &str) -> (Value, Value, String) {
    let parts: Vec<&str> = token.split('.').collect();
    let json = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (json(parts[0]), json(parts[1]), parts[2].to_owned())
}

fn assemble(header: &Value, claims: &Value, signature: &str) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}.{signature}", encode(header), encode(claims))
}

fn signed(claims: &Value, typ: Option<&str>, algorithm: Algorithm, key: &EncodingKey) -> String {
    let mut header = Header::new(algorithm);
    header.typ = typ.map(str::to_owned);
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

#[tokio::test]
async fn hostile_access_tokens_are_refused() {
    let app = TestApp::with_settings("bearers_hs256", &[("JWT_SECRET", SECRET)]);
    let (tenant, rival) = (app.tenant().await, app.tenant().await);
    let token = tenant.tokens["access_token"].as_str().unwrap();
    let rivals = rival.tokens["access_token"].as_str().unwrap();
    let (header, claims, signature) = parts(token);
    let (_, rival_claims, _) = parts(rivals);
    let secret = EncodingKey::from_secret(SECRET.as_bytes());
    let forged = |changes: Value| {
        let mut claims = claims.clone();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        signed(&claims, Some("at+jwt"), Algorithm::HS256, &secret)
    };
    // The forge works: with nothing changed, its token is good.
    tenant.owner.with_token(&forged(json!({}))).get("/api/v1/me").await.expect(200);

    let mut without_expiry = claims.clone();
    without_expiry.as_object_mut().unwrap().remove("exp");
    let hostile = [
        ("garbage", "garbage".to_owned()),
        ("dots", "..".to_owned()),
        ("no algorithm", assemble(&json!({ "alg": "none", "typ": "at+jwt" }), &claims, "")),
        (
            "no algorithm, kept signature",
            assemble(&json!({ "alg": "none", "typ": "at+jwt" }), &claims, &signature),
        ),
        ("changed claims", assemble(&header, &rival_claims, &signature)),
        (
            "signature of another token",
            format!("{}{}", &token[..token.rfind('.').unwrap()], &rivals[rivals.rfind('.').unwrap()..]),
        ),
        ("cut signature", token[..token.len() - 4].to_owned()),
        ("no signature", token[..=token.rfind('.').unwrap()].to_owned()),
        (
            "another secret",
            signed(&claims, Some("at+jwt"), Algorithm::HS256, &EncodingKey::from_secret(&[7; 32])),
        ),
        ("empty secret", signed(&claims, Some("at+jwt"), Algorithm::HS256, &EncodingKey::from_secret(&[]))),
        ("HS384", signed(&claims, Some("at+jwt"), Algorithm::HS384, &secret)),
        ("an ID token", signed(&claims, Some("JWT"), Algorithm::HS256, &secret)),
        ("no type", signed(&claims, None, Algorithm::HS256, &secret)),
        ("no expiry", signed(&without_expiry, Some("at+jwt"), Algorithm::HS256, &secret)),
        ("expired", forged(json!({ "exp": claims["iat"].as_i64().unwrap() - 1 }))),
        ("another audience", forged(json!({ "aud": "another-api" }))),
        ("another issuer", forged(json!({ "iss": "https://evil.example.com" }))),
        ("another user", forged(json!({ "sub": rival.owner_id }))),
        ("another tenant", forged(json!({ "tid": rival.id }))),
        ("another tenant and user", forged(json!({ "tid": rival.id, "sub": rival.owner_id }))),
        ("another session", forged(json!({ "sid": rival_claims["sid"] }))),
        ("no such session", forged(json!({ "sid": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11" }))),
        ("a session that is no UUID", forged(json!({ "sid": "' OR 1=1 --" }))),
        ("a refresh token", tenant.tokens["refresh_token"].as_str().unwrap().to_owned()),
        ("a key that is none", format!("cauce_live_7hq2m0xk_{}_00000000", "A".repeat(43))),
    ];
    for (name, token) in hostile {
        let answer = tenant.owner.with_token(&token).get("/api/v1/me").await;
        assert_eq!(answer.status, 401, "{name}: {}", answer.text);
        assert_eq!(answer.text_at("/type"), "/problems/unauthorized", "{name}");
    }
    // The real ones are good all the while.
    tenant.owner.get("/api/v1/me").await.expect(200);
    rival.owner.get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn headers_that_bring_their_own_key_are_refused() {
    let app = TestApp::with_settings("bearers_embedded", &[("JWT_SECRET", SECRET)]);
    let tenant = app.tenant().await;
    let (_, claims, _) = parts(tenant.tokens["access_token"].as_str().unwrap());
    let thief = EncodingKey::from_secret(&[7; 32]);
    let key = URL_SAFE_NO_PAD.encode([7; 32]);
    for extra in [
        json!({ "jwk": { "kty": "oct", "k": key } }),
        json!({ "jku": "https://evil.example.com/jwks.json" }),
        json!({ "x5u": "https://evil.example.com/key.pem" }),
        json!({ "kid": "../../../../dev/null" }),
        json!({ "kid": "' UNION SELECT 'x" }),
    ] {
        let mut header = json!({ "alg": "HS256", "typ": "at+jwt" });
        header.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let message = assemble(&header, &claims, "");
        let message = message.trim_end_matches('.');
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &thief, Algorithm::HS256).unwrap();
        let token = format!("{message}.{signature}");
        tenant.owner.with_token(&token).get("/api/v1/me").await.expect(401);
    }
}

#[tokio::test]
async fn requests_without_a_bearer_are_refused() {
    let client = TestApp::shared().anonymous();
    client.get("/api/v1/me").await.expect(401);
    for header in ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer\u{e9}", "Token x"] {
        let answer = client.with_header("Authorization", header).get("/api/v1/me").await.expect(401);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{header}");
    }
}

#[tokio::test]
async fn an_asymmetric_key_is_published_and_its_public_half_signs_nothing() {
    // As `openssl genpkey -algorithm ed25519` writes it.
    let pkcs8 = Ed25519KeyPair::generate().unwrap().to_pkcs8v1().unwrap();
    let path = std::env::temp_dir().join(format!("{}.pem", unique("cauce-test-key")));
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(pkcs8.as_ref())
    );
    std::fs::write(&path, pem).unwrap();
    let app = TestApp::with_settings("bearers_eddsa", &[("JWT_KEY_FILE_PATH", path.to_str().unwrap())]);
    std::fs::remove_file(&path).unwrap();
    let client = app.anonymous();
    let answer = sign_up(&client, "Empresa", "ana@example.com").await;
    let token = answer.text_at("/access_token");
    client.with_token(&token).get("/api/v1/me").await.expect(200);

    let keys = client.get("/.well-known/jwks.json").await.expect(200);
    let (header, claims, _) = parts(&token);
    assert_eq!(header["alg"], "EdDSA");
    assert_eq!(keys.body["keys"][0]["kid"], header["kid"]);
    assert_eq!(keys.body["keys"].as_array().map(Vec::len), Some(1));
    assert!(keys.body["keys"][0].get("d").is_none(), "the private half stays private");

    // The confusion of algorithms: a shared secret made of what everybody can read.
    let public = keys.text_at("/keys/0/x");
    for secret in
        [URL_SAFE_NO_PAD.decode(&public).unwrap(), public.into_bytes(), keys.text.clone().into_bytes()]
    {
        let forged = signed(&claims, Some("at+jwt"), Algorithm::HS256, &EncodingKey::from_secret(&secret));
        client.with_token(&forged).get("/api/v1/me").await.expect(401);
    }
    let other = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let forged = signed(&claims, Some("at+jwt"), Algorithm::EdDSA, &EncodingKey::from_ed_der(other.as_ref()));
    client.with_token(&forged).get("/api/v1/me").await.expect(401);
    refresh(&client, &answer.text_at("/refresh_token")).await.expect(200);
}

#[tokio::test]
async fn a_shared_secret_publishes_nothing() {
    let keys = TestApp::shared().anonymous().get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(keys.body, json!({ "keys": [] }));
}
