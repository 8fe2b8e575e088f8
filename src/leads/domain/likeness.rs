//! By what two leads may be the same one, however it is written.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Details, Lead};
use crate::kernel::text::fold;
use crate::kernel::{Country, EmailAddress, Phone};

/// The most keys of one lead; a lead with a thousand numbers is not like others by each of them.
const KEYS_AT_MOST: usize = 50;

/// Custom fields that say where a company is, the narrower first.
const PLACES: [&str; 9] =
    ["localidad", "ciudad", "city", "cidade", "municipio", "place", "estado", "state", "region"];

/// Words that say of which legal form a company is, or nothing.
const FORMS: [&str; 24] = [
    "sa", "cv", "rl", "s", "a", "de", "c", "v", "r", "l", "srl", "sapi", "spr", "sas", "ltda", "ltd", "inc",
    "llc", "cia", "la", "el", "los", "las", "y",
];

/// What two leads have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LikenessKind {
    /// An e-mail address, of the lead or of a contact, whatever stands behind a `+`.
    Email,
    /// A telephone line, of the lead or of a contact.
    Phone,
    /// The company's name without its legal form, and the place.
    CompanyAndPlace,
}

impl LikenessKind {
    /// The number in the database.
    pub fn number(self) -> i16 {
        match self {
            Self::Email => 1,
            Self::Phone => 2,
            Self::CompanyAndPlace => 3,
        }
    }

    /// The kind of that number.
    pub fn of(number: i16) -> Self {
        match number {
            1 => Self::Email,
            2 => Self::Phone,
            _ => Self::CompanyAndPlace,
        }
    }
}

/// The keys of a lead and of the e-mails and phones of its contacts, each once.
pub fn likenesses(
    lead: &Lead,
    contacts: impl IntoIterator<Item = (Option<String>, Option<String>)>,
) -> Vec<(LikenessKind, String)> {
    let details = &lead.details;
    let mut keys = Vec::new();
    keys.extend(details.email.as_ref().map(|email| (LikenessKind::Email, mailbox(email))));
    keys.extend(details.phone.as_ref().map(|phone| (LikenessKind::Phone, phone.identity())));
    keys.extend(company(details).map(|company| (LikenessKind::CompanyAndPlace, company)));
    let mut further: Vec<(Option<String>, Option<String>)> = contacts.into_iter().collect();
    // Where imports keep what a lead has no room for.
    let kept = |name: &str| details.custom_fields.get(name).and_then(Value::as_str).map(str::to_owned);
    further.push((kept("other_emails"), kept("other_phones")));
    further.push((kept("email_original"), kept("phone_original")));
    for (emails, phones) in further {
        let emails = emails.iter().flat_map(|emails| emails.split([';', ',', ' ']));
        keys.extend(
            emails
                .filter_map(|email| EmailAddress::parse(email).ok())
                .map(|email| (LikenessKind::Email, mailbox(&email))),
        );
        // They are E.164 where they could be read, so that the country does not matter.
        let phones = phones.iter().flat_map(|phones| phones.split(';')).map(str::trim);
        let phones = phones.filter(|phone| phone.starts_with('+'));
        keys.extend(
            phones
                .filter_map(|phone| Phone::parse(phone, Country::MEXICO).ok())
                .map(|phone| (LikenessKind::Phone, phone.identity())),
        );
    }
    keys.sort();
    keys.dedup();
    keys.truncate(KEYS_AT_MOST);
    keys
}

/// Where the lead's company is, folded; none when nothing says so.
pub(super) fn place(details: &Details) -> Option<String> {
    let text = |name: &&str| details.custom_fields.get(*name).and_then(Value::as_str).map(fold);
    PLACES.iter().find_map(text).filter(|place| !place.is_empty())
}

/// The mailbox, without what people put behind a `+`, and without the dots that Gmail does not read.
fn mailbox(email: &EmailAddress) -> String {
    let normal = email.normalized();
    let (local, domain) = normal.split_once('@').unwrap_or((&normal, ""));
    let local = local.split('+').next().unwrap_or(local);
    match domain {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
        _ => format!("{local}@{domain}"),
    }
}

/// The words of the name in alphabetical order without legal forms, and the place.
fn company(details: &Details) -> Option<String> {
    let folded = fold(details.company_name.as_str()).replace('.', "");
    let mut words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !FORMS.contains(word))
        .collect();
    words.sort_unstable();
    words.dedup();
    if words.is_empty() {
        return None;
    }
    Some(format!("{}|{}", words.join(" "), place(details).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::{LikenessKind, likenesses};
    use crate::kernel::Country;
    use crate::leads::domain::{Form, Lead};

    fn keys(company: &str, email: &str, phone: &str, place: &str) -> Vec<(LikenessKind, String)> {
        let form = Form {
            company_name: Some(company.to_owned()),
            email: Some(email.to_owned()),
            phone: Some(phone.to_owned()),
            custom_fields: json!({ "localidad": place }).as_object().unwrap().clone(),
            ..Form::default()
        };
        likenesses(&Lead::new(form.parse(Country::MEXICO).unwrap(), None, DateTime::UNIX_EPOCH), [])
    }

    #[test]
    fn spellings_of_one_lead_have_the_same_keys() {
        let first = keys(
            "Sastrería Nájera, S.A. de C.V.",
            "Ines.Najera+web@gmail.com",
            "971 160 9009",
            "Salina Cruz",
        );
        for other in [
            keys("NAJERA SASTRERIA", "inesnajera@googlemail.com", "+52 1 971 160 9009", "salina  cruz"),
            keys("La Sastrería Nájera SA de CV", "inesnajera@gmail.com", "+529711609009", "SALINA CRUZ"),
        ] {
            assert_eq!(other, first);
        }
        assert_ne!(
            keys("Nájera", "a@b.mx", "9711609009", "Oaxaca")[2],
            keys("Nájera", "a@b.mx", "9711609009", "Puebla")[2]
        );
    }
}
