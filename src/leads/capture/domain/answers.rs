//! What came with a form: the answers, how the person found us, and whether it was a person.

use serde_json::{Map, Value, json};

use super::{Input, Question};
use crate::kernel::Invalid;
use crate::leads::domain::{Form, Touch};
use crate::platform::http::Fields;

/// The field that people do not see; programs that fill in everything fill it in.
const TRAP: &str = "confirm_url";

/// Nobody reads and fills in a form in less.
const FASTEST_MS: f64 = 1_000.0;

/// What came, by name.
#[derive(Debug, Clone)]
pub struct Answers(pub Map<String, Value>);

/// Whether a program sent `answers`: the field that nobody sees is filled in, or all was filled in at once.
pub fn is_spam(answers: &Answers) -> bool {
    let is_filled = answers.0.get(TRAP).is_some_and(|value| !is_empty(value));
    let elapsed = match answers.0.get("elapsed_ms") {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    is_filled || elapsed.is_some_and(|elapsed| elapsed < FASTEST_MS)
}

/// What the answers say.
#[derive(Debug)]
pub struct Filled {
    /// The lead that they describe.
    pub form: Form,
    /// Whether they name the company, so that nothing else stands for it.
    pub has_company: bool,
    /// Each question with its answer in words.
    pub words: Vec<(String, String)>,
}

/// What `answers` say; what is wrong is noted in `fields`.
pub fn fill_in(answers: &Answers, questions: &[Question], fields: &mut Fields) -> Filled {
    let mut form = Form::default();
    let mut words = Vec::new();
    for question in questions {
        let place = format!("/{}", question.name);
        let answer = answers.0.get(&question.name).filter(|value| !is_empty(value));
        let Some(answer) = answer else {
            // A box that is not ticked is not sent.
            match &question.definition {
                Some(definition) if question.input == Input::Checkbox && question.required => {
                    form.custom_fields.insert(definition.key.to_string(), json!(false));
                }
                _ if question.required => {
                    fields.refuse(&place, Invalid::new("is required", "es obligatorio"));
                }
                _ => {}
            }
            continue;
        };
        match take(&mut form, question, answer) {
            Ok(()) => words.push((question.label.clone(), in_words(answer))),
            Err(reason) => fields.refuse(&place, reason),
        }
    }
    let has_company = form.company_name.is_some();
    // A lead has a company; a person without one stands for it, as in imports.
    let name = [&form.company_name, &form.contact_name, &form.email, &form.phone];
    let name = name.into_iter().flatten().next().cloned();
    form.company_name = name;
    Filled { form, has_company, words }
}

fn take(form: &mut Form, question: &Question, answer: &Value) -> Result<(), Invalid> {
    if let Some(definition) = &question.definition {
        let value = match answer {
            Value::String(text) if question.input == Input::Checkbox && text == "on" => json!(true),
            Value::String(text) => definition.read_cell(text)?,
            other => definition.check(other)?,
        };
        form.custom_fields.insert(definition.key.to_string(), value);
        return Ok(());
    }
    if question.name == "employee_count" {
        form.employee_count = Some(whole(answer)?);
        return Ok(());
    }
    let text = match answer {
        Value::String(text) => text.trim().to_owned(),
        // A page with two fields of one name.
        Value::Array(items) => match items.iter().find(|item| !is_empty(item)) {
            Some(Value::String(text)) => text.trim().to_owned(),
            _ => return Err(not_text()),
        },
        _ => return Err(not_text()),
    };
    if text.chars().count() > question.max_length {
        let most = question.max_length;
        return Err(Invalid::formatted(
            format!("is longer than {most} characters"),
            format!("tiene más de {most} caracteres"),
        ));
    }
    let field = match question.name.as_str() {
        "contact_name" => &mut form.contact_name,
        "company_name" => &mut form.company_name,
        "email" => &mut form.email,
        "phone" => &mut form.phone,
        "website" => &mut form.website,
        "industry" => &mut form.industry,
        _ => &mut form.notes,
    };
    *field = Some(text);
    Ok(())
}

fn whole(answer: &Value) -> Result<i64, Invalid> {
    let number = match answer {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| Invalid::new("must be a whole number", "debe ser un número entero"))
}

fn not_text() -> Invalid {
    Invalid::new("must be a text", "debe ser un texto")
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        _ => false,
    }
}

fn in_words(answer: &Value) -> String {
    match answer {
        Value::String(text) => text.trim().to_owned(),
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Bool(true) => "✓".to_owned(),
        Value::Bool(false) => "✗".to_owned(),
        other => other.to_string(),
    }
}

impl Answers {
    /// How the person found us. What is too long or has control characters is cut, since nobody typed it.
    pub fn touch(&self, form: &str) -> Touch {
        Touch {
            source: self.part("utm_source"),
            medium: self.part("utm_medium"),
            campaign: self.part("utm_campaign"),
            term: self.part("utm_term"),
            content: self.part("utm_content"),
            gclid: self.part("gclid"),
            fbclid: self.part("fbclid"),
            msclkid: self.part("msclkid"),
            ttclid: self.part("ttclid"),
            landing_page: self.part("page_url"),
            referrer: self.part("referrer"),
            form: Some(form.to_owned()),
        }
    }

    /// Whether the person agreed.
    pub fn agrees(&self) -> bool {
        match self.0.get("consent") {
            Some(Value::Bool(agrees)) => *agrees,
            Some(Value::String(text)) => {
                matches!(text.trim().to_lowercase().as_str(), "true" | "on" | "1" | "yes" | "si" | "sí")
            }
            _ => false,
        }
    }

    /// Which version of the consent text they saw; none when the page does not say.
    pub fn consent_version(&self) -> Option<String> {
        self.part("consent_version")
    }

    fn part(&self, name: &str) -> Option<String> {
        let text = match self.0.get(name)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        let is_odd = |c: &char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        let clean: String = text.chars().filter(|c| !is_odd(c)).take(500).collect();
        let clean = clean.trim();
        (!clean.is_empty()).then(|| clean.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Answers, is_spam};

    fn answers(value: &Value) -> Answers {
        Answers(value.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn programs_give_themselves_away() {
        for (value, expected) in [
            (json!({}), false),
            (json!({ "confirm_url": "" }), false),
            (json!({ "confirm_url": "http://x" }), true),
            (json!({ "confirm_url": ["", "x"] }), true),
            (json!({ "elapsed_ms": 200 }), true),
            (json!({ "elapsed_ms": "999" }), true),
            (json!({ "elapsed_ms": 1000 }), false),
            (json!({ "elapsed_ms": "soon" }), false),
        ] {
            assert_eq!(is_spam(&answers(&value)), expected, "{value}");
        }
    }

    #[test]
    fn what_nobody_typed_is_cut_and_cleaned() {
        let long = "x".repeat(2000);
        let touch = answers(
            &json!({ "utm_source": "a\r\nSet-Cookie: b", "gclid": long, "utm_term": 5, "referrer": {} }),
        );
        let touch = touch.touch("Contacto");
        assert_eq!(touch.source.as_deref(), Some("aSet-Cookie: b"));
        assert_eq!(touch.gclid.map(|id| id.len()), Some(500));
        assert_eq!((touch.term.as_deref(), touch.referrer), (Some("5"), None));
    }

    #[test]
    fn consent_is_said_in_the_ways_of_pages() {
        for (value, expected) in [
            (json!(true), true),
            (json!("on"), true),
            (json!("Sí"), true),
            (json!("false"), false),
            (json!(1), false),
        ] {
            assert_eq!(answers(&json!({ "consent": value })).agrees(), expected, "{value}");
        }
    }
}
