//! Imports of customers: by the code of leads, with rules of their own.

use serde_json::{Value, json};

use super::real::whole;
use super::{all_at, counts, import_at, plain, undo_at};
use crate::support::{Database, Tenant, TestApp};

const CUSTOMERS: &str = "/api/v1/customers";
const IMPORTS: &str = "/api/v1/customers/imports";

async fn named(tenant: &Tenant, name: &str) -> Value {
    let all = all_at(&tenant.owner, CUSTOMERS).await;
    all.into_iter().find(|customer| customer["trade_name"] == name).unwrap_or(Value::Null)
}

#[tokio::test]
async fn the_whole_business_directory_becomes_customers_and_is_undone() {
    let tenant = TestApp::shared().tenant().await;
    let old = json!({ "trade_name": "De antes" });
    let old = tenant.owner.post(CUSTOMERS, old).await.expect(201).text_at("/id");

    let done = import_at(&tenant.owner, IMPORTS, whole(), plain()).await;

    let [total, created, updated, skipped, refused] = counts(&done);
    // 3,561 rows have a name; those skipped share their e-mail with an earlier row.
    assert_eq!((total, updated, refused), (3_561, 0, 0), "{}", done["reasons"]);
    assert_eq!(created + skipped, 3_561);
    assert!((1..=60).contains(&skipped), "{skipped} of 229 e-mails are another row's");
    assert_eq!(done["mapping"]["nom_estab"], "trade_name");
    assert_eq!(done["mapping"]["raz_social"], "legal_name");
    assert_eq!(done["mapping"]["municipio"], "city");
    let designs = named(&tenant, "DISEÑOS ARY").await;
    assert_eq!(designs["phone"], "+525517037908");
    assert_eq!(
        (&designs["address"]["city"], &designs["address"]["country"]),
        (&json!("Salina Cruz"), &json!("MX"))
    );
    assert_eq!(designs["kind"], "company");
    let again = import_at(&tenant.owner, IMPORTS, whole(), json!({ "dry_run": true })).await;
    let [_, would_create, _, would_skip, _] = counts(&again);
    assert!(would_skip > skipped && would_create < created, "e-mails are found: {again}");

    let undone = undo_at(&tenant.owner, IMPORTS, &done).await;

    assert_eq!((&undone["undo"]["removed"], &undone["undo"]["kept"]), (&json!(created), &json!(0)));
    let left: Vec<Value> = all_at(&tenant.owner, CUSTOMERS).await;
    assert_eq!(left.iter().map(|customer| &customer["id"]).collect::<Vec<_>>(), [&json!(old)]);
}

#[tokio::test]
async fn customers_are_found_by_tax_identifier_and_else_by_e_mail() {
    let tenant = TestApp::shared().tenant().await;
    let mut ids = Vec::new();
    for body in [
        json!({ "trade_name": "Por RFC", "tax_id": { "country": "MX", "number": "EKU9003173C9" }, "website": "https://a.mx" }),
        json!({ "trade_name": "Por correo", "email": "Compras@Correo.MX", "notes": "uno" }),
    ] {
        ids.push(tenant.owner.post(CUSTOMERS, body).await.expect(201).text_at("/id"));
    }
    let file = "Cliente,RFC,Correo,Teléfono,Sitio web,Notas,Etiquetas\n\
                Nuevo nombre,EKU-900317-3C9,nuevo@a.mx,9711609009,b.mx,,vip\n\
                Otro,,compras@correo.mx,9711609010,,dos,\n\
                Otro más,,COMPRAS@correo.mx,,,,\n\
                Público,XAXX010101000,,,,,\n\
                Público 2,XAXX010101000,,,,,\n";
    let skipped = import_at(&tenant.owner, IMPORTS, file, plain()).await;
    assert_eq!(counts(&skipped), [5, 2, 0, 3, 0], "{skipped}");

    let merged = import_at(&tenant.owner, IMPORTS, file, json!({ "on_duplicate": "merge" })).await;
    // The general public's identifier is nobody's own.
    assert_eq!(counts(&merged), [5, 2, 3, 0, 0], "{merged}");
    let read = async |id: &str| tenant.owner.get(&format!("{CUSTOMERS}/{id}")).await.expect(200).body;
    let first = read(&ids[0]).await;
    assert_eq!((&first["trade_name"], &first["website"]), (&json!("Por RFC"), &json!("https://a.mx")));
    assert_eq!((&first["email"], &first["tags"]), (&json!("nuevo@a.mx"), &json!(["vip"])));
    assert_eq!(read(&ids[1]).await["notes"], "uno\ndos");

    let updated = import_at(&tenant.owner, IMPORTS, file, json!({ "on_duplicate": "update" })).await;
    assert_eq!(counts(&updated)[2], 3);
    let first = read(&ids[0]).await;
    assert_eq!((&first["trade_name"], &first["website"]), (&json!("Nuevo nombre"), &json!("https://b.mx")));
    let undone = undo_at(&tenant.owner, IMPORTS, &updated).await;
    assert_eq!(
        (&undone["undo"]["restored"], &undone["undo"]["records"]),
        (&json!(2), &json!([])),
        "{undone}"
    );
    let back = read(&ids[0]).await;
    assert_eq!((&back["trade_name"], &back["website"]), (&json!("Por RFC"), &json!("https://a.mx")));
    tenant.owner.get(&format!("{CUSTOMERS}?q=por%20rfc")).await.expect(200);

    let create = import_at(&tenant.owner, IMPORTS, file, json!({ "on_duplicate": "create" })).await;
    assert_eq!(counts(&create)[1], 5, "{create}");
}

#[tokio::test]
async fn a_row_for_a_full_customer_leaves_it_one_that_can_be_changed() {
    for on_duplicate in ["update", "merge"] {
        let tenant = TestApp::shared().tenant().await;
        let values: Value = (0..100).map(|n| (format!("f{n}"), json!(n))).collect();
        let full = json!({ "trade_name": "Llena", "email": "llena@a.mx", "custom_fields": values });
        let id = tenant.owner.post(CUSTOMERS, full).await.expect(201).text_at("/id");
        let csv = "trade_name,email,website,piezas\nLlena,llena@a.mx,https://a.mx,40\n";
        let done = import_at(&tenant.owner, IMPORTS, csv, json!({ "on_duplicate": on_duplicate })).await;
        assert_eq!(counts(&done), [1, 0, 1, 0, 0], "{done}");
        let path = format!("{CUSTOMERS}/{id}");
        let now = tenant.owner.get(&path).await.expect(200).body;
        assert!(
            now["website"].as_str().is_some_and(|page| page.starts_with("https://a.mx")),
            "{on_duplicate}"
        );
        assert_eq!(now["custom_fields"], values, "{on_duplicate}");
        tenant.owner.patch(&path, json!({ "notes": "Llamar" })).await.expect(200);
    }
}

#[tokio::test]
async fn what_somebody_changed_or_used_since_stays() {
    let tenant = TestApp::shared().tenant().await;
    let done = import_at(&tenant.owner, IMPORTS, "Cliente\nUno\nDos\nTres\n", plain()).await;
    let id = async |name: &str| named(&tenant, name).await["id"].as_str().unwrap().to_owned();
    let (changed, parent) = (id("Uno").await, id("Dos").await);
    tenant.owner.patch(&format!("{CUSTOMERS}/{changed}"), json!({ "notes": "hola" })).await.expect(200);
    tenant.owner.post(CUSTOMERS, json!({ "trade_name": "Debajo", "parent_id": parent })).await.expect(201);

    let undone = undo_at(&tenant.owner, IMPORTS, &done).await;

    assert_eq!((&undone["undo"]["removed"], &undone["undo"]["kept"]), (&json!(1), &json!(2)));
    let left = undone["undo"]["records"].as_array().unwrap();
    let mut named: Vec<&str> = left.iter().map(|left| left["record_id"].as_str().unwrap()).collect();
    named.sort_unstable();
    let mut expected = [changed.as_str(), parent.as_str()];
    expected.sort_unstable();
    assert_eq!(named, expected);
    tenant
        .owner
        .post(&format!("{IMPORTS}/{}/undo", done["id"].as_str().unwrap()), json!({}))
        .await
        .expect(409);
}

#[tokio::test]
async fn fields_owners_and_people_come_with_customers() {
    let tenant = TestApp::shared().tenant().await;
    for field in [
        json!({ "key": "zona", "label": "Zona", "type": "choice", "choices": ["Norte", "Sur"], "required": true }),
        json!({ "key": "codigo", "label": "Código", "type": "text", "unique": true }),
    ] {
        tenant.owner.post("/api/v1/customers/fields", field).await.expect(201);
    }
    let file = format!(
        "Cliente,Contacto,Zona,Código,Vendedor\nNájera,Inés,norte,A1,{}\nPeña,,Este,A2,nadie@a.mx\nZapata,,sur,a1,\nSin zona,,,A9,\n",
        tenant.email
    );
    let done = import_at(&tenant.owner, IMPORTS, file, plain()).await;

    assert_eq!(counts(&done), [4, 1, 0, 1, 2], "{done}");
    let first = named(&tenant, "Nájera").await;
    assert_eq!(first["custom_fields"], json!({ "zona": "Norte", "codigo": "A1" }));
    assert!(first["owner_id"].is_string());
    let people = format!("{CUSTOMERS}/{}/contacts", first["id"].as_str().unwrap());
    assert_eq!(tenant.owner.get(&people).await.expect(200).body["data"][0]["name"], "Inés");
    let found = tenant.owner.get(&format!("{CUSTOMERS}?field.zona=norte")).await.expect(200);
    assert_eq!(found.body["data"].as_array().unwrap().len(), 1);
    let refused = format!("{IMPORTS}/{}/refused.csv", done["id"].as_str().unwrap());
    let text = String::from_utf8(tenant.owner.download(&refused).await).unwrap();
    assert!(text.contains("Sin zona") && text.contains("Peña"), "{text}");
    let brought = format!("{CUSTOMERS}?import_id={}", done["id"].as_str().unwrap());
    assert_eq!(tenant.owner.get(&brought).await.expect(200).body["data"].as_array().unwrap().len(), 1);
    let told = Database::connect(&TestApp::shared().admin_url).column(&format!(
        "SELECT count(*) FROM (SELECT type, tenant_id FROM events.outbox UNION ALL SELECT type, tenant_id FROM events.log) e
         WHERE tenant_id = '{}' AND type = 'Customer.ImportCompleted'",
        tenant.id
    ));
    assert_eq!(told, ["1"]);
}

#[tokio::test]
async fn wrong_requests_are_refused_whatever_the_record() {
    let tenant = TestApp::shared().tenant().await;
    for (path, file, options, pointer) in [
        (IMPORTS, "Fax\n1\n", json!({}), "/options/mapping"),
        (IMPORTS, "Cliente\nA\n", json!({ "on_duplicate": "replace" }), "/options/on_duplicate"),
        (IMPORTS, "Cliente\nA\n", json!({ "source": "feria" }), "/options/source"),
        (IMPORTS, "Cliente\nA\n", json!({ "mapping": { "Cliente": "company_name" } }), "/options/mapping"),
        (IMPORTS, "", json!({}), "/file"),
        ("/api/v1/products/imports", "Producto\nA\n", json!({}), "/options/mapping"),
        (
            "/api/v1/products/imports",
            "SKU\nA\n",
            json!({ "on_duplicate": "create" }),
            "/options/on_duplicate",
        ),
        ("/api/v1/products/imports", "SKU\nA\n", json!({ "country": "MX" }), "/options/country"),
    ] {
        let answer = tenant.owner.upload(path, "x.csv", file.into(), Some(options.clone())).await.expect(422);
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer, "{path} {options}: {}", answer.text);
    }
    let (seller, _) = tenant.colleague(&["VIEWER"]).await;
    for path in [IMPORTS, "/api/v1/products/imports"] {
        assert_eq!(seller.upload(path, "x.csv", b"Cliente\nA\n".to_vec(), None).await.status, 403, "{path}");
        assert_eq!(tenant.owner.get(path).await.expect(200).body["data"], json!([]), "{path}");
    }
}
