//! Every operation of the document, tried by a colleague who sees their own records only: those of others do not exist.
//!
//! A new kind of record is hidden until it is listed in [`OPEN`], and a new operation is tried as soon as it is in the document.

use serde_json::json;
use uuid::Uuid;

use super::attacks::{adapted, place_of, send, speaking, without_instance};
use super::document::{Document, Operation, RequestBody};
use crate::support::{Answer, Client, Database, Seeded, TestApp, settled};

/// What everybody of a company sees, because it is the company's and not a seller's.
const OPEN: &[&str] = &[
    "/api/v1/users/{id}",
    "/api/v1/teams/{id}",
    "/api/v1/leads/fields/{id}",
    "/api/v1/leads/forms/{id}",
    "/api/v1/capture/{form_key}",
    "/api/v1/leads/assignment-rules/{id}",
    "/api/v1/leads/imports/mappings/{id}",
    "/api/v1/customers/imports/mappings/{id}",
    "/api/v1/customers/fields/{id}",
    "/api/v1/customers/onboarding-templates/{id}",
    "/api/v1/products/{id}",
    "/api/v1/products/imports/mappings/{id}",
    "/api/v1/products/fields/{id}",
    "/api/v1/price-lists/{id}",
    "/api/v1/price-lists/{id}/prices/{product_id}",
    "/api/v1/warehouses/{id}",
    "/api/v1/lots/{id}",
];

/// Somebody with every right over records, in a company full of other people's.
struct Visit {
    seeded: Seeded,
    colleague: Client,
    grants: Vec<String>,
    found: Vec<String>,
}

#[tokio::test]
async fn a_colleagues_records_do_not_exist() {
    let app = TestApp::alone("openapi_sight");
    let mut visit = Visit::new(&app).await;
    let mut database = Database::connect(&app.admin_url);
    settled(&mut database).await;
    let before = records(&mut database);
    let (mut hidden, mut read, mut referred) = (0, 0, 0);

    let operations = Document::of_program().operations();
    for operation in &operations {
        if !visit.may(operation) {
            continue;
        }
        if names_hidden(operation) {
            visit.expect_hidden(operation).await;
            hidden += 1;
        } else if operation.method == "GET" {
            read += visit.read(operation).await;
        } else {
            referred += visit.refer(operation).await;
        }
    }

    settled(&mut database).await;
    let after = records(&mut database);
    visit.found.extend(
        after.into_iter().filter(|table| !before.contains(table)).map(|table| format!("{table}: changed")),
    );
    println!(
        "{hidden} operations with hidden records, {read} reads without, {referred} references to hidden records"
    );
    assert!(hidden > 60 && read > 30 && referred > 5, "{hidden} {read} {referred}");
    assert!(visit.found.is_empty(), "{} finding(s):\n{}", visit.found.len(), visit.found.join("\n"));
}

impl Visit {
    async fn new(app: &TestApp) -> Self {
        let seeded = Seeded::new(app).await;
        let owner = &seeded.tenant.owner;
        let seen = json!({ "visibility": { "SALES": "own", "BILLING": "own" } });
        owner.patch("/api/v1/tenant", seen).await.expect(200);
        let (colleague, _) = seeded.tenant.colleague(&["SALES", "BILLING"]).await;
        let grants = colleague.get("/api/v1/me").await.expect(200).body["permissions"].clone();
        let grants = grants
            .as_array()
            .expect("a list")
            .iter()
            .map(|grant| grant.as_str().unwrap().to_owned())
            .collect();
        Self { seeded, colleague, grants, found: Vec::new() }
    }

    fn may(&self, operation: &Operation) -> bool {
        let Some(permission) = operation.permission.as_deref().filter(|permission| !permission.is_empty())
        else {
            return false;
        };
        let area = permission.split(':').next().unwrap_or_default();
        self.grants.iter().any(|grant| grant == permission || *grant == format!("{area}:*"))
    }

    fn say(&mut self, operation: &Operation, what: &str) {
        self.found.push(format!("{} {} {}: {what}", operation.id, operation.method, operation.path));
    }

    async fn ask(&self, operation: &Operation, id_of: impl Fn(&str) -> String) -> Answer {
        let mut index = 0;
        let path = operation.fill(|place| {
            let counts = operation.counts(index);
            index += 1;
            if counts { "1".to_owned() } else { id_of(place) }
        });
        send(operation, &self.colleague, &path, &self.seeded).await
    }

    /// A record of somebody else is the same answer as one that never was.
    async fn expect_hidden(&mut self, operation: &Operation) {
        let theirs = self.ask(operation, |place| self.seeded.id(place).unwrap_or_default().to_owned()).await;
        let nobodys = self.ask(operation, |_| Uuid::now_v7().to_string()).await;
        // A lead and itself are no two leads, whoever sees it.
        let names_itself = operation.id == "leads_merge" && theirs.status == 422;
        if names_itself {
        } else if theirs.status != 404 {
            self.say(operation, &format!("answered {}: {}", theirs.status, theirs.text));
        } else if without_instance(&theirs) != without_instance(&nobodys) {
            self.say(
                operation,
                &format!("tells a colleague's record from none:\n  {}\n  {}", theirs.text, nobodys.text),
            );
        }
    }

    /// Reads a list, a search, a count or a setting, in every way that may show somebody else's record.
    async fn read(&mut self, operation: &Operation) -> usize {
        let path = operation.fill(|place| self.seeded.id(place).unwrap_or_default().to_owned());
        let mut queries = vec![String::new()];
        for name in &operation.query {
            let theirs = place_of(name).and_then(|place| self.seeded.id(place));
            match (name.as_str(), theirs) {
                ("limit", _) => queries.push("?limit=200".to_owned()),
                ("q" | "tag" | "source", _) => queries.push(format!("?{name}={}", self.seeded.marker)),
                ("cursor", _) => {
                    let first = self.seeded.tenant.owner.get(&format!("{path}?limit=1")).await;
                    let cursor = first.body["next_cursor"].as_str();
                    queries.extend(cursor.map(|cursor| format!("?limit=200&cursor={cursor}")));
                }
                (_, Some(id)) => queries.push(format!("?{name}={id}")),
                _ => {}
            }
        }
        for query in &queries {
            let answer = self.colleague.get(&format!("{path}{query}")).await;
            if answer.status >= 300 {
                self.say(operation, &format!("{query} answered {}: {}", answer.status, answer.text));
            }
            let shown: Vec<String> =
                self.secrets().into_iter().filter(|secret| answer.text.contains(secret)).collect();
            for secret in shown {
                self.say(operation, &format!("{query} shows `{secret}` of a colleague: {}", answer.text));
            }
        }
        queries.len()
    }

    /// Names a colleague's records in a body, one by one.
    async fn refer(&mut self, operation: &Operation) -> usize {
        let Some(RequestBody::Json { references, example }) = &operation.body else { return 0 };
        let path = operation.fill(|place| self.seeded.id(place).unwrap_or_default().to_owned());
        let mut tried = 0;
        for reference in references {
            let Some(place) = place_of(reference).filter(|place| !OPEN.contains(place)) else { continue };
            let id = self.seeded.id(place).unwrap_or_default();
            let mut body = adapted(example.clone().unwrap_or_default(), &self.seeded);
            body[reference] = if reference.ends_with("_ids") { json!([id]) } else { json!(id) };
            let client = speaking(operation, &self.colleague);
            let answer = client.send(operation.method.clone(), &path, Some(body.to_string())).await;
            tried += 1;
            if !(400..500).contains(&answer.status) {
                self.say(operation, &format!("took a colleague's `{reference}`: {}", answer.text));
            }
        }
        tried
    }

    /// What a colleague may not see: identifiers of records, and what only records are called.
    fn secrets(&self) -> Vec<String> {
        let hidden = self.seeded.ids.iter().filter(|(place, _)| !OPEN.contains(place));
        let ids = hidden.map(|(_, id)| id.clone()).filter(|id| id.parse::<u32>().is_err());
        let marker = &self.seeded.marker;
        let names = ["Taller", "Inés", "Gemela", "Importada", "Sin contacto", "Cliente"];
        let texts =
            names.iter().map(|name| format!("{name} {marker}")).chain([format!("{marker}@taller.example")]);
        ids.chain(texts).collect()
    }
}

/// A fingerprint of every table whose rows are somebody's.
fn records(database: &mut Database) -> Vec<String> {
    let tables = database
        .column("SELECT schemaname || '.' || tablename FROM pg_policies WHERE policyname = 'visible'");
    let fingerprint = |table: &String| {
        format!(
            "SELECT '{table} ' || count(*) || ' ' || md5(coalesce(string_agg(row, '' ORDER BY row), '')) FROM
             (SELECT to_jsonb(x)::text AS row FROM {table} x) rows"
        )
    };
    let all = tables.iter().map(fingerprint).collect::<Vec<_>>().join(" UNION ALL ");
    database.column(&all)
}

/// Whether the path names a record that may be hidden.
fn names_hidden(operation: &Operation) -> bool {
    let mut places = Vec::new();
    operation.fill(|place| {
        places.push(place.to_owned());
        String::new()
    });
    places.iter().any(|place| !OPEN.contains(&place.as_str()))
}
