//! Where a customer is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Country, Invalid, Line};
use crate::platform::http::Fields;

/// An address; any part may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomerAddress, example = json!({
    "street": "Calle 5 de Mayo 12", "neighborhood": "Centro", "city": "Juchitán de Zaragoza", "state": "Oaxaca",
    "postal_code": "70000", "country": "MX"
}))]
pub struct Address {
    /// Street and number.
    #[schema(value_type = Option<Line<255>>)]
    #[serde(default)]
    pub street: Option<String>,
    /// Neighbourhood: colonia, barrio.
    #[schema(value_type = Option<Line<100>>)]
    #[serde(default)]
    pub neighborhood: Option<String>,
    /// City or municipality.
    #[schema(value_type = Option<Line<100>>)]
    #[serde(default)]
    pub city: Option<String>,
    /// State, department or province.
    #[schema(value_type = Option<Line<100>>)]
    #[serde(default)]
    pub state: Option<String>,
    /// Postal code; five digits in Mexico.
    #[schema(value_type = Option<Line<12>>)]
    #[serde(default)]
    pub postal_code: Option<String>,
    /// Country; the tenant's when not said.
    #[schema(value_type = Option<Country>)]
    #[serde(default)]
    pub country: Option<Country>,
}

impl Address {
    /// The address with its parts trimmed and its country said; what is wrong is noted under `place`. One without any part
    /// is none.
    pub fn parse(self, place: &str, country: Country, fields: &mut Fields) -> Option<Self> {
        let country = self.country.unwrap_or(country);
        let street = line::<255>(fields, &format!("{place}/street"), self.street.as_deref());
        let neighborhood =
            line::<100>(fields, &format!("{place}/neighborhood"), self.neighborhood.as_deref());
        let city = line::<100>(fields, &format!("{place}/city"), self.city.as_deref());
        let state = line::<100>(fields, &format!("{place}/state"), self.state.as_deref());
        let at = format!("{place}/postal_code");
        let postal_code = line::<12>(fields, &at, self.postal_code.as_deref());
        let is_mexican = |code: &String| code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit());
        if country == Country::MEXICO && !postal_code.as_ref().is_none_or(is_mexican) {
            let reason = Invalid::new(
                "a postal code of Mexico has five digits",
                "un código postal de México lleva cinco dígitos",
            );
            fields.refuse(&at, reason);
        }
        let parts = [&street, &neighborhood, &city, &state, &postal_code];
        parts.iter().any(|part| part.is_some()).then_some(Self {
            street,
            neighborhood,
            city,
            state,
            postal_code,
            country: Some(country),
        })
    }
}

fn line<const MAX: usize>(fields: &mut Fields, place: &str, text: Option<&str>) -> Option<String> {
    fields.take_optional(place, text, Line::<MAX>::parse).map(|line| line.to_string())
}
