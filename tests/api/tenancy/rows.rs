//! What a module's role can do to rows of its tenant, and cannot do to those of another.

use super::catalogue::Relation;
use crate::support::Database;

/// Everything that goes wrong with `table` when its module's role works for the tenant `ours`, and not for `theirs`.
pub fn trespasses(database: &mut Database, table: &Relation, ours: &str, theirs: &str) -> Vec<String> {
    let name = &table.name;
    let count = |database: &mut Database, tenant: &str| {
        let query = format!("SELECT count(*) FROM {name} WHERE tenant_id = '{tenant}'");
        database.column(&query)[0].parse::<usize>().unwrap_or_default()
    };
    let (own, foreign) = (count(database, ours), count(database, theirs));
    let mut found = Vec::new();
    if own == 0 || foreign == 0 {
        found.push(format!("{name}: no row of both tenants to try; fill it in support/seed.rs"));
        return found;
    }
    let row_of_theirs = one_row(database, name, theirs);
    let stolen = put_back(database, name, &row_of_theirs);
    database.run(&format!(
        "BEGIN; SET LOCAL session_replication_role = replica; SET LOCAL ROLE cauce_{}",
        table.schema
    ));
    let unbound = database.attempt(&format!("SELECT FROM {name}"));
    // A setting that was never there, and one that an earlier transaction left empty.
    if !unbound.is_err_and(|error| error.contains("app.tenant_id") || error.contains("syntax for type uuid"))
    {
        found.push(format!("{name}: rows are shown without a tenant"));
    }
    database.run(&format!("SET LOCAL app.tenant_id = '{ours}'"));
    let bound_again = format!("UPDATE {name} SET tenant_id = '{theirs}'");
    for (what, sql, expected) in [
        ("SELECT", format!("SELECT FROM {name}"), own),
        ("SELECT of theirs", format!("SELECT FROM {name} WHERE tenant_id = '{theirs}'"), 0),
        ("UPDATE", format!("UPDATE {name} SET tenant_id = tenant_id"), own),
        (
            "UPDATE of theirs",
            format!("UPDATE {name} SET tenant_id = tenant_id WHERE tenant_id = '{theirs}'"),
            0,
        ),
        ("DELETE", format!("DELETE FROM {name}"), own),
        ("DELETE of theirs", format!("DELETE FROM {name} WHERE tenant_id = '{theirs}'"), 0),
    ] {
        let touched = database.attempt(&sql);
        if touched != Ok(expected) {
            found.push(format!("{name}: {what} touched {touched:?} rows, not {expected}"));
        }
    }
    for (what, sql) in [
        ("UPDATE to their id", bound_again),
        ("INSERT with their id", stolen.clone()),
        ("INSERT over their row", format!("{stolen} ON CONFLICT DO NOTHING")),
    ] {
        let refused = database.attempt(&sql);
        if !refused.as_ref().is_err_and(|error| error.contains("row-level security")) {
            found.push(format!("{name}: {what} was not refused by row-level security: {refused:?}"));
        }
    }
    database.run("ROLLBACK");
    found
}

/// Everything of `table` that `role` can read although it is not its own.
pub fn intrusions(database: &mut Database, table: &Relation, role: &str, tenant: &str) -> Vec<String> {
    database.run(&format!("BEGIN; SET LOCAL ROLE {role}; SET LOCAL app.tenant_id = '{tenant}'"));
    let name = &table.name;
    let mut found = Vec::new();
    for sql in [format!("SELECT FROM {name}"), format!("DELETE FROM {name}")] {
        let refused = database.attempt(&sql);
        if !refused.is_err_and(|error| error.contains("permission denied")) {
            found.push(format!("{name}: {role} may {sql}"));
        }
    }
    database.run("ROLLBACK");
    found
}

fn one_row(database: &mut Database, name: &str, tenant: &str) -> String {
    let query = format!("SELECT to_jsonb(x) FROM {name} x WHERE tenant_id = '{tenant}' LIMIT 1");
    database.column(&query).remove(0)
}

/// The statement that writes a row again.
pub fn put_back(database: &mut Database, name: &str, row: &str) -> String {
    let columns = database
        .column(&format!(
            "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
             WHERE attrelid = '{name}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
        ))
        .remove(0);
    format!(
        "INSERT INTO {name} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{name}, $row${row}$row$)"
    )
}
