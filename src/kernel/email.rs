//! E-mail addresses.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{KnownFormat, RefOr};

use super::schema::TextSchema;
use super::{Invalid, Message};

/// An e-mail address that can be written to: `local@domain.tld`, at most 254 characters (RFC 5321 with erratum 1690).
///
/// Quoted local parts, comments and IP literals are refused: nobody's customer has one and every typing error makes one.
/// Before the `@` there are at most 64 octets (RFC 5321 §4.5.3.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct EmailAddress(String);

/// The most characters of an address.
const MAX_LENGTH: usize = 254;
/// The most octets before the `@`.
const MAX_LOCAL_LENGTH: usize = 64;

impl EmailAddress {
    /// Parses an address as it was typed; surrounding white space is dropped.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Invalid::new("The e-mail address is empty.", "El correo electrónico está vacío."));
        }
        if text.len() > MAX_LENGTH {
            return Err(Invalid::new(
                "The e-mail address is longer than 254 characters.",
                "El correo electrónico tiene más de 254 caracteres.",
            ));
        }
        match text.split_once('@') {
            Some((local, domain)) if is_local_part(local) && is_domain(domain) => Ok(Self(text.to_owned())),
            _ => Err(Invalid(not_an_address())),
        }
    }

    /// The address as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key by which two spellings are one mailbox: lower case, the domain in its ASCII (IDNA) form.
    ///
    /// RFC 5321 lets a server tell `Ana@` from `ana@`; none that a customer uses does.
    pub fn normalized(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        let local = local.to_lowercase();
        match ascii_domain(domain) {
            Some(domain) => format!("{local}@{domain}"),
            None => format!("{local}@{}", domain.to_lowercase()),
        }
    }

    /// The part after the `@`, in lower case.
    pub fn domain(&self) -> String {
        self.0.rsplit('@').next().unwrap_or_default().to_lowercase()
    }
}

fn not_an_address() -> Message {
    Message::new(
        "This is not an e-mail address: it must look like name@company.com.",
        "Esto no es un correo electrónico: debe tener la forma nombre@empresa.com.",
    )
}

/// A dot-atom (RFC 5322 §3.2.3), with letters and digits of any script (RFC 6531).
fn is_local_part(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty() && atom.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
    };
    local.len() <= MAX_LOCAL_LENGTH && local.split('.').all(is_atom)
}

/// At least two labels, the last one with a letter first; other scripts must have an ASCII form.
fn is_domain(domain: &str) -> bool {
    if !domain.is_ascii() {
        return domain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.')
            && ascii_domain(domain).is_some_and(|ascii| is_domain(&ascii));
    }
    let labels: Vec<&str> = domain.split('.').collect();
    let starts_with_letter = |label: &str| label.starts_with(|c: char| c.is_ascii_alphabetic());
    let top = labels.last().copied().unwrap_or_default();
    labels.len() >= 2 && labels.iter().copied().all(is_label) && top.len() >= 2 && starts_with_letter(top)
}

/// A label of a host name (RFC 1123 §2.1): 1 to 63 letters, digits and inner hyphens.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn ascii_domain(domain: &str) -> Option<Cow<'_, str>> {
    if domain.is_ascii() {
        return Some(Cow::Owned(domain.to_ascii_lowercase()));
    }
    match url::Host::parse(domain) {
        Ok(url::Host::Domain(ascii)) => Some(Cow::Owned(ascii)),
        _ => None,
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

const SCHEMA: TextSchema = TextSchema {
    description: "An e-mail address.",
    pattern: concat!(
        r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*",
        r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$"
    ),
    max_length: MAX_LENGTH,
    example: "compras@ferreteria-lopez.mx",
};

impl utoipa::PartialSchema for EmailAddress {
    fn schema() -> RefOr<Schema> {
        SCHEMA.schema_with_format(KnownFormat::Email)
    }
}

impl utoipa::ToSchema for EmailAddress {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::schema::generator_of;

    #[test]
    fn accepts_what_people_have() {
        for text in [
            "ana@empresa.mx",
            " ana@empresa.mx\n",
            "ANA.LOPEZ+ventas@Empresa.COM.MX",
            "o'neil@x.io",
            "a@b.co",
            "ventas@ñandú.mx",
            "peña@gmail.com",
            "x@xn--and-6ma2c.mx",
            "corbatas_oli-hernandez@hotmail.com",
        ] {
            assert!(EmailAddress::parse(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_cannot_be_written_to() {
        let long = format!("{}@b.co", "a".repeat(65));
        for text in [
            "",
            "   ",
            "ana",
            "ana@",
            "@b.mx",
            "ana@empresa",
            "ana@@empresa.mx",
            "ana@b@c.mx",
            "ana..lopez@empresa.mx",
            ".ana@empresa.mx",
            "ana.@empresa.mx",
            "ana@empresa..mx",
            "ana@.empresa.mx",
            "ana@empresa.mx.",
            "ana@-empresa.mx",
            "ana@empresa-.mx",
            "ana lopez@empresa.mx",
            "ana@empresa .mx",
            "ana\0@empresa.mx",
            "ana@empresa\u{7}.mx",
            "ana@10.0.0.1",
            "ana@[10.0.0.1]",
            "\"ana lopez\"@empresa.mx",
            "Ana <ana@empresa.mx>",
            "ana@empresa.mx, luis@empresa.mx",
            "ana@empresa_sa.mx",
            "WWW.EMPRESA.COM",
            &long,
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn one_mailbox_has_one_key() {
        for (one, other) in [
            ("Ana@Empresa.MX", "ana@empresa.mx"),
            ("VENTAS@ÑANDÚ.MX", "ventas@ñandú.mx"),
            ("ventas@ñandú.mx", "ventas@xn--and-6ma2c.mx"),
            ("PEÑA@gmail.com", "peña@GMAIL.com"),
        ] {
            let key = |text| EmailAddress::parse(text).unwrap().normalized();
            assert_eq!(key(one), key(other));
        }
        let address = EmailAddress::parse("Ana@Empresa.MX").unwrap();
        assert_eq!((address.as_str(), address.domain().as_str()), ("Ana@Empresa.MX", "empresa.mx"));
    }

    #[test]
    fn json_goes_through_the_parser() {
        let address: EmailAddress = serde_json::from_str("\"ana@empresa.mx\"").unwrap();
        assert_eq!(serde_json::to_string(&address).unwrap(), "\"ana@empresa.mx\"");
        assert!(serde_json::from_str::<EmailAddress>("\"ana\"").is_err());
    }

    proptest! {
        #[test]
        fn everything_that_the_schema_describes_is_accepted(
            text in proptest::string::string_regex(&generator_of(&SCHEMA.schema())).unwrap()
                .prop_filter("max_length", |text| text.len() <= MAX_LENGTH)
                .prop_filter("format", |text| text.find('@').is_none_or(|at| at <= MAX_LOCAL_LENGTH))
        ) {
            let address = EmailAddress::parse(&text).unwrap();
            let again = EmailAddress::parse(&address.normalized()).unwrap();
            prop_assert_eq!(again.normalized(), address.normalized());
        }

        #[test]
        fn no_text_breaks_the_parser(text in ".*") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert!(EmailAddress::parse(&address.normalized()).is_ok());
            }
        }
    }
}
