//! Mistakes planted in the catalogue, each inside a transaction that is rolled back: the rules must see every one.

use super::catalogue::{BOUND, Class, Relation, violations};
use crate::support::Database;

/// How many mistakes were planted, and those that no rule saw.
pub fn survivors(database: &mut Database, relations: &[Relation]) -> (usize, Vec<String>) {
    let before = violations(database);
    let mut planted = 0;
    let mut survived = Vec::new();
    for (what, sql, name) in relations.iter().flat_map(of_relation).chain(of_database()) {
        planted += 1;
        database.run(&format!("BEGIN; {sql}"));
        let seen = |violation: &String| violation.contains(&name) && !before.contains(violation);
        if !violations(database).iter().any(seen) {
            survived.push(format!("{name}: {what}"));
        }
        database.run("ROLLBACK");
    }
    (planted, survived)
}

type Mutant = (&'static str, String, String);

fn of_relation(relation: &Relation) -> Vec<Mutant> {
    let name = &relation.name;
    let mutants = match relation.class {
        Class::Tenant => of_tenant_table(relation),
        Class::Stream => vec![
            ("row-level security not forced", format!("ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")),
            ("row-level security off", format!("ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")),
            ("granted to everybody", format!("GRANT SELECT ON {name} TO PUBLIC")),
        ],
        Class::System | Class::Registry => vec![
            ("granted to the modules", format!("GRANT SELECT ON {name} TO cauce_module")),
            ("truncated", format!("GRANT TRUNCATE ON {name} TO cauce_events, cauce_lookup")),
        ],
        Class::Tool => vec![("written by the modules", format!("GRANT INSERT ON {name} TO cauce_module"))],
    };
    mutants.into_iter().map(|(what, sql)| (what, sql, name.clone())).collect()
}

fn of_tenant_table(relation: &Relation) -> Vec<(&'static str, String)> {
    let Relation { name, schema, .. } = relation;
    let lenient = BOUND.replace("'app.tenant_id'::text", "'app.tenant_id'::text, true");
    let policy = |rest: &str| format!("ALTER POLICY tenant ON {name} {rest}");
    vec![
        ("tenant policy dropped", format!("DROP POLICY tenant ON {name}")),
        ("module policy dropped", format!("DROP POLICY module ON {name}")),
        ("row-level security not forced", format!("ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")),
        ("row-level security off", format!("ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")),
        ("a second permissive policy", format!("CREATE POLICY extra ON {name} TO cauce_module USING (true)")),
        ("reads not bound", policy("USING (true)")),
        ("writes not bound", policy("WITH CHECK (true)")),
        ("no tenant is no error", policy(&format!("USING {lenient} WITH CHECK {lenient}"))),
        ("bound for one role only", policy(&format!("TO cauce_{schema}"))),
        (
            "lookup by the module",
            format!("CREATE POLICY seen ON {name} FOR SELECT TO cauce_{schema} USING (true)"),
        ),
        ("truncated", format!("GRANT TRUNCATE ON {name} TO cauce_{schema}")),
        ("granted to everybody", format!("GRANT SELECT ON {name} TO PUBLIC")),
        ("granted to events", format!("GRANT SELECT ON {name} TO cauce_events")),
        ("whole rows for lookups", format!("GRANT SELECT ON {name} TO cauce_lookup")),
        ("a column for the modules", format!("GRANT SELECT (tenant_id) ON {name} TO cauce_module")),
        ("passed on", format!("GRANT SELECT ON {name} TO cauce_{schema} WITH GRANT OPTION")),
        (
            "unique among all tenants",
            format!("CREATE UNIQUE INDEX ON {name} ((tenant_id IS NULL), tenant_id) WHERE false"),
        ),
        (
            "owned by its module",
            format!(
                "GRANT CREATE ON SCHEMA {schema} TO cauce_{schema}; ALTER TABLE {name} OWNER TO cauce_{schema}"
            ),
        ),
    ]
}

fn of_database() -> Vec<Mutant> {
    let definer = "LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 1'";
    [
        ("a table without policies", "CREATE TABLE platform.mutant (tenant_id uuid NOT NULL PRIMARY KEY)".to_owned()),
        ("a table outside the schemas", "CREATE TABLE public.mutant (id uuid)".to_owned()),
        ("a view with its owner's rights", "CREATE VIEW platform.mutant AS SELECT * FROM platform.idempotency_keys".to_owned()),
        ("a materialised view", "CREATE MATERIALIZED VIEW platform.mutant AS SELECT 1 AS one".to_owned()),
        ("an unlisted definer function", format!("CREATE FUNCTION platform.mutant() RETURNS integer {definer}")),
        ("a definer function without a path", "CREATE FUNCTION platform.mutant() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; REVOKE ALL ON FUNCTION platform.mutant() FROM PUBLIC".to_owned()),
        ("a role that bypasses", "CREATE ROLE cauce_mutant BYPASSRLS".to_owned()),
        ("a role that logs in", "CREATE ROLE cauce_mutant LOGIN".to_owned()),
        ("a role that looks up", "CREATE ROLE cauce_mutant IN ROLE cauce_lookup".to_owned()),
        ("a role in two modules", "CREATE ROLE cauce_mutant IN ROLE cauce_module, cauce_platform".to_owned()),
        ("a schema for everybody", "CREATE SCHEMA mutant; GRANT USAGE ON SCHEMA mutant TO PUBLIC".to_owned()),
    ]
    .into_iter()
    .map(|(what, sql)| (what, sql, "mutant".to_owned()))
    .chain([
        ("a definer function for everybody", "GRANT EXECUTE ON FUNCTION events.make_room() TO PUBLIC".to_owned(), "make_room".to_owned()),
        ("a definer function of a module", "GRANT CREATE ON SCHEMA events TO cauce_platform; ALTER FUNCTION events.make_room() OWNER TO cauce_platform".to_owned(), "make_room".to_owned()),
        ("a definer function with another path", "ALTER FUNCTION events.make_room() SET search_path = public".to_owned(), "make_room".to_owned()),
        ("a listed function that is gone", "DROP FUNCTION events.make_room()".to_owned(), "make_room".to_owned()),
        ("emitting without a tenant", "DROP POLICY tenant ON events.outbox".to_owned(), "events.outbox".to_owned()),
        ("reading everybody's history", "DROP POLICY tenant ON events.log".to_owned(), "events.log".to_owned()),
        ("rewriting history", "GRANT UPDATE ON events.log TO cauce_module".to_owned(), "events.log".to_owned()),
    ])
    .collect()
}
