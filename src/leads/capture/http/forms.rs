//! Adding, reading, changing and archiving forms, their keys and their results.

use std::sync::Arc;

use actix_web::web::{Data, Path};
use actix_web::{delete, get, patch, post};
use chrono::{Datelike, NaiveDate, TimeDelta};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::views::{FormConsentRequest, FormField, FormPatch, FormRequest, FormResultsView, FormView};
use crate::identity::People;
use crate::kernel::{Invalid, Line, Prose, WebUrl};
use crate::leads::capture::domain::{AskedField, CaptureSettings, FormLanguage, Origin};
use crate::leads::capture::service::{self, ConsentAsked, Form};
use crate::leads::capture::store::FormRow;
use crate::leads::contract::LeadsError;
use crate::leads::http::{ConfigureLeads, ReadLeads};
use crate::platform::auth::Authorized;
use crate::platform::db::{Db, TenantTx};
use crate::platform::http::{Body, Command, Empty, Fields, IfMatch, Page, Patch, Query, Reply};
use crate::platform::id::Id;
use crate::platform::problem::{FieldError, Problem};

type PeopleData = Data<dyn People>;
type SettingsData = Data<CaptureSettings>;

const ORIGINS_AT_MOST: usize = 20;
const TAGS_AT_MOST: usize = 50;
const LONGEST_DAYS: i64 = 366;

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ResultsQuery {
    /// The first day (UTC); 29 days before the last one when not said.
    from: Option<NaiveDate>,
    /// The last day; today when not said.
    to: Option<NaiveDate>,
}

impl ResultsQuery {
    /// The first and the last day.
    fn days(&self, today: NaiveDate) -> Result<(NaiveDate, NaiveDate), Problem> {
        let refuse = |name: &str, reason| Err(Problem::invalid(vec![FieldError::parameter(name, reason)]));
        // Other years neither the database nor sums of days can hold.
        for (name, day) in [("from", self.from), ("to", self.to)] {
            if day.is_some_and(|day| !(1900..2200).contains(&day.year())) {
                let reason = Invalid::new(
                    "must be of a year from 1900 to 2199",
                    "debe ser de un año entre 1900 y 2199",
                );
                return refuse(name, reason);
            }
        }
        let to = self.to.unwrap_or(today);
        let from = self.from.unwrap_or_else(|| to - TimeDelta::days(29));
        if !(0..=LONGEST_DAYS).contains(&to.signed_duration_since(from).num_days()) {
            let reason = Invalid::new(
                "must not be after `to`, nor more than 366 days before it",
                "no debe ser posterior a `to`, ni más de 366 días anterior",
            );
            return refuse("from", reason);
        }
        Ok((from, to))
    }
}

/// List forms
///
/// Lists the forms of your web pages; there are at most 100.
#[utoipa::path(operation_id = "leads_list_forms", tag = "leads", security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "All forms.", body = Page<FormView>)))]
#[get("/api/v1/leads/forms")]
pub async fn leads_list_forms(
    who: Authorized<ReadLeads>,
    db: Data<Db>,
    settings: SettingsData,
) -> Result<Reply, Problem> {
    db.read(who.actor(), move |tx| {
        let data = service::forms(tx)?.into_iter().map(|form| FormView::of(form, &settings)).collect();
        Ok::<_, Problem>(Reply::ok(&Page::whole(data)))
    })
    .await
}

/// Add a form
///
/// Adds a form whose answers become leads. The answer holds the HTML to paste into a page of one of its origins.
#[utoipa::path(operation_id = "leads_create_form", tag = "leads", security(("bearer" = ["tenant:write"])),
    request_body = FormRequest, responses((status = 201, description = "Added.", body = FormView)))]
#[post("/api/v1/leads/forms")]
pub async fn leads_create_form(
    who: Authorized<ConfigureLeads>,
    command: Command<FormRequest>,
    db: Data<Db>,
    people: PeopleData,
    settings: SettingsData,
) -> Result<Reply, Problem> {
    let (request, once) = (command.value, command.once);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let (row, consent) = request.row(tx, &**people)?;
            let form = service::add_form(tx, &**people, row, consent)?;
            let (location, version) = (format!("/api/v1/leads/forms/{}", form.row.id), form.row.version);
            Ok::<_, LeadsError>(Reply::created(&FormView::of(form, &settings), location).version(version))
        })
    })
    .await
}

/// Get a form
///
/// Gets one form.
#[utoipa::path(operation_id = "leads_get_form", tag = "leads", security(("bearer" = ["leads:read"])),
    params(("id" = Uuid, Path, description = "The form.")),
    responses((status = 200, description = "The form.", body = FormView)))]
#[get("/api/v1/leads/forms/{id}")]
pub async fn leads_get_form(
    who: Authorized<ReadLeads>,
    id: Path<Uuid>,
    db: Data<Db>,
    settings: SettingsData,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| Ok::<_, Problem>(reply(service::form(tx, id)?, &settings))).await
}

/// Change a form
///
/// Changes a form. Another consent text is a new version; leads keep the one that they agreed to.
#[utoipa::path(operation_id = "leads_change_form", tag = "leads", security(("bearer" = ["tenant:write"])),
    params(("id" = Uuid, Path, description = "The form."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = FormPatch, responses((status = 200, description = "The form as it is now.", body = FormView)))]
#[patch("/api/v1/leads/forms/{id}")]
pub async fn leads_change_form(
    who: Authorized<ConfigureLeads>,
    id: Path<Uuid>,
    version: IfMatch,
    body: Body<FormPatch>,
    db: Data<Db>,
    people: PeopleData,
    settings: SettingsData,
) -> Result<Reply, Problem> {
    let (id, patch) = (id.into_inner(), body.0);
    db.tenant(who.actor(), move |tx| {
        let form = service::change_form(tx, &**people, id, version.0, |row| patch.apply(row))?;
        Ok::<_, Problem>(reply(form, &settings))
    })
    .await
}

/// Archive a form
///
/// Archives a form: its key leads nowhere any more. Its leads stay.
#[utoipa::path(operation_id = "leads_archive_form", tag = "leads", security(("bearer" = ["tenant:write"])),
    params(("id" = Uuid, Path, description = "The form."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    responses((status = 204, description = "Archived.")))]
#[delete("/api/v1/leads/forms/{id}")]
pub async fn leads_archive_form(
    who: Authorized<ConfigureLeads>,
    id: Path<Uuid>,
    version: IfMatch,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| {
        service::archive_form(tx, id, version.0)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

/// Rotate a form's key
///
/// Gives a form another key. The old one leads nowhere from now on: paste the new HTML into your pages.
#[utoipa::path(operation_id = "leads_rotate_form_key", tag = "leads", security(("bearer" = ["tenant:write"])),
    params(("id" = Uuid, Path, description = "The form.")), request_body = Empty,
    responses((status = 200, description = "The form with its new key.", body = FormView)))]
#[post("/api/v1/leads/forms/{id}/rotate-key")]
pub async fn leads_rotate_form_key(
    who: Authorized<ConfigureLeads>,
    id: Path<Uuid>,
    command: Command<Empty>,
    db: Data<Db>,
    settings: SettingsData,
) -> Result<Reply, Problem> {
    let (id, once, settings) = (id.into_inner(), command.once, Arc::clone(&settings));
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| Ok::<_, LeadsError>(reply(service::rotate_key(tx, id)?, &settings)))
    })
    .await
}

/// Show a form's results
///
/// Counts the answers to a form by what became of them, in all and by day.
#[utoipa::path(operation_id = "leads_form_results", tag = "leads", security(("bearer" = ["leads:read"])),
    params(("id" = Uuid, Path, description = "The form."), ResultsQuery),
    responses((status = 200, description = "The results.", body = FormResultsView)))]
#[get("/api/v1/leads/forms/{id}/results")]
pub async fn leads_form_results(
    who: Authorized<ReadLeads>,
    id: Path<Uuid>,
    query: Query<ResultsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| {
        let (from, to) = query.0.days(tx.now().date_naive())?;
        let rows = service::results(tx, id, from, to)?;
        Ok(Reply::ok(&FormResultsView::of(&rows, from, to)))
    })
    .await
}

fn reply(form: Form, settings: &CaptureSettings) -> Reply {
    let version = form.row.version;
    Reply::ok(&FormView::of(form, settings)).version(version)
}

impl FormRequest {
    fn row(
        self,
        tx: &mut TenantTx<'_>,
        people: &dyn People,
    ) -> Result<(FormRow, Option<ConsentAsked>), LeadsError> {
        let language = match self.language {
            Some(language) => language,
            None => FormLanguage::from(people.settings(tx)?.locale.language()),
        };
        let row = FormRow {
            tenant_id: tx.tenant().uuid(),
            id: Uuid::now_v7(),
            version: 1,
            name: self.name,
            form_key: String::new(),
            language: language.as_str().to_owned(),
            asked: asked(self.fields),
            origins: self.origins.unwrap_or_default(),
            consent_number: None,
            consent_is_required: false,
            thanks_url: self.thanks_url,
            thanks_text: self.thanks_text,
            source: self.source.unwrap_or_else(|| "website".to_owned()),
            tags: self.tags.unwrap_or_default(),
            on_duplicate: self.on_duplicate.unwrap_or_default().as_str().to_owned(),
            owner_id: self.owner_id.map(Id::uuid),
            is_active: self.active.unwrap_or(true),
            created_at: tx.now(),
            updated_at: tx.now(),
            archived_at: None,
        };
        Ok(checked(row, self.consent)?)
    }
}

impl FormPatch {
    fn apply(self, mut row: FormRow) -> Result<(FormRow, Patch<ConsentAsked>), Problem> {
        row.name = self.name.unwrap_or(row.name);
        row.language = self.language.map_or(row.language, |language| language.as_str().to_owned());
        row.asked = self.fields.map_or(row.asked, asked);
        row.origins = self.origins.unwrap_or(row.origins);
        self.thanks_url.apply(&mut row.thanks_url);
        self.thanks_text.apply(&mut row.thanks_text);
        row.source = self.source.unwrap_or(row.source);
        row.tags = self.tags.unwrap_or(row.tags);
        row.on_duplicate = self.on_duplicate.map_or(row.on_duplicate, |rule| rule.as_str().to_owned());
        match self.owner_id {
            Patch::Keep => {}
            Patch::Clear => row.owner_id = None,
            Patch::Set(owner) => row.owner_id = Some(owner.uuid()),
        }
        row.is_active = self.active.unwrap_or(row.is_active);
        match self.consent {
            Patch::Keep => checked(row, None).map(|(row, _)| (row, Patch::Keep)),
            Patch::Clear => checked(row, None).map(|(row, _)| (row, Patch::Clear)),
            Patch::Set(consent) => checked(row, Some(consent))
                .map(|(row, consent)| (row, consent.map_or(Patch::Keep, Patch::Set))),
        }
    }
}

fn asked(fields: Vec<FormField>) -> serde_json::Value {
    let fields = fields.into_iter();
    let fields: Vec<AskedField> = fields
        .map(|field| AskedField { name: field.name, label: field.label, required: field.required })
        .collect();
    serde_json::json!(fields)
}

fn checked(
    mut row: FormRow,
    consent: Option<FormConsentRequest>,
) -> Result<(FormRow, Option<ConsentAsked>), Problem> {
    let mut fields = Fields::default();
    row.name =
        fields.take("/name", Line::<100>::parse(&row.name)).map(|line| line.to_string()).unwrap_or_default();
    row.source = fields
        .take("/source", Line::<100>::parse(&row.source))
        .map(|line| line.to_string())
        .unwrap_or_default();
    row.thanks_url = fields
        .take_optional("/thanks_url", row.thanks_url.as_deref(), WebUrl::parse)
        .map(|url| url.as_str().to_owned());
    row.thanks_text = fields
        .take_optional("/thanks_text", row.thanks_text.as_deref(), Line::<500>::parse)
        .map(|line| line.to_string());
    if row.origins.len() > ORIGINS_AT_MOST {
        fields.refuse("/origins", Invalid::new("at most 20 origins", "como máximo 20 orígenes"));
    }
    row.origins = each(&mut fields, "/origins", &row.origins, ORIGINS_AT_MOST, |origin| {
        Origin::parse(origin).map(|origin| origin.as_str().to_owned())
    });
    if row.tags.len() > TAGS_AT_MOST {
        fields.refuse("/tags", Invalid::new("at most 50 tags", "como máximo 50 etiquetas"));
    }
    row.tags = each(&mut fields, "/tags", &row.tags, TAGS_AT_MOST, |tag| {
        Line::<50>::parse(tag).map(|line| line.to_string())
    });
    let consent = consent.map(|consent| ConsentAsked {
        text: fields
            .take("/consent/text", Prose::<2000>::parse(&consent.text))
            .map(|text| text.to_string())
            .unwrap_or_default(),
        is_required: consent.required.unwrap_or(true),
    });
    fields.finish()?;
    Ok((row, consent))
}

/// Each of `texts` once, as `parse` has it.
fn each(
    fields: &mut Fields,
    place: &str,
    texts: &[String],
    at_most: usize,
    parse: impl Fn(&str) -> Result<String, Invalid>,
) -> Vec<String> {
    let mut parsed: Vec<String> = Vec::new();
    for (index, text) in texts.iter().enumerate().take(at_most) {
        if let Some(text) = fields.take(&format!("{place}/{index}"), parse(text))
            && !parsed.contains(&text)
        {
            parsed.push(text);
        }
    }
    parsed
}
