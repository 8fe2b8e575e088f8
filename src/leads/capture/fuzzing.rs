//! What arbitrary answers must never do to a form.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::domain::{Answers, AskedField, fill_in, is_spam, questions};
use crate::kernel::{Country, FieldSet, Language};
use crate::platform::http::{Fields, parse_json};

static ASKED: LazyLock<Vec<AskedField>> = LazyLock::new(|| {
    let names =
        ["contact_name", "company_name", "email", "phone", "website", "industry", "employee_count", "notes"];
    let asked = |name: &&str| AskedField { name: (*name).to_owned(), label: None, required: false };
    names.iter().map(asked).collect()
});

/// An answer that is taken has an e-mail address or a phone, and how the person came is short and of one line.
#[expect(clippy::missing_panics_doc, reason = "a broken promise is what a fuzzer looks for")]
pub fn answer(bytes: &[u8]) {
    let Ok(values) = parse_json::<Map<String, Value>>(bytes, "") else { return };
    let answers = Answers(values);
    let _ = (is_spam(&answers), answers.agrees(), answers.consent_version());
    let mut fields = Fields::default();
    let filled = fill_in(&answers, &questions(&ASKED, &FieldSet::default(), Language::Spanish), &mut fields);
    if let (Ok(()), Ok(details)) = (fields.finish(), filled.form.parse(Country::MEXICO)) {
        assert!(details.email.is_some() || details.phone.is_some());
    }
    for (_, part) in answers.touch("x").parts() {
        let is_plain = |text: &String| text.chars().count() <= 500 && !text.chars().any(char::is_control);
        assert!(part.as_ref().is_none_or(is_plain));
    }
}
