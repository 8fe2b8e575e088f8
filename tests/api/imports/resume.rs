//! Imports that are killed in the middle, and imports by the command: the built program as a child process.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::{PATH, counts, excerpt, finished};
use crate::support::{Client, Cluster, Database, TestApp, until};

/// A `cauce serve` on a database of the tests' cluster; it ends with this value.
pub struct Server {
    child: Child,
    pub url: String,
}

fn program(arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cauce"));
    command
        .args(arguments)
        .env("NATS_SERVERS", "none")
        .env("LOG_LEVEL", "warn")
        .env("LIMITS_ENABLED", "false");
    command.envs(settings.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

impl Server {
    /// Starts it with `settings`.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let mut child = program(&["serve"], settings).env("PORT", "0").spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines
            .map_while(Result::ok)
            .find_map(|line| line.split_once(" at ").map(|(_, url)| url.to_owned()));
        Self { child, url: url.expect("it says where it serves") }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already, which is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// 3,000 rows, of which every 7th is no lead and every 10th of the others repeats the one before it; and what they come to.
fn rows() -> (String, [i64; 5]) {
    let mut csv = "empresa,correo,telefono\n".to_owned();
    let (mut created, mut skipped, mut refused) = (0, 0, 0);
    for number in 0..3_000 {
        if number % 7 == 0 {
            refused += 1;
            writeln!(csv, "Sin contacto {number},,").unwrap();
        } else if number % 10 == 0 && (number - 1) % 7 != 0 {
            skipped += 1;
            writeln!(csv, "Repetida {number},TALLER{}@example.com,", number - 1).unwrap();
        } else {
            created += 1;
            writeln!(csv, "Taller Ñ {number},taller{number}@example.com,97116{number:05}").unwrap();
        }
    }
    (csv, [3_000, created, 0, skipped, refused])
}

/// Keeps the e-mail address of row `number` until it is dropped: no import of the tenant gets past that row before.
pub fn barrier(admin: &str, tenant: &str, number: u32) -> Database {
    let mut database = Database::connect(admin);
    // Whose address it is nobody asks: it is never committed.
    database.run(&format!(
        "BEGIN; SET LOCAL session_replication_role = replica;
         INSERT INTO leads.identities (tenant_id, kind, value, lead_id)
         VALUES ('{tenant}', 'email', 'taller{number}@example.com', gen_random_uuid())"
    ));
    database
}

#[tokio::test]
async fn an_import_that_is_killed_goes_on_where_it_stood() {
    let (admin, login) = Cluster::shared().database("killed_imports");
    let folder = Cluster::shared().directory().join("killed_imports");
    let settings = [
        ("DATABASE_URL", login.as_str()),
        ("DATABASE_ADMIN_URL", &admin),
        ("DATA_DIR", folder.to_str().unwrap()),
    ];
    let mut server = Server::start(&settings);
    let email = "ana@example.com";
    let signed = json!({ "tenant_name": "Killed", "name": "Ana", "email": email, "password": "correct horse battery" });
    let signed = Client::new(&server.url, None).post("/api/v1/auth/signup", signed).await.expect(201);
    let client = |server: &Server| Client::new(&server.url, Some(signed.text_at("/access_token")));
    let (csv, expected) = rows();
    // However fast it is, it is in the middle when it is killed.
    let barriers = [1_501, 2_999].map(|number| barrier(&admin, &signed.text_at("/tenant/id"), number));
    let location = client(&server).upload(PATH, "x.csv", csv.into_bytes(), None).await.expect(202);
    let location = location.header("location").unwrap().to_owned();
    let done = async |client: &Client| {
        let import = client.get(&location).await.expect(200).body;
        counts(&import)[1..].iter().sum::<i64>()
    };

    let mut reached = 0;
    for barrier in barriers {
        let watcher = client(&server);
        until("a batch more", async || done(&watcher).await > reached).await;
        reached = done(&watcher).await;
        assert!(reached < expected[0], "it was over before it was killed");
        server.kill();
        drop(barrier);
        server = Server::start(&settings);
        assert!(done(&client(&server)).await >= reached, "what was counted is there");
    }
    let import = finished(&client(&server), &location).await;

    assert_eq!(counts(&import), expected);
    let mut database = Database::connect(&admin);
    let created = expected[1].to_string();
    for (what, query) in [
        ("leads", "SELECT count(*) FROM leads.leads"),
        ("different leads", "SELECT count(DISTINCT email) FROM leads.leads"),
        ("leads of the file", "SELECT count(*) FROM leads.leads WHERE company_name LIKE 'Taller Ñ%'"),
        (
            "events",
            "SELECT count(*) FROM (SELECT aggregate_id, type FROM events.outbox UNION ALL \
             SELECT aggregate_id, type FROM events.log) e WHERE type = 'Lead.Created'",
        ),
    ] {
        assert_eq!(database.column(query), std::slice::from_ref(&created), "{what}");
    }
    assert_eq!(database.column("SELECT count(*) FROM leads.import_chunks"), ["0"], "the file is gone");
}

#[tokio::test]
async fn the_command_imports_beside_a_server() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let file = Cluster::shared().directory().join(format!("{}.csv", tenant.slug));
    std::fs::write(&file, excerpt()).unwrap();
    let settings = [("DATABASE_URL", app.database_url.as_str()), ("DATABASE_ADMIN_URL", &app.admin_url)];
    let run = |more: &[&str]| {
        let arguments = [&["import", file.to_str().unwrap()], more].concat();
        let output = program(&arguments, &settings).stderr(Stdio::piped()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let of_tenant = ["--tenant", tenant.slug.as_str()];

    let (ok, said, _) = run(&[&of_tenant[..], &["--dry-run", "--language", "es"]].concat());
    assert!(ok && said.contains("dry run") && said.contains("38 created"), "{said}");
    assert!(said.contains("17 refused: La fila no tiene correo ni teléfono."), "{said}");
    assert_eq!(super::leads(&tenant.owner).await, 0);

    let mapping = ["--mapping", "localidad=custom:pueblo", "--source", "denue"];
    let (ok, said, _) = run(&[&of_tenant[..], &mapping].concat());
    assert!(ok && said.contains("localidad -> custom:pueblo") && said.contains("19 refused"), "{said}");
    let leads = tenant.owner.get("/api/v1/leads?source=denue").await.expect(200);
    let villages = leads.body["data"].as_array().unwrap().iter().map(|lead| &lead["custom_fields"]["pueblo"]);
    assert!(villages.into_iter().any(|village| village == "Salina Cruz"), "{}", leads.text);
    let imports: Value = tenant.owner.get(PATH).await.expect(200).body["data"].clone();
    assert_eq!(imports.as_array().unwrap().len(), 2);

    for (arguments, words) in [
        (vec!["--tenant", "no-such-company"], "there is no company"),
        (vec!["--tenant", "x", "--mapping", "nope"], "COLUMN=FIELD"),
        (vec!["--tenant", "x", "--mapping", "nope=phone"], "no column \"nope\""),
        (vec!["--tenant", "x", "--country", "XX"], "--country"),
    ] {
        let (ok, _, said) = run(&arguments);
        assert!(!ok && said.contains(words) && said.trim_end().lines().count() == 1, "{arguments:?}: {said}");
    }
}
