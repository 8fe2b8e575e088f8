//! The whole sale, as one company lives it: a directory is imported, a lead becomes a customer, and money comes.

use std::collections::BTreeMap;
use std::time::Duration;

use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use cauce::platform::embedded::EmbeddedNats;
use futures_util::StreamExt;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::imports::{excerpt, import, plain};
use crate::support::{Answer, Client, Cluster, Standin, Tenant, TestApp, until};

const NAME: &str = "journey";

fn mxn(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "MXN" })
}

/// The company: its seller, who may take off 10 percent, its shirts, and its account with Stripe.
struct Company {
    app: TestApp,
    standin: Standin,
    tenant: Tenant,
    seller: Client,
    seller_id: String,
    product: String,
    stripe: String,
}

impl Company {
    async fn found() -> Self {
        let standin = Standin::start();
        let app = TestApp::with_settings(NAME, &[("NATS_SERVERS", ""), ("STRIPE_URL", standin.url.as_str())]);
        let tenant = app.tenant().await;
        let owner = &tenant.owner;
        let (seller, seller_id) = tenant.colleague(&["SALES"]).await;
        let rules = json!({ "discount_limits": [{ "role": "SALES", "percent": "10" }], "amount_limits": [] });
        owner.put("/api/v1/quotations/rules", rules).await.expect(200);
        let taxes = json!([{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }]);
        let shirt =
            json!({ "kind": "good", "sku": "CAMISA-M", "name": "Camisa bordada ñandú", "taxes": taxes });
        let product = owner.post("/api/v1/products", shirt).await.expect(201).text_at("/id");
        let list = json!({ "name": "Mayoreo", "currency": "MXN" });
        let list = owner.post("/api/v1/price-lists", list).await.expect(201).text_at("/id");
        let price = format!("/api/v1/price-lists/{list}/prices/{product}");
        owner.put(&price, json!({ "unit_price": "250" })).await.expect(200);
        let place = json!({ "name": "Salina Cruz" });
        let place = owner.post("/api/v1/warehouses", place).await.expect(201).text_at("/id");
        let receipt = json!({ "product_id": product, "kind": "receipt", "quantity": "100" });
        owner.post(&format!("/api/v1/warehouses/{place}/movements"), receipt).await.expect(200);
        let account = json!({
            "provider": "stripe", "secret_key": "sk_test_right", "webhook_secret": "whsec_right",
            "return_url": "https://www.empresa.mx/gracias"
        });
        let account = owner.post("/api/v1/payment-accounts", account).await.expect(201);
        let stripe = path_of(&account.text_at("/webhook_url"));
        Self { app, standin, tenant, seller, seller_id, product, stripe }
    }

    async fn on_hand(&self) -> String {
        let stock = format!("/api/v1/products/{}/stock", self.product);
        self.tenant.owner.get(&stock).await.expect(200).text_at("/data/0/on_hand")
    }

    /// A lead of the directory, which the seller gets and finds worth their time.
    async fn qualified_lead(&self) -> String {
        import(&self.tenant.owner, excerpt(), plain()).await;
        let found = self.tenant.owner.get("/api/v1/leads?q=disenos%20ary").await.expect(200);
        let lead = format!("/api/v1/leads/{}", found.text_at("/data/0/id"));
        let to = json!({ "owner_id": self.seller_id });
        self.tenant.owner.post(&format!("{lead}/assign"), to).await.expect(200);
        self.seller.post(&format!("{lead}/qualify"), json!({})).await.expect(200);
        lead
    }

    /// The lead as a customer with a contract, and the quotation that the seller drafted with it.
    async fn convert(&self, lead: &str) -> Answer {
        let request = json!({
            "legal_name": "Diseños Ary SA de CV", "tax_id": { "number": "EKU9003173C9" },
            "contract": {
                "title": "Mantenimiento", "value": mxn("1500.00"), "billing_period": "month",
                "starts_on": "2027-01-01", "active": true
            },
            "quotation": {
                "title": "Camisas para el equipo", "discount": { "percent": "15" },
                "lines": [{ "product_id": self.product, "quantity": "12" }]
            }
        });
        self.seller.post(&format!("{lead}/convert"), request).await.expect(201)
    }

    /// The quotation approved by the owner, sent by the seller, and accepted by whoever has the link.
    async fn sell(&self, quotation: &str) {
        let refused = self.seller.post(&format!("{quotation}/send"), json!({})).await.expect(409);
        assert_eq!(refused.text_at("/type"), "/problems/quotation-needs-approval");
        self.seller.post(&format!("{quotation}/request-approval"), json!({})).await.expect(200);
        let approve = json!({ "decision": "approve" });
        self.tenant.owner.post(&format!("{quotation}/approval"), approve).await.expect(200);
        let sent = self.seller.post(&format!("{quotation}/send"), json!({})).await.expect(200);
        let file = self.seller.download(&format!("{quotation}/pdf")).await;
        assert!(file.starts_with(b"%PDF-"));
        let link = path_of(&sent.text_at("/public_url"));
        assert_eq!(self.app.anonymous().download(&format!("{link}/pdf")).await, file);
        let yes = json!({ "answer": "accept", "name": "Ary Ruiz", "revision": 1 });
        self.app.anonymous().post(&link, yes).await.expect(200);
    }

    /// The invoice that the sale makes by itself, issued.
    async fn invoice(&self, customer: &str) -> Answer {
        let list = format!("/api/v1/invoices?customer_id={customer}");
        until("what is sold is billed", async || {
            self.tenant.owner.get(&list).await.expect(200).body["data"] != json!([])
        })
        .await;
        let drafts = self.tenant.owner.get(&list).await.expect(200);
        assert_eq!(drafts.body["data"].as_array().unwrap().len(), 1);
        let issue = format!("/api/v1/invoices/{}/issue", drafts.text_at("/data/0/id"));
        self.tenant.owner.post(&issue, json!({})).await.expect(200)
    }

    /// Pays 1,000 by transfer, and the rest on Stripe's page.
    async fn pay(&self, customer: &str, invoice: &str) {
        let owner = &self.tenant.owner;
        let transfer = json!({
            "customer_id": customer, "method": "transfer", "amount": mxn("1000"), "reference": "SPEI 8846",
            "allocations": [{ "invoice_id": invoice, "amount": mxn("1000") }]
        });
        owner.post("/api/v1/payments", transfer).await.expect(201);
        let checkout = format!("/api/v1/invoices/{invoice}/checkout");
        let page = owner.post(&checkout, json!({ "provider": "stripe" })).await.expect(200);
        assert_eq!(page.body["amount"], mxn("1958.00"));
        let url = page.text_at("/url");
        let mut session = self.standin.page(url.rsplit(['/', '=']).next().unwrap());
        session["payment_status"] = json!("paid");
        session["status"] = json!("complete");
        session["payment_intent"] = json!("pi_journey");
        let now = self.app.clock.now().timestamp();
        let (body, signature) =
            self.standin.stripe_event("checkout.session.completed", &session, "whsec_right", now);
        let teller = self.app.anonymous().with_header("Stripe-Signature", &signature);
        let told = teller.send_raw(&self.stripe, "application/json", body.into_bytes()).await;
        told.expect(204);
        until("the invoice is paid", async || {
            owner.get(&format!("/api/v1/invoices/{invoice}")).await.expect(200).text_at("/status") == "paid"
        })
        .await;
    }
}

fn path_of(url: &str) -> String {
    url[url.find("/api/").unwrap()..].to_owned()
}

#[tokio::test]
async fn from_an_imported_lead_to_the_last_peso() {
    let company = Company::found().await;
    let owner = &company.tenant.owner;
    let lead = company.qualified_lead().await;
    let converted = company.convert(&lead).await;
    let customer = converted.text_at("/customer_id");
    let quotation = converted.text_at("/quotation_id");
    assert_eq!(company.on_hand().await, "100");
    company.sell(&format!("/api/v1/quotations/{quotation}")).await;
    assert_eq!(company.on_hand().await, "88");
    let invoice = company.invoice(&customer).await;
    // 12 × 250.00 less 15 %, and 16 % of VAT.
    assert_eq!(invoice.body["due"], mxn("2958.00"));
    company.pay(&customer, &invoice.text_at("/id")).await;

    let overview = owner.get(&format!("/api/v1/customers/{customer}/overview")).await.expect(200);
    for (pointer, expected) in [
        ("/customer/legal_name", "Diseños Ary SA de CV"),
        ("/active_contracts/0/title", "Mantenimiento"),
        ("/total_arr/0/amount", "18000.00"),
        ("/money/last_quotations/0/status", "SOLD"),
        ("/money/total_revenue/0/amount", "2958.00"),
    ] {
        assert_eq!(overview.text_at(pointer), expected, "{pointer}");
    }
    assert_eq!(
        (&overview.body["money"]["unpaid_invoices"], &overview.body["money"]["due"]),
        (&json!([]), &json!([]))
    );

    let totals = json!({
        "leads": 38, "qualified": 1, "converted": 1, "quotations": 1, "accepted": 1, "quoted": [mxn("2958.00")],
        "sold": [mxn("2958.00")], "revenue": [mxn("2958.00")], "collected": [mxn("2958.00")], "overdue": []
    });
    until("the dashboard shows it", async || {
        owner.get("/api/v1/dashboard").await.expect(200).body["totals"] == totals
    })
    .await;
    let dashboard = owner.get("/api/v1/dashboard").await.expect(200);
    assert_eq!(dashboard.text_at("/by_source/0/name"), "import");
    assert_eq!(dashboard.body["by_source"][0]["collected"], json!([mxn("2958.00")]));
    let owners = dashboard.body["by_owner"].as_array().unwrap();
    let seller = owners.iter().find(|row| row["owner_id"] == json!(company.seller_id)).unwrap();
    assert_eq!((&seller["leads"], &seller["revenue"]), (&json!(1), &json!([mxn("2958.00")])));

    told_in_order(&company, &[&lead, &customer, &quotation, &invoice.text_at("/id")]).await;
    company.app.stop().await;
}

/// Reads the journey from NATS: each step is there once, and those of a record in the order in which they were taken.
async fn told_in_order(company: &Company, records: &[&str]) {
    let expected: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("LEAD_EVENTS", &["lead.created", "lead.assigned", "lead.qualified", "lead.converted"][..]),
        ("CUSTOMER_EVENTS", &["customer.created", "customer.contract.created"][..]),
        (
            "BILLING_EVENTS",
            &[
                "quotation.created",
                "quotation.approval.requested",
                "quotation.approved",
                "quotation.sent",
                "quotation.accepted",
                "invoice.created",
                "invoice.issued",
                "invoice.paid",
            ][..],
        ),
    ]);
    let records: Vec<&str> = records.iter().map(|record| record.rsplit('/').next().unwrap()).collect();
    for (stream, steps) in expected {
        until(&format!("{stream} has the steps"), async || {
            let mut told = read(company, stream).await;
            told.sort_by_key(|told| told.sequence);
            let of_journey = told.iter().filter(|told| {
                let data = told.data.to_string();
                records.iter().any(|record| data.contains(record))
            });
            let mut subjects: Vec<&str> = of_journey.map(|told| told.subject.as_str()).collect();
            subjects.retain(|subject| steps.contains(subject));
            subjects == steps
        })
        .await;
        let mut last = BTreeMap::new();
        for told in read(company, stream).await {
            let before = last.insert(told.record.clone(), told.sequence);
            assert!(before < Some(told.sequence), "{stream}: {told:?} came after {before:?}");
        }
    }
}

/// A message of NATS.
#[derive(Debug)]
struct Told {
    /// Its place in the log.
    sequence: i64,
    subject: String,
    record: String,
    data: Value,
}

/// Every message of a stream that is of the company, in the order of the stream.
async fn read(company: &Company, stream: &str) -> Vec<Told> {
    let data_dir = Cluster::shared().directory().join(NAME);
    let Some((url, token)) = EmbeddedNats::attach(&data_dir) else { return Vec::new() };
    let options = async_nats::ConnectOptions::with_token(token.expose_secret().to_owned());
    let client = options.connect(url).await.unwrap();
    let stream = async_nats::jetstream::new(client).get_stream(stream).await.unwrap();
    let all = stream.cached_info().state.messages;
    let config = OrderedConfig { deliver_policy: DeliverPolicy::All, ..OrderedConfig::default() };
    let mut messages = stream.create_consumer(config).await.unwrap().messages().await.unwrap();
    let mut read = Vec::new();
    for _ in 0..all {
        let next = tokio::time::timeout(Duration::from_secs(10), messages.next()).await;
        let message = next.unwrap().unwrap().unwrap();
        let told: Value = serde_json::from_slice(&message.payload).unwrap();
        if told["tenantid"] == json!(company.tenant.id) {
            let sequence = told["sequence"].as_i64().or_else(|| told["sequence"].as_str()?.parse().ok());
            read.push(Told {
                sequence: sequence.unwrap(),
                subject: message.subject.to_string(),
                record: told["subject"].to_string(),
                data: told["data"].clone(),
            });
        }
    }
    read
}
