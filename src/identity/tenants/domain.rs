//! A company and its settings: rules without I/O.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::identity::contract::{IdentityError, TenantSettings, Visibilities, Visibility};
use crate::kernel::{Color, Country, Currency, Invalid, Line, Locale, Slug, TaxId, TimeZone, WebUrl};
use crate::platform::auth::TenantId;
use crate::platform::http::Patch;

/// A company's name: one line of at most 120 characters.
pub(in crate::identity) type TenantName = Line<120>;

/// After how many days without activity a lead counts as forgotten, where nothing else is set.
const FORGOTTEN_AFTER_DAYS: u16 = 14;

/// How a company looks to its customers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::identity) struct Branding {
    /// The colour of what stands out.
    pub primary_color: Option<Color>,
    /// The colour beside it.
    pub secondary_color: Option<Color>,
    /// Where its logo is.
    pub logo_url: Option<WebUrl>,
}

/// A company: who its users work for, and whose data nobody else sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::identity) struct Tenant {
    /// The tenant.
    pub id: TenantId,
    /// Its name in addresses; it never changes.
    pub slug: Slug,
    /// Its name.
    pub name: TenantName,
    /// How it looks.
    pub branding: Branding,
    /// What other modules go by.
    pub settings: TenantSettings,
    /// Its tax identifier.
    pub tax_id: Option<TaxId>,
    /// Its own request limits, by name.
    pub limits: OwnLimits,
    /// Whose records its roles see.
    pub visibilities: Visibilities,
    /// Counts changes.
    pub version: i32,
    /// When it signed up.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Tenant {
    /// A company that signs up at `now`, set up for Mexico.
    pub fn new(id: TenantId, slug: Slug, name: TenantName, now: DateTime<Utc>) -> Self {
        Self {
            id,
            slug,
            name,
            branding: Branding::default(),
            settings: TenantSettings {
                country: Country::MEXICO,
                currency: Currency::MXN,
                time_zone: TimeZone::MEXICO_CITY,
                locale: Locale::ES_MX,
                forgotten_after_days: FORGOTTEN_AFTER_DAYS,
            },
            tax_id: None,
            limits: OwnLimits::default(),
            visibilities: Visibilities::default(),
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// Changes what `change` says and names what is different now; refused when somebody read another version.
    ///
    /// A tax identifier is of the company's country: whoever moves the company brings a new identifier, or none.
    pub fn change(
        &mut self,
        change: TenantChange,
        read: Option<i32>,
    ) -> Result<Vec<&'static str>, IdentityError> {
        if read.is_some_and(|version| version != self.version) {
            return Err(IdentityError::Stale(self.version));
        }
        let country = change.country.unwrap_or(self.settings.country);
        let tax_id = match (change.tax_id, &self.tax_id) {
            (Patch::Set(text), _) => TaxId::parse(&text, country).map(Some),
            (Patch::Keep, Some(tax_id)) => TaxId::parse(tax_id.as_str(), country).map(Some),
            (Patch::Clear, _) | (Patch::Keep, None) => Ok(None),
        }
        .map_err(IdentityError::TaxIdOfAnotherCountry)?;
        let mut changed = Vec::new();
        let mut note = |name, differs: bool| {
            if differs {
                changed.push(name);
            }
        };
        let settings = &mut self.settings;
        note("name", replace(&mut self.name, change.name));
        note("primary_color", amend(&mut self.branding.primary_color, change.primary_color));
        note("secondary_color", amend(&mut self.branding.secondary_color, change.secondary_color));
        note("logo_url", amend(&mut self.branding.logo_url, change.logo_url));
        note("locale", replace(&mut settings.locale, change.locale));
        note("currency", replace(&mut settings.currency, change.currency));
        note("time_zone", replace(&mut settings.time_zone, change.time_zone));
        note("country", replace(&mut settings.country, change.country));
        note(
            "forgotten_after_days",
            replace(&mut settings.forgotten_after_days, change.forgotten_after_days),
        );
        note("tax_id", replace(&mut self.tax_id, Some(tax_id)));
        note("visibility", change.visibility.apply(&mut self.visibilities));
        note("limits", replace(&mut self.limits, change.limits));
        if !changed.is_empty() {
            self.version += 1;
        }
        Ok(changed)
    }
}

/// What is to change in a company; what is not said stays.
#[derive(Debug, Clone, Default)]
pub(in crate::identity) struct TenantChange {
    /// The name.
    pub name: Option<TenantName>,
    /// The colour of what stands out.
    pub primary_color: Patch<Color>,
    /// The colour beside it.
    pub secondary_color: Patch<Color>,
    /// Where the logo is.
    pub logo_url: Patch<WebUrl>,
    /// Language and formats.
    pub locale: Option<Locale>,
    /// The currency when nothing else is said.
    pub currency: Option<Currency>,
    /// Where days begin and end.
    pub time_zone: Option<TimeZone>,
    /// The country when nothing else is said.
    pub country: Option<Country>,
    /// When leads count as forgotten.
    pub forgotten_after_days: Option<u16>,
    /// The tax identifier as it was typed; which are good depends on the country.
    pub tax_id: Patch<String>,
    /// Whose records roles see.
    pub visibility: VisibilityChange,
    /// The tenant's own limits.
    pub limits: Option<OwnLimits>,
}

/// What roles are to see from now on; what is not said stays.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::identity) struct VisibilityChange {
    /// Sellers.
    pub sales: Option<Visibility>,
    /// Marketing.
    pub marketing: Option<Visibility>,
    /// Billing.
    pub billing: Option<Visibility>,
    /// Those who change nothing.
    pub viewer: Option<Visibility>,
}

impl VisibilityChange {
    fn apply(self, seen: &mut Visibilities) -> bool {
        let before = seen.clone();
        replace(&mut seen.sales, self.sales);
        replace(&mut seen.marketing, self.marketing);
        replace(&mut seen.billing, self.billing);
        replace(&mut seen.viewer, self.viewer);
        *seen != before
    }
}

/// Request limits that a tenant set for itself: requests a minute, by the name of the limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::identity) struct OwnLimits(BTreeMap<String, u32>);

impl OwnLimits {
    /// The limits that `stored` holds.
    pub fn restore(stored: BTreeMap<String, u32>) -> Self {
        Self(stored)
    }

    /// These limits with `wanted` laid over them; a limit that is none falls back to the instance's.
    ///
    /// A tenant may tighten what the instance allows, never widen it: `instance` are the instance's own figures.
    pub fn with(
        &self,
        wanted: &BTreeMap<String, Option<u32>>,
        instance: &[(String, u32)],
    ) -> Result<Self, (String, Invalid)> {
        let mut limits = self.0.clone();
        for (name, figure) in wanted {
            let Some((_, most)) = instance.iter().find(|(known, _)| known == name) else {
                let known: Vec<&str> = instance.iter().map(|(name, _)| name.as_str()).collect();
                return Err((name.clone(), unknown_limit(&known.join(", "))));
            };
            match figure {
                None => {
                    limits.remove(name);
                }
                Some(figure) if (1..=*most).contains(figure) => {
                    limits.insert(name.clone(), *figure);
                }
                Some(_) => return Err((name.clone(), out_of_range(*most))),
            }
        }
        Ok(Self(limits))
    }

    /// Each limit and its figure.
    pub fn list(&self) -> Vec<(String, u32)> {
        self.0.iter().map(|(name, figure)| (name.clone(), *figure)).collect()
    }

    /// As it is stored.
    pub fn as_map(&self) -> &BTreeMap<String, u32> {
        &self.0
    }
}

/// Days without activity: 1 to 3650.
pub(in crate::identity) fn parse_days(days: i64) -> Result<u16, Invalid> {
    u16::try_from(days).ok().filter(|days| (1..=3650).contains(days)).ok_or(Invalid::new(
        "must be a whole number of days from 1 to 3650",
        "debe ser un número entero de días, de 1 a 3650",
    ))
}

fn replace<T: PartialEq>(place: &mut T, value: Option<T>) -> bool {
    match value {
        Some(value) if value != *place => {
            *place = value;
            true
        }
        _ => false,
    }
}

fn amend<T: PartialEq>(place: &mut Option<T>, patch: Patch<T>) -> bool {
    match patch {
        Patch::Keep => false,
        Patch::Clear => replace(place, Some(None)),
        Patch::Set(value) => replace(place, Some(Some(value))),
    }
}

fn unknown_limit(known: &str) -> Invalid {
    Invalid::formatted(
        format!("is not a limit of this server; those are: {known}"),
        format!("no es un límite de este servidor; los que hay: {known}"),
    )
}

fn out_of_range(most: u32) -> Invalid {
    Invalid::formatted(
        format!("must be from 1 to {most} requests a minute; ask the operator of this server for more"),
        format!("debe ser de 1 a {most} solicitudes por minuto; pida más al operador de este servidor"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant() -> Tenant {
        let name = TenantName::parse("Ferretería López").unwrap();
        Tenant::new(TenantId::new(), Slug::from_name("Ferretería López"), name, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_change_names_what_differs_and_counts_once() {
        let mut tenant = tenant();
        let change = TenantChange {
            currency: Some(Currency::USD),
            locale: Some(Locale::ES_MX),
            primary_color: Patch::Set(Color::parse("#0a7f5c").unwrap()),
            logo_url: Patch::Clear,
            ..TenantChange::default()
        };
        assert_eq!(tenant.change(change, Some(1)).unwrap(), ["primary_color", "currency"]);
        assert_eq!((tenant.version, tenant.settings.currency), (2, Currency::USD));
        assert!(tenant.change(TenantChange::default(), None).unwrap().is_empty());
        assert_eq!(tenant.version, 2);
    }

    #[test]
    fn a_stale_change_changes_nothing() {
        let mut tenant = tenant();
        let before = tenant.clone();
        let change = TenantChange { currency: Some(Currency::USD), ..TenantChange::default() };
        assert!(matches!(tenant.change(change, Some(7)), Err(IdentityError::Stale(1))));
        assert_eq!(tenant, before);
    }

    #[test]
    fn a_tax_id_is_of_the_country() {
        let with = |tax_id: Option<&str>, country: Option<Country>| TenantChange {
            tax_id: tax_id.map_or(Patch::Keep, |text| Patch::Set(text.to_owned())),
            country,
            ..TenantChange::default()
        };
        let mut tenant = tenant();
        assert_eq!(tenant.change(with(Some("ekc-860101-kj2"), None), None).unwrap(), ["tax_id"]);
        assert_eq!(tenant.tax_id.as_ref().map(TaxId::as_str), Some("EKC860101KJ2"));
        let refused = tenant.change(with(None, Some(Country::PERU)), None);
        assert!(matches!(refused, Err(IdentityError::TaxIdOfAnotherCountry(_))));
        assert_eq!(
            tenant.change(with(Some("20100070970"), Some(Country::PERU)), None).unwrap(),
            ["country", "tax_id"]
        );
    }

    #[test]
    fn limits_are_tightened_never_widened() {
        let instance = [("tenant".to_owned(), 1000), ("POST /api/v1/leads".to_owned(), 50)];
        let own = OwnLimits::restore(BTreeMap::from([("tenant".to_owned(), 500)]));
        for (name, figure, expected) in [
            ("tenant", Some(1000), Some(vec![("tenant".to_owned(), 1000)])),
            ("tenant", Some(1), Some(vec![("tenant".to_owned(), 1)])),
            ("tenant", None, Some(vec![])),
            ("tenant", Some(1001), None),
            ("tenant", Some(0), None),
            ("nothing", Some(1), None),
        ] {
            let wanted = BTreeMap::from([(name.to_owned(), figure)]);
            assert_eq!(
                own.with(&wanted, &instance).ok().map(|own| own.list()),
                expected,
                "{name} {figure:?}"
            );
        }
    }

    #[test]
    fn days_have_bounds() {
        for (days, expected) in
            [(1, true), (3650, true), (0, false), (3651, false), (-1, false), (i64::MAX, false)]
        {
            assert_eq!(parse_days(days).is_ok(), expected, "{days}");
        }
    }
}
