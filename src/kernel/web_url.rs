//! Addresses of the web.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::Invalid;
use super::schema::TextSchema;

/// An `http` or `https` address with a domain, at most 2,048 characters, without user name or password, in the form of
/// the WHATWG URL standard (ASCII host, escapes written out, no `/` behind a bare host).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct WebUrl(String);

/// The most characters, as written and as stored.
const MAX_LENGTH: usize = 2048;

impl WebUrl {
    /// Parses a full address with its scheme.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.len() > MAX_LENGTH {
            return Err(too_long());
        }
        // The standard drops tabs and line breaks silently; here they are a mistake.
        if text.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(not_an_address());
        }
        let url = Url::parse(text).map_err(|_| not_an_address())?;
        if !matches!(url.scheme(), "http" | "https") || !has_public_host(&url) {
            return Err(not_an_address());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Invalid::new(
                "The web address must not have a user name or password in it.",
                "La dirección web no debe llevar usuario ni contraseña.",
            ));
        }
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let stored = if bare { url.as_str().trim_end_matches('/') } else { url.as_str() };
        if stored.len() > MAX_LENGTH { Err(too_long()) } else { Ok(Self(stored.to_owned())) }
    }

    /// Parses an address as people write it: without a scheme (`www.empresa.mx`) it is taken as `https`.
    pub fn parse_lenient(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.contains("://") || text.contains('@') {
            return Self::parse(text);
        }
        Self::parse(&format!("https://{text}"))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A domain of at least two labels: no IP addresses, no names of a local network.
fn has_public_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => {
            let labels: Vec<&str> = domain.split('.').collect();
            labels.len() >= 2
                && labels.iter().all(|label| (1..=63).contains(&label.len()))
                && domain.len() <= 253
        }
        _ => false,
    }
}

fn too_long() -> Invalid {
    Invalid::new(
        "The web address is longer than 2,048 characters.",
        "La dirección web tiene más de 2,048 caracteres.",
    )
}

fn not_an_address() -> Invalid {
    Invalid::new(
        "This is not a web address: it must look like https://www.company.com.",
        "Esto no es una dirección web: debe tener la forma https://www.empresa.com.",
    )
}

impl fmt::Display for WebUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for WebUrl {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

const SCHEMA: TextSchema = TextSchema {
    description: "An http or https address with a domain, without user name or password.",
    pattern: concat!(
        r"^https?://([A-Za-z0-9]([A-Za-z0-9-]{0,28}[A-Za-z0-9])?\.){1,6}[A-Za-z]{2,24}",
        r"(:[1-9][0-9]{0,3})?([/?#][A-Za-z0-9._~:/?#@!$&()*+,;=%-]*)?$"
    ),
    max_length: MAX_LENGTH,
    example: "https://www.ferreteria-lopez.mx/catalogo",
};

impl utoipa::PartialSchema for WebUrl {
    fn schema() -> RefOr<Schema> {
        SCHEMA.schema()
    }
}

impl utoipa::ToSchema for WebUrl {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::schema::generator_of;

    #[test]
    fn addresses_are_stored_in_one_form() {
        for (typed, stored) in [
            ("https://empresa.mx", "https://empresa.mx"),
            ("https://empresa.mx/", "https://empresa.mx"),
            (" HTTP://WWW.Empresa.MX/A?b=C#d ", "http://www.empresa.mx/A?b=C#d"),
            ("https://empresa.mx:443/x", "https://empresa.mx/x"),
            ("https://empresa.mx:8443", "https://empresa.mx:8443"),
            ("https://ñandú.mx/año", "https://xn--and-6ma2c.mx/a%C3%B1o"),
            ("https://empresa.mx/a%20b", "https://empresa.mx/a%20b"),
        ] {
            assert_eq!(WebUrl::parse(typed).map(|url| url.0), Ok(stored.to_owned()), "{typed}");
        }
    }

    #[test]
    fn other_things_are_refused() {
        let long = format!("https://empresa.mx/{}", "a".repeat(2048));
        let grows = format!("https://empresa.mx/{}", "{".repeat(1500));
        for typed in [
            "",
            "empresa.mx",
            "//empresa.mx",
            "ftp://empresa.mx",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "https://",
            "https:///x",
            "https://localhost",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://2130706433/",
            "https://ana:clave@empresa.mx",
            "https://ana@empresa.mx",
            "https://empresa.mx/a b",
            "https://empre\nsa.mx",
            "https://empresa.mx/\0",
            "https://empresa..mx",
            "https://empresa.mx:99999",
            &long,
            &grows,
        ] {
            assert!(WebUrl::parse(typed).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn a_spreadsheet_writes_them_without_a_scheme() {
        for (typed, stored) in [
            ("WWW.CEMENTOCRUZAZUL.COM.MX", "https://www.cementocruzazul.com.mx"),
            ("gruposatirsa.com", "https://gruposatirsa.com"),
            ("http://empresa.mx", "http://empresa.mx"),
        ] {
            assert_eq!(WebUrl::parse_lenient(typed).map(|url| url.0), Ok(stored.to_owned()));
        }
        for typed in ["CORBATASOLIHERNANDEZ", "ana@empresa.mx", "no tiene", "", "javascript:alert(1)"] {
            assert!(WebUrl::parse_lenient(typed).is_err(), "{typed:?}");
        }
    }

    proptest! {
        #[test]
        fn everything_that_the_schema_describes_is_accepted(
            text in proptest::string::string_regex(&generator_of(&SCHEMA.schema())).unwrap()
        ) {
            // `xn--` announces Punycode, which a random text is not.
            prop_assume!(!text.to_lowercase().contains("xn--"));
            let url = WebUrl::parse(&text).unwrap();
            prop_assert_eq!(WebUrl::parse(url.as_str()).unwrap(), url);
        }

        #[test]
        fn no_text_breaks_the_parser(text in "(https?:)?//.*") {
            if let Ok(url) = WebUrl::parse(&text) {
                prop_assert_eq!(WebUrl::parse(url.as_str()).unwrap(), url);
            }
        }
    }
}
