//! The rules of tidiness: what a file looks like, and which words belong in one place only.

use std::collections::BTreeMap;

use regex::Regex;

use super::{Source, layer, place};

/// Where a rule holds for all records, whoever asks; what is found of others is not told there.
const SEES_ALL: [&str; 7] = [
    "src/crm/customers/imports/importable.rs",
    "src/crm/customers/store/hierarchy.rs",
    "src/platform/transfers/imports/service/batch.rs",
    "src/platform/transfers/imports/service/undo.rs",
    "src/leads/imports/importable.rs",
    "src/platform/transfers/allowance.rs",
    "src/billing/customers/store.rs",
];

/// Untidiness of one file.
pub fn untidy(source: &Source) -> Vec<String> {
    let Source { path, text } = source;
    let mut found = Vec::new();
    let mut say = |line: usize, what: String| found.push(format!("{path}:{}: {what}", line + 1));
    if std::path::Path::new(path).extension().is_some_and(|ending| ending == "rs") {
        if !text.starts_with("//! ") {
            say(0, "the first line must say what the file is, as `//! …`".to_owned());
        }
        if text.lines().count() > 400 {
            say(400, "more than 400 lines: split it by operation".to_owned());
        }
    }
    for what in rows_of_many_statements(text).into_iter().chain(readers_that_may_write(text)) {
        say(0, what);
    }
    let place = place(path);
    let is_platform = path.starts_with("src/platform/");
    let is_test = place.iter().any(|segment| segment == "tests");
    let module = Regex::new(r#"Module::named\("(\w+)"\)"#).unwrap();
    let actor = Regex::new(r"Actor::(verified|platform|on_behalf_of)\b").unwrap();
    let unfinished =
        Regex::new(concat!(r"\bTO", r"DO\b|\bFIX", r"ME\b|\btodo", r"!|\bunimplemented", "!")).unwrap();
    for (line, words) in text.lines().enumerate() {
        if unfinished.is_match(words) {
            say(line, "unfinished: do it, or leave it out".to_owned());
        }
        if words.contains(concat!("#[all", "ow(")) || words.contains(concat!("#![all", "ow(")) {
            say(line, "say `#[expect(…, reason = \"…\")]`, which ends when its reason does".to_owned());
        }
        if !path.starts_with("src/") {
            continue;
        }
        if words.contains("app.tenant_id") && !path.starts_with("src/platform/db/") {
            say(line, "app.tenant_id is bound in platform::db only".to_owned());
        }
        if words.contains(".conn(") && !is_platform && layer(&place, path) != "store" {
            say(line, "`.conn(` belongs in a store".to_owned());
        }
        if words.contains("app.owners") && !path.starts_with("src/platform/db/") {
            say(line, "app.owners is bound in platform::db only".to_owned());
        }
        if words.contains(".over_everything(") && !SEES_ALL.contains(&&**path) {
            say(line, "only the places that are listed see beyond whom the actor sees".to_owned());
        }
        if let Some(name) = module.captures(words).map(|found| found[1].to_owned()) {
            let home = place.contains(&name);
            if !(home && (is_platform || *path == format!("src/{name}/mod.rs")) || is_platform && is_test) {
                say(line, format!("Module::named(\"{name}\") is said in src/{name}/mod.rs only"));
            }
        }
        // A door verifies a key that is no user's.
        let is_named =
            |name: Option<&String>, names: &[&str]| name.is_some_and(|name| names.contains(&name.as_str()));
        let makes_actors =
            is_named(place.first(), &["identity"]) || is_named(place.last(), &["tasks", "door"]);
        if let Some(made) = actor.find(words).filter(|_| !is_platform && !makes_actors) {
            say(line, format!("{}: an actor is made where one is verified, and in tasks", made.as_str()));
        }
    }
    found
}

/// Rows whose inserts would have another text for each field that is not set; PostgreSQL would plan each anew.
fn rows_of_many_statements(text: &str) -> Vec<String> {
    let row =
        Regex::new(r"(?s)derive\([^)]*\bInsertable\b[^)]*\)\](.*?)\bstruct (\w+)[^{]*\{(.*?)\n\}").unwrap();
    let rows = row.captures_iter(text).map(|found| found.extract::<3>().1);
    let planned_anew = |[attributes, _, fields]: &[&str; 3]| {
        fields.contains("Option<") && !attributes.contains("treat_none_as_default_value = false")
    };
    let say =
        |name| format!("{name}: say `treat_none_as_default_value = false`, so that inserts stay prepared");
    rows.filter(planned_anew).map(|[_, name, _]| say(name)).collect()
}

/// Handlers of GET whose transaction may change something.
fn readers_that_may_write(text: &str) -> Vec<String> {
    let handler = Regex::new(r"(?s)\n#\[get\(.*?\bfn (\w+)(.*?)\n\}").unwrap();
    let writes = Regex::new(r"\.tenant\s*(?:::<[^;]*?>)?\(\s*\w").unwrap();
    let handlers = handler.captures_iter(text).map(|found| found.extract::<2>().1);
    let say = |name| format!("{name}: a GET changes nothing, so that it is `db.read`");
    handlers.filter(|[_, body]| writes.is_match(body)).map(|[name, _]| say(name)).collect()
}

/// Types that the OpenAPI document would know by one name, of which it keeps the last without a word.
pub fn same_schemas(sources: &[Source]) -> Vec<String> {
    let derived = Regex::new(r"(?s)derive\([^)]*\bToSchema\b[^)]*\)\](.*?)\b(?:struct|enum) (\w+)").unwrap();
    let renamed = Regex::new(r"schema\(as = (\w+)").unwrap();
    let mut homes = BTreeMap::new();
    let mut found = Vec::new();
    for Source { path, text } in sources {
        for schema in derived.captures_iter(text) {
            let name = renamed.captures(&schema[1]).map_or(&schema[2], |renamed| renamed.extract::<1>().1[0]);
            if let Some(other) = homes.insert(name.to_owned(), path) {
                found
                    .push(format!("{path}: the schema {name} is in {other} already; name one of them apart"));
            }
        }
    }
    found
}

/// The schemas that `migrations` create.
pub fn schemas(migrations: &[Source]) -> Vec<String> {
    let create = Regex::new(r"(?i)CREATE SCHEMA (?:IF NOT EXISTS )?(\w+)").unwrap();
    let texts = migrations.iter().map(|migration| migration.text.as_str());
    texts.flat_map(|text| create.captures_iter(text).map(|found| found[1].to_owned())).collect()
}

/// What the platform's schema offers the migrations of others.
const HELPERS: [&str; 7] = [
    "platform.tenant_table",
    "platform.viewer_of",
    "platform.seen_by_owner",
    "platform.seen_by_maker",
    "platform.seen_with",
    "platform.seen_with_any",
    "platform.seen_file",
];

/// Names of other schemas in a migration of one; `migrations/<date>_<schema>_<change>/` says which one is its own.
pub fn foreign_schemas(migration: &Source, schemas: &[String]) -> Vec<String> {
    let folder = migration.path.split('/').nth(1).unwrap_or_default();
    let own = folder.split('_').nth(1).unwrap_or_default();
    let mut found = Vec::new();
    if !schemas.iter().any(|schema| schema == own) {
        found.push(format!("{}: `{own}` is no schema: name it <date>_<schema>_<change>", migration.path));
    }
    let names = Regex::new(r"(?i)\bSCHEMA (\w+)|\b([a-z_]+)\.([a-z_]+)").unwrap();
    for (line, words) in migration.text.lines().enumerate() {
        let words = words.split("--").next().unwrap_or_default();
        for name in names.captures_iter(words) {
            let schema = name.get(1).or(name.get(2)).map_or("", |part| part.as_str());
            let is_helper = name.get(0).is_some_and(|whole| HELPERS.contains(&whole.as_str()));
            if schemas.iter().any(|other| other == schema) && schema != own && !is_helper {
                found.push(format!("{}:{}: the schema {schema} is not its own", migration.path, line + 1));
            }
        }
    }
    found
}
