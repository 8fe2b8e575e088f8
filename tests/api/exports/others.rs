//! Exports of customers and products: by the code of leads, with fields of their own.

use serde_json::{Value, json};

use super::{export_of, file, rows_of};
use crate::support::{Database, Tenant, TestApp};

const CUSTOMERS: &str = "/api/v1/customers/exports";
const PRODUCTS: &str = "/api/v1/products/exports";

async fn some_customers(tenant: &Tenant) {
    let field = json!({ "key": "piezas", "label": "Piezas", "type": "number" });
    tenant.owner.post("/api/v1/customers/fields", field).await.expect(201);
    for (name, number, pieces) in [("=1+1", "EKU9003173C9", 40), ("Sastrería Ñu", "GODE561231GR8", 5)] {
        let customer = json!({
            "trade_name": name, "legal_name": format!("{name} SA"), "tax_id": { "country": "MX", "number": number },
            "phone": "9711609009", "tags": ["a", "b"], "custom_fields": { "piezas": pieces },
            "fiscal_address": { "street": "5 de Mayo 12", "postal_code": "70000", "country": "MX" }
        });
        tenant.owner.post("/api/v1/customers", customer).await.expect(201);
    }
}

async fn some_products(tenant: &Tenant) -> String {
    let field = json!({ "key": "talla", "label": "Talla", "type": "choice", "choices": ["CH", "M"] });
    tenant.owner.post("/api/v1/products/fields", field).await.expect(201);
    let list = json!({ "name": "Mayoreo", "currency": "MXN" });
    let list = tenant.owner.post("/api/v1/price-lists", list).await.expect(201).text_at("/id");
    for (sku, size, price) in [("U-CH", "CH", "185.5"), ("U-M", "M", "190.123456")] {
        let product = json!({
            "kind": "good", "sku": sku, "name": format!("@Uniforme {sku}"), "unit_code": "H87",
            "custom_fields": { "talla": size }, "taxes": [
                { "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" },
                { "tax": "isr", "kind": "withheld", "factor": "rate", "rate": "0.0125" }]
        });
        let id = tenant.owner.post("/api/v1/products", product).await.expect(201).text_at("/id");
        let path = format!("/api/v1/price-lists/{list}/prices/{id}");
        tenant.owner.put(&path, json!({ "unit_price": price })).await.expect(200);
    }
    list
}

#[tokio::test]
async fn customers_become_a_file_with_what_is_known_of_them() {
    let tenant = TestApp::shared().tenant().await;
    some_customers(&tenant).await;
    for format in ["csv", "xlsx"] {
        let done =
            export_of(&tenant.owner, CUSTOMERS, json!({ "format": format, "sort": "-field.piezas" })).await;
        assert_eq!((&done["status"], &done["rows"]), (&json!("completed"), &json!(2)), "{done}");
        let rows = rows_of("Customers", format, file(&tenant.owner, &done).await);
        let column = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
        let cells = |name: &str| [&rows[1][column(name)], &rows[2][column(name)]];
        let mark = if format == "csv" { "'" } else { "" };
        assert_eq!(cells("trade_name"), [&format!("{mark}=1+1"), "Sastrería Ñu"]);
        assert_eq!(cells("tax_id"), ["EKU9003173C9", "GODE561231GR8"]);
        assert_eq!(cells("fiscal_postal_code"), ["70000", "70000"]);
        assert_eq!(cells("tags"), ["a; b", "a; b"]);
        assert_eq!(cells("custom:piezas"), ["40", "5"]);
    }
    let narrow = json!({
        "format": "csv", "filter": { "fields": { "piezas.from": "10" } }, "columns": ["trade_name", "status", "health_score"]
    });
    let done = export_of(&tenant.owner, CUSTOMERS, narrow).await;
    let rows = rows_of("Customers", "csv", file(&tenant.owner, &done).await);
    assert_eq!(rows[1..], [["'=1+1", "active", "70"]].map(|row| row.map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn products_become_a_file_with_the_prices_of_a_list() {
    let tenant = TestApp::shared().tenant().await;
    let list = some_products(&tenant).await;
    for format in ["csv", "xlsx"] {
        let asked = json!({ "format": format, "sort": "name", "price_list_id": list });
        let done = export_of(&tenant.owner, PRODUCTS, asked).await;
        assert_eq!((&done["status"], &done["rows"]), (&json!("completed"), &json!(2)), "{done}");
        let rows = rows_of("Products", format, file(&tenant.owner, &done).await);
        let column = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
        let cells = |name: &str| [&rows[1][column(name)], &rows[2][column(name)]];
        let mark = if format == "csv" { "'" } else { "" };
        assert_eq!(cells("sku"), ["U-CH", "U-M"]);
        assert_eq!(cells("name"), [&format!("{mark}@Uniforme U-CH"), &format!("{mark}@Uniforme U-M")]);
        assert_eq!(cells("taxes"), ["IVA 16%; ISR ret. 1.25%"; 2]);
        assert_eq!(cells("unit_price"), ["185.5", "190.123456"]);
        assert_eq!(cells("custom:talla"), ["CH", "M"]);
    }
    let narrow =
        json!({ "format": "csv", "filter": { "fields": { "talla": "m" } }, "columns": ["sku", "status"] });
    let done = export_of(&tenant.owner, PRODUCTS, narrow).await;
    let rows = rows_of("Products", "csv", file(&tenant.owner, &done).await);
    assert_eq!(rows[1..], [["U-M", "active"]].map(|row| row.map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn wrong_requests_are_refused_by_place_whatever_the_record() {
    let tenant = TestApp::shared().tenant().await;
    let nobody = uuid::Uuid::now_v7();
    for (path, body, place) in [
        (CUSTOMERS, json!({ "format": "pdf" }), "/format"),
        (CUSTOMERS, json!({ "format": "csv", "sort": "score" }), "/sort"),
        (CUSTOMERS, json!({ "format": "csv", "columns": ["company_name"] }), "/columns/0"),
        (CUSTOMERS, json!({ "format": "csv", "filter": { "source": "x" } }), "/filter/source"),
        (PRODUCTS, json!({ "format": "csv", "sort": "sku" }), "/sort"),
        (PRODUCTS, json!({ "format": "csv", "columns": ["sku", "sku"] }), "/columns/1"),
        (PRODUCTS, json!({ "format": "csv", "price_list_id": nobody }), "/price_list_id"),
    ] {
        let answer = tenant.owner.post(path, body.clone()).await.expect(422);
        assert_eq!(answer.text_at("/errors/0/pointer"), place, "{body}: {}", answer.text);
    }
    for path in [CUSTOMERS, PRODUCTS] {
        tenant.owner.get(&format!("{path}/{nobody}")).await.expect(404);
        tenant.owner.get(&format!("{path}/{nobody}/file")).await.expect(404);
        assert_eq!(tenant.owner.get(path).await.expect(200).body["data"], json!([]));
    }
}

#[tokio::test]
async fn what_happens_to_files_of_any_record_is_told() {
    let tenant = TestApp::shared().tenant().await;
    for path in [CUSTOMERS, PRODUCTS] {
        export_of(&tenant.owner, path, json!({ "format": "csv" })).await;
    }
    let told = Database::connect(&TestApp::shared().admin_url).column(&format!(
        "SELECT type FROM (SELECT type, tenant_id FROM events.outbox UNION ALL SELECT type, tenant_id FROM events.log) e
         WHERE tenant_id = '{}' AND type LIKE '%.Export%' ORDER BY 1",
        tenant.id
    ));
    let expected: [Value; 4] = ["Customer", "Product"]
        .iter()
        .flat_map(|kind| [json!(format!("{kind}.ExportCompleted")), json!(format!("{kind}.ExportRequested"))])
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    assert_eq!(told.iter().map(|kind| json!(kind)).collect::<Vec<_>>(), expected);
}
