//! The policy `visible`: in the modules whose records are somebody's, every table has it, or is listed with the reason.

use super::catalogue::{RELATIONS, Rules, broken, differences};
use super::mutants::Mutant;
use super::rows;
use crate::support::Database;

/// Tables that everybody of a company sees, whose records they see or not, and why.
const OPEN: &[(&str, &str)] = &[
    ("leads.assignment_rules", "settings"),
    ("leads.fields", "settings"),
    ("leads.forms", "settings"),
    ("leads.form_consents", "settings: what the forms ask everybody"),
    ("leads.import_mappings", "settings: what the columns of files feed"),
    ("crm.import_mappings", "settings: what the columns of files feed"),
    ("billing.import_mappings", "settings: what the columns of files feed"),
    ("crm.fields", "settings"),
    ("crm.onboarding_templates", "settings"),
    ("billing.products", "the catalogue"),
    ("billing.bundle_components", "the catalogue"),
    ("billing.price_lists", "the catalogue"),
    ("billing.prices", "the catalogue"),
    ("billing.warehouses", "the catalogue"),
    ("billing.fields", "settings"),
    ("billing.field_values", "the catalogue"),
    ("billing.stock", "sums; what they are made of is under the policy"),
    ("billing.lots", "the map shows what can be had; whose the rest is, is left out where it is not seen"),
    ("billing.quotation_folios", "one counter"),
    ("billing.number_series", "counters"),
    ("billing.payment_accounts", "settings"),
    ("billing.provider_events", "what providers said; the platform reads it, and no operation shows it"),
    ("billing.quotation_rules", "settings"),
];

/// The forms of `platform.seen_by_owner`, `seen_by_maker`, `seen_with`, `seen_with_any` and `seen_file`, as PostgreSQL prints
/// them, and that of what came of forms.
const FORMS: &[&str] = &[
    r"^\((\w+) = ANY \(\( SELECT \(current_setting\('app\.owners'::text\)\)::uuid\[\] AS current_setting\)::uuid\[\]\)\)$",
    r"^\(\w+ = \(current_setting\('app\.viewer'::text\)\)::uuid\)$",
    r"^\(EXISTS \( SELECT FROM \w+\.\w+ p WHERE \(\(p\.tenant_id = (\w+)\.tenant_id\) AND \(p\.\w+ = \1\.\w+\)\)\)\)$",
    r"^\(?(\(\(\w+ IS NULL\) OR \(EXISTS \( SELECT FROM \w+\.\w+ p WHERE \(\(p\.tenant_id = \w+\.tenant_id\) AND \(p\.id = \w+\.\w+\)\)\)\)\)( AND )?)+\)?$",
    r"^\(\(user_id = \(current_setting\('app\.viewer'::text\)\)::uuid\) AND \(owner_ids <@ \(current_setting\('app\.owners'::text\)\)::uuid\[\]\)\)$",
    r"^\(EXISTS \( SELECT FROM leads\.forms f WHERE \(\(f\.tenant_id = form_results\.tenant_id\) AND \(f\.id = form_results\.form_id\) AND \(f\.owner_id = ANY \(\(current_setting\('app\.owners'::text\)\)::uuid\[\]\)\)\)\)\)$",
];

/// Everything that breaks a rule, each with the name of what breaks it.
pub fn violations(database: &mut Database) -> Vec<String> {
    let forms: Vec<String> = FORMS.iter().map(|form| format!("condition ~ $f${form}$f$")).collect();
    let head = format!(
        "{RELATIONS}, owned AS (
             SELECT name FROM relations WHERE relkind IN ('r', 'p') AND schema IN (
                 SELECT split_part(rolname, '_', 2) FROM pg_roles WHERE rolname LIKE 'cauce\\_%\\_viewer')
         ), visible AS (
             SELECT schemaname || '.' || tablename AS name, permissive, roles, cmd, with_check = qual AS is_whole,
                 regexp_replace(qual, '\\s+', ' ', 'g') AS condition
             FROM pg_policies WHERE policyname = 'visible'
         ), open AS (
             SELECT name FROM owned WHERE name NOT IN (SELECT v.name FROM visible v WHERE ({}))
         )",
        forms.join(" OR ")
    );
    let mut found = broken(database, &head, RULES);
    let open = database.column(&format!("{head} SELECT name FROM open"));
    let listed: Vec<&str> = OPEN.iter().map(|(name, _)| *name).collect();
    found.extend(differences(
        &listed,
        &open,
        "seen by whoever sees any record of the module: put it under `visible`, or list it with the reason",
        "listed as open, but it is not, or not there",
    ));
    found
}

const RULES: Rules = &[(
    "its policy `visible` binds cauce_viewer, in reading and in writing",
    "SELECT name FROM visible WHERE permissive <> 'RESTRICTIVE' OR roles <> '{cauce_viewer}' OR cmd <> 'ALL'
     OR is_whole IS NOT TRUE",
)];

/// The tables under the policy.
pub fn bound(database: &mut Database) -> Vec<String> {
    database.column(
        "SELECT schemaname || '.' || tablename FROM pg_policies WHERE policyname = 'visible' ORDER BY 1",
    )
}

/// Everything that a viewer who sees nobody's records can do to the rows of `table`.
pub fn trespasses(database: &mut Database, table: &str, tenant: &str) -> Vec<String> {
    let schema = table.split('.').next().unwrap_or_default();
    // Of movements, those are seen that are no sale.
    let theirs = if table == "billing.movements" { "quotation_id IS NULL" } else { "false" };
    let counted = |condition: &str| {
        format!("SELECT count(*) FROM {table} WHERE tenant_id = '{tenant}' AND ({condition})")
    };
    let all = database.column(&counted("true"))[0].parse::<usize>().unwrap_or_default();
    let seen = database.column(&counted(theirs))[0].parse::<usize>().unwrap_or_default();
    let mut found = Vec::new();
    if all == seen {
        if !table.ends_with(".import_chunks") {
            found.push(format!("{table}: no row to hide; fill it in support/seed.rs"));
        }
        return found;
    }
    let row = database
        .column(&format!(
            "SELECT to_jsonb(x) FROM {table} x WHERE tenant_id = '{tenant}' AND NOT ({theirs}) LIMIT 1"
        ))
        .remove(0);
    let put_back = rows::put_back(database, table, &row);
    database.run(&format!(
        "BEGIN; SET LOCAL session_replication_role = replica; SET LOCAL ROLE cauce_{schema}_viewer;
         SET LOCAL app.tenant_id = '{tenant}'"
    ));
    let unbound = database.attempt(&format!("SELECT FROM {table} WHERE NOT ({theirs})"));
    // Rows of nobody are hidden before it is asked whose they are.
    if unbound.as_ref().is_ok_and(|rows| *rows > 0) {
        found.push(format!("{table}: {unbound:?} rows are shown before it is said whose"));
    }
    let nobody = uuid::Uuid::now_v7();
    database.run(&format!("SET LOCAL app.viewer = '{nobody}'; SET LOCAL app.owners = '{{{nobody}}}'"));
    for (what, sql) in [
        ("SELECT", format!("SELECT FROM {table}")),
        ("UPDATE", format!("UPDATE {table} SET tenant_id = tenant_id")),
        ("DELETE", format!("DELETE FROM {table}")),
    ] {
        let touched = database.attempt(&sql);
        if touched != Ok(seen) {
            found.push(format!("{table}: {what} touched {touched:?} rows, not {seen}"));
        }
    }
    for sql in [put_back.clone(), format!("{put_back} ON CONFLICT DO NOTHING")] {
        let refused = database.attempt(&sql);
        if !refused.as_ref().is_err_and(|error| error.contains("row-level security policy \"visible\"")) {
            found.push(format!("{table}: a row of somebody else was written: {refused:?}"));
        }
    }
    database.run("ROLLBACK");
    found
}

/// Mistakes for the rules to see.
pub fn mutants() -> Vec<Mutant> {
    let everything = "USING (true) WITH CHECK (true)";
    [
        ("a table that everybody sees", "DROP POLICY visible ON leads.contacts", "leads.contacts"),
        ("a policy for nobody", "ALTER POLICY visible ON crm.customers TO cauce_crm", "crm.customers"),
        ("no owner counts", "ALTER POLICY visible ON leads.leads USING (owner_id IS NULL)", "leads.leads"),
        ("written for others", "ALTER POLICY visible ON leads.leads WITH CHECK (true)", "leads.leads"),
        (
            "whose it is does not matter",
            &format!("ALTER POLICY visible ON billing.quotations {everything}"),
            "billing.quotations",
        ),
        (
            "nobody said is everybody",
            "ALTER POLICY visible ON crm.customers USING (owner_id = ANY (current_setting('app.owners', true)::uuid[]))",
            "crm.customers",
        ),
        (
            "permissive",
            "DROP POLICY visible ON crm.tasks; CREATE POLICY visible ON crm.tasks TO cauce_viewer USING (true)",
            "crm.tasks",
        ),
        ("a viewer that nothing binds", "REVOKE cauce_viewer FROM cauce_crm_viewer", "cauce_crm_viewer"),
        ("a viewer of two modules", "GRANT cauce_leads TO cauce_crm_viewer", "cauce_crm_viewer"),
        ("a module's role that is bound", "GRANT cauce_viewer TO cauce_crm", "cauce_crm"),
        ("a new table", "CREATE TABLE leads.mutant (tenant_id uuid NOT NULL PRIMARY KEY)", "leads.mutant"),
    ]
    .into_iter()
    .map(|(what, sql, name)| (what, sql.to_owned(), name.to_owned()))
    .collect()
}
