//! Why rows are not taken: sentences, and how often each of them was said.

use crate::kernel::{Invalid, Message};
use crate::platform::problem::Problem;

/// The most different reasons of an import that are kept apart.
const MAX_REASONS: usize = 50;
/// The most rows that a reason names.
pub const MAX_ROWS_NAMED: usize = 20;
/// The most characters of a reason by which it is told from others.
const MAX_KEY_CHARS: usize = 200;

/// What became of a row that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is no record.
    Refused,
    /// Its record is there already.
    Skipped,
}

impl Outcome {
    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Skipped => "skipped",
        }
    }
}

/// A reason and the rows that it was said of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What became of the rows.
    pub outcome: Outcome,
    /// The sentence.
    pub reason: Message,
    /// How many rows.
    pub count: i32,
    /// The first of them.
    pub rows: Vec<i32>,
}

/// Reasons with their counts. However odd a file is, they are not more than a person can read.
#[derive(Debug, Clone, Default)]
pub struct Reasons {
    said: Vec<(String, Said)>,
}

impl Reasons {
    /// Says `reason` of row `number`. `known` are the keys of reasons that were said before.
    pub fn say(&mut self, known: &[String], outcome: Outcome, reason: Message, number: u32) {
        let key_of = |reason: &Message| {
            let sentence: String = reason.en.chars().take(MAX_KEY_CHARS).collect();
            format!("{}: {sentence}", outcome.as_str())
        };
        let mut key = key_of(&reason);
        let mut reason = reason;
        let is_new = |key: &String| !known.contains(key) && self.said.iter().all(|(other, _)| other != key);
        let new_here = self.said.iter().filter(|(other, _)| !known.contains(other)).count();
        if is_new(&key) && known.len() + new_here >= MAX_REASONS {
            reason = Message::new("Other reasons.", "Otros motivos.");
            key = key_of(&reason);
        }
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        match self.said.iter_mut().find(|(other, _)| *other == key) {
            Some((_, said)) => {
                said.count += 1;
                if said.rows.len() < MAX_ROWS_NAMED {
                    said.rows.push(number);
                }
            }
            None => self.said.push((key, Said { outcome, reason, count: 1, rows: vec![number] })),
        }
    }

    /// Each reason with the key by which it is told from others.
    pub fn said(&self) -> &[(String, Said)] {
        &self.said
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.said.iter().map(|(key, _)| key)
    }
}

/// The row has what is another record's that whoever imports does not see.
pub fn somebody_elses() -> Message {
    Message::new(
        "The record with this identity or unique value is somebody else's.",
        "El registro con esta identidad o valor único es de otra persona.",
    )
}

/// The row has the value of a unique field that another record or row has.
pub fn same_field(label: &str) -> Message {
    Message::formatted(
        format!("Another record or row has the same value of \"{label}\", which is unique."),
        format!("Otro registro u otra fila tiene el mismo valor de \"{label}\", que es único."),
    )
}

/// The row's new record would break the rules of a field.
pub fn field_refused(key: &str, why: &Invalid) -> Message {
    Message::formatted(format!("{key}: {}", why.0.en), format!("{key}: {}", why.0.es))
}

/// The row makes the database or the program stumble.
pub fn unstorable() -> Message {
    Message::new(
        "The row could not be stored: look for odd characters in it.",
        "No se pudo guardar la fila: busque en ella caracteres extraños.",
    )
}

/// The first thing that is wrong with a record.
pub fn first_reason(problem: &Problem) -> Message {
    match problem.errors().first() {
        Some(error) => {
            let (field, reason) = (error.place().trim_start_matches('/'), error.reason());
            Message::formatted(format!("{field}: {}", reason.en), format!("{field}: {}", reason.es))
        }
        None => unstorable(),
    }
}

/// The kept file could not be read again, for `why`.
pub fn failure(why: &Invalid) -> Message {
    Message::formatted(
        format!("The file could not be read again: {}", why.0.en),
        format!("No se pudo leer de nuevo el archivo: {}", why.0.es),
    )
}

/// The import was tried too often.
pub fn internal_failure() -> Message {
    Message::new(
        "The import stopped several times without an end: the rows counted so far stand; upload the file again.",
        "La importación se detuvo varias veces sin terminar: las filas contadas quedan; suba el archivo de nuevo.",
    )
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Reasons};
    use crate::kernel::Message;

    fn repeated() -> Message {
        Message::new("again", "otra vez")
    }

    #[test]
    fn reasons_are_counted_and_bounded() {
        let mut reasons = Reasons::default();
        for number in 2..32 {
            reasons.say(&[], Outcome::Skipped, repeated(), number);
        }
        for number in 0..200 {
            let odd = Message::formatted(format!("odd {number}"), format!("raro {number}"));
            reasons.say(&[], Outcome::Refused, odd, number);
        }
        let said = reasons.said();
        assert_eq!((said[0].1.count, said[0].1.rows.len(), said[0].1.rows[19]), (30, 20, 21));
        assert_eq!(said.len(), 51);
        assert_eq!((said[50].1.reason.es.as_ref(), said[50].1.count), ("Otros motivos.", 151));
        let known: Vec<String> = reasons.keys().cloned().collect();
        let mut later = Reasons::default();
        later.say(&known, Outcome::Refused, Message::new("new", "nuevo"), 7);
        later.say(&known, Outcome::Skipped, repeated(), 8);
        let keys: Vec<&String> = later.keys().collect();
        assert_eq!(keys, [&known[50], &known[0]]);
    }
}
