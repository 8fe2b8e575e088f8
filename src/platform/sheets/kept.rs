//! The custom fields of a row, where everything goes that nothing else takes: no text is lost.

use serde_json::{Map, Value};

use super::mapping::{Picked, RowDraft};
use crate::kernel::{FieldSet, Invalid, Line};

/// The custom fields of a row, where texts go that nothing else takes.
#[derive(Debug, Clone, Default)]
pub struct Kept(Map<String, Value>);

impl Kept {
    /// The custom texts of a row.
    pub fn new(draft: &RowDraft) -> Self {
        Self(draft.custom.iter().map(|(name, text)| (name.clone(), text.clone().into())).collect())
    }

    /// The values, to be checked and stored.
    pub fn into_values(self) -> Map<String, Value> {
        self.0
    }

    /// Keeps a text; two of one name are joined.
    pub fn keep(&mut self, name: &str, text: &str) {
        let text = match self.0.get(name).and_then(Value::as_str) {
            Some(there) => format!("{there}; {text}"),
            None => text.to_owned(),
        };
        self.0.insert(name.to_owned(), text.into());
    }

    /// Reads the texts of defined fields; those that cannot be read are kept.
    pub fn read_fields(&mut self, fields: &FieldSet) {
        for (key, text, _) in fields.read_cells(&mut self.0) {
            self.keep(&format!("{key}_original"), &text);
        }
    }

    /// The chosen one of several e-mails or phones as text; the others and the unreadable ones are kept.
    pub fn pick<T>(&mut self, picked: &Picked<T>, field: &str, text: impl Fn(&T) -> &str) -> Option<String> {
        for other in &picked.others {
            self.keep(&format!("other_{field}s"), text(other));
        }
        for (refused, _) in &picked.refused {
            self.keep(&format!("{field}_original"), refused);
        }
        picked.chosen.as_ref().map(|chosen| text(chosen).to_owned())
    }

    /// What `parse` makes of a text; one that it refuses is kept.
    pub fn value<T>(
        &mut self,
        field: &str,
        text: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let text = text?;
        let value = parse(&text).ok();
        if value.is_none() {
            self.keep(&format!("{field}_original"), &text);
        }
        value
    }

    /// A text that `parse` takes; one that it refuses is kept.
    pub fn text<T>(
        &mut self,
        field: &str,
        text: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<String> {
        self.value(field, text, |text| parse(text).map(|_| text.to_owned()))
    }

    /// A line of at most `MAX` characters; a longer one is kept.
    pub fn line<const MAX: usize>(&mut self, field: &str, text: Option<String>) -> Option<String> {
        self.text(field, text, Line::<MAX>::parse)
    }

    /// At most 50 tags of at most 50 characters; the others are kept.
    pub fn tags(&mut self, tags: &[String]) -> Vec<String> {
        let mut taken = Vec::new();
        for tag in tags {
            if taken.len() < 50 && Line::<50>::parse(tag).is_ok() {
                taken.push(tag.clone());
            } else {
                self.keep("tags_original", tag);
            }
        }
        taken
    }
}
