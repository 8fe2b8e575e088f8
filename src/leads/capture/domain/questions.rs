//! What a form asks, and how it is shown.

use serde::{Deserialize, Serialize};

use crate::kernel::{FieldDefinition, FieldKey, FieldKind, FieldSet, Invalid, Language, Line, Message};
use crate::platform::http::Fields;

/// The most fields that a form asks for.
const FIELDS_AT_MOST: usize = 30;

/// What a custom field's name begins with.
const CUSTOM: &str = "field.";

/// A field that a form asks for, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedField {
    /// A field of leads, or `field.<key>`.
    pub name: String,
    /// What people see; none for the usual words.
    pub label: Option<String>,
    /// Whether it must be filled in.
    pub required: bool,
}

/// How a field is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// One line.
    Text,
    /// An e-mail address.
    Email,
    /// A phone.
    Tel,
    /// Several lines.
    Textarea,
    /// A whole number or one with decimals.
    Number,
    /// A day.
    Date,
    /// A box to tick.
    Checkbox,
    /// One of the choices.
    Select,
    /// Some of the choices.
    Checkboxes,
}

/// A field as people see it.
#[derive(Debug, Clone, Serialize)]
pub struct Question {
    /// The name under which its answer comes.
    pub name: String,
    /// What people see.
    pub label: String,
    /// How it is shown.
    pub input: Input,
    /// What browsers may fill in by themselves.
    pub autocomplete: &'static str,
    /// The most characters.
    pub max_length: usize,
    /// What may be chosen.
    pub choices: Vec<String>,
    /// Whether it must be filled in.
    pub required: bool,
    /// The custom field, of one.
    #[serde(skip)]
    pub definition: Option<FieldDefinition>,
}

struct Known {
    name: &'static str,
    label: Message,
    input: Input,
    autocomplete: &'static str,
    max_length: usize,
}

const fn known(
    name: &'static str,
    label: Message,
    input: Input,
    autocomplete: &'static str,
    max_length: usize,
) -> Known {
    Known { name, label, input, autocomplete, max_length }
}

#[rustfmt::skip]
static KNOWN: [Known; 8] = [
    known("contact_name", Message::new("Name", "Nombre"), Input::Text, "name", 255),
    known("company_name", Message::new("Company", "Empresa"), Input::Text, "organization", 255),
    known("email", Message::new("E-mail", "Correo electrónico"), Input::Email, "email", 254),
    known("phone", Message::new("Phone", "Teléfono"), Input::Tel, "tel", 50),
    known("website", Message::new("Web site", "Sitio web"), Input::Text, "url", 2048),
    known("industry", Message::new("Industry", "Giro"), Input::Text, "off", 100),
    known("employee_count", Message::new("Employees", "Empleados"), Input::Number, "off", 10),
    known("notes", Message::new("Message", "Mensaje"), Input::Textarea, "off", 5_000),
];

/// Refuses fields that nobody could answer, each at its place.
pub fn refused_fields(asked: &[AskedField], definitions: &FieldSet, fields: &mut Fields) {
    if !(1..=FIELDS_AT_MOST).contains(&asked.len()) {
        fields.refuse("/fields", Invalid::new("must be 1 to 30 fields", "deben ser de 1 a 30 campos"));
    }
    for (index, field) in asked.iter().enumerate().take(FIELDS_AT_MOST) {
        let place = format!("/fields/{index}/name");
        if asked[..index].iter().any(|other| other.name == field.name) {
            fields.refuse(&place, Invalid::new("is asked twice", "se pregunta dos veces"));
        } else if question(field, definitions, Language::English).is_none() {
            let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
            let names = names.join(", ");
            fields.refuse(
                &place,
                Invalid::formatted(
                    format!("must be one of {names}, or `field.<key>` of a custom field of leads"),
                    format!(
                        "debe ser uno de {names}, o `field.<clave>` de un campo propio de los prospectos"
                    ),
                ),
            );
        }
        if let Some(label) = &field.label {
            fields.take(&format!("/fields/{index}/label"), Line::<100>::parse(label));
        }
    }
    if !asked.iter().any(|field| matches!(field.name.as_str(), "email" | "phone")) {
        let reason = Invalid::new(
            "must ask for `email` or `phone`: a lead has one at least",
            "debe preguntar `email` o `phone`: un prospecto tiene al menos uno",
        );
        fields.refuse("/fields", reason);
    }
}

/// What the form asks as things are now: what it names, without custom fields that were archived since, and whatever else
/// the company requires of new leads.
pub fn questions(asked: &[AskedField], definitions: &FieldSet, language: Language) -> Vec<Question> {
    let mut all: Vec<Question> =
        asked.iter().filter_map(|field| question(field, definitions, language)).collect();
    for definition in definitions.iter().filter(|field| field.is_required && field.default.is_none()) {
        let name = format!("{CUSTOM}{}", definition.key);
        match all.iter_mut().find(|question| question.name == name) {
            Some(question) => question.required = true,
            None => all.push(custom(name, None, definition, true)),
        }
    }
    all
}

fn question(field: &AskedField, definitions: &FieldSet, language: Language) -> Option<Question> {
    if let Some(key) = field.name.strip_prefix(CUSTOM) {
        let key = FieldKey::parse(key).ok()?;
        let definition = definitions.get(key.as_str())?;
        return Some(custom(field.name.clone(), field.label.clone(), definition, field.required));
    }
    let known = KNOWN.iter().find(|known| known.name == field.name)?;
    let usual = || known.label.in_language(language).to_owned();
    Some(Question {
        name: field.name.clone(),
        label: field.label.clone().unwrap_or_else(usual),
        input: known.input,
        autocomplete: known.autocomplete,
        max_length: known.max_length,
        choices: Vec::new(),
        required: field.required,
        definition: None,
    })
}

fn custom(name: String, label: Option<String>, definition: &FieldDefinition, required: bool) -> Question {
    let input = match definition.kind {
        FieldKind::Text => Input::Text,
        FieldKind::Number => Input::Number,
        FieldKind::Date => Input::Date,
        FieldKind::Boolean => Input::Checkbox,
        FieldKind::Choice => Input::Select,
        FieldKind::MultiChoice => Input::Checkboxes,
    };
    Question {
        name,
        label: label.unwrap_or_else(|| definition.label.to_string()),
        input,
        autocomplete: "off",
        max_length: 500,
        choices: definition.choices.iter().map(ToString::to_string).collect(),
        required,
        definition: Some(definition.clone()),
    }
}
