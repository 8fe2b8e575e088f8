//! The way up, the way down and up again; and the databases that the server refuses to serve.

use cauce::platform::db::migrate::{Admin, Login, check};
use serde_json::Value;

use crate::support::{Cluster, Database};

fn login() -> Login {
    Login { name: "cauce_app".to_owned(), password: None }
}

#[test]
fn up_down_and_up_again_is_the_same_schema() {
    let (owner, server) = Cluster::shared().database("migrations");
    let _one_at_a_time = Cluster::shared().roles();
    let mut admin = Admin::connect(&owner).unwrap();

    let applied = admin.migrate(&login()).unwrap();
    let first = schema(&owner);
    check(&server).unwrap();
    assert_eq!(admin.migrate(&login()).unwrap(), 0, "everything was applied");
    let reverted = admin.revert_all().unwrap();
    let left = schema(&owner);
    let again = admin.migrate(&login()).unwrap();

    assert!(applied > 0 && (applied, reverted) == (reverted, again));
    assert_eq!(left, Vec::<String>::new(), "the way down leaves something behind");
    let second = schema(&owner);
    let lost: Vec<_> = first.iter().filter(|line| !second.contains(line)).collect();
    let gained: Vec<_> = second.iter().filter(|line| !first.contains(line)).collect();
    assert!(lost.is_empty() && gained.is_empty(), "lost {lost:#?}\ngained {gained:#?}");
    assert!(first.len() > 100, "the schema is somewhere else: {first:#?}");
    println!("{applied} migrations up, down and up again; {} lines of schema", first.len());
}

#[test]
fn a_newer_schema_is_refused_in_plain_words() {
    let (owner, server) = Cluster::shared().database("migrations_newer");
    let _one_at_a_time = Cluster::shared().roles();
    Admin::connect(&owner).unwrap().migrate(&login()).unwrap();
    Database::connect(&owner)
        .run("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000001')");

    let serving = check(&server).unwrap_err().to_string();
    let migrating = Admin::connect(&owner).unwrap().migrate(&login()).unwrap_err().to_string();

    let expected = "the database has the migration 29991231000001, which this binary does not know: \
                    run the newer cauce, or restore the backup made before it";
    assert_eq!((serving.as_str(), migrating.as_str()), (expected, expected));
    let program = std::process::Command::new(env!("CARGO_BIN_EXE_cauce"))
        .args(["serve"])
        .env_clear()
        .envs([("DATABASE_URL", server.as_str()), ("DATABASE_ADMIN_URL", &owner)])
        .envs([("NATS_SERVERS", "none"), ("LOG_LEVEL", "off"), ("PORT", "0")])
        .output()
        .unwrap();
    let said = String::from_utf8(program.stderr).unwrap();
    assert_eq!((program.status.code(), said.as_str()), (Some(1), format!("cauce: {expected}\n").as_str()));
}

#[test]
fn a_schema_that_lacks_migrations_is_refused_in_plain_words() {
    let (owner, server) = Cluster::shared().database("migrations_behind");
    let _one_at_a_time = Cluster::shared().roles();
    Admin::connect(&owner).unwrap().migrate(&login()).unwrap();
    let newest = "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";
    Database::connect(&owner).run(newest);

    let refused = check(&server).unwrap_err().to_string();

    assert!(refused.starts_with("the database lacks 1 migration(s): run `cauce migrate`"), "{refused}");
}

#[test]
fn a_login_that_row_level_security_does_not_bind_is_refused() {
    let (owner, _) = Cluster::shared().database("migrations_logins");
    let _one_at_a_time = Cluster::shared().roles();
    Admin::connect(&owner).unwrap().migrate(&login()).unwrap();
    let mut database = Database::connect(&owner);
    for (name, making, reason) in [
        ("cauce", "SELECT", "is a superuser, which row-level security does not bind"),
        ("guard_bypass", "CREATE ROLE guard_bypass LOGIN NOINHERIT BYPASSRLS", "has BYPASSRLS"),
        (
            "guard_owner",
            "CREATE ROLE guard_owner LOGIN NOINHERIT; CREATE TABLE public.owned (); ALTER TABLE public.owned OWNER TO guard_owner",
            "owns tables",
        ),
        (
            "guard_heir",
            "CREATE ROLE guard_heir LOGIN INHERIT IN ROLE cauce_platform",
            "inherits the rights of the modules (it must be NOINHERIT)",
        ),
    ] {
        database.run(making);
        database.run(&format!("GRANT SELECT ON __diesel_schema_migrations TO {name}"));
        let refused = check(&owner.replace("postgres://cauce@", &format!("postgres://{name}@")))
            .unwrap_err()
            .to_string();
        assert_eq!(
            refused,
            format!(
                "the login \"{name}\" of DATABASE_URL {reason}: give the server a plain login in DATABASE_URL (it is \
                 created for you), and the owner in DATABASE_ADMIN_URL"
            )
        );
    }
    // Roles belong to the cluster; the catalogue tests look at all of ours.
    database.run("DROP TABLE public.owned; DROP OWNED BY guard_bypass, guard_owner, guard_heir; DROP ROLE guard_bypass, guard_owner, guard_heir");
}

/// Everything of the schema as lines that can be compared: relations, columns, constraints, indexes, policies, functions
/// and grants.
fn schema(url: &str) -> Vec<String> {
    let ours =
        "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg\\_%'
        AND NOT (n.nspname = 'public' AND coalesce(c.relname, '') LIKE '\\_\\_diesel%')";
    let relations = format!(
        "SELECT concat_ws(' ', n.nspname, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relacl, c.reloptions,
             pg_get_expr(c.relpartbound, c.oid), pg_get_userbyid(c.relowner),
             (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attacl,
                  pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY a.attnum) FROM pg_attribute a
              LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'i'),
             CASE WHEN c.relkind IN ('i', 'I') THEN pg_get_indexdef(c.oid) END) AS line
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {ours}"
    );
    let rest = [
        "SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE conrelid <> 0
         AND connamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
         AND conrelid::regclass::text NOT LIKE '\\_\\_diesel%'",
        "SELECT p.*::text FROM pg_policies p",
        "SELECT concat_ws(' ', pg_get_functiondef(p.oid), p.proacl, pg_get_userbyid(p.proowner)) FROM pg_proc p
         JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind = 'f' AND n.nspname NOT LIKE 'pg\\_%'
         AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')",
        "SELECT concat_ws(' ', nspname, nspacl) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
         AND nspname NOT IN ('information_schema', 'public')",
        "SELECT concat_ws(' ', tgrelid::regclass, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal",
    ];
    let mut database = Database::connect(url);
    let rows = std::iter::once(relations.as_str())
        .chain(rest)
        .flat_map(|query| database.rows(query))
        .collect::<Vec<_>>();
    let text = |row: &Value| row.as_object().and_then(|row| row.values().next()).map(ToString::to_string);
    let mut lines: Vec<String> = rows.iter().filter_map(text).collect();
    lines.sort();
    lines
}
