//! The second factor and its recovery codes.

use chrono::TimeDelta;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use super::PASSWORD;
use crate::support::{Answer, Client, Database, Tenant, TestApp};

const FACTOR: &str = "/api/v1/me/second-factor";

/// An authenticator app on the server's time.
pub struct Device<'a> {
    app: &'a TestApp,
    secret: String,
}

impl Device<'_> {
    /// The code that it shows `steps` from now.
    fn code(&self, steps: i64) -> String {
        let secret = Secret::try_from_base32(&self.secret).unwrap();
        let time = self.app.clock.now() + TimeDelta::seconds(30 * steps);
        let totp = Builder::new().with_secret(secret).build().unwrap();
        totp.generate(u64::try_from(time.timestamp()).unwrap()).to_string()
    }

    /// Another code than any that is good about now.
    fn wrong(&self) -> String {
        let good: Vec<String> = (-3..=3).map(|steps| self.code(steps)).collect();
        ["000000", "111111", "222222"]
            .into_iter()
            .map(str::to_owned)
            .find(|code| !good.contains(code))
            .unwrap()
    }
}

/// A second factor that is asked for, and its recovery codes. The next code that is good is of the next step.
pub async fn on<'a>(app: &'a TestApp, owner: &Client) -> (Device<'a>, Vec<String>) {
    let added = owner.post(FACTOR, json!({ "password": PASSWORD })).await.expect(201);
    let device = Device { app, secret: added.text_at("/secret") };
    let confirmed =
        owner.post(&format!("{FACTOR}/confirm"), json!({ "code": device.code(0) })).await.expect(200);
    let codes = confirmed.body["recovery_codes"].as_array().unwrap();
    (device, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

async fn log_in(app: &TestApp, tenant: &Tenant, code: Option<&str>) -> Answer {
    let mut body = json!({ "email": tenant.email, "password": PASSWORD });
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    app.anonymous().post("/api/v1/auth/login", body).await
}

#[tokio::test]
async fn a_second_factor_is_added_by_password_and_confirmed_by_a_code() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let owner = &tenant.owner;
    assert_eq!(owner.get(FACTOR).await.expect(200).text_at("/status"), "off");
    let refused = owner.post(FACTOR, json!({ "password": "wrong horse battery" })).await.expect(403);
    assert_eq!(refused.text_at("/type"), "/problems/not-proven");
    owner.post(&format!("{FACTOR}/confirm"), json!({ "code": "123456" })).await.expect(409);

    let added = owner.post(FACTOR, json!({ "password": PASSWORD })).await.expect(201);
    let (url, secret) = (added.text_at("/otpauth_url"), added.text_at("/secret"));
    assert_eq!(secret.len(), 32, "160 bits in base32");
    assert!(url.starts_with("otpauth://totp/Cauce:") && url.contains(&secret), "{url}");
    assert!(added.text_at("/qr_svg").contains("<svg"));
    assert_eq!(owner.get(FACTOR).await.expect(200).text_at("/status"), "unconfirmed");
    // Nothing asks for what may never have reached the app.
    log_in(app, &tenant, None).await.expect(200);

    let device = Device { app, secret };
    let wrong = json!({ "code": device.wrong() });
    owner.post(&format!("{FACTOR}/confirm"), wrong).await.expect(403);
    let good = json!({ "code": device.code(0) });
    let confirmed = owner.post(&format!("{FACTOR}/confirm"), good).await.expect(200);
    assert_eq!(confirmed.body["recovery_codes"].as_array().map(Vec::len), Some(10));
    let shown = owner.get(FACTOR).await.expect(200);
    assert_eq!((shown.text_at("/status").as_str(), &shown.body["recovery_codes_left"]), ("on", &json!(10)));
    assert!(!shown.text.contains(&device.secret));
    owner.post(FACTOR, json!({ "password": PASSWORD })).await.expect(409);

    // Stored sealed, and as hashes.
    let mut database = Database::connect(&app.admin_url);
    let stored = database.rows(&format!(
        "SELECT encode(seed, 'hex') AS seed, (SELECT string_agg(encode(code_hash, 'escape'), ' ') FROM identity.recovery_codes c
         WHERE c.tenant_id = f.tenant_id) AS codes FROM identity.second_factors f WHERE tenant_id = '{}'",
        tenant.id
    ));
    let seed: String = Secret::try_from_base32(&device.secret)
        .unwrap()
        .as_bytes()
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert!(!stored[0]["seed"].as_str().unwrap().contains(&seed));
    assert!(!stored[0]["codes"].as_str().unwrap().contains(&confirmed.text_at("/recovery_codes/0")));
}

#[tokio::test]
async fn signing_in_takes_a_code_which_is_good_once() {
    let app = TestApp::alone("identity_code_once");
    // In the next step the device would show another code.
    app.clock.stop();
    let tenant = app.tenant().await;
    let (device, recovery) = on(&app, &tenant.owner).await;

    let asked = log_in(&app, &tenant, None).await.expect(401);
    assert_eq!(asked.text_at("/type"), "/problems/second-factor-needed");
    assert!(asked.body.get("access_token").is_none());
    let spent = log_in(&app, &tenant, Some(&device.code(0))).await.expect(401);
    assert_eq!(spent.text_at("/type"), "/problems/second-factor-wrong");
    // A wrong password tells nothing of the code.
    let body = json!({ "email": tenant.email, "password": "wrong horse battery", "code": device.code(1) });
    let wrong = app.anonymous().post("/api/v1/auth/login", body).await.expect(401);
    assert_eq!(wrong.text_at("/type"), "/problems/unauthorized");

    // The next step, which a clock that is ahead shows already.
    let next = device.code(1);
    log_in(&app, &tenant, Some(&next)).await.expect(200);
    log_in(&app, &tenant, Some(&next)).await.expect(401);
    let typed = recovery[0].to_uppercase().replace('-', " ");
    log_in(&app, &tenant, Some(&typed)).await.expect(200);
    log_in(&app, &tenant, Some(&recovery[0])).await.expect(401);
    assert_eq!(tenant.owner.get(FACTOR).await.expect(200).body["recovery_codes_left"], json!(9));
    log_in(&app, &tenant, Some(&recovery[1])).await.expect(200);
}

#[tokio::test]
async fn codes_at_once_are_good_for_one_sign_in() {
    // So many passwords at once would have others of the shared server told that it is busy.
    let app = TestApp::alone("identity_codes_at_once");
    let tenant = app.tenant().await;
    let (device, _) = on(&app, &tenant.owner).await;
    let code = device.code(1);
    let answers = futures_util::future::join_all((0..4).map(|_| log_in(&app, &tenant, Some(&code)))).await;
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(good, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
}

#[tokio::test]
async fn guessed_codes_cost_as_much_as_guessed_passwords() {
    let app = TestApp::alone("identity_codes");
    app.clock.stop();
    let tenant = app.tenant().await;
    let (device, _) = on(&app, &tenant.owner).await;
    let log_in = async |code: &str| {
        let body = json!({ "email": tenant.email, "password": PASSWORD, "code": code });
        app.anonymous().post("/api/v1/auth/login", body).await
    };
    for _ in 0..5 {
        log_in(&device.wrong()).await.expect(401);
        // Asking which code is wanted forgives nothing.
        let body = json!({ "email": tenant.email, "password": PASSWORD });
        let asked = app.anonymous().post("/api/v1/auth/login", body).await;
        assert!([401, 429].contains(&asked.status), "{}", asked.text);
    }
    let refused = log_in(&device.code(1)).await.expect(429);
    assert_eq!(refused.text_at("/type"), "/problems/too-many-guesses");
    app.clock.advance(TimeDelta::seconds(30));
    log_in(&device.code(1)).await.expect(200);
    log_in(&device.wrong()).await.expect(401);
}

#[tokio::test]
async fn factors_change_by_password_and_code_together() {
    let app = TestApp::alone("identity_factors");
    app.clock.stop();
    let tenant = app.tenant().await;
    let owner = &tenant.owner;
    let (device, recovery) = on(&app, owner).await;
    let (remove, replace) = (format!("{FACTOR}/remove"), format!("{FACTOR}/recovery-codes"));
    for path in [&remove, &replace] {
        owner.post(path, json!({ "password": PASSWORD })).await.expect(403);
        owner.post(path, json!({ "password": PASSWORD, "code": device.wrong() })).await.expect(403);
    }
    owner.post(&remove, json!({ "password": "wrong horse battery", "code": recovery[9] })).await.expect(403);
    // Five wrong ones: the next is taken after a wait.
    let good = json!({ "password": PASSWORD, "code": recovery[0] });
    let waiting = owner.post(&replace, good.clone()).await.expect(429);
    let seconds: i64 = waiting.header("retry-after").unwrap().parse().unwrap();
    app.clock.advance(TimeDelta::seconds(seconds));

    let once = owner.with_header("Idempotency-Key", "codes-1");
    let replaced = once.post(&replace, good.clone()).await.expect(200);
    let again = once.post(&replace, good).await.expect(200);
    assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &replaced.body));
    log_in(&app, &tenant, Some(&recovery[1])).await.expect(401);
    log_in(&app, &tenant, Some(&replaced.text_at("/recovery_codes/0"))).await.expect(200);

    let good = json!({ "password": PASSWORD, "code": replaced.text_at("/recovery_codes/1") });
    owner.post(&remove, good.clone()).await.expect(204);
    owner.post(&remove, json!({ "password": PASSWORD })).await.expect(409);
    assert_eq!(owner.get(FACTOR).await.expect(200).text_at("/status"), "off");
    log_in(&app, &tenant, None).await.expect(200);
}

#[tokio::test]
async fn an_api_key_changes_no_credentials() {
    let tenant = TestApp::shared().tenant().await;
    let key = json!({ "name": "Form", "scopes": ["*:*"] });
    let key = tenant.owner.post("/api/v1/api-keys", key).await.expect(201).text_at("/key");
    let key = tenant.owner.with_token(&key);
    let proof = json!({ "password": PASSWORD });
    for (path, body) in [
        (FACTOR.to_owned(), proof.clone()),
        (format!("{FACTOR}/remove"), proof.clone()),
        (format!("{FACTOR}/recovery-codes"), proof),
        (format!("{FACTOR}/confirm"), json!({ "code": "123456" })),
        (
            "/api/v1/me/password".to_owned(),
            json!({ "current_password": PASSWORD, "new_password": "another horse battery" }),
        ),
    ] {
        let refused = key.post(&path, body).await.expect(403);
        assert_eq!(refused.text_at("/type"), "/problems/session-needed", "{path}");
    }
    key.get("/api/v1/me/sessions").await.expect(403);
    key.delete("/api/v1/me/sessions").await.expect(403);
}

#[tokio::test]
async fn changes_of_factors_are_told_and_secrets_are_not() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let (device, recovery) = on(app, &tenant.owner).await;
    log_in(app, &tenant, Some(&recovery[0])).await.expect(200);
    let good = json!({ "password": PASSWORD, "code": recovery[1] });
    tenant.owner.post(&format!("{FACTOR}/remove"), good).await.expect(204);

    let mut log = Value::Null;
    crate::support::until("the log tells it", async || {
        let answer = tenant.owner.get("/api/v1/audit?limit=200").await.expect(200);
        log = answer.body;
        log.to_string().contains("User.SecondFactorRemoved")
    })
    .await;
    let text = log.to_string();
    assert!(text.contains("User.SecondFactorAdded") && text.contains("User.RecoveryCodeUsed"), "{text}");
    assert!(!text.contains(&device.secret) && !text.contains(&recovery[0]));
}

#[tokio::test]
async fn whoever_guesses_the_first_code_must_wait() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let owner = &tenant.owner;
    let added = owner.post(FACTOR, json!({ "password": PASSWORD })).await.expect(201);
    let device = Device { app, secret: added.text_at("/secret") };
    let confirm = format!("{FACTOR}/confirm");
    // The waits double: whoever comes late to the first meets the next.
    let mut answers = Vec::new();
    while answers.len() < 12 && !answers.contains(&429) {
        let answer = owner.post(&confirm, json!({ "code": device.wrong() })).await;
        assert!(
            answer.status == 403 || answer.text_at("/type") == "/problems/too-many-guesses",
            "{}",
            answer.text
        );
        answers.push(answer.status);
    }
    assert!(answers.len() > 5 && answers.contains(&429), "{answers:?}");
    assert_eq!(owner.get(FACTOR).await.expect(200).text_at("/status"), "unconfirmed");
}
