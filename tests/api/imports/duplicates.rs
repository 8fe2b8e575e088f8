//! What happens to rows whose lead is there: skipped, the row's word, what is lacking, or a second lead.

use serde_json::{Value, json};

use super::{all_leads, counts, import, leads};
use crate::support::{Tenant, TestApp};

const CSV: &str = "empresa,contacto,correo,telefono,giro,tags,notas,piezas\n\
    Sastrería Nájera,Inés,ines@a.mx,971 160 9009,Confección,\"vip,feria\",Pidió precio,40\n";

/// A tenant with one lead of the same e-mail, which knows less and other things.
async fn tenant() -> Tenant {
    let tenant = TestApp::shared().tenant().await;
    let lead = json!({
        "company_name": "Nájera", "email": "INES@a.mx", "industry": "Textil", "tags": ["cliente", "vip"],
        "notes": "Conocida", "custom_fields": { "piezas": "10" }
    });
    tenant.owner.post("/api/v1/leads", lead).await.expect(201);
    tenant
}

async fn done(tenant: &Tenant, on_duplicate: &str) -> (Value, Value) {
    let done = import(&tenant.owner, CSV, json!({ "on_duplicate": on_duplicate })).await;
    let mut leads = all_leads(&tenant.owner).await;
    let place = leads.iter().position(|lead| lead["import_id"].is_null()).unwrap();
    (done, leads.remove(place))
}

#[tokio::test]
async fn what_a_lead_lacks_is_added_and_what_it_has_stays() {
    let tenant = tenant().await;
    let (said, lead) = done(&tenant, "merge").await;
    assert_eq!(counts(&said), [1, 0, 1, 0, 0]);
    assert_eq!((&lead["company_name"], &lead["industry"]), (&json!("Nájera"), &json!("Textil")));
    assert_eq!((&lead["contact_name"], &lead["phone"]), (&json!("Inés"), &json!("+529711609009")));
    assert_eq!((&lead["email"], &lead["tags"]), (&json!("INES@a.mx"), &json!(["cliente", "vip", "feria"])));
    assert_eq!(
        (&lead["notes"], &lead["custom_fields"]["piezas"]),
        (&json!("Conocida\nPidió precio"), &json!("10"))
    );
    // A second time there is nothing to add.
    let (_, again) = done(&tenant, "merge").await;
    assert_eq!(again, lead);
}

#[tokio::test]
async fn the_rows_word_is_the_last_one() {
    let tenant = tenant().await;
    let (said, lead) = done(&tenant, "update").await;
    assert_eq!(counts(&said), [1, 0, 1, 0, 0]);
    assert_eq!(
        (&lead["company_name"], &lead["industry"]),
        (&json!("Sastrería Nájera"), &json!("Confección"))
    );
    assert_eq!((&lead["notes"], &lead["custom_fields"]["piezas"]), (&json!("Pidió precio"), &json!("40")));
}

#[tokio::test]
async fn a_second_lead_is_made_without_a_claim_to_the_address() {
    let tenant = tenant().await;
    let (said, lead) = done(&tenant, "create").await;
    assert_eq!((counts(&said), leads(&tenant.owner).await), ([1, 1, 0, 0, 0], 2));
    assert_eq!((&lead["company_name"], &lead["version"]), (&json!("Nájera"), &json!(1)));
    // The address still leads to the first one, and the phone, which was free, to the second.
    let clash = json!({ "company_name": "X", "email": "ines@a.mx" });
    let refused = tenant.owner.post("/api/v1/leads", clash).await.expect(409);
    assert_eq!(refused.text_at("/existing_id"), lead["id"].as_str().unwrap());
    let clash = json!({ "company_name": "X", "phone": "9711609009" });
    let refused = tenant.owner.post("/api/v1/leads", clash).await.expect(409);
    assert_ne!(refused.text_at("/existing_id"), lead["id"].as_str().unwrap());
}

#[tokio::test]
async fn unique_values_are_not_made_twice() {
    let tenant = TestApp::shared().tenant().await;
    let field = json!({ "key": "clave", "label": "Clave", "type": "text", "unique": true });
    tenant.owner.post("/api/v1/leads/fields", field).await.expect(201);
    let csv = "empresa,correo,clave\nA,a@a.mx,1\nB,a@a.mx,1\nC,a@a.mx,2\n";
    let said = import(&tenant.owner, csv, json!({ "on_duplicate": "create" })).await;
    assert_eq!(counts(&said), [3, 2, 0, 1, 0], "{said}");
}

/// Two leads with one phone and one folio, of which the first one holds both.
async fn doubles() -> (Tenant, String) {
    let acme = TestApp::shared().tenant().await;
    let lead = |email: &str| json!({ "company_name": "Taller", "email": email, "phone": "55 1111 2222", "custom_fields": { "folio": "F-1" } });
    acme.owner.post("/api/v1/leads", lead("uno@i.mx")).await.expect(201);
    let other = acme.owner.post("/api/v1/leads?on_duplicate=allow", lead("dos@i.mx")).await.expect(201);
    let folio = json!({ "key": "folio", "label": "Folio", "type": "text", "unique": true });
    assert_eq!(acme.owner.post("/api/v1/leads/fields", folio).await.expect(201).body["indexed"], true);
    let path = format!("/api/v1/leads/{}", other.text_at("/id"));
    (acme, path)
}

#[tokio::test]
async fn what_two_leads_have_keeps_nobody_from_changing_the_rest() {
    let (acme, other) = doubles().await;
    acme.owner.patch(&other, json!({ "email": "nuevo@i.mx" })).await.expect(200);
    acme.owner.patch(&other, json!({ "custom_fields": { "giro": "Textil" } })).await.expect(200);
    let found = acme.owner.get("/api/v1/leads?field.folio=F-1").await.expect(200);
    assert_eq!(found.body["data"].as_array().unwrap().len(), 2, "both are found all the same");

    // What is new must be free.
    acme.owner.patch(&other, json!({ "email": "UNO@i.mx" })).await.expect(409);
    acme.owner.patch(&other, json!({ "custom_fields": { "folio": "F-2" } })).await.expect(200);
    let taken = acme.owner.patch(&other, json!({ "custom_fields": { "folio": "f-1" } })).await.expect(409);
    assert_eq!(taken.text_at("/type"), "/problems/lead-field-taken");
    acme.owner.patch(&other, json!({ "phone": "55 3333 4444" })).await.expect(200);
    acme.owner.patch(&other, json!({ "phone": "55 1111 2222" })).await.expect(409);
}

#[tokio::test]
async fn a_row_for_a_lead_that_is_there_twice_is_no_obstacle() {
    let (acme, other) = doubles().await;
    let file = "Empresa,Correo,Giro\nTaller,DOS@i.mx,Textil\nCuero,tres@i.mx,Calzado\n";
    let import = import(&acme.owner, file, json!({ "on_duplicate": "update" })).await;
    assert_eq!((&import["status"], counts(&import)), (&json!("completed"), [2, 1, 1, 0, 0]));
    let lead = acme.owner.get(&other).await.expect(200);
    assert_eq!((lead.text_at("/email"), lead.text_at("/industry")), ("DOS@i.mx".into(), "Textil".into()));
}

#[tokio::test]
async fn a_row_for_a_full_lead_leaves_it_one_that_can_be_changed() {
    for on_duplicate in ["update", "merge"] {
        let tenant = TestApp::shared().tenant().await;
        let tags: Vec<String> = (0..50).map(|n| format!("t{n}")).collect();
        let values: Value = (0..100).map(|n| (format!("f{n}"), json!(n))).collect();
        let full =
            json!({ "company_name": "Llena", "email": "llena@a.mx", "tags": tags, "custom_fields": values });
        let id = tenant.owner.post("/api/v1/leads", full.clone()).await.expect(201).text_at("/id");
        let path = format!("/api/v1/leads/{id}");
        let csv = "empresa,correo,contacto,tags,piezas\nLlena,llena@a.mx,Inés,nueva,40\n";
        let said = import(&tenant.owner, csv, json!({ "on_duplicate": on_duplicate })).await;
        assert_eq!(counts(&said), [1, 0, 1, 0, 0], "{said}");
        let now = tenant.owner.get(&path).await.expect(200).body;
        assert_eq!(now["contact_name"], "Inés", "{on_duplicate}");
        assert_eq!(now["tags"], full["tags"], "{on_duplicate}");
        assert_eq!(now["custom_fields"], full["custom_fields"], "{on_duplicate}");
        tenant.owner.patch(&path, json!({ "notes": "Llamar" })).await.expect(200);
    }
}
