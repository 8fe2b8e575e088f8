//! What an import may be asked to do.

use serde_json::{Value, json};

use super::resume::barrier;
use super::{PATH, all_leads, counts, excerpt, finished, import, leads, plain};
use crate::support::{Client, Database, TestApp, until};

const CSV: &str = "empresa,contacto,correo,telefono,estatus,fecha de alta,vendedor\n\
    Nájera,Inés,ines@a.mx,971 160 9009,contactado,31/03/2024 10:20,ana@nowhere.mx\n\
    ,Peña,no tengo,5517037908,cliente,,\n\
    Muñoz,,INES@A.MX,,,,\n\
    Nadie,,,,,,\n";

/// The lead that is called `name`.
async fn lead(client: &Client, name: &str) -> Value {
    let leads = all_leads(client).await;
    leads.into_iter().find(|lead| lead["company_name"] == name).unwrap_or_default()
}

#[tokio::test]
async fn rows_follow_the_rules() {
    let tenant = TestApp::shared().tenant().await;
    let csv = CSV.replace("ana@nowhere.mx", &tenant.email.to_uppercase());

    let done = import(&tenant.owner, csv, json!({ "source": "feria" })).await;

    assert_eq!(counts(&done), [4, 2, 0, 1, 1]);
    let najera = lead(&tenant.owner, "Nájera").await;
    assert_eq!((&najera["status"], &najera["source"]), (&json!("contacted"), &json!("feria")));
    assert_eq!(najera["created_at"], "2024-03-31T16:20:00Z");
    assert_eq!(najera["owner_id"], json!(tenant.owner_id));
    let pena = lead(&tenant.owner, "Peña").await;
    assert_eq!(
        (&pena["phone"], &pena["email"], &pena["status"]),
        (&json!("+525517037908"), &json!(null), &json!("new"))
    );
    assert_eq!(pena["custom_fields"], json!({ "email_original": "no tengo", "status_original": "cliente" }));
}

#[tokio::test]
async fn an_owner_who_is_no_active_user_is_kept_as_a_text() {
    let tenant = TestApp::shared().tenant().await;

    import(&tenant.owner, CSV, plain()).await;

    let najera = lead(&tenant.owner, "Nájera").await;
    assert_eq!(
        (&najera["owner_id"], &najera["custom_fields"]["owner_email"]),
        (&json!(null), &json!("ana@nowhere.mx"))
    );
}

#[tokio::test]
async fn the_same_file_again_is_skipped_or_brings_leads_up_to_date() {
    let tenant = TestApp::shared().tenant().await;
    import(&tenant.owner, CSV, plain()).await;
    let before = all_leads(&tenant.owner).await;

    let again = import(&tenant.owner, CSV, plain()).await;
    assert_eq!(counts(&again), [4, 0, 0, 3, 1]);
    assert_eq!(all_leads(&tenant.owner).await, before);

    let update = json!({ "on_duplicate": "update" });
    // The third row has the first one's e-mail, so that its name is the last word.
    let updated = import(&tenant.owner, CSV, update.clone()).await;
    assert_eq!(counts(&updated), [4, 0, 3, 0, 1]);
    assert_eq!(leads(&tenant.owner).await, 2);
    let munoz = lead(&tenant.owner, "Muñoz").await;
    assert_eq!((&munoz["phone"], &munoz["contact_name"]), (&json!("+529711609009"), &json!("Inés")));

    // A row without a company does not rename one, and one with the keys of two leads takes neither from the other.
    let csv = "telefono,correo,notas\n5517037908,,Llamar\n5517037908,ines@a.mx,Mixta\n";
    let mixed = import(&tenant.owner, csv, update).await;
    assert_eq!(counts(&mixed), [2, 0, 2, 0, 0]);
    let pena = lead(&tenant.owner, "Peña").await;
    assert_eq!((&pena["notes"], &pena["email"]), (&json!("Llamar"), &json!(null)));
    let munoz = lead(&tenant.owner, "Muñoz").await;
    assert_eq!((&munoz["notes"], &munoz["phone"]), (&json!("Mixta"), &json!("+529711609009")));
    assert_eq!(munoz["custom_fields"]["phone_original"], "+525517037908");
}

#[tokio::test]
async fn a_new_file_that_repeats_itself_updates_its_own_leads() {
    let tenant = TestApp::shared().tenant().await;

    let done = import(&tenant.owner, CSV, json!({ "on_duplicate": "update" })).await;

    assert_eq!(counts(&done), [4, 2, 1, 0, 1]);
    let munoz = lead(&tenant.owner, "Muñoz").await;
    assert_eq!((&munoz["contact_name"], &munoz["version"]), (&json!("Inés"), &json!(2)));
}

#[tokio::test]
async fn a_dry_run_counts_the_same_and_writes_nothing() {
    let tenant = TestApp::shared().tenant().await;
    for options in [json!({}), json!({ "on_duplicate": "update" })] {
        let mut dry = options.clone();
        dry["dry_run"] = json!(true);
        for file in [excerpt(), CSV.as_bytes().to_vec()] {
            let said = import(&tenant.owner, file.clone(), dry.clone()).await;
            assert_eq!((&said["dry_run"], &said["status"]), (&json!(true), &json!("completed")));
            assert_eq!(leads(&tenant.owner).await, 0);
            let fresh = TestApp::shared().tenant().await;
            let done = import(&fresh.owner, file, options.clone()).await;
            assert_eq!((counts(&said), &said["reasons"]), (counts(&done), &done["reasons"]));
        }
    }
    let said = events(&tenant.id);
    assert!(said.iter().all(|kind| !kind.starts_with("Lead.")), "{said:?}");
}

#[tokio::test]
async fn every_lead_is_an_event_and_the_end_is_one() {
    let tenant = TestApp::shared().tenant().await;
    let client = tenant.owner.with_header("X-Correlation-Id", "hoja-1");

    import(&client, excerpt(), plain()).await;

    let said = events(&tenant.id);
    let count = |kind: &str| said.iter().filter(|said| *said == kind).count();
    assert_eq!((count("Lead.Created"), count("Lead.ImportCompleted")), (38, 1));
}

/// The kinds of the tenant's events, whether they are in the log already or still in the outbox.
fn events(tenant: &str) -> Vec<String> {
    let sql = format!(
        "SELECT type FROM events.outbox WHERE tenant_id = '{tenant}' UNION ALL \
         SELECT type FROM events.log WHERE tenant_id = '{tenant}'"
    );
    Database::connect(&TestApp::shared().admin_url).column(&sql)
}

#[tokio::test]
async fn columns_are_mapped_by_hand() {
    let tenant = TestApp::shared().tenant().await;
    let csv = "A,B,C,D\nTaller Ñu,9711609009,Costura,x\n";
    let refused = tenant.owner.upload(PATH, "x.csv", csv.into(), None).await.expect(422);
    assert_eq!(refused.text_at("/errors/0/pointer"), "/options/mapping");
    assert!(refused.text.contains(r#"\"A\", \"B\""#), "{}", refused.text);

    let mapping = json!({ "A": "company_name", "b": "phone", "C": "custom:Giro propio", "D": "ignore" });
    let done = import(&tenant.owner, csv, json!({ "mapping": mapping })).await;

    assert_eq!(
        done["mapping"],
        json!({ "A": "company_name", "B": "phone", "C": "custom:giro_propio", "D": "ignore" })
    );
    let lead = lead(&tenant.owner, "Taller Ñu").await;
    assert_eq!(
        (&lead["phone"], &lead["custom_fields"]),
        (&json!("+529711609009"), &json!({ "giro_propio": "Costura" }))
    );
}

#[tokio::test]
async fn a_country_reads_the_phones() {
    let tenant = TestApp::shared().tenant().await;
    let done =
        import(&tenant.owner, "empresa,telefono\nGaroa,(11) 98765-4321\n", json!({ "country": "BR" })).await;
    assert_eq!(counts(&done)[1], 1);
    assert_eq!(lead(&tenant.owner, "Garoa").await["phone"], "+5511987654321");
}

#[tokio::test]
async fn a_key_makes_a_repeated_upload_one_import() {
    let tenant = TestApp::shared().tenant().await;
    let client = tenant.owner.with_header("Idempotency-Key", "hoja-1");
    let first = client.upload(PATH, "x.csv", CSV.into(), None).await.expect(202);
    let second = client.upload(PATH, "x.csv", CSV.into(), None).await.expect(202);
    assert_eq!(
        (first.text_at("/id"), second.header("Idempotency-Replayed")),
        (second.text_at("/id"), Some("true"))
    );
    let other = client.upload(PATH, "x.csv", excerpt(), None).await.expect(422);
    assert_eq!(other.text_at("/type"), "/problems/idempotency-key-reused");
    let with_options = client.upload(PATH, "x.csv", CSV.into(), Some(json!({ "dry_run": true }))).await;
    with_options.expect(422);
    let list = tenant.owner.get(PATH).await.expect(200);
    assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn imports_are_listed_newest_first_and_seen_by_their_tenant_only() {
    let app = TestApp::shared();
    let (tenant, other) = (app.tenant().await, app.tenant().await);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(import(&tenant.owner, CSV, plain()).await["id"].clone());
    }
    ids.reverse();

    let first = tenant.owner.get(&format!("{PATH}?limit=2")).await.expect(200);
    let next = first.text_at("/next_cursor");
    let second = tenant.owner.get(&format!("{PATH}?limit=2&cursor={next}")).await.expect(200);

    let seen: Vec<Value> = [&first, &second]
        .iter()
        .flat_map(|page| page.body["data"].as_array().unwrap())
        .map(|import| import["id"].clone())
        .collect();
    assert_eq!(seen, ids);
    assert_eq!(second.body["next_cursor"], json!(null));
    assert!(!first.body["data"][0]["reasons"].as_array().unwrap().is_empty());
    other.owner.get(&format!("{PATH}/{}", ids[0].as_str().unwrap())).await.expect(404);
    assert_eq!(other.owner.get(PATH).await.expect(200).body["data"], json!([]));
    tenant.owner.get(&format!("{PATH}?cursor=x")).await.expect(422);
    tenant.owner.get(&format!("{PATH}/x")).await.expect(422);
}

#[tokio::test]
async fn importing_needs_the_right_to_write_leads() {
    let tenant = TestApp::shared().tenant().await;
    let (viewer, _) = tenant.colleague(&["VIEWER"]).await;
    viewer.upload(PATH, "x.csv", CSV.into(), None).await.expect(403);
    TestApp::shared().anonymous().upload(PATH, "x.csv", CSV.into(), None).await.expect(401);
    viewer.get(PATH).await.expect(200);
}

#[tokio::test]
async fn two_imports_of_one_file_at_once_make_each_lead_once() {
    let tenant = TestApp::shared().tenant().await;
    let upload = || tenant.owner.upload(PATH, "x.csv", excerpt(), None);
    let (one, two) = tokio::join!(upload(), upload());
    let mut created = 0;
    for answer in [one.expect(202), two.expect(202)] {
        created += counts(&finished(&tenant.owner, answer.header("location").unwrap()).await)[1];
    }
    assert_eq!((created, leads(&tenant.owner).await), (38, 38));
}

#[tokio::test]
async fn a_field_that_is_defined_meanwhile_holds_for_the_rows_behind() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let rows = (1..=1_500).map(|number| format!("Taller {number},taller{number}@example.com\n"));
    let file = ["Empresa,Correo\n".to_owned()].into_iter().chain(rows).collect::<String>();
    // The batch with this row does not end before the field is there.
    let barrier = barrier(&app.admin_url, &tenant.id, 999);
    let started = tenant.owner.upload(PATH, "a.csv", file.into_bytes(), None).await.expect(202);
    let location = started.header("location").unwrap().to_owned();
    until("a batch is done", async || counts(&tenant.owner.get(&location).await.expect(200).body)[1] > 0)
        .await;
    let field = json!({ "key": "giro", "label": "Giro", "type": "text", "required": true });
    tenant.owner.post("/api/v1/leads/fields", field).await.expect(201);
    drop(barrier);
    let done = finished(&tenant.owner, &location).await;
    let [total, created, _, _, refused] = counts(&done);
    assert!(created < 1_500 && created + refused == total, "{done}");
}
