//! `docs/security.md` claims no test that is not there, and leaves out none of the rows that we set ourselves.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

/// The rows of ASVS 5.0 that need code here.
const ROWS: &str = "1.2.1-5 1.2.10 1.3.1 1.3.4 1.3.6 2.2.1-3 2.3.1-4 2.4.1 3.3.1-4 3.4.1-6 3.5.1-3 4.1.1 4.1.3 4.2.1 4.4.1-4 \
                    5.2.1-3 5.3.1-2 5.4.1-2 6.2.1-12 6.3.1-4 6.4.1-4 6.5.1-5 6.8.1-2 7.2.1-4 7.3.1-2 7.4.1-5 7.5.1-2 8.2.1-3 \
                    8.3.1 8.4.1 9.1.1-3 9.2.1-4 10.3.1-3 10.4.5 10.4.8-9 10.5.1-4 11.3.1-3 11.4.1-2 11.5.1 12.1.1-2 12.3.1-2 \
                    13.2.1-5 13.4.2-5 14.2.1-2 14.3.2 15.1.2 15.2.2 15.3.1-5 15.3.7 16.2.1-5 16.3.1-4 16.4.1 16.5.1-3";

/// Everything that is wrong with the text of the page, whose tests are looked for below `root`.
pub fn wrong(page: &str, root: &Path) -> Vec<String> {
    let named = Regex::new(r"`((?:id|api|src|tests)/[\w/]+\.rs)::(\w+)`").unwrap();
    let mut found = Vec::new();
    let mut there = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| row ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [row, _, held] = cells[..] else {
            found.push(format!("not three cells: {line}"));
            continue;
        };
        if !there.insert(row.to_owned()) {
            found.push(format!("{row} is there twice"));
        }
        let tests: Vec<_> = named.captures_iter(held).collect();
        let says_why =
            ["not yet: ", "not applicable: "].iter().any(|word| held.starts_with(word) && held.len() > 30);
        if !says_why && (tests.is_empty() || held.matches('`').count() != tests.len() * 2) {
            found.push(format!("{row} names no test, and does not say why: {held}"));
        }
        for test in tests {
            let path = test[1].replacen("id/", "api/identity/", usize::from(test[1].starts_with("id/")));
            let path = if path.starts_with("api/") { format!("tests/{path}") } else { path };
            let text = std::fs::read_to_string(root.join(&path)).unwrap_or_default();
            let is_test = Regex::new(&format!(
                r"#\[(tokio::)?test[^\n]*\n(\s*//[^\n]*\n)*\s*(async )?fn {}\(",
                &test[2]
            ));
            if !is_test.unwrap().is_match(&text) {
                found.push(format!("{row}: there is no test {} in {path}", &test[2]));
            }
        }
    }
    let wanted = (1..=10).map(|number| format!("API{number}")).chain(ROWS.split_whitespace().flat_map(rows));
    found.extend(wanted.filter(|row| !there.contains(row)).map(|row| format!("{row} is missing")));
    found
}

/// `1.2.1-5` is five rows.
fn rows(range: &str) -> Vec<String> {
    let (section, last) = range.rsplit_once('.').unwrap();
    let (first, last) = last.split_once('-').unwrap_or((last, last));
    let numbers = first.parse::<u32>().unwrap()..=last.parse::<u32>().unwrap();
    numbers.map(|number| format!("{section}.{number}")).collect()
}
