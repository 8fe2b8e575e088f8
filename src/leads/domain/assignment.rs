//! Who gets a new lead: rules by source, industry and region.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Details;
use super::likeness::place;
use crate::kernel::Line;
use crate::kernel::text::fold;
use crate::platform::auth::UserId;

/// How a rule chooses among its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentMethod {
    /// One after the other.
    RoundRobin,
    /// Who has the fewest open leads.
    LeastLoaded,
}

impl AssignmentMethod {
    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::LeastLoaded => "least_loaded",
        }
    }

    /// The method of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::RoundRobin, Self::LeastLoaded].into_iter().find(|method| method.as_str() == name)
    }
}

/// What a lead must be for a rule, and who gets it.
#[derive(Debug, Clone)]
pub struct AssignmentRule {
    /// The rule's identifier.
    pub id: uuid::Uuid,
    /// How it chooses.
    pub method: AssignmentMethod,
    /// Sources, any when there are none.
    pub sources: Vec<Line<100>>,
    /// Industries, any when there are none.
    pub industries: Vec<Line<100>>,
    /// Places, any when there are none.
    pub regions: Vec<Line<100>>,
    /// Among whom.
    pub users: Vec<UserId>,
}

impl AssignmentRule {
    /// Whether a lead of `details` is for this rule; capitals and accents do not matter.
    pub fn fits(&self, details: &Details) -> bool {
        let industry = details.industry.as_ref().map(|industry| fold(industry.as_str()));
        is_among(&self.sources, Some(fold(details.source.as_str())).as_deref())
            && is_among(&self.industries, industry.as_deref())
            && is_among(&self.regions, place(details).as_deref())
    }
}

fn is_among(wanted: &[Line<100>], value: Option<&str>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.iter().any(|wanted| fold(wanted.as_str()) == value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{AssignmentMethod, AssignmentRule};
    use crate::kernel::{Country, Line};
    use crate::leads::domain::Form;

    #[test]
    fn a_rule_fits_what_all_its_lists_hold() {
        let lines =
            |texts: &[&str]| texts.iter().map(|text| Line::parse(text).unwrap()).collect::<Vec<Line<100>>>();
        let form = Form {
            company_name: Some("Nájera".to_owned()),
            email: Some("a@b.mx".to_owned()),
            source: Some("Feria".to_owned()),
            industry: Some("Confección".to_owned()),
            custom_fields: json!({ "ciudad": "Juchitán" }).as_object().unwrap().clone(),
            ..Form::default()
        };
        let details = form.parse(Country::MEXICO).unwrap();
        for (sources, industries, regions, expected) in [
            (&[][..], &[][..], &[][..], true),
            (&["feria", "web"], &[], &[], true),
            (&["web"], &[], &[], false),
            (&["FERIA"], &["confeccion"], &["JUCHITAN"], true),
            (&[], &["confeccion"], &["Oaxaca"], false),
        ] {
            let rule = AssignmentRule {
                id: uuid::Uuid::nil(),
                method: AssignmentMethod::RoundRobin,
                sources: lines(sources),
                industries: lines(industries),
                regions: lines(regions),
                users: Vec::new(),
            };
            assert_eq!(rule.fits(&details), expected, "{sources:?} {industries:?} {regions:?}");
        }
    }
}
