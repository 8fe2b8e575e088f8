//! Who may name whom, and the rules of tidiness: read from the sources, for whatever modules there are.
//!
//! `TABLE` is the documentation. rustc (private modules), clippy (`clippy.toml`) and PostgreSQL (a role a module) hold the
//! rest; `docs/architecture.md` explains the four nets.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by ending")]

#[path = "architecture/names.rs"]
mod names;
#[path = "architecture/planted.rs"]
mod planted;
#[path = "architecture/security.rs"]
mod security;
#[path = "architecture/tidy.rs"]
mod tidy;

use std::fs;
use std::path::Path;

use proc_macro2::TokenStream;

use names::walk;
use planted::{ALLOWED, REFUSED};
use tidy::{foreign_schemas, same_schemas, schemas, untidy};

/// What the files of a layer may name.
struct Row {
    layer: &'static str,
    /// Paths of ours outside the own module. `<others>` are the contracts of all modules, `<events>` only their events.
    may: &'static [&'static str],
    /// Layers of the own module; its root and its files without a layer may always be named.
    own: &'static [&'static str],
    /// Crates that it must not name.
    not: &'static [&'static [&'static str]],
}

const DIESEL: &[&str] = &["diesel", "diesel_migrations", "pq_sys"];
const ACTIX: &[&str] = &["actix_web", "actix_multipart", "utoipa_actix_web", "utoipa_swagger_ui"];
const NATS: &[&str] = &["async_nats"];
const TOKIO: &[&str] = &["tokio", "tokio_util"];

const LAYERS: [&str; 6] = ["contract", "domain", "service", "store", "http", "schema"];
const MODULE: &[&str] = &["kernel", "platform", "identity", "<events>"];
#[rustfmt::skip]
const TABLE: &[Row] = &[
    Row { layer: "kernel",    may: &["kernel"],                   own: &[],        not: &[DIESEL, ACTIX, NATS, TOKIO] },
    Row { layer: "platform",  may: &["kernel", "platform"],       own: &[],        not: &[] },
    // Of a module, by file or folder; sub-aggregates have the same names. utoipa's and serde's derives are welcome.
    Row { layer: "contract",  may: MODULE, own: &["contract", "domain"],           not: &[DIESEL, ACTIX, NATS] },
    // Fields, problems, patches, rows of spreadsheets and by what they are read are how a rule takes and refuses input: plain
    // values, although they live in the platform.
    Row { layer: "domain",    may: &["kernel", "platform::auth", "platform::id", "platform::problem", "platform::sheets", "platform::transfers", "platform::http::Fields", "platform::http::Patch"],
                                           own: &["contract", "domain"],           not: &[DIESEL, ACTIX, NATS, TOKIO] },
    Row { layer: "store",     may: MODULE, own: &["contract", "domain", "store", "schema"], not: &[ACTIX, NATS] },
    Row { layer: "service",   may: MODULE, own: &["contract", "domain", "store", "service"], not: &[DIESEL, ACTIX, NATS] },
    // Plain reads go from a handler to the store; whatever decides anything goes through a service.
    Row { layer: "http",      may: MODULE, own: &["contract", "domain", "store", "service", "http"], not: &[DIESEL, NATS] },
    Row { layer: "schema",    may: &[],    own: &[],               not: &[ACTIX, NATS, TOKIO] },
    Row { layer: "root",      may: MODULE, own: &LAYERS,           not: &[DIESEL, NATS] },
    Row { layer: "other",     may: MODULE, own: &LAYERS,           not: &[DIESEL, ACTIX, NATS] },
    Row { layer: "workflows", may: &["kernel", "platform", "workflows", "<others>"], own: &[], not: &[DIESEL, NATS] },
    Row { layer: "settings",  may: &["kernel", "platform", "config"], own: &[],    not: &[DIESEL, ACTIX, NATS] },
    Row { layer: "app",       may: &["<everything>"],             own: &[],        not: &[] },
];

/// Modules that may name the contract of another one, without a circle. Everything else is an event or a workflow.
const EDGES: [(&str, &str); 2] = [("ads", "leads"), ("billing", "crm")];

/// A source file: its path from the repository's root, and its text.
struct Source {
    path: String,
    text: String,
}

#[test]
fn every_file_names_only_what_the_table_allows() {
    let sources = sources(&["src"], &["rs"]);
    assert!(sources.len() > 50, "the sources are somewhere else");
    none(&sources.iter().flat_map(who_names_whom).collect::<Vec<_>>());
}

#[test]
fn every_file_is_tidy() {
    let sources = sources(
        &["src", "tests", "migrations", "scripts", "config", ".ci"],
        &["rs", "sql", "sh", "toml", "run"],
    );
    none(&sources.iter().flat_map(untidy).collect::<Vec<_>>());
}

#[test]
fn every_schema_of_the_document_has_a_name_of_its_own() {
    none(&same_schemas(&sources(&["src"], &["rs"])));
}

#[test]
fn every_migration_touches_one_schema() {
    let migrations = sources(&["migrations"], &["sql"]);
    let schemas = schemas(&migrations);
    assert!(schemas.len() > 1, "no schemas: {schemas:?}");
    none(&migrations.iter().flat_map(|migration| foreign_schemas(migration, &schemas)).collect::<Vec<_>>());
}

#[test]
fn planted_violations_are_seen() {
    let file = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    let long = "//! x\n".repeat(401);
    for (path, text, expected) in REFUSED.iter().chain(&[("src/leads/x.rs", &*long, "400 lines")]) {
        let source = file(path, text);
        let found: Vec<String> = who_names_whom(&source).into_iter().chain(untidy(&source)).collect();
        assert!(found.iter().any(|what| what.contains(expected)), "{path}: {text}\nfound only {found:?}");
    }
    for (path, text) in ALLOWED {
        assert_eq!(who_names_whom(&file(path, text)), Vec::<String>::new(), "{path}: {text}");
    }
    let view = |path: &str, text: &str| file(path, &format!("#[derive(Serialize, ToSchema)]\n{text} {{}}"));
    let plain = view("src/crm/http.rs", "pub struct ReasonView");
    let renamed = view("src/leads/http.rs", "#[schema(as = ReasonView, example = json!({}))]\nenum Reason");
    assert_eq!(same_schemas(&[plain, renamed]).len(), 1);
    let sql = "SELECT platform.tenant_table('leads.a', 'cauce_leads'); GRANT USAGE ON SCHEMA identity TO x; \
               SELECT * FROM identity.users";
    let schemas = ["leads", "identity", "platform"].map(str::to_owned);
    assert_eq!(foreign_schemas(&file("migrations/2026-01-01-000001_leads_a/up.sql", sql), &schemas).len(), 2);
}

#[test]
fn the_page_on_security_claims_only_what_is_tested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/security.md")).unwrap();
    none(&security::wrong(&page, root));
    // What is planted is seen.
    for (planted, expected) in [
        (
            page.replace("::every_token_of_the_corpus_is_refused`", "::no_such_test`"),
            "there is no test no_such_test",
        ),
        (page.replace("| 9.1.1 |", "| 9.1.9 |"), "9.1.1 is missing"),
        (page.replace("| 3.4.5 | Referrer-Policy | `", "| 3.4.5 | Referrer-Policy | `surely "), "3.4.5"),
        (
            page.replace(
                "| 6.4.2 | No secret questions | not applicable: there are none",
                "| 6.4.2 | No secret questions | yes",
            ),
            "6.4.2",
        ),
    ] {
        let found = security::wrong(&planted, root);
        assert!(found.iter().any(|what| what.contains(expected)), "{expected}: {found:?}");
    }
}

fn none(violations: &[String]) {
    assert!(violations.is_empty(), "{} violation(s):\n{}", violations.len(), violations.join("\n"));
}

/// Violations of the table in one file.
fn who_names_whom(source: &Source) -> Vec<String> {
    let place = place(&source.path);
    let layer = layer(&place, &source.path);
    let row = TABLE.iter().find(|row| row.layer == layer).expect("every layer has a row");
    let tokens: TokenStream = source.text.parse().unwrap_or_else(|error| panic!("{}: {error}", source.path));
    let mut named = Vec::new();
    walk(tokens, &place, &mut named);
    let refused = named.iter().filter(|named| !allowed(row, &place, &named.path));
    refused
        .map(|n| format!("{}:{}: {layer} must not name {}", source.path, n.line, n.path.join("::")))
        .collect()
}

fn allowed(row: &Row, place: &[String], path: &[String]) -> bool {
    let [root, rest @ ..] = path else { return true };
    if root != "crate" {
        return !row.not.concat().contains(&root.as_str());
    }
    let Some(module) = rest.first() else { return row.may == ["<everything>"] };
    let inner = rest.iter().rev().find(|segment| LAYERS.contains(&segment.as_str())).map(String::as_str);
    let outside = matches!(inner, None | Some("contract"));
    if ["root", "other"].contains(&row.layer) || LAYERS.contains(&row.layer) {
        if Some(module) == place.first() {
            return inner.is_none_or(|layer| row.own.contains(&layer));
        }
        if EDGES.contains(&(place[0].as_str(), module)) && row.may == MODULE {
            return outside;
        }
    }
    row.may.iter().any(|term| match *term {
        "<everything>" => true,
        "<events>" => outside && is_module(module) && rest.iter().any(|segment| segment == "events"),
        "<others>" => outside && is_module(module),
        "identity" => module == "identity" && outside,
        prefix => prefix
            .split("::")
            .zip(rest.iter().map(String::as_str).chain(std::iter::repeat("")))
            .all(|(a, b)| a == b),
    })
}

fn is_module(name: &str) -> bool {
    !["kernel", "platform", "app", "command", "config", "telemetry", "workflows", "*"].contains(&name)
}

/// The module path of a file: `src/leads/imports/mod.rs` is `leads`, `imports`.
fn place(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    let segments = path.split('/').filter(|segment| !["mod", "lib", "main"].contains(segment));
    segments.map(str::to_owned).collect()
}

fn layer(place: &[String], path: &str) -> &'static str {
    let inner = || place[1..].iter().rev().find_map(|segment| LAYERS.iter().find(|layer| *layer == segment));
    match place.first().map(String::as_str) {
        Some("kernel") => "kernel",
        Some("platform") => "platform",
        Some("workflows") => "workflows",
        Some("config" | "telemetry") => "settings",
        Some("app" | "command") | None => "app",
        Some(_) => inner().copied().unwrap_or(if path.ends_with("/mod.rs") { "root" } else { "other" }),
    }
}

/// The files with one of `endings` in `folders`, in order.
fn sources(folders: &[&str], endings: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<_> =
        folders.iter().map(|folder| root.join(folder)).filter(|folder| folder.exists()).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if endings
                .iter()
                .any(|ending| name.ends_with(&format!(".{ending}")) || name.ends_with(&format!("/{ending}")))
            {
                found.push(Source { path: name, text: fs::read_to_string(path).unwrap() });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}
