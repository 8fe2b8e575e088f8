//! Which kinds of events somebody wants: one, all of an area, or all.

use std::fmt;

use super::Catalogue;
use crate::kernel::Invalid;

/// A kind (`Lead.Created`), all kinds of an area (`Lead.*`), or every kind (`*`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KindPattern(String);

impl KindPattern {
    /// The pattern in `text`, which must take at least one kind of `catalogue`.
    pub fn parse(text: &str, catalogue: &Catalogue) -> Result<Self, Invalid> {
        let pattern = Self(text.trim().to_owned());
        if catalogue.entries().iter().any(|entry| pattern.takes(entry.kind)) {
            return Ok(pattern);
        }
        Err(Invalid::new(
            "is no kind of event; `GET /api/v1/events/catalog` lists them, `Lead.*` takes an area and `*` all",
            "no es un tipo de evento; `GET /api/v1/events/catalog` los muestra, `Lead.*` toma un área y `*` todos",
        ))
    }

    /// Whether it takes `kind`.
    pub fn takes(&self, kind: &str) -> bool {
        match self.0.strip_suffix('*') {
            None => self.0 == kind,
            Some("") => true,
            Some(area) => area.ends_with('.') && !area.starts_with('.') && kind.starts_with(area),
        }
    }

    /// The patterns that take `kind`, as text.
    pub fn all_taking(kind: &str) -> Vec<String> {
        let area = kind.split('.').next().unwrap_or_default();
        vec![kind.to_owned(), format!("{area}.*"), "*".to_owned()]
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KindPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The kinds of `catalogue` that a comma list of patterns takes.
pub(super) fn kinds_of(list: &str, catalogue: &Catalogue) -> Result<Vec<String>, Invalid> {
    let patterns: Vec<KindPattern> =
        list.split(',').map(|text| KindPattern::parse(text, catalogue)).collect::<Result<_, _>>()?;
    let kinds = catalogue.entries().iter().map(|entry| entry.kind);
    Ok(kinds.filter(|kind| patterns.iter().any(|pattern| pattern.takes(kind))).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::KindPattern;

    #[test]
    fn patterns_take_a_kind_an_area_or_all() {
        for (pattern, kind, expected) in [
            ("Lead.Created", "Lead.Created", true),
            ("Lead.Created", "Lead.CreatedAgain", false),
            ("Lead.*", "Lead.Created", true),
            ("Lead.*", "LeadX.Created", false),
            ("Le*", "Lead.Created", false),
            ("*", "Lead.Created", true),
            (".*", "Lead.Created", false),
            ("*.Created", "Lead.Created", false),
            ("", "Lead.Created", false),
        ] {
            let pattern = KindPattern(pattern.to_owned());
            assert_eq!(pattern.takes(kind), expected, "{pattern} {kind}");
            if !pattern.as_str().is_empty() {
                assert_eq!(KindPattern::all_taking(kind).contains(&pattern.0), expected, "{pattern} {kind}");
            }
        }
    }
}
