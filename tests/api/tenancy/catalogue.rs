//! What PostgreSQL's own catalogue says of every relation, role and function, against the rules of the house.

use serde_json::Value;

use crate::support::Database;

/// What a relation is for, and so who may reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Rows of tenants, made by `platform.tenant_table`: everything that is not listed here.
    Tenant,
    /// Events on their way: written or read by every module under the tenant's policy, carried by `cauce_events`.
    Stream,
    /// The bookkeeping of events: `cauce_events` alone.
    System,
    /// What must be one of a kind among all tenants: reached only through the functions of `cauce_lookup`.
    Registry,
    /// Of the migration tool.
    Tool,
}

const LISTED: &[(&str, Class)] = &[
    ("events.outbox", Class::Stream),
    ("events.log", Class::Stream),
    ("events.counter", Class::System),
    ("events.subscriptions", Class::System),
    ("events.retries", Class::System),
    ("events.dead_letters", Class::System),
    ("events.nats_state", Class::System),
    ("identity.slugs", Class::Registry),
    ("identity.signups", Class::Registry),
    ("identity.guesses", Class::Registry),
    ("identity.reset_requests", Class::Registry),
    ("public.__diesel_schema_migrations", Class::Tool),
];

/// Every function that runs with its owner's rights. A new one is looked at by a second pair of eyes, then listed here.
const DEFINERS: &[&str] = &[
    "billing.documents_to_make",
    "billing.exports_to_run",
    "billing.find_payment_account",
    "billing.find_products",
    "billing.find_quotation",
    "billing.imports_to_run",
    "billing.imports_to_undo",
    "billing.invoices_to_remind",
    "billing.provider_work",
    "billing.subscriptions_to_bill",
    "billing.tenants_with_lots_due",
    "billing.tenants_with_products",
    "billing.tenants_with_quotations_due",
    "billing.tenants_with_uploads_before",
    "crm.exports_to_run",
    "crm.find",
    "crm.imports_to_run",
    "crm.imports_to_undo",
    "crm.tenants",
    "crm.tenants_with_uploads_before",
    "events.make_room",
    "identity.claim_signup",
    "identity.claim_slug",
    "identity.close_reset_request",
    "identity.count_guess",
    "identity.find_api_key",
    "identity.find_external",
    "identity.find_invitation",
    "identity.find_logins",
    "identity.find_password_reset",
    "identity.find_refresh_token",
    "identity.find_tenant",
    "identity.find_unlinked",
    "identity.mails_due",
    "identity.open_reset_requests",
    "identity.request_password_reset",
    "identity.settle_guess",
    "leads.exports_to_run",
    "leads.find",
    "leads.find_form",
    "leads.imports_to_run",
    "leads.imports_to_undo",
    "leads.tenants",
    "leads.tenants_with_uploads_before",
    "platform.tenant_with_keys_before",
    "webhooks.deleted_endpoint",
    "webhooks.due",
    "webhooks.replays",
    "webhooks.tenant_with_deliveries_before",
    "webhooks.with_endpoints",
];

const POLICIES_OF_STREAMS: &[&str] = &[
    "events.log history PERMISSIVE {cauce_module} SELECT true null",
    "events.log relay PERMISSIVE {cauce_events} ALL true true",
    "events.log tenant RESTRICTIVE {cauce_module} ALL TENANT TENANT",
    "events.outbox emit PERMISSIVE {cauce_module} INSERT null true",
    "events.outbox relay PERMISSIVE {cauce_events} ALL true true",
    "events.outbox tenant RESTRICTIVE {cauce_module} ALL TENANT TENANT",
];

const GRANTS_OF_STREAMS: &[&str] = &[
    "events.log cauce_events INSERT",
    "events.log cauce_events SELECT",
    "events.log cauce_module SELECT",
    "events.outbox cauce_events DELETE",
    "events.outbox cauce_events INSERT",
    "events.outbox cauce_events SELECT",
    "events.outbox cauce_module INSERT",
];

/// The tenant policy's expression as PostgreSQL prints it.
pub const BOUND: &str = "(tenant_id = (current_setting('app.tenant_id'::text))::uuid)";

/// A relation that holds or shows rows.
#[derive(Debug, Clone)]
pub struct Relation {
    pub name: String,
    pub schema: String,
    pub class: Class,
}

/// Every relation of the database outside PostgreSQL's own schemas, with its class; a partition has its parent's.
pub fn relations(database: &mut Database) -> Vec<Relation> {
    let rows = database.rows(&format!("{RELATIONS} SELECT * FROM relations ORDER BY name"));
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let class = |row: &Value| {
        let name = row["parent"].as_str().or(row["name"].as_str()).unwrap_or_default();
        LISTED.iter().find(|(listed, _)| *listed == name).map_or(Class::Tenant, |(_, class)| *class)
    };
    rows.iter()
        .map(|row| Relation { name: text(row, "name"), schema: text(row, "schema"), class: class(row) })
        .collect()
}

/// Everything that breaks a rule, each with the name of what breaks it.
pub fn violations(database: &mut Database) -> Vec<String> {
    let relations = relations(database);
    let listed = LISTED.iter().filter(|(name, _)| !relations.iter().any(|relation| relation.name == *name));
    let mut found: Vec<String> = listed.map(|(name, _)| format!("{name}: listed, but not there")).collect();
    for (class, rules) in [
        (Class::Tenant, TENANT_RULES),
        (Class::Stream, STREAM_RULES),
        (Class::System, SYSTEM_RULES),
        (Class::Registry, REGISTRY_RULES),
        (Class::Tool, TOOL_RULES),
    ] {
        let names =
            relations.iter().filter(|relation| relation.class == class).map(|relation| &*relation.name);
        let names = names.collect::<Vec<_>>().join(",");
        let of_class =
            format!("{RELATIONS}, t AS (SELECT * FROM relations WHERE name = ANY ('{{{names}}}')), {GRANTS}");
        found.extend(broken(database, &of_class, rules));
    }
    found.extend(broken(database, RELATIONS, DATABASE_RULES));
    found.extend(super::sight::violations(database));
    found.extend(definers(database));
    found.extend(streams(database));
    found
}

/// What breaks `rules`, asked in one query behind `head`, because the mutants ask some hundred times.
pub fn broken(database: &mut Database, head: &str, rules: Rules) -> Vec<String> {
    let ask = |(rule, query): &(&str, &str)| {
        format!("SELECT what || ': {}' FROM ({query}) q (what)", rule.replace('\'', "''"))
    };
    database.column(&format!("{head} {}", rules.iter().map(ask).collect::<Vec<_>>().join(" UNION ALL ")))
}

fn definers(database: &mut Database) -> Vec<String> {
    let there = database.column(
        "SELECT DISTINCT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')",
    );
    differences(
        DEFINERS,
        &there,
        "a definer function that is not listed",
        "a listed function that is not there",
    )
}

fn streams(database: &mut Database) -> Vec<String> {
    let names = "('events.outbox', 'events.log')";
    let policies = database.column(&format!(
        "SELECT concat_ws(' ', p.schemaname || '.' || p.tablename, policyname, permissive, roles, cmd,
             coalesce(replace(qual, '{bound}', 'TENANT'), 'null'), coalesce(replace(with_check, '{bound}', 'TENANT'), 'null'))
         FROM pg_policies p WHERE p.schemaname || '.' || p.tablename IN {names}",
        bound = BOUND.replace('\'', "''")
    ));
    let grants = database.column(&format!(
        "{RELATIONS}, t AS (SELECT * FROM relations WHERE name IN {names}), {GRANTS}
         SELECT concat_ws(' ', name, grantee, privilege) FROM grants"
    ));
    let mut found = differences(POLICIES_OF_STREAMS, &policies, "a policy too many", "a policy is missing");
    found.extend(differences(GRANTS_OF_STREAMS, &grants, "a grant too many", "a grant is missing"));
    found
}

pub fn differences(expected: &[&str], there: &[String], extra: &str, missing: &str) -> Vec<String> {
    let extras = there.iter().filter(|name| !expected.contains(&name.as_str()));
    let missed = expected.iter().filter(|name| !there.iter().any(|other| other == *name));
    let extras = extras.map(|name| format!("{name}: {extra}"));
    extras.chain(missed.map(|name| format!("{name}: {missing}"))).collect()
}

/// Tables, partitioned tables, views, materialised views and foreign tables of ours.
pub const RELATIONS: &str = "WITH relations AS (
    SELECT c.*, c.oid AS id, n.nspname AS schema, n.nspname || '.' || c.relname AS name,
        (SELECT pn.nspname || '.' || pc.relname FROM pg_inherits i JOIN pg_class pc ON pc.oid = i.inhparent
         JOIN pg_namespace pn ON pn.oid = pc.relnamespace WHERE i.inhrelid = c.oid) AS parent,
        (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'
         AND a.atttypid = 'uuid'::regtype AND a.attnotnull) AS tenant_column
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
      AND n.nspname NOT LIKE 'pg\\_temp%'
)";

/// What others than the owner may do with the relations of `t`.
const GRANTS: &str = "grants AS (
    SELECT t.name, t.schema, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END AS grantee,
        a.privilege_type AS privilege, a.is_grantable
    FROM t, aclexplode(t.relacl) a WHERE a.grantee <> t.relowner
), column_grants AS (
    SELECT t.name, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END AS grantee,
        a.privilege_type AS privilege
    FROM t JOIN pg_attribute c ON c.attrelid = t.id, aclexplode(c.attacl) a
)";

pub type Rules = &'static [(&'static str, &'static str)];

const TENANT_RULES: Rules = &[
    ("a tenant's rows are in a table", "SELECT name FROM t WHERE relkind NOT IN ('r', 'p')"),
    ("it lacks `tenant_id uuid NOT NULL`", "SELECT name FROM t WHERE tenant_column IS NULL"),
    ("row-level security is not enabled and forced", "SELECT name FROM t WHERE NOT (relrowsecurity AND relforcerowsecurity)"),
    (
        "it lacks the policy `module` of platform.tenant_table",
        "SELECT name FROM t WHERE NOT EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = schema AND p.tablename = relname
         AND policyname = 'module' AND permissive = 'PERMISSIVE' AND roles = ARRAY['cauce_' || schema]::name[]
         AND cmd = 'ALL' AND qual = 'true' AND with_check = 'true')",
    ),
    (
        "it lacks the policy `tenant` of platform.tenant_table",
        "SELECT name FROM t WHERE NOT EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = schema AND p.tablename = relname
         AND policyname = 'tenant' AND permissive = 'RESTRICTIVE' AND roles = '{cauce_module}' AND cmd = 'ALL'
         AND qual = $q$(tenant_id = (current_setting('app.tenant_id'::text))::uuid)$q$ AND with_check = qual)",
    ),
    (
        "only `module`, `tenant`, `visible` (see `sight`) and a read-only `lookup` of cauce_lookup may be its policies",
        "SELECT name || ' ' || policyname FROM t JOIN pg_policies p ON p.schemaname = schema AND p.tablename = relname
         WHERE policyname NOT IN ('module', 'tenant') AND NOT (policyname = 'lookup' AND permissive = 'PERMISSIVE'
         AND roles = '{cauce_lookup}' AND cmd = 'SELECT' AND qual = 'true' AND with_check IS NULL)
         AND NOT (policyname = 'visible' AND permissive = 'RESTRICTIVE' AND roles = '{cauce_viewer}')",
    ),
    (
        "its primary key does not begin with tenant_id",
        "SELECT name FROM t WHERE NOT EXISTS (
             SELECT FROM pg_index i WHERE i.indrelid = id AND indisprimary AND indkey[0] = tenant_column)",
    ),
    (
        "a unique index does not begin with tenant_id",
        "SELECT name || ' ' || indexrelid::regclass FROM t JOIN pg_index i ON i.indrelid = id
         WHERE (indisunique OR indisexclusion) AND indkey[0] IS DISTINCT FROM tenant_column",
    ),
    (
        "a foreign key does not begin with tenant_id on both sides",
        "SELECT name || ' ' || conname FROM t JOIN pg_constraint f ON f.conrelid = id AND contype = 'f'
         WHERE conkey[1] IS DISTINCT FROM tenant_column OR confkey[1] IS DISTINCT FROM (SELECT a.attnum FROM pg_attribute a
             WHERE a.attrelid = confrelid AND a.attname = 'tenant_id')",
    ),
    (
        "only its module's role may be granted its rows, to read and write them",
        "SELECT concat_ws(' ', name, grantee, privilege) FROM grants WHERE is_grantable OR grantee <> 'cauce_' || schema
         OR privilege NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')",
    ),
    (
        "only cauce_lookup may be granted columns, to read them, where it has a policy",
        "SELECT concat_ws(' ', name, grantee, privilege) FROM column_grants g WHERE grantee <> 'cauce_lookup' OR privilege <> 'SELECT'
         OR NOT EXISTS (SELECT FROM pg_policies p WHERE p.schemaname || '.' || p.tablename = g.name AND policyname = 'lookup')",
    ),
    (
        "its policy `lookup` shows rows of which cauce_lookup may read no column",
        "SELECT name FROM t WHERE EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = schema AND p.tablename = relname
         AND policyname = 'lookup') AND name NOT IN (SELECT g.name FROM column_grants g)",
    ),
];

const STREAM_RULES: Rules = &[
    (
        "row-level security is not enabled and forced",
        "SELECT name FROM t WHERE NOT (relrowsecurity AND relforcerowsecurity)",
    ),
    ("it lacks `tenant_id uuid NOT NULL`", "SELECT name FROM t WHERE tenant_column IS NULL"),
    (
        "a partition answers through its parent only",
        "SELECT g.name FROM grants g JOIN t ON t.name = g.name WHERE parent IS NOT NULL",
    ),
    ("no column is granted by itself", "SELECT name FROM column_grants"),
];

const SYSTEM_RULES: Rules = &[
    (
        "it belongs to cauce_events alone",
        "SELECT concat_ws(' ', name, grantee) FROM grants WHERE grantee <> 'cauce_events'
        OR privilege NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')",
    ),
    ("no column is granted by itself", "SELECT name FROM column_grants"),
];

const REGISTRY_RULES: Rules = &[
    (
        "it belongs to cauce_lookup alone",
        "SELECT concat_ws(' ', name, grantee) FROM grants WHERE grantee <> 'cauce_lookup'
        OR privilege NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')",
    ),
    ("no column is granted by itself", "SELECT name FROM column_grants"),
];

const TOOL_RULES: Rules =
    &[("it is only read", "SELECT concat_ws(' ', name, grantee) FROM grants WHERE privilege <> 'SELECT'")];

const DATABASE_RULES: Rules = &[
    ("a view must be security_invoker", "SELECT name FROM relations WHERE relkind = 'v'
        AND NOT coalesce(reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)"),
    ("no materialised views: they know no tenant", "SELECT name FROM relations WHERE relkind = 'm'"),
    ("the server's roles own no relations", "SELECT name FROM relations WHERE pg_get_userbyid(relowner) LIKE 'cauce\\_%'"),
    (
        "a role of ours has powers that go round row-level security",
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'cauce\\_%'
         AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)",
    ),
    (
        "the login must inherit nothing; every other role of ours must not log in",
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'cauce\\_%' AND rolcanlogin <> (rolname = 'cauce_app')
         OR rolname = 'cauce_app' AND rolinherit",
    ),
    (
        "nobody speaks as cauce_lookup, and it is bound by no policy but its own",
        "SELECT m.member::regrole || ' in ' || m.roleid::regrole FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
         WHERE m.roleid = 'cauce_lookup'::regrole AND r.rolname LIKE 'cauce\\_%' OR m.member = 'cauce_lookup'::regrole",
    ),
    (
        "a module's role is a member of cauce_module and of nothing else; its viewer of it and of cauce_viewer",
        "SELECT m.member::regrole || ' in ' || m.roleid::regrole FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
         WHERE r.rolname LIKE 'cauce\\_%' AND r.rolname <> 'cauce_app'
         AND (r.rolname LIKE 'cauce\\_%\\_viewer' AND m.roleid <> 'cauce_viewer'::regrole
                  AND m.roleid::regrole::text || '_viewer' <> r.rolname
              OR r.rolname NOT LIKE 'cauce\\_%\\_viewer'
                  AND (m.roleid <> 'cauce_module'::regrole OR r.rolname IN ('cauce_events', 'cauce_module', 'cauce_viewer')))
         UNION ALL
         SELECT rolname FROM pg_roles WHERE rolname LIKE 'cauce\\_%\\_viewer'
         AND NOT pg_has_role(oid, 'cauce_viewer', 'USAGE')",
    ),
    (
        "a schema is used by its own module's role, the functions' owner, and, where all emit, all modules",
        "SELECT concat_ws(' ', nspname, grantee, privilege) FROM (SELECT n.nspname,
             CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END AS grantee, a.privilege_type AS privilege
             FROM pg_namespace n, aclexplode(n.nspacl) a WHERE a.grantee <> n.nspowner
             AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'public')) g
         WHERE privilege <> 'USAGE' OR NOT (grantee IN ('cauce_' || nspname, 'cauce_lookup')
             OR (nspname, grantee) = ('events', 'cauce_module'))",
    ),
    (
        "nobody but the owner makes anything in the schema public",
        "SELECT concat_ws(' ', nspname, a.grantee::regrole) FROM pg_namespace, aclexplode(nspacl) a
         WHERE nspname = 'public' AND a.privilege_type = 'CREATE' AND pg_get_userbyid(a.grantee) <> 'pg_database_owner'",
    ),
    ("rights are granted by name, not by default", "SELECT defaclrole::regrole || '' FROM pg_default_acl"),
    (
        "a sequence is used by cauce_events, and by the modules for the outbox only",
        "SELECT concat_ws(' ', c.oid::regclass, a.grantee::regrole, a.privilege_type) FROM pg_class c, aclexplode(c.relacl) a
         WHERE c.relkind = 'S' AND a.grantee <> c.relowner AND NOT (a.privilege_type IN ('USAGE', 'SELECT')
         AND a.grantee = 'cauce_events'::regrole) AND NOT (a.privilege_type = 'USAGE' AND a.grantee = 'cauce_module'::regrole
         AND c.oid = 'events.outbox_seq_seq'::regclass)",
    ),
    (
        "a definer function pins `search_path = pg_catalog, pg_temp`, and nothing else",
        "SELECT p.oid::regprocedure || '' FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE prosecdef
         AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND proconfig IS DISTINCT FROM '{\"search_path=pg_catalog, pg_temp\"}'",
    ),
    (
        "a definer function belongs to cauce_lookup, or to the owner of its schema",
        "SELECT p.oid::regprocedure || '' FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE prosecdef
         AND n.nspname NOT IN ('pg_catalog', 'information_schema')
         AND proowner NOT IN ('cauce_lookup'::regrole::oid, nspowner)",
    ),
    (
        "a definer function is run by its module's role only",
        "SELECT p.oid::regprocedure || ' ' || CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END
         FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace,
             aclexplode(coalesce(proacl, acldefault('f', proowner))) a
         WHERE (prosecdef OR proname = 'tenant_table') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
         AND a.grantee <> proowner AND (a.grantee = 0 OR pg_get_userbyid(a.grantee) <> 'cauce_' || nspname)",
    ),
];
