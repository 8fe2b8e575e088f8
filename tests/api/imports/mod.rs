//! Imports: what real spreadsheets come to, and what hostile ones do not.

mod books;
mod customers;
mod duplicates;
mod figures;
mod hostile;
mod mappings;
mod options;
mod products;
mod real;
mod refused;
mod resume;
mod undo;
mod uploads;
mod workbooks;

use serde_json::{Value, json};

use crate::support::{Answer, Client, until};

pub const PATH: &str = "/api/v1/leads/imports";

/// The excerpt of the business directory, in Latin-1.
pub fn excerpt() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/denue-excerpt-latin1.csv")).unwrap()
}

/// The excerpt as text.
pub fn excerpt_text() -> String {
    excerpt().into_iter().map(char::from).collect()
}

/// Uploads a file and waits until it is worked off; answers the import.
pub async fn import(client: &Client, content: impl Into<Vec<u8>>, options: Value) -> Value {
    import_at(client, PATH, content, options).await
}

/// The same of another kind of record.
pub async fn import_at(client: &Client, path: &str, content: impl Into<Vec<u8>>, options: Value) -> Value {
    let answer = client.upload(path, "talleres.csv", content.into(), Some(options)).await.expect(202);
    let location = answer.header("location").unwrap().to_owned();
    assert_eq!(location, format!("{path}/{}", answer.text_at("/id")));
    finished(client, &location).await
}

/// Asks for an import to be undone and waits until it is; answers the import.
pub async fn undo_at(client: &Client, path: &str, import: &Value) -> Value {
    let path = format!("{path}/{}", import["id"].as_str().unwrap());
    let asked = client.post(&format!("{path}/undo"), json!({})).await.expect(202);
    assert_eq!(asked.header("location"), Some(path.as_str()));
    let status = async || client.get(&path).await.expect(200).body;
    until("the import is undone", async || status().await["status"] == "undone").await;
    status().await
}

/// Every record at `path`.
pub async fn all_at(client: &Client, path: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{path}?limit=200{cursor}")).await.expect(200);
        all.extend(page.body["data"].as_array().unwrap().iter().cloned());
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// Waits until the import at `location` has come to its end.
pub async fn finished(client: &Client, location: &str) -> Value {
    loop {
        let answer = client.get(location).await.expect(200);
        if !matches!(answer.body["status"].as_str(), Some("pending" | "running")) {
            assert_adds_up(&answer);
            return answer.body;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// Every row has one end, and every one that was not taken a reason.
fn assert_adds_up(answer: &Answer) {
    let [total, created, updated, skipped, refused] = counts(&answer.body);
    assert_eq!(created + updated + skipped + refused, total, "{}", answer.text);
    for (outcome, count) in [("refused", refused), ("skipped", skipped)] {
        let reasons = answer.body["reasons"].as_array().unwrap();
        let said = reasons.iter().filter(|reason| reason["outcome"] == outcome);
        assert_eq!(
            said.map(|reason| reason["count"].as_i64().unwrap()).sum::<i64>(),
            count,
            "{}",
            answer.text
        );
    }
}

/// Total, created, updated, skipped, refused.
pub fn counts(import: &Value) -> [i64; 5] {
    ["total", "created", "updated", "skipped", "refused"].map(|name| import[name].as_i64().unwrap())
}

/// How many leads the tenant has.
pub async fn leads(client: &Client) -> i64 {
    client.get("/api/v1/leads/summary").await.expect(200).body["total"].as_i64().unwrap()
}

/// Every lead of the tenant.
pub async fn all_leads(client: &Client) -> Vec<Value> {
    all_at(client, "/api/v1/leads").await
}

/// No options.
pub fn plain() -> Value {
    json!({})
}
