//! Identity through the public door.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

mod api_keys;
mod audit;
mod bearers;
mod corpus;
mod guesses;
mod letters;
mod logo;
mod my_sessions;
mod oidc;
mod passwords;
mod second_factor;
mod sessions;
mod sign_in;
mod sign_up;
mod smtp;
mod tenant;
mod users;

use serde_json::{Value, json};

use crate::support::{Answer, Client, unique};

/// The password of everybody in these tests.
const PASSWORD: &str = "correct horse battery";

fn signup_body(tenant: &str, email: &str) -> Value {
    json!({ "tenant_name": tenant, "name": "Ana Dueña", "email": email, "password": PASSWORD })
}

async fn sign_up(client: &Client, tenant: &str, email: &str) -> Answer {
    client.post("/api/v1/auth/signup", signup_body(tenant, email)).await.expect(201)
}

async fn log_in(client: &Client, email: &str) -> Answer {
    client.post("/api/v1/auth/login", json!({ "email": email, "password": PASSWORD })).await
}

async fn refresh(client: &Client, token: &str) -> Answer {
    client.post("/api/v1/auth/refresh", json!({ "refresh_token": token })).await
}

fn address() -> String {
    format!("{}@example.com", unique("persona"))
}
