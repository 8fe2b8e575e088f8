//! Hostile access tokens (RFC 8725): signed with our own secret and wrong in one thing, or made to be taken for signed.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::TestApp;

const SECRET: &str = "a secret of tests that is long enough";

/// A token of these very bytes, signed with the server's own secret.
fn signed(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()));
    format!("{message}.{signature}")
}

const HEADER: &str = r#"{"typ":"at+jwt","alg":"HS256"}"#;

/// Headers that are no header of ours, over claims that are good.
fn headers() -> Vec<&'static str> {
    vec![
        r#"{"typ":"at+jwt","alg":"none"}"#,
        r#"{"typ":"at+jwt","alg":"None"}"#,
        r#"{"typ":"at+jwt","alg":"NONE"}"#,
        r#"{"typ":"at+jwt","alg":"nOnE"}"#,
        r#"{"typ":"at+jwt","alg":""}"#,
        r#"{"typ":"at+jwt","alg":null}"#,
        r#"{"typ":"at+jwt","alg":["HS256"]}"#,
        r#"{"typ":"at+jwt"}"#,
        r#"{"typ":"at+jwt","alg":"hs256"}"#,
        r#"{"typ":"at+jwt","alg":"HS384"}"#,
        r#"{"typ":"at+jwt","alg":"HS512"}"#,
        r#"{"typ":"at+jwt","alg":"RS256"}"#,
        r#"{"typ":"at+jwt","alg":"PS256"}"#,
        r#"{"typ":"at+jwt","alg":"ES256"}"#,
        r#"{"typ":"at+jwt","alg":"EdDSA"}"#,
        r#"{"typ":"at+jwt","alg":"none","alg":"HS256"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","alg":"none"}"#,
        r#"{"typ":"JWT","alg":"HS256"}"#,
        r#"{"typ":"","alg":"HS256"}"#,
        r#"{"typ":null,"alg":"HS256"}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"typ":"JWT","typ":"at+jwt","alg":"HS256"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","crit":["exp"]}"#,
        r#"{"typ":"at+jwt","alg":"HS256","crit":[]}"#,
        r#"{"typ":"at+jwt","alg":"HS256","crit":["b64"],"b64":false}"#,
        r#"{"typ":"at+jwt","alg":"HS256","b64":false}"#,
        r#"{"typ":"at+jwt","alg":"HS256","zip":"DEF"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","cty":"JWT"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","enc":"A256GCM"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","jku":"https://evil.example/jwks.json"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}"#,
        r#"{"typ":"at+jwt","alg":"HS256","x5u":"https://evil.example/cert.pem"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","x5c":["AAAA"]}"#,
        r#"{"typ":"at+jwt","alg":"HS256","x5t":"AAAA"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","kid":"../../../../dev/null"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","kid":"' UNION SELECT 'x"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","kid":["a"]}"#,
        r#"["at+jwt","HS256"]"#,
        r#""HS256""#,
        "null",
        "",
        "{",
        "\u{feff}{\"typ\":\"at+jwt\",\"alg\":\"HS256\"}",
        r#"{"typ":"at+jwt","alg":"HS256"} {}"#,
    ]
}

/// Claims that are not good, under a header and a signature that are.
fn claims(good: &Value, rival: &Value) -> Vec<String> {
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims.to_string()
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        claims.to_string()
    };
    let text = good.to_string();
    let twice = |name: &str, value: &Value| text.replacen('{', &format!("{{\"{name}\":{value},"), 1);
    let iat = good["iat"].as_i64().unwrap();
    let mut all = vec![
        with("exp", json!(iat - 1)),
        with("exp", json!(0)),
        with("exp", json!(-1)),
        with("exp", json!(i64::MIN)),
        with("exp", json!(i64::MAX)),
        with("exp", json!(1e300)),
        with("exp", json!(iat + 86_400)),
        with("exp", json!(format!("{}", iat + 600))),
        with("exp", json!(null)),
        with("iat", json!(iat + 3_600)),
        with("nbf", json!(iat + 3_600)),
        with("iss", json!("https://evil.example")),
        with("iss", json!(["cauce", "https://evil.example"])),
        with("iss", json!("Cauce")),
        with("aud", json!("another-api")),
        with("aud", json!(["cauce-api", "another-api"])),
        with("aud", json!("")),
        with("sub", rival["sub"].clone()),
        with("sub", json!("00000000-0000-0000-0000-000000000000")),
        with("sub", json!("' OR 1=1 --")),
        with("sub", json!({ "id": good["sub"] })),
        with("tid", rival["tid"].clone()),
        with("sid", rival["sid"].clone()),
        with("sid", json!("0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11")),
        with("sid", json!(null)),
        with("roles", json!(["OWNER"])),
        with("scope", json!("*:*")),
        twice("sub", &rival["sub"]),
        twice("tid", &rival["tid"]),
        twice("exp", &json!(iat + 600)),
        "[]".to_owned(),
        "null".to_owned(),
        String::new(),
        format!("{text}{text}"),
    ];
    all.extend(["exp", "iss", "aud", "sub", "tid", "sid", "iat"].map(without));
    all
}

/// Texts that are no token, or whose signature is not of what they say.
fn texts(token: &str) -> Vec<String> {
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // The last letter of 43 holds four bits of the signature and two that are of nothing.
    let place = alphabet.find(last).unwrap();
    let twin = alphabet.chars().nth(place ^ 1).unwrap();
    let standard = STANDARD.encode(URL_SAFE_NO_PAD.decode(signature).unwrap());
    vec![
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.{signature}."),
        format!("{header}.{claims}.{signature}.{signature}"),
        format!("{header}.{claims}.{signature}.{header}.{claims}"),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        format!("{header}=.{claims}.{signature}"),
        format!("{header}.{claims}.{signature}="),
        format!("{header}.{claims}.{standard}"),
        format!("{header}.{claims}.{}{twin}", &signature[..signature.len() - 1]),
        format!("{header}.{claims}.{}", &signature[..signature.len() - 1]),
        format!("{header}.{claims}.{signature}A"),
        format!("{header}.{claims}.{}", signature.to_lowercase()),
        format!("{header}.{claims}. {signature}"),
        format!("{claims}.{header}.{signature}"),
        format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 32])),
        format!("{header}.{claims}.{}", "A".repeat(20_000)),
    ]
}

#[tokio::test]
async fn every_token_of_the_corpus_is_refused() {
    let app = TestApp::with_settings("bearers_corpus", &[("JWT_SECRET", SECRET)]);
    let (tenant, rival) = (app.tenant().await, app.tenant().await);
    let claims_of = |tokens: &Value| -> Value {
        let token = tokens["access_token"].as_str().unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
    };
    let (own, foreign) = (claims_of(&tenant.tokens), claims_of(&rival.tokens));
    let good = signed(HEADER, &own.to_string());
    tenant.owner.with_token(&good).get("/api/v1/me").await.expect(200);

    let mut corpus: Vec<String> = headers().iter().map(|header| signed(header, &own.to_string())).collect();
    corpus.extend(headers().iter().map(|header| {
        let token = signed(header, &own.to_string());
        token[..=token.rfind('.').unwrap()].to_owned()
    }));
    corpus.extend(claims(&own, &foreign).iter().map(|claims| signed(HEADER, claims)));
    corpus.extend(texts(&good));

    let mut taken = Vec::new();
    for token in &corpus {
        let answer = tenant.owner.with_token(token).get("/api/v1/me").await;
        if answer.status != 401 {
            let parts = token.split('.').map(|part| {
                let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
                String::from_utf8_lossy(&bytes).into_owned()
            });
            taken.push(format!("{} {:?}", answer.status, parts.take(2).collect::<Vec<_>>()));
        }
    }
    println!("{} hostile tokens", corpus.len());
    assert!(corpus.len() >= 120);
    assert!(taken.is_empty(), "{} taken:\n{}", taken.len(), taken.join("\n"));
    tenant.owner.with_token(&good).get("/api/v1/me").await.expect(200);
}
