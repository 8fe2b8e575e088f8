//! Exports by custom fields that are archived before the export ends.

use serde_json::json;

use super::{end_of, export_of};
use crate::support::{Database, TestApp};

#[tokio::test]
async fn an_export_by_a_field_that_is_archived_meanwhile_fails_and_says_why() {
    let tenant = TestApp::shared().tenant().await;
    let mut database = Database::connect(&TestApp::shared().admin_url);
    for (records, schema) in [("leads", "leads"), ("customers", "crm"), ("products", "billing")] {
        let path = format!("/api/v1/{records}/exports");
        let fields = format!("/api/v1/{records}/fields");
        let piezas = json!({ "key": "piezas", "label": "Piezas", "type": "number" });
        let field = tenant.owner.post(&fields, piezas).await.expect(201).text_at("/id");
        let filtered = json!({ "format": "csv", "filter": { "fields": { "piezas.from": "1" } } });
        let ordered = json!({ "format": "xlsx", "sort": "-field.piezas" });
        let mut done = Vec::new();
        for asked in [filtered, ordered] {
            let export = export_of(&tenant.owner, &path, asked).await;
            assert_eq!(export["status"], "completed", "{export}");
            done.push(export["id"].as_str().unwrap().to_owned());
        }
        tenant.owner.delete(&format!("{fields}/{field}")).await.expect(204);
        for id in done {
            // As it stood when it was asked for.
            database.run(&format!(
                "DELETE FROM {schema}.export_pieces WHERE export_id = '{id}';
                 UPDATE {schema}.exports SET status = 'pending', is_read = false, pieces = 0, rows = 0, bytes = 0,
                     completed_at = NULL WHERE id = '{id}'"
            ));
            let location = format!("{path}/{id}");
            let export = end_of(&tenant.owner, &location).await;
            assert_eq!(export["status"], "failed", "{export}");
            assert!(export["failure"].as_str().unwrap().contains("was archived"), "{export}");
            tenant.owner.get(&format!("{location}/file")).await.expect(409);
        }
    }
}
