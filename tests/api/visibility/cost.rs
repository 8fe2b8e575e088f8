//! What it costs: nothing for whoever sees everything; for a seller, an index on the owner serves.

use super::{Shop, lead};
use crate::support::{Database, TestApp};

#[tokio::test]
async fn the_list_of_a_seller_uses_the_index_on_the_owner_among_200_000_leads() {
    let app = TestApp::alone("visibility_cost");
    let shop = Shop::on(&app, "own").await;
    lead(&shop.ana, "Taller Ana").await;
    let mut database = Database::connect(&app.admin_url);
    let tenant = &shop.tenant.id;
    // One lead in a thousand is hers.
    database.run(&format!(
        "INSERT INTO leads.leads (tenant_id, id, version, company_name, email, status, score, source, owner_id, tags,
             custom_fields, search_text, created_at, updated_at)
         SELECT '{tenant}', gen_random_uuid(), 1, 'Taller ' || n, n || '@x.example', 'new', 50, 'x',
             CASE WHEN n % 1000 = 0 THEN '{ana}'::uuid WHEN n % 3 = 0 THEN '{beto}'::uuid END, '{{}}', '{{}}', 'taller ' || n,
             now() - n * interval '1 minute', now()
         FROM generate_series(1, 200000) n;
         ANALYZE leads.leads",
        ana = shop.ana_id,
        beto = shop.beto_id
    ));
    let list = |whose: &str| {
        format!(
            "SELECT * FROM leads.leads WHERE tenant_id = '{tenant}' {whose} ORDER BY created_at DESC, id DESC LIMIT 21"
        )
    };
    let count = |whose: &str| {
        format!(
            "SELECT status, count(*) FROM leads.leads WHERE tenant_id = '{tenant}' {whose} GROUP BY status"
        )
    };
    // As the lists say it: one person, and a team of whom nobody has many.
    let (ana, newcomer) = (&shop.ana_id, &shop.tenant.owner_id);
    let (one, team) =
        (format!("AND owner_id = '{ana}'"), format!("AND owner_id = ANY ('{{{ana},{newcomer}}}'::uuid[])"));
    for (what, query, owners) in [
        ("the list of a seller", list(&one), ana.clone()),
        ("the count of a seller", count(&one), ana.clone()),
        ("the list of a team", list(&team), format!("{ana},{newcomer}")),
        ("the count of a team", count(&team), format!("{ana},{newcomer}")),
    ] {
        database.run(&format!(
            "BEGIN; SET LOCAL ROLE cauce_leads_viewer; SET LOCAL app.tenant_id = '{tenant}';
             SET LOCAL app.viewer = '{ana}'; SET LOCAL app.owners = '{{{owners}}}'"
        ));
        let plan = database.explain(&query);
        database.run("ROLLBACK");
        let text = plan.to_string();
        println!("{what}: {} ms", plan[0]["Execution Time"]);
        assert!(text.contains("leads_by_owner"), "{what}: {text}");
        let pages =
            ["Shared Hit Blocks", "Shared Read Blocks"].map(|kind| plan[0]["Plan"][kind].as_i64().unwrap());
        assert!(pages.iter().sum::<i64>() < 1000, "{what}: {pages:?} pages: {text}");
    }
    // Whoever sees everything reads as before: along the index on the time, with no condition on the owner.
    database.run(&format!("BEGIN; SET LOCAL ROLE cauce_leads; SET LOCAL app.tenant_id = '{tenant}'"));
    let plan = database.explain(&list("")).to_string();
    database.run("ROLLBACK");
    assert!(plan.contains("leads_by_creation") && !plan.contains("owner_id ="), "{plan}");
}
