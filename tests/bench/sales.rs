//! What sellers wait for in companies with customers, quotations and invoices: lists, overviews, dashboards; and how fast
//! quotations come on paper.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::api::Tenant;
use crate::harness::{Api, Server, Sql};
use crate::memory::Memory;
use crate::seed::Companies;
use crate::table::{Row, Table, percentile};

/// Customers of each company.
const CUSTOMERS: usize = 500;
/// Requests of each kind, drawn over all companies.
const REQUESTS: usize = 300;
/// Files that are asked for at once.
const FILES: usize = 200;
/// No answer may take longer, in milliseconds.
const BAR: f64 = 50.0;
/// The company whose figures fill every cell that they can: 366 days, 20 owners, 10 sources, 12 campaigns.
const DENSE: usize = 0;

/// Fills the companies, and adds the rows of the table.
pub async fn figures(table: &mut Table, server: &Server, api: &Api, companies: &Companies) {
    let mut sql = Sql::connect(&server.data_dir);
    let mut tenants = Vec::new();
    for company in 0..companies.ids.len() {
        tenants.push(api.sign_in(&format!("bench{company}")).await);
    }
    let mut customers = Vec::new();
    for tenant in &tenants {
        customers.push(first(tenant).await);
    }
    for tenant in &companies.ids {
        copy(&mut sql, tenant);
    }
    dense(&mut sql, &companies.ids[DENSE]);
    sql.execute("ANALYZE");
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let count = sql.number("SELECT count(*) FROM crm.customers") as f64;
    table.add(Row::told("customers", count));
    drop(sql);
    one_by_one(table, &tenants, &customers).await;
    on_paper(table, server, &tenants[1], &customers[1]).await;
}

/// A customer with a contract, a quotation, an issued invoice and a task, over the API; answers its identifier.
async fn first(tenant: &Tenant) -> String {
    let customer =
        json!({ "trade_name": "Confecciones Nájera", "legal_name": "Confecciones Nájera SA de CV" });
    let customer = made(tenant, "/api/v1/customers", &customer).await;
    let place = format!("/api/v1/customers/{customer}");
    let value = json!({ "amount": "1500.00", "currency": "MXN" });
    let contract = json!({
        "title": "Mantenimiento", "value": value, "billing_period": "month", "starts_on": "2026-01-01", "active": true
    });
    made(tenant, &format!("{place}/contracts"), &contract).await;
    made(tenant, &format!("{place}/tasks"), &json!({ "title": "Llamar" })).await;
    made(tenant, "/api/v1/quotations", &quotation(&customer)).await;
    let mut invoice = quotation(&customer);
    invoice["currency"] = json!("MXN");
    let invoice = made(tenant, "/api/v1/invoices", &invoice).await;
    let issue = format!("/api/v1/invoices/{invoice}/issue");
    tenant.send(Method::POST, &issue, &[], Some(&json!({}))).await.unwrap();
    customer
}

fn quotation(customer: &str) -> Value {
    let taxes = json!([{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }]);
    let line = |number: usize| json!({ "description": format!("Uniforme bordado, talla {number}"), "quantity": "4", "unit_price": "185.5", "taxes": taxes });
    json!({ "customer_id": customer, "lines": (1..=10).map(line).collect::<Vec<_>>() })
}

async fn made(tenant: &Tenant, path: &str, body: &Value) -> String {
    let (status, answer) = tenant.send(Method::POST, path, &[], Some(body)).await.unwrap();
    assert_eq!(status, 201, "{path}: {answer}");
    answer["id"].as_str().unwrap().to_owned()
}

/// Copies the first customer of a company, its contract, quotation and invoice, past the API.
fn copy(sql: &mut Sql, tenant: &str) {
    let copies = CUSTOMERS - 1;
    sql.execute(&format!(
        "CREATE TEMPORARY TABLE copies AS
         SELECT n, gen_random_uuid() AS customer FROM generate_series(1, {copies}) n"
    ));
    for (table, changes) in [
        ("crm.customers", "'id', copies.customer, 'trade_name', 'Cliente ' || copies.n"),
        ("crm.contracts", "'id', gen_random_uuid(), 'customer_id', copies.customer"),
        ("billing.customer_owners", "'customer_id', copies.customer"),
        (
            "billing.quotations",
            "'id', gen_random_uuid(), 'customer_id', copies.customer, 'folio', copies.n + 1",
        ),
        (
            "billing.invoices",
            "'id', gen_random_uuid(), 'customer_id', copies.customer, 'number', copies.n + 1",
        ),
    ] {
        let columns = sql.rows(&format!(
            "SELECT column_name AS name FROM information_schema.columns
             WHERE table_schema || '.' || table_name = '{table}' AND is_generated = 'NEVER'"
        ));
        let columns: Vec<&str> = columns.iter().map(|column| column["name"].as_str().unwrap()).collect();
        let columns = columns.join(", ");
        sql.execute(&format!(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM
             (SELECT (jsonb_populate_record(one, jsonb_build_object({changes}))).* FROM {table} one, copies
              WHERE one.tenant_id = '{tenant}') made"
        ));
    }
    sql.execute(&format!(
        "DROP TABLE copies; UPDATE billing.quotation_folios SET last = {CUSTOMERS} WHERE tenant_id = '{tenant}'"
    ));
}

/// Fills the figures of a company: each day, 20 owners, each with all sources and campaigns.
fn dense(sql: &mut Sql, tenant: &str) {
    let sums = "1, 1, 1, 1, 1, 100, 100, 100, 100, 100";
    sql.execute(&format!(
        "INSERT INTO insights.figures
         SELECT '{tenant}', owner, dimension, current_date - day, key, currency, {sums}
         FROM generate_series(0, 365) AS day,
              (SELECT '00000000-0000-0000-0000-000000000000'::uuid AS owner
               UNION ALL SELECT ('00000000-0000-0000-0000-0000000000' || lpad(n::text, 2, '0'))::uuid FROM generate_series(1, 20) n)
                  AS owners,
              (SELECT 'source' AS dimension, 'origen ' || n AS key FROM generate_series(1, 10) n
               UNION ALL SELECT 'campaign', 'campaña ' || n FROM generate_series(1, 12) n
               UNION ALL SELECT 'owner', '00000000-0000-0000-0000-0000000000' || lpad(n::text, 2, '0') FROM generate_series(1, 20) n)
                  AS keys,
              (VALUES (''), ('MXN')) AS currencies (currency)
         WHERE dimension <> 'owner' OR owner = '00000000-0000-0000-0000-000000000000'
         ON CONFLICT DO NOTHING"
    ));
}

/// The company that asks in a round, and what for.
type Request<'a> = &'a dyn Fn(usize) -> (usize, String);

async fn one_by_one(table: &mut Table, tenants: &[Tenant], customers: &[String]) {
    let year = "/api/v1/dashboard?from=2025-11-24&to=2026-11-23".to_owned();
    let kinds: [(&str, Request<'_>); 6] = [
        ("list 20 quotations", &|company| (company, "/api/v1/quotations".to_owned())),
        ("list 20 invoices", &|company| (company, "/api/v1/invoices".to_owned())),
        ("list 20 customers", &|company| (company, "/api/v1/customers".to_owned())),
        ("overview of a customer", &|company| {
            (company, format!("/api/v1/customers/{}/overview", customers[company]))
        }),
        ("dashboard, 30 days, all cells filled", &|_| (DENSE, "/api/v1/dashboard".to_owned())),
        ("dashboard, 365 days, all cells filled", &|_| (DENSE, year.clone())),
    ];
    for (name, request) in kinds {
        let mut times = Vec::new();
        for round in 0..REQUESTS {
            let (company, path) = request(round * 7 % tenants.len());
            let sent = Instant::now();
            let (status, answer) = tenants[company].send(Method::GET, &path, &[], None).await.unwrap();
            times.push(sent.elapsed());
            assert_eq!(status, 200, "{answer}");
        }
        let p95 = percentile(&mut times, 0.95).as_secs_f64() * 1e3;
        table.add(Row::below(&format!("{name}, p95 (ms)"), p95, BAR));
    }
}

/// Asks for the files of many quotations at once, none of which is made yet.
async fn on_paper(table: &mut Table, server: &Server, tenant: &Tenant, customer: &str) {
    let mut paths = Vec::new();
    for _ in 0..FILES {
        let id = made(tenant, "/api/v1/quotations", &quotation(customer)).await;
        paths.push(format!("/api/v1/quotations/{id}/pdf"));
    }
    let watch = Memory::of(server.pid()).watch();
    let began = Instant::now();
    let asked = paths.iter().map(|path| async move {
        loop {
            match tenant.send(Method::GET, path, &[], None).await {
                Ok((200, _)) => return,
                // The queue is bounded; whoever does not get in asks again.
                Ok((503, _)) => tokio::time::sleep(Duration::from_millis(50)).await,
                other => panic!("{path}: {other:?}"),
            }
        }
    });
    join_all(asked).await;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = FILES as f64 / began.elapsed().as_secs_f64();
    table.add(Row::told("PDFs of 10 lines, 200 asked for at once (1/s)", rate));
    table.add(Row::below("memory, most while they are made (MiB)", watch.most().await, 150.0));
}
