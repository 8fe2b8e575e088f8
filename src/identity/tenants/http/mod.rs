//! The company over HTTP.

mod logo;

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{get, patch};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::domain::{Tenant, TenantChange, TenantName, VisibilityChange, parse_days};
use super::service::{self, WantedLimits};
use crate::identity::Identity;
use crate::identity::contract::{Visibilities, Visibility};
use crate::identity::permissions::{ReadTenant, WriteTenant};
use crate::kernel::{Color, Country, Currency, Invalid, Locale, Slug, TimeZone, WebUrl};
use crate::platform::auth::{Authorized, TenantId};
use crate::platform::http::{Body, Fields, IfMatch, Patch, Reply, Routes};
use crate::platform::limits::Limits;
use crate::platform::problem::Problem;

/// Registers the operations of this file.
pub(in crate::identity) fn routes(config: &mut Routes<'_, '_>) {
    config.service(tenant_get).service(tenant_update);
    logo::routes(config);
}

/// A company: its name, its looks, its settings and its request limits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c10", "slug": "ferreteria-lopez", "name": "Ferretería López",
    "branding": { "primary_color": "#0a7f5c", "secondary_color": null, "logo_url": null },
    "locale": "es-MX", "currency": "MXN", "time_zone": "America/Mexico_City", "country": "MX", "tax_id": null,
    "forgotten_after_days": 14,
    "visibility": { "SALES": "team", "MARKETING": "all", "BILLING": "all", "VIEWER": "all" },
    "limits": { "tenant": 1000, "POST /api/v1/leads": 50, "GET /api/v1/leads": 100 },
    "version": 1, "created_at": "2026-01-05T15:00:00Z", "updated_at": "2026-01-05T15:00:00Z"
}))]
pub(in crate::identity) struct TenantView {
    id: TenantId,
    slug: Slug,
    /// Its name.
    name: String,
    branding: BrandingView,
    locale: Locale,
    currency: Currency,
    time_zone: TimeZone,
    country: Country,
    /// In capitals, without separators.
    #[schema(required)]
    tax_id: Option<String>,
    /// After how many days without activity a lead counts as forgotten.
    forgotten_after_days: u16,
    /// Whose leads, customers and documents each role sees; `OWNER` and `ADMIN` see everything.
    visibility: Visibilities,
    /// Requests a minute, by the name of the limit: `tenant` for all requests together, or an operation for each user.
    limits: BTreeMap<String, u32>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// How a company looks to its customers.
#[derive(Debug, Serialize, ToSchema)]
struct BrandingView {
    #[schema(required)]
    primary_color: Option<Color>,
    #[schema(required)]
    secondary_color: Option<Color>,
    #[schema(required)]
    logo_url: Option<WebUrl>,
}

impl TenantView {
    /// The view of `tenant`, whose own limits lie over the instance's.
    pub(in crate::identity) fn of(tenant: Tenant, limits: &Limits) -> Self {
        let effective = limits.of_tenant(&tenant.limits.list());
        let settings = tenant.settings;
        Self {
            id: tenant.id,
            slug: tenant.slug,
            name: tenant.name.to_string(),
            branding: BrandingView {
                primary_color: tenant.branding.primary_color,
                secondary_color: tenant.branding.secondary_color,
                logo_url: tenant.branding.logo_url,
            },
            locale: settings.locale,
            currency: settings.currency,
            time_zone: settings.time_zone,
            country: settings.country,
            tax_id: tenant.tax_id.map(|tax_id| tax_id.as_str().to_owned()),
            forgotten_after_days: settings.forgotten_after_days,
            visibility: tenant.visibilities,
            limits: effective.into_iter().map(|limit| (limit.name, limit.per_minute)).collect(),
            version: tenant.version,
            created_at: tenant.created_at,
            updated_at: tenant.updated_at,
        }
    }
}

/// What is to change in the company; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Ferretería López e Hijos", "branding": { "primary_color": "#0a7f5c" }, "currency": "MXN",
    "tax_id": "EKC860101KJ2", "forgotten_after_days": 21, "visibility": { "SALES": "team" },
    "limits": { "POST /api/v1/leads": 30 }
}))]
struct TenantPatch {
    #[schema(value_type = Option<TenantName>, nullable = false)]
    #[serde(default, deserialize_with = "given")]
    name: Option<String>,
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "given")]
    branding: Option<BrandingPatch>,
    #[schema(value_type = Option<Locale>, nullable = false)]
    #[serde(default, deserialize_with = "given")]
    locale: Option<String>,
    #[schema(value_type = Option<Currency>, nullable = false)]
    #[serde(default, deserialize_with = "given")]
    currency: Option<String>,
    #[schema(value_type = Option<TimeZone>, nullable = false)]
    #[serde(default, deserialize_with = "given")]
    time_zone: Option<String>,
    #[schema(value_type = Option<Country>, nullable = false)]
    #[serde(default, deserialize_with = "given")]
    country: Option<String>,
    /// A tax identifier of the company's country; null for none.
    #[schema(value_type = Option<String>, max_length = 60)]
    #[serde(default)]
    tax_id: Patch<String>,
    #[schema(nullable = false, minimum = 1, maximum = 3650)]
    #[serde(default, deserialize_with = "given")]
    forgotten_after_days: Option<i64>,
    /// Whose leads, customers and documents roles see, from everybody's next request on.
    #[serde(default)]
    visibility: VisibilityPatch,
    /// Requests a minute, up to the server's own figures, by the names that `GET /api/v1/tenant` shows; null for those.
    #[serde(default)]
    limits: BTreeMap<String, Option<u32>>,
}

/// Whose records roles see: `own`, `team` or `all`; what is left out stays. `OWNER` and `ADMIN` see everything.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE", deny_unknown_fields)]
struct VisibilityPatch {
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "given")]
    sales: Option<Visibility>,
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "given")]
    marketing: Option<Visibility>,
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "given")]
    billing: Option<Visibility>,
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "given")]
    viewer: Option<Visibility>,
}

/// What is to change in the company's looks; null takes away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BrandingPatch {
    #[schema(value_type = Option<Color>)]
    #[serde(default)]
    primary_color: Patch<String>,
    #[schema(value_type = Option<Color>)]
    #[serde(default)]
    secondary_color: Patch<String>,
    #[schema(value_type = Option<WebUrl>)]
    #[serde(default)]
    logo_url: Patch<String>,
}

/// Show the company
///
/// Shows the caller's company.
#[utoipa::path(operation_id = "tenant_get", tag = "tenant",
    security(("bearer" = ["tenant:read"])),
    responses((status = 200, description = "The company.", body = TenantView,
        headers(("ETag" = String, description = "Its version, for `If-Match`.")))))]
#[get("/api/v1/tenant")]
async fn tenant_get(who: Authorized<ReadTenant>, identity: Data<Identity>) -> Result<Reply, Problem> {
    let tenant = identity.db.read(who.actor(), service::find).await?;
    Ok(reply(tenant, &identity.limits))
}

/// Change the company
///
/// Changes the caller's company: name, looks, language, currency, time zone, country, tax identifier, visibility, limits.
#[utoipa::path(operation_id = "tenant_update", tag = "tenant",
    security(("bearer" = ["tenant:write"])), params(("If-Match" = Option<String>, Header,
        description = "The `ETag` that was read; a newer version is answered 412.")),
    request_body = TenantPatch,
    responses(
        (status = 200, description = "The company as it is now.", body = TenantView,
            headers(("ETag" = String, description = "Its version, for `If-Match`.")))))]
#[patch("/api/v1/tenant")]
async fn tenant_update(
    who: Authorized<WriteTenant>,
    identity: Data<Identity>,
    read: IfMatch,
    body: Body<TenantPatch>,
) -> Result<Reply, Problem> {
    let limits = WantedLimits { wanted: body.0.limits.clone(), instance: instance_limits(&identity.limits) };
    let change = TenantChange::try_from(body.0)?;
    let tenant = identity
        .db
        .tenant(who.actor(), move |tx| service::change(tx, change, &limits, read.0))
        .await
        .map_err(Problem::from);
    identity.verifier.recheck(who.actor().tenant());
    Ok(reply(tenant?, &identity.limits))
}

impl TryFrom<TenantPatch> for TenantChange {
    type Error = Problem;

    fn try_from(patch: TenantPatch) -> Result<Self, Problem> {
        let mut fields = Fields::default();
        let branding = patch.branding.unwrap_or_default();
        let change = Self {
            name: fields.take_optional("/name", patch.name.as_deref(), TenantName::parse),
            primary_color: clearable(
                &mut fields,
                "/branding/primary_color",
                branding.primary_color,
                Color::parse,
            ),
            secondary_color: clearable(
                &mut fields,
                "/branding/secondary_color",
                branding.secondary_color,
                Color::parse,
            ),
            logo_url: clearable(&mut fields, "/branding/logo_url", branding.logo_url, WebUrl::parse),
            locale: fields.take_optional("/locale", patch.locale.as_deref(), Locale::parse),
            currency: fields.take_optional("/currency", patch.currency.as_deref(), Currency::parse),
            time_zone: fields.take_optional("/time_zone", patch.time_zone.as_deref(), TimeZone::parse),
            country: fields.take_optional("/country", patch.country.as_deref(), Country::parse),
            forgotten_after_days: patch
                .forgotten_after_days
                .and_then(|days| fields.take("/forgotten_after_days", parse_days(days))),
            tax_id: patch.tax_id,
            visibility: VisibilityChange {
                sales: patch.visibility.sales,
                marketing: patch.visibility.marketing,
                billing: patch.visibility.billing,
                viewer: patch.visibility.viewer,
            },
            limits: None,
        };
        fields.finish()?;
        Ok(change)
    }
}

/// The value of a field that null takes away; a refused one changes nothing, as the whole change is refused.
fn clearable<T>(
    fields: &mut Fields,
    pointer: &str,
    patch: Patch<String>,
    parse: impl FnOnce(&str) -> Result<T, Invalid>,
) -> Patch<T> {
    match patch {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(text) => fields.take(pointer, parse(&text)).map_or(Patch::Keep, Patch::Set),
    }
}

/// The value of a field that may be left out, but not null.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn instance_limits(limits: &Limits) -> Vec<(String, u32)> {
    limits.of_tenant(&[]).into_iter().map(|limit| (limit.name, limit.per_minute)).collect()
}

fn reply(tenant: Tenant, limits: &Limits) -> Reply {
    let version = tenant.version;
    Reply::ok(&TenantView::of(tenant, limits)).version(version)
}
