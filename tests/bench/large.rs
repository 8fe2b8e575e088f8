//! A million leads in two hundred companies: lists, filters by custom fields, search and summary one at a time, an import
//! beside `COPY` of the same rows, and events.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::harness::api::Tenant;
use crate::harness::{Api, Server, Sql};
use crate::memory::Memory;
use crate::seed::Companies;
use crate::statements::{Operation, Recorded};
use crate::table::{Row, Table, percentile};
use crate::{compare, events, release_build, sales, start_times};

const COMPANIES: usize = 200;
const LEADS: usize = 5_000;
/// Requests of each kind, drawn over all companies.
const REQUESTS: usize = 300;
const IMPORTED: usize = 100_000;
/// No list may take longer, in milliseconds.
const BAR: f64 = 50.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures for a quarter of an hour; `make bench` runs it"]
async fn figures_at_a_million() {
    let mut server = Server::new("bench-large", &release_build(), &[]);
    server.start().await;
    let api = Api::new(&server.url, Duration::from_mins(1));
    let companies = Companies::sign_up(&api, COMPANIES, LEADS).await;
    let mut sql = Sql::connect(&server.data_dir);
    companies.seed(&mut sql);
    let mut table = Table::new();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let leads = sql.number("SELECT count(*) FROM leads.leads") as f64;
    table.add(Row::told("leads", leads));

    let recorded = Recorded::of_one_request_each(&mut server, &api, &companies).await;
    start_times(&mut table, &mut server).await;
    table.add(Row::below("memory, idle (MiB)", Memory::of(server.pid()).resident(), 60.0));
    let watch = Memory::of(server.pid()).watch();
    for operation in Operation::ALL {
        compare(&mut table, &server, &api, &companies, &recorded, operation).await;
    }
    table.add(Row::below("memory, most under load (MiB)", watch.most().await, 150.0));
    let mut sql = Sql::connect(&server.data_dir);
    define_fields(&api, &companies, &mut sql).await;
    drop(sql);
    one_by_one(&mut table, &api, &companies).await;
    sales::figures(&mut table, &server, &api, &companies).await;
    import(&mut table, &server, &api).await;
    events::latency(&mut table, &server, &api, &companies).await;
    events::throughput(&mut table, &mut server).await;
    table.print();
}

/// Gives each company a text and a number of its own, over the API, and their values past it.
async fn define_fields(api: &Api, companies: &Companies, sql: &mut Sql) {
    for company in 0..companies.ids.len() {
        let tenant = sign_in(api, company).await;
        for (key, kind, value) in [("giro", "text", "text_value"), ("visitas", "number", "number_value")] {
            let field = json!({ "key": key, "label": key, "type": kind });
            let (status, made) =
                tenant.send(Method::POST, "/api/v1/leads/fields", &[], Some(&field)).await.unwrap();
            assert_eq!(status, 201, "{made}");
            let (id, field) = (&companies.ids[company], made["id"].as_str().unwrap());
            let cast = if kind == "number" { "::float8" } else { "" };
            sql.execute(&format!(
                "INSERT INTO leads.field_values (tenant_id, record_id, field_id, number, {value})
                 SELECT tenant_id, id, '{field}', 0, (custom_fields ->> '{key}'){cast} FROM leads.leads WHERE tenant_id = '{id}'
                 ON CONFLICT DO NOTHING"
            ));
        }
    }
    sql.execute("VACUUM (ANALYZE) leads.field_values");
}

async fn sign_in(api: &Api, company: usize) -> Tenant {
    api.sign_in(&format!("bench{company}")).await
}

/// One request after the other: what somebody waits for on a server that is not busy.
async fn one_by_one(table: &mut Table, api: &Api, companies: &Companies) {
    let mut tenants = Vec::new();
    for company in 0..companies.ids.len() {
        tenants.push(sign_in(api, company).await);
    }
    for (name, path) in [
        ("list 20 leads", "/api/v1/leads"),
        ("list by state, oldest first", "/api/v1/leads?status=new&sort=created_at"),
        ("filter by a text of their own (100 of 5,000)", "/api/v1/leads?field.giro=giro%207"),
        (
            "filter by a number of their own (1,000 of 5,000)",
            "/api/v1/leads?field.visitas.from=100&field.visitas.to=300",
        ),
        (
            "filter by a number of their own (4,000 of 5,000)",
            "/api/v1/leads?field.visitas.from=100&field.visitas.to=900",
        ),
        ("in the order of a number of their own", "/api/v1/leads?sort=-field.visitas"),
        ("search, one match", "/api/v1/leads?q=najera%204321"),
        ("search, all match", "/api/v1/leads?q=sastreria"),
        ("summary", "/api/v1/leads/summary"),
    ] {
        let mut times = Vec::new();
        for round in 0..REQUESTS {
            // A stride that meets every company.
            let tenant = &tenants[round * 7 % tenants.len()];
            let sent = Instant::now();
            let (status, answer) = tenant.send(Method::GET, path, &[], None).await.unwrap();
            times.push(sent.elapsed());
            assert_eq!(status, 200, "{answer}");
        }
        let p95 = percentile(&mut times, 0.95).as_secs_f64() * 1e3;
        table.add(Row::below(&format!("{name}, p95 (ms)"), p95, BAR));
    }
}

/// A file of 100,000 leads over HTTP, then the rows that came of it once more by `COPY` into tables with the same indexes.
async fn import(table: &mut Table, server: &Server, api: &Api) {
    let tenant = api.sign_up("importer").await;
    let mut file = "Empresa,Contacto,Correo,Teléfono,Ciudad,Giro\n".to_owned();
    for row in 0..IMPORTED {
        let _ = writeln!(
            file,
            "Comercial Núñez {row},Íñigo Peña {row},i{row}@importado.example,+5255{row:08},Juchitán,Abarrotes"
        );
    }
    let began = Instant::now();
    let (status, answer) = tenant.upload("/api/v1/leads/imports", &file).await.unwrap();
    assert_eq!(status, 202, "{answer}");
    let path = format!("/api/v1/leads/imports/{}", answer["id"].as_str().unwrap());
    loop {
        let import = tenant.send(Method::GET, &path, &[], None).await.unwrap().1;
        if import["status"] == "completed" {
            assert_eq!(import["created"], IMPORTED, "{import}");
            break;
        }
        assert_ne!(import["status"], "failed", "{import}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let imported = began.elapsed();
    events::settled(server).await;
    let mut sql = Sql::connect(&server.data_dir);
    let directory = server.data_dir.join("postgres");
    let mut copied = Duration::ZERO;
    sql.execute("CREATE SCHEMA bench");
    for name in ["leads", "identities"] {
        let copy = directory.join(format!("{name}.copy")).display().to_string();
        sql.execute(&format!("CREATE TABLE bench.{name} (LIKE leads.{name} INCLUDING ALL)"));
        sql.execute(&format!(
            "COPY (SELECT * FROM leads.{name} WHERE tenant_id = '{}') TO '{copy}'",
            tenant.id
        ));
        let began = Instant::now();
        // A generated column cannot be copied in.
        sql.execute(&format!("COPY bench.{name} FROM '{copy}'"));
        copied += began.elapsed();
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = |time: Duration| IMPORTED as f64 / time.as_secs_f64();
    table.add(Row::told("import of 100,000 leads over HTTP (rows/s)", rate(imported)));
    table.add(Row::told("COPY of the rows that came of it (rows/s)", rate(copied)));
    table.add(Row::told("the import's share of COPY's rate", rate(imported) / rate(copied)));
}
