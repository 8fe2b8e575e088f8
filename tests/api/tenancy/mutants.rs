//! Mistakes planted in the catalogue, each inside a transaction that is rolled back: the rules must see every one.

use super::catalogue::{BOUND, Class, Relation, violations};
use crate::support::Database;

/// What became of the mistakes that were planted.
#[derive(Default)]
pub struct Killed {
    /// By kind, in the order of their first: how many were planted, and how many a rule saw.
    pub kinds: Vec<(&'static str, usize, usize)>,
    /// Those that no rule saw.
    pub survived: Vec<String>,
}

impl Killed {
    fn count(&mut self, kind: &'static str, is_seen: bool) {
        let known = self.kinds.iter().position(|(other, _, _)| *other == kind);
        let row = known.unwrap_or_else(|| {
            self.kinds.push((kind, 0, 0));
            self.kinds.len() - 1
        });
        self.kinds[row].1 += 1;
        self.kinds[row].2 += usize::from(is_seen);
    }

    /// How many were planted.
    pub fn planted(&self) -> usize {
        self.kinds.iter().map(|(_, planted, _)| planted).sum()
    }

    /// A row for each kind, and the sum.
    pub fn table(&self) -> String {
        let rows =
            self.kinds.iter().map(|(kind, planted, killed)| format!("{killed:>5} of {planted:<5} {kind}"));
        let sum = format!("mutants: {} of {} killed", self.planted() - self.survived.len(), self.planted());
        rows.chain([sum]).collect::<Vec<_>>().join("\n")
    }
}

/// Plants every mistake in its own transaction, and looks which of them the rules see.
pub fn killed(database: &mut Database, relations: &[Relation]) -> Killed {
    let before = violations(database);
    let mut killed = Killed::default();
    for (what, sql, name) in relations.iter().flat_map(of_relation).chain(of_database()) {
        database.run(&format!("BEGIN; {sql}"));
        let seen = |violation: &String| violation.contains(&name) && !before.contains(violation);
        let is_seen = violations(database).iter().any(seen);
        database.run("ROLLBACK");
        killed.count(what, is_seen);
        if !is_seen {
            killed.survived.push(format!("{name}: {what}"));
        }
    }
    killed
}

pub type Mutant = (&'static str, String, String);

fn of_relation(relation: &Relation) -> Vec<Mutant> {
    let name = &relation.name;
    let mutants = match relation.class {
        Class::Tenant => [policies_of(relation), grants_of(relation)].concat(),
        Class::Stream => of_stream(name),
        Class::System | Class::Registry => vec![
            ("granted to the modules", format!("GRANT SELECT ON {name} TO cauce_module")),
            ("truncated", format!("GRANT TRUNCATE ON {name} TO cauce_events, cauce_lookup")),
        ],
        Class::Tool => vec![("written by the modules", format!("GRANT INSERT ON {name} TO cauce_module"))],
    };
    mutants.into_iter().map(|(what, sql)| (what, sql, name.clone())).collect()
}

fn of_stream(name: &str) -> Vec<(&'static str, String)> {
    let mut mutants = vec![
        ("row-level security not forced", format!("ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")),
        ("row-level security off", format!("ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")),
        ("granted to everybody", format!("GRANT SELECT ON {name} TO PUBLIC")),
        ("granted to lookups", format!("GRANT SELECT ON {name} TO cauce_lookup")),
        ("a column for the modules", format!("GRANT SELECT (tenant_id) ON {name} TO cauce_module")),
    ];
    // Partitions have no policies of their own.
    if ["events.outbox", "events.log"].contains(&name) {
        let lenient = BOUND.replace("'app.tenant_id'::text", "'app.tenant_id'::text, true");
        mutants.extend([
            ("tenant policy dropped", format!("DROP POLICY tenant ON {name}")),
            ("reads not bound", format!("ALTER POLICY tenant ON {name} USING (true)")),
            ("writes not bound", format!("ALTER POLICY tenant ON {name} WITH CHECK (true)")),
            (
                "no tenant is no error",
                format!("ALTER POLICY tenant ON {name} USING {lenient} WITH CHECK {lenient}"),
            ),
            (
                "a second permissive policy",
                format!("CREATE POLICY extra ON {name} TO cauce_module USING (true)"),
            ),
            ("relay by the modules", format!("ALTER POLICY relay ON {name} TO cauce_events, cauce_module")),
        ]);
    }
    mutants
}

/// Policies that are gone or say something else.
fn policies_of(relation: &Relation) -> Vec<(&'static str, String)> {
    let Relation { name, schema, .. } = relation;
    let lenient = BOUND.replace("'app.tenant_id'::text", "'app.tenant_id'::text, true");
    let policy = |rest: &str| format!("ALTER POLICY tenant ON {name} {rest}");
    vec![
        ("tenant policy dropped", format!("DROP POLICY tenant ON {name}")),
        ("module policy dropped", format!("DROP POLICY module ON {name}")),
        ("row-level security not forced", format!("ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")),
        ("row-level security off", format!("ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")),
        ("a second permissive policy", format!("CREATE POLICY extra ON {name} TO cauce_module USING (true)")),
        (
            "tenant policy permissive",
            format!(
                "DROP POLICY tenant ON {name}; CREATE POLICY tenant ON {name} AS PERMISSIVE TO cauce_module USING {BOUND} WITH CHECK {BOUND}"
            ),
        ),
        (
            "tenant policy for reads only",
            format!(
                "DROP POLICY tenant ON {name}; CREATE POLICY tenant ON {name} AS RESTRICTIVE FOR SELECT TO cauce_module USING {BOUND}"
            ),
        ),
        (
            "another restrictive policy",
            format!("CREATE POLICY extra ON {name} AS RESTRICTIVE TO cauce_module USING (true)"),
        ),
        ("module policy for everybody", format!("ALTER POLICY module ON {name} TO PUBLIC")),
        (
            "module policy for events",
            format!("ALTER POLICY module ON {name} TO cauce_{schema}, cauce_events"),
        ),
        ("module policy that hides", format!("ALTER POLICY module ON {name} USING (false)")),
        ("bound to no row", policy("USING (false)")),
        ("bound or not", policy(&format!("USING ({BOUND} OR tenant_id IS NOT NULL)"))),
        (
            "bound to another setting",
            policy(&format!("USING {}", BOUND.replace("app.tenant_id", "app.tenant"))),
        ),
        (
            "bound to all tenants but its own",
            policy(&format!("USING {}", BOUND.replace("= (current", "<> (current"))),
        ),
        ("reads not bound", policy("USING (true)")),
        ("writes not bound", policy("WITH CHECK (true)")),
        ("no tenant is no error", policy(&format!("USING {lenient} WITH CHECK {lenient}"))),
        ("bound for one role only", policy(&format!("TO cauce_{schema}"))),
        (
            "lookup by the module",
            format!("CREATE POLICY seen ON {name} FOR SELECT TO cauce_{schema} USING (true)"),
        ),
    ]
}

/// Grants, keys and owners that reach too far.
fn grants_of(relation: &Relation) -> Vec<(&'static str, String)> {
    let Relation { name, schema, .. } = relation;
    vec![
        (
            "lookup that writes",
            format!("CREATE POLICY lookup2 ON {name} FOR ALL TO cauce_lookup USING (true)"),
        ),
        ("triggers and references", format!("GRANT REFERENCES, TRIGGER ON {name} TO cauce_{schema}")),
        ("a unique column among all tenants", format!("ALTER TABLE {name} ADD COLUMN mutant uuid UNIQUE")),
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
    .chain(super::sight::mutants())
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
