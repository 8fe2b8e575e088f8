//! Imports of products: a price list as people keep it.

use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use super::{all_at, counts, import_at, plain, undo_at};
use crate::support::{Tenant, TestApp};

const PRODUCTS: &str = "/api/v1/products";
const IMPORTS: &str = "/api/v1/products/imports";
const LISTS: &str = "/api/v1/price-lists";

/// A workbook of a price list: a cover, and a sheet with numbers as numbers.
fn price_list(rows: &[(&str, &str, f64)]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Portada").unwrap();
    let sheet = workbook.add_worksheet().set_name("Precios").unwrap();
    let names = ["Clave", "Descripción", "Unidad de medida", "Clave SAT", "IVA", "Precio unitario", "Marca"];
    for (column, name) in (0..).zip(names) {
        sheet.write_string(1, column, name).unwrap();
    }
    for (row, (sku, name, price)) in (2..).zip(rows) {
        sheet.write_string(row, 0, *sku).unwrap();
        sheet.write_string(row, 1, *name).unwrap();
        sheet.write_string(row, 2, "Pieza").unwrap();
        sheet.write_number(row, 3, 53_102_700_f64).unwrap();
        sheet.write_string(row, 4, "16%").unwrap();
        sheet.write_number(row, 5, *price).unwrap();
        sheet.write_string(row, 6, "Nájera").unwrap();
    }
    workbook.save_to_buffer().unwrap()
}

async fn list(tenant: &Tenant) -> String {
    let list = json!({ "name": "Menudeo", "currency": "MXN" });
    tenant.owner.post(LISTS, list).await.expect(201).text_at("/id")
}

/// The prices of a list, by SKU.
async fn prices(tenant: &Tenant, list: &str) -> Vec<(String, String)> {
    let products = all_at(&tenant.owner, PRODUCTS).await;
    let sku = |id: &Value| products.iter().find(|product| product["id"] == *id).unwrap()["sku"].clone();
    let prices = all_at(&tenant.owner, &format!("{LISTS}/{list}/prices")).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut prices: Vec<_> =
        prices.iter().map(|price| (text(&sku(&price["product_id"])), text(&price["unit_price"]))).collect();
    prices.sort();
    prices
}

#[tokio::test]
async fn a_price_list_of_a_workbook_becomes_products_with_prices() {
    let tenant = TestApp::shared().tenant().await;
    let list = list(&tenant).await;
    let rows =
        [("UNI-CH", "Uniforme escolar, talla CH", 185.5), ("UNI-M", "Uniforme escolar, talla M", 190.25)];

    let done = import_at(&tenant.owner, IMPORTS, price_list(&rows), json!({ "price_list_id": list })).await;

    assert_eq!(counts(&done), [2, 2, 0, 0, 0], "{done}");
    assert_eq!(done["mapping"]["Precio unitario"], "unit_price");
    let products = all_at(&tenant.owner, PRODUCTS).await;
    let first = products.iter().find(|product| product["sku"] == "UNI-M").unwrap();
    assert_eq!(first["name"], "Uniforme escolar, talla M");
    assert_eq!((&first["kind"], &first["tracks_stock"]), (&json!("good"), &json!(true)));
    assert_eq!((&first["unit_code"], &first["sat_product_key"]), (&json!("H87"), &json!("53102700")));
    assert_eq!(first["taxes"][0]["rate"], "0.16");
    assert_eq!(first["custom_fields"], json!({ "marca": "Nájera" }));
    let known = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(sku, price)| ((*sku).to_owned(), (*price).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(prices(&tenant, &list).await, known(&[("UNI-CH", "185.5"), ("UNI-M", "190.25")]));

    // Next year's list: prices change, nothing else does, and all of it can be taken back.
    let rows =
        [("uni-ch", "Uniforme escolar, talla CH", 199.0), ("UNI-G", "Uniforme escolar, talla G", 205.0)];
    let options = json!({ "price_list_id": list, "on_duplicate": "update" });
    let next = import_at(&tenant.owner, IMPORTS, price_list(&rows), options).await;
    assert_eq!(counts(&next), [2, 1, 1, 0, 0], "{next}");
    assert_eq!(
        prices(&tenant, &list).await,
        known(&[("UNI-CH", "199"), ("UNI-G", "205"), ("UNI-M", "190.25")])
    );
    let undone = undo_at(&tenant.owner, IMPORTS, &next).await;
    assert_eq!((&undone["undo"]["removed"], &undone["undo"]["restored"]), (&json!(1), &json!(1)), "{undone}");
    let left = tenant.owner.get(&format!("{PRODUCTS}?status=active")).await.expect(200);
    assert_eq!(left.body["data"].as_array().unwrap().len(), 2);
    assert_eq!(prices(&tenant, &list).await[0], ("UNI-CH".to_owned(), "185.5".to_owned()));

    // What was archived by that is used again when the row has the last word.
    let options = json!({ "price_list_id": list, "on_duplicate": "update" });
    let again = import_at(&tenant.owner, IMPORTS, price_list(&rows), options).await;
    assert_eq!(counts(&again), [2, 0, 2, 0, 0], "{again}");
    let left = tenant.owner.get(&format!("{PRODUCTS}?status=active")).await.expect(200);
    assert_eq!(left.body["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn rows_that_are_no_products_are_refused_and_the_rest_is_kept() {
    let tenant = TestApp::shared().tenant().await;
    tenant
        .owner
        .post(PRODUCTS, json!({ "kind": "service", "sku": "S-1", "name": "Costura" }))
        .await
        .expect(201);
    let field = json!({ "key": "talla", "label": "Talla", "type": "choice", "choices": ["CH", "M"] });
    tenant.owner.post("/api/v1/products/fields", field).await.expect(201);
    let file = "SKU,Producto,Tipo,Unidad,IVA,Precio,Talla\n\
                A-1,Camisa,Producto,pza,16,\"1,250.00\",m\n\
                A-2,Corte,Servicio,montón,17%,,XL\n\
                a-1,Otra,,,,,\n\
                s-1,Costura fina,,,,,\n\
                ,Sin clave,,,,,\n\
                A-3,,,,,,\n\
                A-4,Juego,paquete,,,,\n";
    let preview =
        tenant.owner.upload(&format!("{IMPORTS}/preview"), "x.csv", file.into(), None).await.expect(200);
    assert_eq!(preview.text_at("/rows/0/record/sku"), "A-1");
    assert_eq!(preview.body["rows"][1]["kept_as_text"], json!(["unit_code", "taxes", "talla"]));
    assert!(preview.body["rows"][4]["problem"].is_string());

    let done = import_at(&tenant.owner, IMPORTS, file, plain()).await;

    assert_eq!(counts(&done), [7, 2, 0, 2, 3], "{done}");
    let products = all_at(&tenant.owner, PRODUCTS).await;
    let by = |sku: &str| products.iter().find(|product| product["sku"] == sku).unwrap().clone();
    // Without a list the price is kept beside.
    assert_eq!(by("A-1")["custom_fields"], json!({ "talla": "M", "unit_price_original": "1,250.00" }));
    assert_eq!(
        by("A-2")["custom_fields"],
        json!({ "unit_code_original": "montón", "taxes_original": "17%", "talla_original": "XL" })
    );
    assert_eq!((&by("A-2")["kind"], &by("A-2")["tracks_stock"]), (&json!("service"), &json!(false)));
    assert_eq!(by("S-1")["name"], "Costura");
    let brought = format!("{PRODUCTS}?import_id={}", done["id"].as_str().unwrap());
    assert_eq!(tenant.owner.get(&brought).await.expect(200).body["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn products_that_are_exported_are_imported_the_same() {
    let (from, to) = (TestApp::shared().tenant().await, TestApp::shared().tenant().await);
    let there = list(&from).await;
    let rows = [("UNI-CH", "=Uniforme", 185.5), ("UNI-M", "Uniforme, talla \"M\"", 190.25)];
    import_at(&from.owner, IMPORTS, price_list(&rows), json!({ "price_list_id": there })).await;
    let asked = json!({ "format": "xlsx", "price_list_id": there });
    let asked = from.owner.post("/api/v1/products/exports", asked).await.expect(202);
    let location = asked.header("location").unwrap().to_owned();
    crate::support::until("the export ends", async || {
        from.owner.get(&location).await.expect(200).body["status"] == "completed"
    })
    .await;
    let file = from.owner.download(&format!("{location}/file")).await;
    let here = list(&to).await;

    let done = import_at(&to.owner, IMPORTS, file, json!({ "price_list_id": here })).await;

    assert_eq!(counts(&done), [2, 2, 0, 0, 0], "{done}");
    let bare = async |tenant: &Tenant| {
        let mut all = all_at(&tenant.owner, PRODUCTS).await;
        for product in &mut all {
            for name in ["id", "created_at", "updated_at"] {
                product.as_object_mut().unwrap().remove(name);
            }
        }
        all.sort_by_key(|product| product["sku"].to_string());
        all
    };
    assert_eq!(bare(&from).await, bare(&to).await);
    assert_eq!(prices(&from, &there).await, prices(&to, &here).await);
}
