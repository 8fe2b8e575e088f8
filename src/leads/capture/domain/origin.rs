//! Origins: from which pages answers come.

use url::Url;

use crate::kernel::Invalid;

/// The origin of a page (RFC 6454): scheme, host and port, as browsers send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Parses `https://www.company.com`, `http://localhost:3000` and the like.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refused = || {
            Invalid::new(
                "must be the scheme, host and port of a page, such as https://www.company.com",
                "debe ser el esquema, host y puerto de una página, como https://www.empresa.com",
            )
        };
        let text = text.trim();
        if text.len() > 300 || text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '*') {
            return Err(refused());
        }
        let url = Url::parse(text).map_err(|_| refused())?;
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !is_bare || !is_anonymous {
            return Err(refused());
        }
        Ok(Self(url.origin().ascii_serialization()))
    }

    /// The origin as browsers send it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn origins_are_stored_as_browsers_send_them() {
        for (typed, stored) in [
            ("https://www.Empresa.mx", "https://www.empresa.mx"),
            (" https://empresa.mx/ ", "https://empresa.mx"),
            ("https://empresa.mx:443", "https://empresa.mx"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("https://ñandú.mx", "https://xn--and-6ma2c.mx"),
        ] {
            assert_eq!(Origin::parse(typed).map(|origin| origin.0), Ok(stored.to_owned()), "{typed}");
        }
        for typed in [
            "",
            "*",
            "null",
            "empresa.mx",
            "https://*.empresa.mx",
            "https://empresa.mx/contacto",
            "https://empresa.mx?x",
            "https://ana@empresa.mx",
            "ftp://empresa.mx",
            "https://empresa.mx\r\nX: y",
            "file:///etc",
            "javascript:x",
        ] {
            assert!(Origin::parse(typed).is_err(), "{typed}");
        }
    }
}
