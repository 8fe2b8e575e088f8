//! The catalogue of events: what may happen, under which name and subject, in which stream.

use serde::Serialize;
use serde_json::Value;

use super::Event;

/// One kind of event. What its data looks like is made when somebody asks: all of it together is some megabytes.
#[derive(Debug, Clone)]
pub struct EventKind {
    /// The name, which is the `type` of the envelope.
    pub kind: &'static str,
    /// The NATS subject.
    pub subject: &'static str,
    /// When it is emitted.
    pub summary: &'static str,
    /// The JetStream stream that carries it.
    pub stream: String,
    shape: fn() -> Shape,
}

/// What the data of a kind of event looks like.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The JSON Schema of `data`.
    pub schema: Value,
    /// An example of `data`.
    pub example: Value,
    /// The named schemas that `schema` refers to.
    pub definitions: Vec<(String, Value)>,
}

impl EventKind {
    /// The kind of `E`; its stream is told by [`Catalogue::new`].
    pub fn of<E: Event>() -> Self {
        Self {
            kind: E::TYPE,
            subject: E::SUBJECT,
            summary: E::SUMMARY,
            stream: String::new(),
            shape: Shape::of::<E>,
        }
    }

    /// What its data looks like.
    pub fn shape(&self) -> Shape {
        (self.shape)()
    }
}

impl Shape {
    fn of<E: Event>() -> Self {
        let mut schemas = Vec::new();
        E::schemas(&mut schemas);
        Self {
            schema: json(&E::schema()),
            example: json(&E::example()),
            definitions: schemas.into_iter().map(|(name, schema)| (name, json(&schema))).collect(),
        }
    }
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// A JetStream stream: its name and the subject patterns that it takes.
pub type Stream = (&'static str, &'static [&'static str]);

/// All kinds of events.
#[derive(Debug, Clone)]
pub struct Catalogue {
    entries: Vec<EventKind>,
    streams: Vec<Stream>,
}

/// A mistake in the catalogue, found at start.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// No stream, or more than one, takes the subject.
    #[error("the event {kind} with subject {subject} matches {matches} streams; it must match exactly one")]
    Unrouted {
        /// The event.
        kind: &'static str,
        /// Its subject.
        subject: &'static str,
        /// How many streams take it.
        matches: usize,
    },
    /// Two events share a name or a subject.
    #[error("the event {0} is in the catalogue twice, by name or by subject")]
    Twice(&'static str),
}

impl Catalogue {
    /// The catalogue of `entries`, each of which must match exactly one of `streams`.
    pub fn new(mut entries: Vec<EventKind>, streams: Vec<Stream>) -> Result<Self, CatalogueError> {
        for index in 0..entries.len() {
            let (earlier, rest) = entries.split_at_mut(index);
            let entry = &mut rest[0];
            if earlier.iter().any(|other| other.kind == entry.kind || other.subject == entry.subject) {
                return Err(CatalogueError::Twice(entry.kind));
            }
            let matching: Vec<_> = streams
                .iter()
                .filter(|(_, patterns)| patterns.iter().any(|pattern| takes(pattern, entry.subject)))
                .collect();
            let [(name, _)] = matching.as_slice() else {
                return Err(CatalogueError::Unrouted {
                    kind: entry.kind,
                    subject: entry.subject,
                    matches: matching.len(),
                });
            };
            (*name).clone_into(&mut entry.stream);
        }
        Ok(Self { entries, streams })
    }

    /// Every kind of event.
    pub fn entries(&self) -> &[EventKind] {
        &self.entries
    }

    /// Every stream.
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// The kind called `kind`.
    pub fn entry(&self, kind: &str) -> Option<&EventKind> {
        self.entries.iter().find(|entry| entry.kind == kind)
    }
}

/// Whether a NATS subject pattern takes `subject`: `*` is one token, a last `>` is one or more.
pub fn takes(pattern: &str, subject: &str) -> bool {
    let mut tokens = subject.split('.');
    for part in pattern.split('.') {
        match (part, tokens.next()) {
            (">", Some(_)) => return true,
            ("*", Some(_)) => {}
            (part, Some(token)) if part == token => {}
            _ => return false,
        }
    }
    tokens.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::takes;

    #[test]
    fn patterns_take_subjects_as_nats_does() {
        for (pattern, subject, expected) in [
            ("lead.>", "lead.created", true),
            ("lead.>", "lead.status.changed", true),
            ("lead.*", "lead.status.changed", false),
            ("lead.*", "lead.created", true),
            ("lead.>", "lead", false),
            ("user.>", "lead.created", false),
        ] {
            assert_eq!(takes(pattern, subject), expected, "{pattern} {subject}");
        }
    }
}
