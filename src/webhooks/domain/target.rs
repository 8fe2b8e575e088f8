//! Where a webhook may go.

use std::net::IpAddr;

use url::{Host, Url};

use super::is_public;
use crate::kernel::Invalid;

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// `https` on port 443, by name, at public addresses.
    Public,
    /// `http` too, any port and any address: for development, where the receiver is on the same machine.
    Anywhere,
}

impl Reach {
    /// Whether a connection to `address` may be made.
    pub fn covers(self, address: IpAddr) -> bool {
        self == Self::Anywhere || is_public(address)
    }
}

/// An address that may be called, as far as its text tells; its host's addresses are checked when it is connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(Url);

/// The most characters.
const MAX_LENGTH: usize = 2_048;

impl Target {
    /// The address in `text`, within `reach`.
    pub fn parse(text: &str, reach: Reach) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.len() > MAX_LENGTH {
            return Err(Invalid::new("is longer than 2,048 characters", "tiene más de 2,048 caracteres"));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(not_a_target());
        }
        let url = Url::parse(text).map_err(|_| not_a_target())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Invalid::new(
                "must not have a user name or password in it",
                "no debe llevar usuario ni contraseña",
            ));
        }
        if url.as_str().len() > MAX_LENGTH || url.fragment().is_some() {
            return Err(not_a_target());
        }
        match reach {
            Reach::Anywhere if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Self(url)),
            Reach::Public if url.scheme() == "https" && url.port().is_none() && is_named(&url) => {
                Ok(Self(url))
            }
            _ => Err(not_a_target()),
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Endings that name no public host: RFC 6761 (`localhost`), RFC 6762 (`local`), ICANN (`internal`).
const PRIVATE_ENDINGS: [&str; 3] = ["localhost", "local", "internal"];

/// A domain of two labels or more; addresses in any notation, which the standard reads as numbers, are none.
fn is_named(url: &Url) -> bool {
    let Some(Host::Domain(domain)) = url.host() else { return false };
    let Some((_, ending)) = domain.trim_end_matches('.').rsplit_once('.') else { return false };
    domain.len() <= 253
        && domain.split('.').all(|label| label.len() <= 63)
        && !PRIVATE_ENDINGS.contains(&ending)
}

fn not_a_target() -> Invalid {
    Invalid::new(
        "must be an `https` address with a public domain on port 443, such as https://hooks.company.com/cauce",
        "debe ser una dirección `https` con un dominio público en el puerto 443, por ejemplo https://hooks.empresa.com/cauce",
    )
}

#[cfg(test)]
mod tests {
    use super::{Reach, Target};

    #[test]
    fn the_public_reach_takes_https_by_name_only() {
        for text in ["https://hooks.empresa.mx/a?b=c", "https://hooks.empresa.mx:443/", "https://ñandú.mx/x"]
        {
            assert!(Target::parse(text, Reach::Public).is_ok(), "{text}");
        }
        for text in [
            "http://hooks.empresa.mx/",
            "https://hooks.empresa.mx:8443/",
            "https://hooks.empresa.mx:22/",
            "https://localhost/",
            "https://intranet/",
            "https://a.localhost/",
            "https://printer.local./",
            "https://metadata.google.internal/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://8.8.8.8/",
            "https://169.254.169.254/latest/meta-data",
            "https://user:pass@hooks.empresa.mx/",
            "https://a@hooks.empresa.mx/",
            "ftp://hooks.empresa.mx/",
            "file:///etc/passwd",
            "gopher://x.y/",
            "https://",
            "",
            "hooks.empresa.mx",
            "https://hooks.empresa.mx/#a",
            "https://hooks.em\npresa.mx/",
            "https://１２７.0.0.1/",
        ] {
            assert!(Target::parse(text, Reach::Public).is_err(), "{text:?}");
        }
    }

    #[test]
    fn development_reaches_the_same_machine() {
        for text in ["http://127.0.0.1:9/x", "http://localhost:3000", "https://hooks.empresa.mx/"] {
            assert!(Target::parse(text, Reach::Anywhere).is_ok(), "{text}");
        }
        for text in ["http://a:b@127.0.0.1/", "ftp://127.0.0.1/", "data:x"] {
            assert!(Target::parse(text, Reach::Anywhere).is_err(), "{text}");
        }
    }
}
