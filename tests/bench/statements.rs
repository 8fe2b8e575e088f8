//! What the server sends to PostgreSQL for one request, taken from PostgreSQL's own log.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Api, Server, Sql};
use crate::seed::{Companies, LEAD_ID};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Lists 20 leads.
    List,
    /// Reads one lead.
    Get,
    /// Creates one lead.
    Create,
}

impl Operation {
    /// All of them; creations last, because they make the tables grow.
    pub const ALL: [Self; 3] = [Self::List, Self::Get, Self::Create];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list 20 leads",
            Self::Get => "get a lead",
            Self::Create => "create a lead",
        }
    }

    fn is(self, transaction: &Transaction) -> bool {
        let has = |text: &str| transaction.statements.iter().any(|statement| statement.sql.contains(text));
        match self {
            Self::List => has("ORDER BY") && has("\"leads\".\"leads\"") && !has("FOR UPDATE"),
            Self::Get => has("SELECT \"leads\".\"leads\"") && !has("ORDER BY") && !has("INSERT"),
            Self::Create => has("INSERT INTO \"leads\".\"leads\""),
        }
    }
}

/// A lead as the load generator sends it; `#` is a number that no other lead has.
pub fn lead_body() -> Value {
    json!({
        "company_name": "Sastrería Nájera #", "contact_name": "Inés Nájera Gutiérrez", "email": "b#@example.com",
        "website": "https://sastreria-najera.example.com/", "industry": "Confección", "employee_count": 12,
        "annual_revenue": { "amount": "1234.56", "currency": "MXN" }, "source": "website",
        "tags": ["istmo", "mayoreo", "otoño"], "notes": "Pidió precios. ".repeat(8).trim_end(),
        "custom_fields": { "localidad": "Salina Cruz", "giro": "Confección de prendas a la medida", "visitas": 3 },
        "utm": { "source": "facebook", "campaign": "otoño-2026" }
    })
}

/// A statement with the values of its parameters as SQL literals.
pub struct Statement {
    /// Its text.
    pub sql: String,
    /// `'…'` or `NULL`, in order.
    pub parameters: Vec<String>,
}

/// What stands between BEGIN and COMMIT; the beginning is one message of several statements.
pub struct Transaction {
    /// `BEGIN; SET LOCAL …`.
    pub begin: String,
    /// The rest.
    pub statements: Vec<Statement>,
}

/// One transaction of each operation.
pub struct Recorded(Vec<(Operation, Transaction)>);

impl Recorded {
    /// Has the server do each operation once while PostgreSQL logs what it is sent.
    pub async fn of_one_request_each(server: &mut Server, api: &Api, companies: &Companies) -> Self {
        let talkative =
            ["log_statement = 'all'", "log_parameter_max_length = -1", "log_error_verbosity = 'default'"];
        for setting in talkative {
            Sql::connect(&server.data_dir).execute(&format!("ALTER ROLE cauce_app SET {setting}"));
        }
        server.kill();
        server.start().await;
        let tenant = api.sign_in("bench0").await;
        let body: Value = serde_json::from_str(&lead_body().to_string().replace('#', "999999999")).unwrap();
        let one = format!("/api/v1/leads/{LEAD_ID}00000007");
        for (method, path, body) in [
            (Method::GET, "/api/v1/leads", None),
            (Method::GET, one.as_str(), None),
            (Method::POST, "/api/v1/leads", Some(&body)),
        ] {
            let (status, answer) = tenant.send(method, path, &[], body).await.unwrap();
            assert!(status < 300, "{answer}");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        let transactions = read_log(&server.data_dir.join("postgres.log"), &companies.ids[0]);
        Sql::connect(&server.data_dir).execute("ALTER ROLE cauce_app RESET ALL");
        server.stop();
        server.start().await;
        let find = |operation: Operation| {
            let position = transactions.iter().position(|transaction| operation.is(transaction));
            position.unwrap_or_else(|| panic!("{operation:?} is not in the log"))
        };
        let places = Operation::ALL.map(|operation| (operation, find(operation)));
        let mut transactions: Vec<Option<Transaction>> = transactions.into_iter().map(Some).collect();
        Self(places.map(|(operation, place)| (operation, transactions[place].take().unwrap())).into())
    }

    /// The transaction of `operation`.
    pub fn of(&self, operation: Operation) -> &Transaction {
        self.0.iter().find(|(other, _)| *other == operation).map(|(_, transaction)| transaction).unwrap()
    }
}

/// The committed transactions of one tenant that the log holds.
fn read_log(path: &Path, tenant: &str) -> Vec<Transaction> {
    let log = std::fs::read_to_string(path).unwrap();
    let mut open: Vec<(String, Transaction)> = Vec::new();
    let mut done = Vec::new();
    for line in log.lines() {
        let Some((process, message)) = line.split_once("] cauce_app ") else { continue };
        let process = process.rsplit('[').next().unwrap_or_default().to_owned();
        let place = open.iter().position(|(other, _)| *other == process);
        if let Some(begin) = message.strip_prefix("LOG:  statement: ").filter(|sql| sql.starts_with("BEGIN"))
        {
            if begin.contains(tenant) {
                open.push((process, Transaction { begin: begin.to_owned(), statements: Vec::new() }));
            }
            continue;
        }
        let Some(place) = place else { continue };
        let statements = &mut open[place].1.statements;
        if message == "LOG:  statement: COMMIT" {
            done.push(open.remove(place).1);
        } else if message == "LOG:  statement: ROLLBACK" {
            open.remove(place);
        } else if let Some(sql) = message.strip_prefix("LOG:  statement: ") {
            statements.push(Statement { sql: sql.to_owned(), parameters: Vec::new() });
        } else if let Some((_, sql)) =
            message.strip_prefix("LOG:  execute ").and_then(|rest| rest.split_once(": "))
        {
            statements.push(Statement { sql: sql.to_owned(), parameters: Vec::new() });
        } else if let Some(parameters) = message.strip_prefix("DETAIL:  parameters: ") {
            statements.last_mut().unwrap().parameters = literals(parameters);
        }
    }
    done
}

/// The literals of `$1 = 'x', $2 = NULL`.
fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, value)) = rest.split_once(" = ") {
        let end = if value.starts_with('\'') {
            end_of_quoted(value)
        } else {
            value.find(',').unwrap_or(value.len())
        };
        found.push(value[..end].to_owned());
        rest = &value[end..];
    }
    found
}

/// The byte behind the closing quote; doubled quotes are part of the text.
fn end_of_quoted(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'\''), Some(b'\'')) => at += 2,
            (Some(b'\'') | None, _) => return at + 1,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::literals;

    #[test]
    fn literals_are_read_from_the_log() {
        let read = literals(r"$1 = 'it''s, $2 = x', $2 = NULL, $3 = '{a,b}', $4 = '5'");
        assert_eq!(read, ["'it''s, $2 = x'", "NULL", "'{a,b}'", "'5'"]);
    }
}
