//! Letters: forgotten passwords and invitations, by a mail server that speaks SMTP.

use chrono::TimeDelta;
use serde_json::json;

use super::second_factor::on;
use super::smtp::{MailServer, Manner, QUIET};
use super::{PASSWORD, address, log_in, refresh, sign_up};
use crate::support::{Answer, Database, Tenant, TestApp, unique, until};

const OTHER: &str = "another horse battery";
const FORGOTTEN: &str = "/api/v1/auth/password-reset";
const COMPLETE: &str = "/api/v1/auth/password-reset/complete";

fn app_with(name: &str, server: &MailServer, more: &[(&str, &str)]) -> TestApp {
    let settings = server.settings();
    let mut all: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.push(("PUBLIC_URL", "https://cauce.example/"));
    all.extend(more);
    TestApp::with_settings(name, &all)
}

async fn forget(app: &TestApp, email: &str) -> Answer {
    app.anonymous().post(FORGOTTEN, json!({ "email": email })).await.expect(202)
}

async fn complete(app: &TestApp, token: &str, password: &str) -> Answer {
    app.anonymous().post(COMPLETE, json!({ "token": token, "password": password })).await
}

async fn log_in_with(app: &TestApp, tenant: &Tenant, password: &str) -> Answer {
    let body = json!({ "email": tenant.email, "password": password });
    app.anonymous().post("/api/v1/auth/login", body).await
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link_which_is_good_once() {
    let server = MailServer::start().await;
    let app = app_with("letters_reset", &server, &[]);
    let tenant = app.tenant().await;

    // The host of the request is not that of the link.
    let asked = app.anonymous().with_header("X-Forwarded-Host", "evil.example");
    asked.post(FORGOTTEN, json!({ "email": tenant.email })).await.expect(202);
    let letter = server.letter_to(&tenant.email).await;
    assert_eq!(letter.from, "no-reply@cauce.example");
    assert!(letter.header("Message-ID").ends_with("@cauce.example>"), "{}", letter.raw);
    let text = letter.text();
    assert!(text.contains("https://cauce.example/#password-reset=cauce_reset_"), "{text}");
    assert!(text.contains(&format!("entrar a {}", tenant.slug)), "in the company's language: {text}");
    assert!(!text.contains("evil.example"));
    let token = letter.token("password-reset");
    assert_eq!(token.len(), "cauce_reset_".len() + 43, "256 bits");

    // The password that was forgotten is good until then.
    log_in_with(&app, &tenant, PASSWORD).await.expect(200);
    let weak = complete(&app, &token, "password123").await.expect(422);
    assert_eq!(weak.text_at("/errors/0/pointer"), "/password");
    let once = app.anonymous().with_header("Idempotency-Key", "reset-1");
    let done = once.post(COMPLETE, json!({ "token": token, "password": OTHER })).await.expect(204);
    assert!(done.text.is_empty(), "nobody is signed in by it");
    let again = once.post(COMPLETE, json!({ "token": token, "password": OTHER })).await.expect(204);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));

    tenant.owner.get("/api/v1/me").await.expect(401);
    refresh(&app.anonymous(), tenant.tokens["refresh_token"].as_str().unwrap()).await.expect(401);
    log_in_with(&app, &tenant, PASSWORD).await.expect(401);
    log_in_with(&app, &tenant, OTHER).await.expect(200);
    complete(&app, &token, PASSWORD).await.expect(401);
    complete(&app, "cauce_reset_nonsense", PASSWORD).await.expect(401);

    // Stored as a hash only, also what is left of the letter.
    let mut database = Database::connect(&app.admin_url);
    let left = database.column("SELECT concat(status, ' ', content IS NULL) FROM identity.mails");
    assert_eq!(left, ["sent t"]);
}

#[tokio::test]
async fn whoever_asks_learns_nothing_and_sends_little() {
    let server = MailServer::start().await;
    let app = app_with("letters_asked", &server, &[]);
    let tenant = app.tenant().await;
    let known = forget(&app, &tenant.email).await;
    let unknown = forget(&app, &address()).await;
    assert_eq!((known.status, &known.text), (unknown.status, &unknown.text));
    app.anonymous().post(FORGOTTEN, json!({ "email": "ana" })).await.expect(422);
    server.letter_to(&tenant.email).await;
    let mut database = Database::connect(&app.admin_url);
    let open = "SELECT count(*) FROM identity.reset_requests WHERE handled_at IS NULL";
    until("requests are looked at", async || database.column(open) == ["0"]).await;

    for _ in 0..5 {
        forget(&app, &tenant.email.to_uppercase()).await;
    }
    tokio::time::sleep(QUIET).await;
    assert_eq!(server.to(&tenant.email).len(), 1, "one letter in two minutes");
    app.clock.advance(TimeDelta::minutes(3));
    forget(&app, &tenant.email).await;
    until("the next letter arrives", async || server.to(&tenant.email).len() == 2).await;

    // A link is good for half an hour, and no longer than the password that it replaces.
    let [first, second] = [0, 1].map(|nth| server.to(&tenant.email)[nth].token("password-reset"));
    app.clock.advance(TimeDelta::minutes(28));
    complete(&app, &first, OTHER).await.expect(401);
    complete(&app, &second, OTHER).await.expect(204);
    app.clock.advance(TimeDelta::minutes(5));
    forget(&app, &tenant.email).await;
    until("another letter arrives", async || server.to(&tenant.email).len() == 3).await;
    let third = server.to(&tenant.email)[2].token("password-reset");
    let owner = log_in_with(&app, &tenant, OTHER).await.expect(200).text_at("/access_token");
    let change = json!({ "current_password": OTHER, "new_password": PASSWORD });
    app.anonymous().with_token(&owner).post("/api/v1/me/password", change).await.expect(204);
    complete(&app, &third, OTHER).await.expect(401);
}

#[tokio::test]
async fn an_address_in_several_companies_gets_a_letter_for_each_and_the_suspended_none() {
    let server = MailServer::start().await;
    let app = app_with("letters_several", &server, &[]);
    let email = address();
    let companies = [unique("empresa"), unique("empresa")];
    let client = app.anonymous();
    for company in &companies {
        sign_up(&client, company, &email).await;
    }
    let tenant = app.tenant().await;
    let (_, id) = tenant.colleague(&["SALES"]).await;
    let colleague = tenant.owner.get(&format!("/api/v1/users/{id}")).await.expect(200).text_at("/email");
    tenant.owner.post(&format!("/api/v1/users/{id}/suspend"), json!({})).await.expect(200);
    let invitations = server.to(&colleague).len();

    forget(&app, &colleague).await;
    forget(&app, &email).await;
    until("both letters arrive", async || server.to(&email).len() == 2).await;
    for company in &companies {
        assert!(server.to(&email).iter().any(|letter| letter.text().contains(company)), "{company}");
    }
    until("the invitation arrives", async || server.to(&colleague).len() == 1).await;
    assert!(invitations <= 1);
}

#[tokio::test]
async fn a_reset_forgives_guesses_and_asks_for_the_second_factor_all_the_same() {
    let server = MailServer::start().await;
    let app = app_with("letters_guessed", &server, &[("TRUSTED_PROXIES", "127.0.0.1")]);
    // The wait after the fifth guess lasts a second.
    app.clock.stop();
    let tenant = app.tenant().await;
    let (_, recovery) = on(&app, &tenant.owner).await;
    let stranger = app.anonymous().with_header("X-Forwarded-For", "198.51.100.7");
    let wrong = json!({ "email": tenant.email, "password": "wrong horse battery" });
    for turn in 1..=6 {
        let answer = stranger.post("/api/v1/auth/login", wrong.clone()).await;
        assert_eq!(answer.status, if turn <= 5 { 401 } else { 429 }, "{}", answer.text);
    }
    forget(&app, &tenant.email).await;
    let token = server.letter_to(&tenant.email).await.token("password-reset");
    complete(&app, &token, OTHER).await.expect(204);
    let mut body = json!({ "email": tenant.email, "password": OTHER });
    let asked = stranger.post("/api/v1/auth/login", body.clone()).await.expect(401);
    assert_eq!(asked.text_at("/type"), "/problems/second-factor-needed");
    body["code"] = json!(recovery[0]);
    stranger.post("/api/v1/auth/login", body).await.expect(200);
}

#[tokio::test]
async fn a_letter_waits_for_a_mail_server_that_is_busy_and_for_a_restart() {
    let server = MailServer::with(Manner::Later(2), None).await;
    let app = app_with("letters_busy", &server, &[]);
    // It stands, and is ahead of the next server's: neither tries again before that one's is moved.
    app.clock.stop();
    app.clock.advance(TimeDelta::minutes(10));
    let tenant = app.tenant().await;
    forget(&app, &tenant.email).await;
    until("the server was tried", async || server.tries() == 1).await;
    let mut database = Database::connect(&app.admin_url);
    let noted = "SELECT last_error FROM identity.mails WHERE last_error IS NOT NULL";
    until("what it said is noted", async || !database.rows(noted).is_empty()).await;
    let sealed = database.column("SELECT encode(content, 'escape') FROM identity.mails").remove(0);
    assert!(!sealed.contains("cauce_reset_") && !sealed.contains(&tenant.email), "{sealed}");
    let secret = std::fs::read_to_string(
        crate::support::Cluster::shared().directory().join("letters_busy").join("jwt.secret"),
    )
    .unwrap();
    app.stop().await;

    let settings = server.settings();
    let mut all: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.push(("JWT_SECRET", secret.trim()));
    let again = app.beside("letters_busy_b", &all);
    again.clock.stop();
    again.clock.advance(app.clock.now() + TimeDelta::minutes(1) - again.clock.now());
    until("the server was tried again", async || server.tries() == 2).await;
    // For ten seconds; while it was tried, nobody else would have taken it for two minutes.
    let waits = "SELECT FROM identity.mails WHERE attempts = 2
         AND next_at BETWEEN created_at + interval '1 minute' AND created_at + interval '2 minutes'";
    until("it is put off", async || !database.rows(waits).is_empty()).await;
    again.clock.advance(TimeDelta::minutes(1));
    let letter = server.letter_to(&tenant.email).await;
    complete(&again, &letter.token("password-reset"), OTHER).await.expect(204);
    assert_eq!(server.to(&tenant.email).len(), 1);
}

#[tokio::test]
async fn a_mail_server_is_signed_in_to_and_what_it_never_takes_is_given_up() {
    let server = MailServer::with(Manner::Never, Some(("cauce", "a mail secret"))).await;
    let login = [("SMTP_USER", "cauce"), ("SMTP_PASSWORD", "a mail secret")];
    let app = app_with("letters_login", &server, &login);
    let tenant = app.tenant().await;
    let invite = async |email: &str| {
        let body = json!({ "email": email, "name": "Beto", "roles": ["SALES"] });
        tenant.owner.post("/api/v1/users", body).await.expect(201)
    };
    let (good, bad) = (address(), format!("nobody.{}", address()));
    let refused = invite(&bad).await;
    let invited = invite(&good).await;

    let letter = server.letter_to(&good).await;
    assert_eq!(invited.body["mailed"], json!(true));
    assert_eq!(letter.token("invitation"), invited.text_at("/invitation_token"));
    let mut database = Database::connect(&app.admin_url);
    let failed = "SELECT last_error FROM identity.mails WHERE status = 'failed'";
    until("the other is given up", async || database.column(failed).len() == 1).await;
    assert!(database.column(failed)[0].contains("nobody is called that here"));
    // Who was invited gets in by the answer's own token.
    let body = json!({ "token": refused.text_at("/invitation_token"), "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/accept-invitation", body).await.expect(200);

    // A wrong password of ours is mended by somebody, so the letter waits.
    let wrong = [("SMTP_USER", "cauce"), ("SMTP_PASSWORD", "another")];
    let app = app_with("letters_wrong_login", &server, &wrong);
    let tenant = app.tenant().await;
    forget(&app, &tenant.email).await;
    let mut database = Database::connect(&app.admin_url);
    let waiting =
        "SELECT FROM identity.mails WHERE status = 'waiting' AND last_error LIKE '%wrong user or password%'";
    until("it waits", async || !database.rows(waiting).is_empty()).await;
}

#[tokio::test]
async fn english_companies_write_english_letters() {
    let server = MailServer::start().await;
    let app = app_with("letters_english", &server, &[]);
    let tenant = app.tenant().await;
    tenant.owner.patch("/api/v1/tenant", json!({ "locale": "en-US" })).await.expect(200);
    forget(&app, &tenant.email).await;
    let letter = server.letter_to(&tenant.email).await;
    assert!(letter.header("Subject").starts_with("A new password for"));
    assert!(letter.text().contains("within the next 30 minutes"), "{}", letter.text());
    log_in(&app.anonymous(), &tenant.email).await.expect(200);
}
