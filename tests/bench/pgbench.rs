//! pgbench with the statements of the server: the same login, prepared once per connection, the beginning in one message.
//!
//! pgbench cannot send several statements in one message of the extended protocol, so `EXECUTE` runs what `PREPARE` made;
//! PostgreSQL plans and executes as for the server, and answers in text rather than in binary.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use cauce::platform::embedded::{EmbeddedPostgres, PostgresAddress, PostgresBinaries};

use crate::harness::Server;
use crate::seed::{Companies, LEAD_ID};
use crate::statements::{Operation, Recorded, Transaction};

/// pgbench on one operation's transaction.
pub struct Pgbench {
    program: PathBuf,
    script: PathBuf,
    address: PostgresAddress,
}

impl Pgbench {
    /// Writes the script.
    pub fn new(server: &Server, companies: &Companies, recorded: &Recorded, operation: Operation) -> Self {
        let address = EmbeddedPostgres::attach(&server.data_dir).unwrap();
        let name = format!("pgbench-{operation:?}.sql").to_lowercase();
        let script = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&script, text(companies, recorded.of(operation))).unwrap();
        let program = PostgresBinaries::find(&server.data_dir, None).unwrap().program("pgbench");
        Self { program, script, address }
    }

    /// Transactions a second with `clients` connections for `seconds`.
    pub async fn run(&self, clients: u32, seconds: u64) -> f64 {
        let mut command = tokio::process::Command::new(&self.program);
        command.args(["-n", "-M", "simple", "-D", "ready=0", "-c", &clients.to_string(), "-j", "2"]);
        command.args(["-T", &seconds.to_string(), "-f"]).arg(&self.script);
        command.arg("-h").arg(&self.address.socket_dir).args(["-p", &self.address.port.to_string()]);
        command.args(["-U", "cauce_app", "cauce"]).stdin(Stdio::null());
        let output = command.output().await.expect("pgbench runs: it comes with PostgreSQL");
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        let line = text.lines().find_map(|line| line.strip_prefix("tps = "));
        let figure = line.and_then(|line| line.split(' ').next()?.parse().ok());
        assert!(output.status.success() && text.contains("failed transactions: 0"), "{text}{errors}");
        figure.unwrap_or_else(|| panic!("{text}{errors}"))
    }
}

/// Each connection stays with one company; leads are drawn at random.
fn text(companies: &Companies, transaction: &Transaction) -> String {
    let recorded_tenant = &companies.ids[0];
    let (count, leads) = (companies.ids.len(), companies.leads);
    let ids: Vec<String> = companies.ids.iter().map(|id| format!("'{id}'")).collect();
    let mut text = format!(
        "\\if :ready = 0\n\
         SELECT (ARRAY[{}])[:client_id % {count} + 1] AS tenant \\gset\n\
         \\endif\n\
         \\set lead 100000000000 + (:client_id % {count}) * 10000 + random(0, {leads} - 1)\n\
         \\set new random(200000000000, 999999999999)\n",
        ids.join(", ")
    );
    let begin = transaction.begin.replace(recorded_tenant, ":tenant").replace("; ", " \\; ");
    let _ = writeln!(text, "{begin};\n\\if :ready = 0");
    for (number, statement) in transaction.statements.iter().enumerate() {
        if !statement.parameters.is_empty() {
            let _ = writeln!(text, "PREPARE s{number} AS {};", statement.sql);
        }
    }
    text.push_str("\\set ready 1\n\\endif\n");
    let created = transaction
        .statements
        .iter()
        .find(|statement| statement.sql.starts_with("INSERT INTO \"leads\".\"leads\""));
    let new_lead = created.map(|statement| statement.parameters[1].trim_matches('\'').to_owned());
    for (number, statement) in transaction.statements.iter().enumerate() {
        if statement.parameters.is_empty() {
            let _ = writeln!(text, "{};", statement.sql);
            continue;
        }
        let mut values: Vec<String> = statement
            .parameters
            .iter()
            .map(|value| {
                let value = value.replace(recorded_tenant, ":tenant").replace("999999999", ":new");
                let value = value.replace(&format!("{LEAD_ID}00000007"), "0199f3a2-0000-7000-8000-:lead");
                match &new_lead {
                    Some(id) => value.replace(id, "0199f3a2-0000-7000-8000-:new"),
                    None => value,
                }
            })
            .collect();
        if statement.sql.starts_with("INSERT INTO \"events\".\"outbox\"") {
            "'0199f3a2-0000-7000-8001-:new'".clone_into(&mut values[0]);
        }
        let _ = writeln!(text, "EXECUTE s{number}({});", values.join(", "));
    }
    text.push_str("COMMIT;\n");
    text
}
