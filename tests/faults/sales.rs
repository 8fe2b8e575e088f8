//! The way from a lead to its money, while the server is killed: every step takes effect once, and none by half.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::checker;
use crate::harness::api::Tenant;
use crate::harness::{Api, Random, Sql};
use crate::report::{Counts, Report};
use crate::{ONE_AT_A_TIME, deadline, is_long, seed, server};

/// How many sell at once.
const SELLERS: usize = 6;
/// How often a step is tried before the test gives up: for some minutes.
const TRIES: usize = 10_000;

/// What the sellers asked for, all together.
#[derive(Default)]
struct Tally {
    operations: AtomicUsize,
    acked: AtomicUsize,
    unknown: AtomicUsize,
}

/// Who sells, and what.
#[derive(Clone)]
struct Seller {
    tenant: Tenant,
    product: String,
    tally: Arc<Tally>,
}

impl Seller {
    /// Does a step under a key of its own until it is answered; it must be taken.
    async fn step(&self, key: &str, path: &str, body: &Value) -> Value {
        for _ in 0..TRIES {
            self.tally.operations.fetch_add(1, Ordering::Relaxed);
            let sent = self.tenant.send(Method::POST, path, &[("Idempotency-Key", key)], Some(body)).await;
            match sent {
                Ok((status, body)) if status < 300 => {
                    self.tally.acked.fetch_add(1, Ordering::Relaxed);
                    return body;
                }
                Ok((status, body)) => assert!(status >= 500, "{path}: {status} {body}"),
                Err(_) => {
                    self.tally.unknown.fetch_add(1, Ordering::Relaxed);
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nobody answers {path}");
    }

    /// Takes lead `number` from its creation to its payment.
    async fn sell(&self, number: usize) {
        let key = |step: &str| format!("{step}-{number}");
        let email = format!("faults{number}@example.com");
        let lead = json!({ "company_name": format!("Taller {number}"), "email": email, "source": "faults" });
        let lead = self.step(&key("lead"), "/api/v1/leads", &lead).await;
        let lead = format!("/api/v1/leads/{}", text(&lead, "/id"));
        self.step(&key("qualify"), &format!("{lead}/qualify"), &json!({})).await;
        let request = json!({
            "contract": {
                "title": "Mantenimiento", "value": { "amount": "100.00", "currency": "MXN" }, "billing_period": "month",
                "starts_on": "2027-01-01", "active": true
            },
            "quotation": { "lines": [{ "product_id": self.product, "quantity": "1", "unit_price": "100" }] }
        });
        let converted = self.step(&key("convert"), &format!("{lead}/convert"), &request).await;
        let customer = text(&converted, "/customer_id");
        let quotation = format!("/api/v1/quotations/{}", text(&converted, "/quotation_id"));
        self.step(&key("send"), &format!("{quotation}/send"), &json!({})).await;
        self.step(&key("accept"), &format!("{quotation}/accept"), &json!({ "name": "Ana" })).await;
        let invoice = self.invoice_of(&customer).await;
        let issue = format!("/api/v1/invoices/{invoice}/issue");
        self.step(&key("issue"), &issue, &json!({})).await;
        let amount = json!({ "amount": "100.00", "currency": "MXN" });
        let payment = json!({
            "customer_id": customer, "method": "transfer", "amount": amount, "reference": key("pay"),
            "allocations": [{ "invoice_id": invoice, "amount": amount }]
        });
        self.step(&key("pay"), "/api/v1/payments", &payment).await;
    }

    /// The invoice that the sale makes by itself.
    async fn invoice_of(&self, customer: &str) -> String {
        let path = format!("/api/v1/invoices?customer_id={customer}");
        for _ in 0..TRIES {
            if let Ok((200, list)) = self.tenant.send(Method::GET, &path, &[], None).await
                && let Some(id) = list.pointer("/data/0/id").and_then(Value::as_str)
            {
                return id.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("what was sold is not billed");
    }
}

fn text(body: &Value, pointer: &str) -> String {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {body}")).to_owned()
}

/// A company with a product of which there is more than enough.
async fn prepare(api: &Api, tally: &Arc<Tally>) -> Seller {
    let tenant = api.sign_up("faults-sales").await;
    let mut seller = Seller { tenant, product: String::new(), tally: tally.clone() };
    let shirt = json!({ "kind": "good", "sku": "CAMISA", "name": "Camisa" });
    seller.product = text(&seller.step("product", "/api/v1/products", &shirt).await, "/id");
    let place = seller.step("warehouse", "/api/v1/warehouses", &json!({ "name": "Salina Cruz" })).await;
    let receipt = json!({ "product_id": seller.product, "kind": "receipt", "quantity": "1000" });
    let movements = format!("/api/v1/warehouses/{}/movements", text(&place, "/id"));
    seller.step("receipt", &movements, &receipt).await;
    seller
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sales_are_whole_when_the_server_is_killed_in_the_middle() {
    let (sales, pause) = if is_long() { (300, 1_500) } else { (36, 700) };
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = seed();
    let mut random = Random::new(seed);
    let mut server = server("faults-sales", &[]);
    server.start().await;
    let tally = Arc::new(Tally::default());
    let seller = prepare(&Api::new(&server.url, deadline()), &tally).await;
    let next = Arc::new(AtomicUsize::new(0));
    let sellers: Vec<_> = (0..SELLERS)
        .map(|_| {
            let (seller, next) = (seller.clone(), next.clone());
            #[expect(clippy::disallowed_methods, reason = "clients at once")]
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= sales {
                        return;
                    }
                    seller.sell(number).await;
                }
            })
        })
        .collect();
    let (mut kills, mut slowest) = (0, Duration::ZERO);
    while !sellers.iter().all(tokio::task::JoinHandle::is_finished) {
        tokio::time::sleep(Duration::from_millis(100 + random.below(pause))).await;
        let killed = Instant::now();
        server.kill();
        server.start().await;
        slowest = slowest.max(killed.elapsed());
        kills += 1;
    }
    for seller in sellers {
        seller.await.unwrap();
    }
    let mut sql = Sql::connect(&server.data_dir);
    let drained = checker::drained(&mut sql).await;
    let violations = violations(&mut sql, i64::try_from(sales).unwrap());
    let counts = Counts {
        operations: tally.operations.load(Ordering::Relaxed),
        acked: tally.acked.load(Ordering::Relaxed),
        unknown: tally.unknown.load(Ordering::Relaxed),
        lost: violations.iter().filter(|(_, found, expected)| found < expected).count(),
        doubled: violations.iter().filter(|(_, found, expected)| found > expected).count(),
        drained: Some(drained),
        ..Counts::default()
    };
    let report = Report::new("F21 sales", seed).with(format!("{kills} kills")).recovered(slowest);
    report.noting(format!("{sales} leads to paid invoices")).print_counts(&counts);
    assert!(violations.is_empty(), "{violations:?}");
    assert!(kills >= 3, "it was over after {kills} kills");
}

/// What is not as it must be after `sales` sales: what, how many there are, and how many there must be.
fn violations(sql: &mut Sql, sales: i64) -> Vec<(&'static str, i64, i64)> {
    let event = |kind: &str| format!("SELECT count(*) FROM events.log WHERE type = '{kind}'");
    let figure = |figure: &str| {
        format!(
            "SELECT sum({figure}) FROM insights.figures WHERE owner_id = '00000000-0000-0000-0000-000000000000' AND dimension = 'source'"
        )
    };
    let checks = [
        ("converted leads", "SELECT count(*) FROM leads.leads WHERE status = 'converted'".to_owned(), sales),
        ("customers", "SELECT count(*) FROM crm.customers".to_owned(), sales),
        ("leads of customers", "SELECT count(DISTINCT lead_id) FROM crm.customers".to_owned(), sales),
        ("contracts", "SELECT count(*) FROM crm.contracts".to_owned(), sales),
        (
            "customers with contracts",
            "SELECT count(DISTINCT customer_id) FROM crm.contracts".to_owned(),
            sales,
        ),
        (
            "sold quotations",
            "SELECT count(*) FROM billing.quotations WHERE status = 'SOLD'".to_owned(),
            sales,
        ),
        ("quotations", "SELECT count(*) FROM billing.quotations".to_owned(), sales),
        ("goods sold", "SELECT count(*) FROM billing.movements WHERE kind = 'sale'".to_owned(), sales),
        ("invoices", "SELECT count(*) FROM billing.invoices".to_owned(), sales),
        ("paid invoices", "SELECT count(*) FROM billing.invoices WHERE status = 'paid'".to_owned(), sales),
        ("highest number", "SELECT max(number) FROM billing.invoices".to_owned(), sales),
        ("payments", "SELECT count(*) FROM billing.payments".to_owned(), sales),
        ("paid centavos", "SELECT sum(paid_minor) FROM billing.invoices".to_owned(), sales * 10_000),
        ("Lead.Converted", event("Lead.Converted"), sales),
        ("Quotation.Accepted", event("Quotation.Accepted"), sales),
        ("Invoice.Created", event("Invoice.Created"), sales),
        ("Invoice.Issued", event("Invoice.Issued"), sales),
        ("Invoice.Paid", event("Invoice.Paid"), sales),
        ("Payment.Succeeded", event("Payment.Succeeded"), sales),
        ("figures of conversions", figure("converted"), sales),
        ("figures of sales", figure("accepted"), sales),
        ("figures of money", figure("collected"), sales * 10_000),
    ];
    let found = checks.into_iter().map(|(what, query, expected)| (what, sql.number(&query), expected));
    found.filter(|(_, found, expected)| found != expected).collect()
}
