//! Every operation of the document, tried by those who may not: strangers, callers without the right, another tenant.
//!
//! Nothing here names an operation: a new one is tried as soon as it is in the document. Only its path parameters and the
//! members of its body that refer to other records need an identifier, in `support/seed.rs` and in [`place_of`].

use serde_json::{Value, json};
use uuid::Uuid;

use super::document::{Document, Operation, RequestBody};
use crate::support::{Answer, Client, Database, Seeded, TestApp, settled};

/// Two tenants that hold the same kinds of things, and the database to look at from outside.
struct Field {
    app: TestApp,
    /// Whose things are wanted.
    victim: Seeded,
    /// Who wants them, with every right in a tenant of its own.
    intruder: Seeded,
    database: Database,
    found: Vec<String>,
}

#[tokio::test]
async fn nobody_gets_in_without_a_token_or_the_permission() {
    let mut field = Field::new("openapi_rights").await;
    let owner = field.victim.tenant.owner.clone();
    let key = async |scope: &str| {
        let made =
            owner.post("/api/v1/api-keys", json!({ "name": scope, "scopes": [scope] })).await.expect(201);
        owner.with_token(&made.text_at("/key"))
    };
    let (reads_leads, reads_users) = (key("leads:read").await, key("users:read").await);
    let (viewer, _) = field.victim.tenant.colleague(&["VIEWER"]).await;
    let anonymous = field.app.anonymous();
    let strangers = [
        anonymous.clone(),
        anonymous.with_token("nonsense"),
        anonymous.with_token("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."),
        anonymous.with_header("Authorization", "Basic YTpi"),
    ];
    let before = field.digest().await;
    let (mut turned_away, mut refused) = (0, 0);

    let operations = Document::of_program().operations();
    for operation in &operations {
        let Some(permission) = &operation.permission else { continue };
        for stranger in &strangers {
            let answer = field.send_own(operation, stranger).await;
            field.expect(operation, &answer, 401, "/problems/unauthorized");
            turned_away += 1;
        }
        let without = match permission.as_str() {
            "" => None,
            "leads:read" => Some(&reads_users),
            _ => Some(&reads_leads),
        };
        let reader = permission.ends_with(":write").then_some(&viewer);
        for client in without.into_iter().chain(reader) {
            let answer = field.send_own(operation, client).await;
            field.expect(operation, &answer, 403, "/problems/forbidden");
            refused += 1;
        }
    }

    field.expect_unchanged(&before).await;
    println!(
        "{} operations: {turned_away} strangers turned away, {refused} callers refused",
        operations.len()
    );
    field.finish();
}

#[tokio::test]
async fn another_tenants_records_do_not_exist() {
    let mut field = Field::new("openapi_records").await;
    let before = field.digest().await;
    let (mut tried, mut requests) = (0, 0);

    let operations = Document::of_program().operations();
    for operation in operations.iter().filter(|operation| operation.permission.is_some()) {
        let parameters = operation.path_parameters().len();
        tried += usize::from(parameters > 0);
        // Each parameter by itself, and all of them.
        let identifying = (0..parameters).filter(|index| !operation.counts(*index));
        for foreign in identifying.map(Some).chain((parameters > 1).then_some(None)) {
            let theirs = field.send_mixed(operation, foreign, Foreign::Victims).await;
            let nobodys = field.send_mixed(operation, foreign, Foreign::Nobodys).await;
            requests += 2;
            field.expect(operation, &theirs, 404, "/problems/");
            if without_instance(&theirs) != without_instance(&nobodys) {
                let (one, other) = (&theirs.text, &nobodys.text);
                field
                    .say(operation, &format!("tells another tenant's record from none:\n  {one}\n  {other}"));
            }
        }
        let Some(RequestBody::Json { references, example }) = &operation.body else { continue };
        for reference in references {
            let Some(id) = place_of(reference).and_then(|place| field.victim.id(place)) else {
                field.say(operation, &format!("no identifier for `{reference}` of its body; see place_of"));
                continue;
            };
            let mut body = adapted(example.clone().unwrap_or_default(), &field.intruder);
            body[reference] = if reference.ends_with("_ids") { json!([id]) } else { json!(id) };
            let path = operation.fill(|place| field.intruder.id(place).unwrap_or_default().to_owned());
            let client = &field.intruder.tenant.owner;
            let client = speaking(operation, client);
            let answer = client.send(operation.method.clone(), &path, Some(body.to_string())).await;
            requests += 1;
            if !(400..500).contains(&answer.status) {
                field.say(operation, &format!("took another tenant's `{reference}`: {}", answer.text));
            }
        }
    }

    field.expect_unchanged(&before).await;
    println!("{tried} operations with identifiers tried in {requests} requests");
    assert!(tried > 5);
    field.finish();
}

#[tokio::test]
async fn nothing_that_is_read_shows_another_tenant() {
    let mut field = Field::new("openapi_reads").await;
    let secrets = field.secrets();
    let (mut requests, mut own) = (0, 0);

    let operations = Document::of_program().operations();
    for operation in operations.iter().filter(|operation| operation.method == "GET") {
        let path = operation.fill(|place| field.intruder.id(place).unwrap_or_default().to_owned());
        for query in queries(operation, &field).await {
            let answer = field.intruder.tenant.owner.get(&format!("{path}{query}")).await;
            requests += 1;
            if answer.status >= 300 {
                field.say(operation, &format!("{query} answered {}: {}", answer.status, answer.text));
            }
            for secret in secrets.iter().filter(|secret| answer.text.contains(*secret)) {
                field.say(operation, &format!("{query} shows `{secret}` of another tenant"));
            }
        }
        let path = operation.fill(|place| field.victim.id(place).unwrap_or_default().to_owned());
        own += usize::from(field.victim.tenant.owner.get(&path).await.text.contains(&field.victim.marker));
    }

    println!("{requests} reads; {own} of the operations show a tenant its own marker");
    assert!(
        own > 5,
        "nothing shows the marker to its owner, so that it is no proof that others do not see it"
    );
    field.finish();
}

enum Foreign {
    Victims,
    Nobodys,
}

impl Field {
    async fn new(name: &str) -> Self {
        let app = TestApp::alone(name);
        let (victim, intruder) = (Seeded::new(&app).await, Seeded::new(&app).await);
        let mut database = Database::connect(&app.admin_url);
        settled(&mut database).await;
        let mut field = Self { app, victim, intruder, database, found: Vec::new() };
        for operation in Document::of_program().operations() {
            operation.fill(|place| {
                if field.victim.id(place).is_none() {
                    field.found.push(format!(
                        "{place}: no identifier to try it with; give it one in support/seed.rs"
                    ));
                }
                String::new()
            });
        }
        field
    }

    fn say(&mut self, operation: &Operation, what: &str) {
        self.found.push(format!("{} {} {}: {what}", operation.id, operation.method, operation.path));
    }

    fn expect(&mut self, operation: &Operation, answer: &Answer, status: u16, kind: &str) {
        let is_problem = answer.header("content-type") == Some("application/problem+json");
        // An answer to HEAD is a head.
        let told = operation.method == "HEAD"
            || answer.body["type"].as_str().is_some_and(|told| told.starts_with(kind));
        if answer.status != status || !is_problem || !told {
            self.say(operation, &format!("answered {} instead of {status}: {}", answer.status, answer.text));
        }
    }

    /// Sends the operation with everything of the victim, as `client`.
    async fn send_own(&self, operation: &Operation, client: &Client) -> Answer {
        let path = operation.fill(|place| self.victim.id(place).unwrap_or_default().to_owned());
        send(operation, client, &path, &self.victim).await
    }

    /// Sends the operation as the intruder, with its own identifiers but for the one at `at`, or for all.
    async fn send_mixed(&self, operation: &Operation, at: Option<usize>, foreign: Foreign) -> Answer {
        let mut index = 0;
        let path = operation.fill(|place| {
            let is_foreign = at.is_none_or(|at| at == index) && !operation.counts(index);
            index += 1;
            match foreign {
                Foreign::Nobodys if is_foreign => Uuid::now_v7().to_string(),
                Foreign::Victims if is_foreign => self.victim.id(place).unwrap_or_default().to_owned(),
                _ => self.intruder.id(place).unwrap_or_default().to_owned(),
            }
        });
        send(operation, &self.intruder.tenant.owner, &path, &self.intruder).await
    }

    /// A fingerprint of every row of both tenants, once every event was handled.
    async fn digest(&mut self) -> Vec<String> {
        settled(&mut self.database).await;
        let tables = self.database.column(
            "SELECT a.attrelid::regclass FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
             WHERE a.attname = 'tenant_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition",
        );
        let fingerprints = tables.iter().map(|table| {
            let tenants = format!("'{}', '{}'", self.victim.tenant.id, self.intruder.tenant.id);
            format!(
                "SELECT '{table} ' || count(*) || ' ' || md5(coalesce(string_agg(row, '' ORDER BY row), '')) FROM
                 (SELECT (to_jsonb(x) - 'last_used_at')::text AS row FROM {table} x WHERE tenant_id IN ({tenants})) rows"
            )
        });
        let all = fingerprints.collect::<Vec<_>>().join(" UNION ALL ");
        self.database.column(&all)
    }

    async fn expect_unchanged(&mut self, before: &[String]) {
        let after = self.digest().await;
        let changed = after.iter().filter(|table| !before.contains(table));
        self.found.extend(changed.map(|table| format!("{table}: changed by requests that were refused")));
    }

    /// What only the victim may see.
    fn secrets(&self) -> Vec<String> {
        // A number says nothing about anybody.
        let ids = self.victim.ids.iter().map(|(_, id)| id.clone()).filter(|id| id.parse::<u32>().is_err());
        let tenant = &self.victim.tenant;
        ids.chain([self.victim.marker.clone(), tenant.id.clone(), tenant.owner_id.clone()]).collect()
    }

    fn finish(self) {
        assert!(self.found.is_empty(), "{} finding(s):\n{}", self.found.len(), self.found.join("\n"));
    }
}

pub async fn send(operation: &Operation, client: &Client, path: &str, whose: &Seeded) -> Answer {
    let client = &speaking(operation, client);
    match &operation.body {
        Some(RequestBody::Bytes(kind)) => {
            client.send_bytes(operation.method.clone(), path, kind, b"taller".to_vec()).await
        }
        Some(RequestBody::Upload) => {
            let file = b"Empresa,Correo,SKU\nTaller,taller@example.com,A-1\n".to_vec();
            client.upload(path, "taller.csv", file, None).await
        }
        Some(RequestBody::Json { example, .. }) => {
            let body = adapted(example.clone().unwrap_or_default(), whose);
            client.send(operation.method.clone(), path, Some(body.to_string())).await
        }
        None => client.send(operation.method.clone(), path, None).await,
    }
}

/// `client` with the headers that the operation asks for.
pub fn speaking(operation: &Operation, client: &Client) -> Client {
    let headers = operation.headers.iter();
    headers.fold(client.clone(), |client, (name, value)| client.with_header(name, value))
}

/// `body` with its references to other records pointing to those of `whose`.
pub fn adapted(mut body: Value, whose: &Seeded) -> Value {
    for (name, value) in body.as_object_mut().into_iter().flatten() {
        if let Some(id) = place_of(name).and_then(|place| whose.id(place)) {
            *value = if value.is_array() { json!([id]) } else { json!(id) };
        }
    }
    body
}

/// The kind of record that a member or parameter called `name` refers to, as in [`Seeded::ids`].
pub fn place_of(name: &str) -> Option<&'static str> {
    Some(match name.trim_end_matches('s') {
        "owner_id" | "user_id" | "actor_id" | "assignee_id" | "member_id" => "/api/v1/users/{id}",
        "lead_id" | "record_id" | "other_id" => "/api/v1/leads/{id}",
        "customer_id" | "parent_id" => "/api/v1/customers/{id}",
        "template_id" => "/api/v1/customers/onboarding-templates/{id}",
        "contact_id" => "/api/v1/leads/{id}/contacts/{contact_id}",
        "import_id" => "/api/v1/leads/imports/{id}",
        "upload_id" => "/api/v1/leads/imports/uploads/{id}",
        "product_id" => "/api/v1/products/{id}",
        "price_list_id" => "/api/v1/price-lists/{id}",
        "warehouse_id" => "/api/v1/warehouses/{id}",
        "webhook_id" => "/api/v1/webhooks/{id}",
        "invoice_id" => "/api/v1/invoices/{id}",
        "contract_id" => "/api/v1/customers/{id}/contracts/{contract_id}",
        "api_key_id" => "/api/v1/api-keys/{id}",
        _ => return None,
    })
}

/// The queries to read an operation with: none, everything, what refers to the victim, and the victim's own cursor.
async fn queries(operation: &Operation, field: &Field) -> Vec<String> {
    let mut queries = vec![String::new()];
    for name in &operation.query {
        let victims = place_of(name).and_then(|place| field.victim.id(place));
        match (name.as_str(), victims) {
            ("limit", _) => queries.push("?limit=200".to_owned()),
            ("q" | "tag" | "source" | "correlation_id", _) => {
                queries.push(format!("?{name}={}", field.victim.marker));
            }
            ("cursor", _) => {
                let path = operation.fill(|place| field.victim.id(place).unwrap_or_default().to_owned());
                let first = field.victim.tenant.owner.get(&format!("{path}?limit=1")).await;
                let cursor = first.body["next_cursor"].as_str();
                queries.extend(cursor.map(|cursor| format!("?limit=1&cursor={cursor}")));
            }
            (_, Some(id)) => queries.push(format!("?{name}={id}")),
            _ => {}
        }
    }
    queries
}

pub fn without_instance(answer: &Answer) -> (u16, Value) {
    let mut body = answer.body.clone();
    if let Some(members) = body.as_object_mut() {
        members.remove("instance");
    }
    (answer.status, body)
}
