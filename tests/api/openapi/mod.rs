//! The documents: that they are the committed ones and complete, and that every operation in them keeps tenants apart.

mod attacks;
mod document;
mod sight;

use std::collections::{BTreeMap, BTreeSet};

use document::{ANY_CALLER, Document, PUBLIC, RequestBody};
use regex::Regex;
use serde_json::Value;

#[test]
fn the_committed_documents_are_those_of_the_program() {
    let openapi = cauce::app::openapi().to_pretty_json().unwrap();
    let asyncapi = serde_json::to_string_pretty(&cauce::app::asyncapi().unwrap()).unwrap();
    for (name, document) in [("openapi", openapi), ("asyncapi", asyncapi)] {
        let path = format!("{}/openapi/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed.trim_end() == document,
            "openapi/{name}.json is not what the program says; `make openapi` writes it anew, then look at the difference"
        );
    }
}

#[test]
fn every_operation_is_described() {
    let document = Document::of_program();
    let named = Regex::new("^[a-z]+(_[a-z]+)+$").unwrap();
    let mut found = Vec::new();
    let mut ids = BTreeSet::new();
    let operations = document.operations();
    for operation in &operations {
        let mut say = |what: &str| {
            found.push(format!("{} {} {}: {what}", operation.id, operation.method, operation.path));
        };
        let said = &operation.said;
        let text = |name: &str| said[name].as_str().unwrap_or_default().trim();
        let tag = said["tags"][0].as_str().unwrap_or_default().replace('-', "_");
        if !named.is_match(&operation.id) || !ids.insert(operation.id.clone()) {
            say("its id must be its own, as <area>_<verb>");
        }
        if tag.is_empty() || text("summary").is_empty() {
            say("it needs a tag and a summary");
        }
        let own_words = text("description").split("Permission: ").next().unwrap_or_default().trim();
        if own_words.is_empty() {
            say("it needs a description");
        }
        match (&operation.permission, PUBLIC.contains(&&*operation.id), ANY_CALLER.contains(&&*operation.id))
        {
            (None, true, false) => {}
            (Some(permission), false, true) if permission.is_empty() => {}
            (Some(permission), false, false) if permission.contains(':') => {}
            other => {
                say(&format!(
                    "it must name a permission, or be on a list of those that need none: {other:?}"
                ));
            }
        }
        if let Some(RequestBody::Json { example: None, .. }) = operation.body {
            say("its body needs an example");
        }
        if operation.body.is_none() && ["POST", "PUT", "PATCH"].contains(&operation.method.as_str()) {
            say("it needs a request body, if only an empty one");
        }
        for (status, answer) in said["responses"].as_object().unwrap() {
            let json = &answer["content"]["application/json"];
            if status.starts_with('2')
                && json.is_object()
                && document.example(json).is_none()
                && !document.shows_example(&json["schema"])
            {
                say(&format!("its answer {status} needs an example"));
            }
        }
    }
    let mut references = Vec::new();
    collect_references(&document.0, &mut references);
    found.extend(
        references.iter().filter(|to| document.target(to).is_none()).map(|to| format!("{to} points nowhere")),
    );
    println!("{} operations, {} references", operations.len(), references.len());
    none(&found);
}

#[test]
fn problem_codes_are_unique() {
    // A code, and its title where that follows: the same code must always say the same.
    let kinds = "new\\(\\d+,|malformed\\(|not_found\\(|conflict\\(|refused\\(|unprocessable\\(|unavailable\\(|precondition\\(|gone\\(";
    let title = r#"(?:,\s*Message::\w+\(\s*(?:format!\(\s*)?"([^"]*)")?"#;
    let made = Regex::new(&format!(r#"(?:Problem|Self)::(?:{kinds})\s*"([^"]*)"{title}"#)).unwrap();
    let kebab = Regex::new("^[a-z]+(-[a-z]+)*$").unwrap();
    let mut titles: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for text in sources(concat!(env!("CARGO_MANIFEST_DIR"), "/src")) {
        for problem in made.captures_iter(&text) {
            let title = problem.get(2).map_or("", |title| title.as_str());
            titles.entry(problem[1].to_owned()).or_default().insert(title.to_owned());
        }
    }
    println!("{} problem codes: {:?}", titles.len(), titles.keys().collect::<Vec<_>>());
    assert!(titles.len() > 10, "the codes are made somewhere else");
    let bad = titles.iter().filter(|(code, titles)| !kebab.is_match(code) || titles.len() != 1);
    none(&bad.map(|(code, titles)| format!("/problems/{code}: {titles:?}")).collect::<Vec<_>>());
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect_references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        _ => {}
    }
}

fn sources(folder: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(sources(path.to_str().unwrap()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            texts.push(std::fs::read_to_string(path).unwrap());
        }
    }
    texts
}

fn none(found: &[String]) {
    assert!(found.is_empty(), "{} finding(s):\n{}", found.len(), found.join("\n"));
}
