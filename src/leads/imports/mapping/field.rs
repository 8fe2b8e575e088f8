//! The fields that a column can feed.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::kernel::{Invalid, text};

/// A field of a lead, as an import names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// The company.
    CompanyName,
    /// The person; several columns are joined.
    ContactName,
    /// The e-mail; the first good one counts, the others are kept.
    Email,
    /// The phone; the first good one counts, the others are kept.
    Phone,
    /// The web site.
    Website,
    /// The industry.
    Industry,
    /// How many people work there.
    EmployeeCount,
    /// Sales in a year.
    AnnualRevenue,
    /// Where the lead came from.
    Source,
    /// The status, as a word.
    Status,
    /// Tags, separated by commas, semicolons or bars.
    Tags,
    /// Notes; several columns are joined.
    Notes,
    /// Who works the lead, by e-mail.
    OwnerEmail,
    /// When the lead came in.
    CreatedAt,
    /// `utm_source` of the first touch.
    UtmSource,
    /// `utm_medium` of the first touch.
    UtmMedium,
    /// `utm_campaign` of the first touch.
    UtmCampaign,
    /// A custom field by its name: `a-z`, `0-9`, `_`, at most 60.
    Custom(String),
    /// Nothing.
    Ignore,
}

/// The fields with fixed names, in the order of the documentation.
const NAMED: [(Field, &str); 18] = [
    (Field::CompanyName, "company_name"),
    (Field::ContactName, "contact_name"),
    (Field::Email, "email"),
    (Field::Phone, "phone"),
    (Field::Website, "website"),
    (Field::Industry, "industry"),
    (Field::EmployeeCount, "employee_count"),
    (Field::AnnualRevenue, "annual_revenue"),
    (Field::Source, "source"),
    (Field::Status, "status"),
    (Field::Tags, "tags"),
    (Field::Notes, "notes"),
    (Field::OwnerEmail, "owner_email"),
    (Field::CreatedAt, "created_at"),
    (Field::UtmSource, "utm_source"),
    (Field::UtmMedium, "utm_medium"),
    (Field::UtmCampaign, "utm_campaign"),
    (Field::Ignore, "ignore"),
];

/// The most characters of a custom field's name.
const MAX_CUSTOM_NAME: usize = 60;

impl Field {
    /// Parses a field's name, `ignore`, `external_id` or `custom:name`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix("custom:") {
            return custom_name(name).map(Self::Custom).ok_or_else(|| {
                Invalid::new(
                    "A custom field needs a name with letters or digits: custom:name.",
                    "Un campo propio necesita un nombre con letras o dígitos: custom:nombre.",
                )
            });
        }
        if text == "external_id" {
            return Ok(Self::Custom(text.to_owned()));
        }
        match NAMED.iter().find(|(_, name)| *name == text) {
            Some((field, _)) => Ok(field.clone()),
            None => Err(unknown(text)),
        }
    }

    /// Whether two columns may feed it.
    pub(super) fn takes_several(&self) -> bool {
        matches!(self, Self::ContactName | Self::Email | Self::Phone | Self::Notes | Self::Tags)
    }
}

/// The column of a file of refused rows that says why they were refused.
pub const REASON_COLUMN: &str = "cauce_reason";
/// The column that says where they stood.
pub const ROW_COLUMN: &str = "cauce_row";

/// What a column feeds that our own files name: `custom:<name>` in exports, and what is only told in files of refused rows.
pub(super) fn of_our_own(header: &str) -> Option<Field> {
    match header {
        REASON_COLUMN | ROW_COLUMN => Some(Field::Ignore),
        _ if header.starts_with("custom:") => Field::parse(header).ok(),
        _ => None,
    }
}

/// A custom field's name from free text: `Razón social` → `razon_social`; `None` without a letter or digit.
pub(super) fn custom_name(free_text: &str) -> Option<String> {
    let folded = text::fold(free_text);
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("_").chars().take(MAX_CUSTOM_NAME).collect();
    let name = name.trim_end_matches('_');
    (!name.is_empty()).then(|| name.to_owned())
}

fn unknown(text: &str) -> Invalid {
    let known = NAMED.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
    Invalid::formatted(
        format!("There is no field \"{text}\". The fields are: {known}, external_id and custom:name."),
        format!("No existe el campo \"{text}\". Los campos son: {known}, external_id y custom:nombre."),
    )
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Custom(name) => write!(formatter, "custom:{name}"),
            named => {
                let name = NAMED.iter().find(|(field, _)| field == named).map_or("", |(_, name)| name);
                formatter.write_str(name)
            }
        }
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
