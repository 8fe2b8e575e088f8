//! Isolation of tenants, held by PostgreSQL: every relation of the catalogue, its rows, and the rules themselves.

mod catalogue;
mod mutants;
mod rows;
mod sight;

use std::collections::BTreeMap;

use crate::support::{Database, Seeded, TestApp, settled};
use catalogue::Class;

/// Tenant tables without lasting rows here: a person at an external issuer needs one, and the pieces of a file are gone
/// when its import is done. The list may only shrink: a table with rows may not stay on it.
const WAIVED: &[&str] =
    &["identity.external_identities", "leads.import_chunks", "crm.import_chunks", "billing.import_chunks"];

#[tokio::test]
async fn every_relation_keeps_the_rules() {
    let app = TestApp::alone("tenancy_catalogue");
    let mut database = Database::connect(&app.admin_url);

    let relations = catalogue::relations(&mut database);
    let mut classes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for relation in &relations {
        classes.entry(format!("{:?}", relation.class)).or_default().push(relation.name.clone());
    }
    println!("{} relations:\n{classes:#?}", relations.len());

    assert!(relations.iter().any(|relation| relation.class == Class::Tenant));
    none(&catalogue::violations(&mut database));
}

#[tokio::test]
async fn every_mistake_in_the_catalogue_is_seen() {
    let app = TestApp::alone("tenancy_mutants");
    let mut database = Database::connect(&app.admin_url);
    let relations = catalogue::relations(&mut database);

    let killed = mutants::killed(&mut database, &relations);

    println!("{}", killed.table());
    let tables = relations.iter().filter(|relation| relation.class == Class::Tenant).count();
    assert!(killed.planted() > 20 * tables, "{} mistakes for {tables} tables", killed.planted());
    none(&killed.survived);
}

#[tokio::test]
async fn a_module_reaches_the_rows_of_its_tenant_only() {
    let app = TestApp::alone("tenancy_rows");
    let (ours, theirs) = (Seeded::new(&app).await, Seeded::new(&app).await);
    let mut database = Database::connect(&app.admin_url);
    settled(&mut database).await;
    let relations = catalogue::relations(&mut database);
    let tables: Vec<_> = relations.iter().filter(|relation| relation.class == Class::Tenant).collect();

    let mut found = Vec::new();
    for table in &tables {
        let tried = rows::trespasses(&mut database, table, &ours.tenant.id, &theirs.tenant.id);
        if !WAIVED.contains(&table.name.as_str()) {
            found.extend(tried);
        } else if !tried.iter().any(|what| what.contains("no row of both tenants")) {
            found.push(format!("{}: it has rows, so it is waived no more", table.name));
        }
    }
    let roles = database
        .column("SELECT rolname FROM pg_roles WHERE rolname LIKE 'cauce\\_%' AND rolname <> 'cauce_lookup'");
    let mut denied = 0;
    for relation in
        relations.iter().filter(|relation| relation.class != Class::Stream && relation.class != Class::Tool)
    {
        let own = [format!("cauce_{}", relation.schema), format!("cauce_{}_viewer", relation.schema)];
        for role in roles.iter().filter(|role| !own.contains(role) || relation.class == Class::Registry) {
            denied += 1;
            found.extend(rows::intrusions(&mut database, relation, role, &ours.tenant.id));
        }
    }

    println!("{} tenant tables tried, {} waived; {denied} foreign roles denied", tables.len(), WAIVED.len());
    none(&found);
}

#[tokio::test]
async fn a_viewer_reaches_the_rows_of_whom_they_see_only() {
    let app = TestApp::alone("tenancy_sight");
    let ours = Seeded::new(&app).await;
    let mut database = Database::connect(&app.admin_url);
    settled(&mut database).await;
    let bound = sight::bound(&mut database);
    let mut found = Vec::new();
    for table in &bound {
        found.extend(sight::trespasses(&mut database, table, &ours.tenant.id));
    }
    println!("{} tables are bound to whom a viewer sees", bound.len());
    assert!(bound.len() > 20, "{bound:?}");
    none(&found);
}

#[tokio::test]
async fn the_bare_login_reaches_nothing() {
    let app = TestApp::shared();
    let relations = catalogue::relations(&mut Database::connect(&app.admin_url));
    let mut login = Database::connect(&app.database_url);
    login.run("BEGIN");
    let held = relations.iter().filter(|relation| relation.class != Class::Tool);
    let reached = held.filter(|relation| {
        let refused = login.attempt(&format!("SELECT FROM {}", relation.name));
        !refused.is_err_and(|error| error.contains("permission denied"))
    });
    none(&reached.map(|relation| relation.name.clone()).collect::<Vec<_>>());
}

#[tokio::test]
async fn events_are_seen_by_their_tenant_only() {
    let app = TestApp::alone("tenancy_events");
    let (ours, theirs) = (Seeded::new(&app).await, Seeded::new(&app).await);
    let mut database = Database::connect(&app.admin_url);
    settled(&mut database).await;
    let counted = |tenant: &str| format!("SELECT count(*) FROM events.log WHERE tenant_id = '{tenant}'");
    let own = database.column(&counted(&ours.tenant.id))[0].parse::<usize>().unwrap();
    assert!(own > 0 && database.column(&counted(&theirs.tenant.id)) != ["0"]);

    database.run("BEGIN; SET LOCAL ROLE cauce_platform");
    assert!(database.attempt("SELECT FROM events.log").is_err(), "history is shown without a tenant");
    database.run(&format!("SET LOCAL app.tenant_id = '{}'", ours.tenant.id));
    assert_eq!(database.attempt("SELECT FROM events.log"), Ok(own));
    let event = |tenant: &str| {
        format!(
            "INSERT INTO events.outbox (event_id, tenant_id, type, aggregate_id, aggregate_version, data, correlation_id,
             occurred_at) VALUES (gen_random_uuid(), '{tenant}', 'X', gen_random_uuid(), 1, '{{}}', 'x', now())"
        )
    };
    assert_eq!(database.attempt(&event(&ours.tenant.id)), Ok(1));
    let refused = database.attempt(&event(&theirs.tenant.id)).unwrap_err();
    assert!(refused.contains("row-level security"), "{refused}");
    for sql in [
        "SELECT FROM events.outbox",
        "DELETE FROM events.outbox",
        "UPDATE events.log SET data = '{}'",
        "DELETE FROM events.log",
    ] {
        let refused = database.attempt(sql).unwrap_err();
        assert!(refused.contains("permission denied"), "{sql}: {refused}");
    }
    let partitions = database
        .column("SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'events.log'::regclass");
    assert!(!partitions.is_empty());
    for partition in partitions {
        assert!(
            database.attempt(&format!("SELECT FROM {partition}")).is_err(),
            "{partition} answers by itself"
        );
    }
    database.run("ROLLBACK");
}

fn none(found: &[String]) {
    assert!(found.is_empty(), "{} finding(s):\n{}", found.len(), found.join("\n"));
}
