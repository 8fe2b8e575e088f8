//! What an import of leads would read, before anything is written.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, post};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ImportForm, ImportOptions};
use crate::kernel::{Language, Money};
use crate::leads::domain::Form;
use crate::leads::http::WriteLeads;
use crate::leads::imports::domain::Candidate;
use crate::leads::imports::importable::LeadImports;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::Reply;
use crate::platform::problem::Problem;
use crate::platform::transfers::{ColumnView, Imports, Preview, PreviewRow, kept_as_text, preview};

/// What an import would read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportPreview, example = json!({
    "encoding": "windows-1252", "separator": ",", "mapping_id": null, "total": 120, "problem": null,
    "columns": [{ "column": "telefono", "field": "phone", "basis": "name", "samples": ["9711609009"] }],
    "rows": [{ "row": 2, "problem": null, "kept_as_text": [], "lead": {
        "company_name": "DISEÑOS ARY", "contact_name": null, "email": null, "phone": "+525517037908", "website": null,
        "industry": "Confección", "employee_count": 1, "annual_revenue": null, "source": "import", "status": "new",
        "tags": [], "notes": null, "owner_email": null, "created_at": null, "custom_fields": { "municipio": "Salina Cruz" } } }]
}))]
pub struct PreviewView {
    /// How the file writes its characters; of a workbook `xlsx` or `ods`.
    pub encoding: String,
    /// What separates its cells; nothing in a workbook.
    #[schema(max_length = 1)]
    pub separator: String,
    /// The saved mapping that was recognised or asked for.
    #[schema(required)]
    pub mapping_id: Option<Uuid>,
    /// Rows in the file, without the header.
    pub total: i32,
    /// The columns, in the order of the file.
    pub columns: Vec<ColumnView>,
    /// The first ten rows.
    #[schema(max_items = 10)]
    pub rows: Vec<RowView>,
    /// Why the file cannot be imported like this.
    #[schema(required)]
    pub problem: Option<String>,
}

/// A row as it would be read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportPreviewRow, example = json!({
    "row": 3, "lead": null, "problem": "La fila no tiene correo ni teléfono.", "kept_as_text": []
}))]
pub struct RowView {
    /// Its number, as a spreadsheet numbers rows: 1 is the header.
    pub row: u32,
    /// The lead, when it is one.
    #[schema(required)]
    pub lead: Option<CandidateView>,
    /// Why it would be refused.
    #[schema(required)]
    pub problem: Option<String>,
    /// Fields whose text could not be read: it is kept as `<field>_original` among the custom fields.
    pub kept_as_text: Vec<String>,
}

/// A lead as a row describes it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportCandidate, example = json!({
    "company_name": "DISEÑOS ARY", "contact_name": null, "email": null, "phone": "+525517037908", "website": null,
    "industry": "Confección", "employee_count": 1, "annual_revenue": null, "source": "import", "status": "new",
    "tags": [], "notes": null, "owner_email": null, "created_at": null, "custom_fields": { "municipio": "Salina Cruz" }
}))]
pub struct CandidateView {
    /// The company.
    #[schema(required)]
    pub company_name: Option<String>,
    /// The person.
    #[schema(required)]
    pub contact_name: Option<String>,
    /// Their e-mail address.
    #[schema(required)]
    pub email: Option<String>,
    /// Their phone.
    #[schema(required)]
    pub phone: Option<String>,
    /// The web site.
    #[schema(required)]
    pub website: Option<String>,
    /// What the company does.
    #[schema(required)]
    pub industry: Option<String>,
    /// How many people work there.
    #[schema(required)]
    pub employee_count: Option<i64>,
    /// What it sells in a year.
    #[schema(required)]
    pub annual_revenue: Option<Money>,
    /// Where it came from.
    #[schema(required)]
    pub source: Option<String>,
    /// The state to begin in.
    pub status: String,
    /// Labels.
    pub tags: Vec<String>,
    /// Free text.
    #[schema(required)]
    pub notes: Option<String>,
    /// Who would work it, if they are an active user.
    #[schema(required)]
    pub owner_email: Option<String>,
    /// When it came in, if the file knows.
    #[schema(required)]
    pub created_at: Option<DateTime<Utc>>,
    /// What is kept beside.
    #[schema(value_type = Object)]
    pub custom_fields: Map<String, Value>,
}

/// Preview an import
///
/// Reads a spreadsheet as `POST /api/v1/leads/imports` would, and writes nothing: what each column feeds and how sure that is,
/// and the first rows as leads or with the reason why they are none. Change `columns` and send them as `options.mapping`.
#[utoipa::path(operation_id = "leads_preview_import", tag = "leads",
    request_body(content = ImportForm, content_type = "multipart/form-data"),
    security(("bearer" = ["leads:write"])),
    responses((status = 200, description = "What would be read.", body = PreviewView)))]
#[post("/api/v1/leads/imports/preview")]
pub async fn leads_preview_import(
    who: Authorized<WriteLeads>,
    request: HttpRequest,
    payload: Payload,
    imports: Data<Imports>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    preview::<LeadImports, ImportOptions, _>(&request, payload, who.actor(), &imports, &db, PreviewView::new)
        .await
}

impl PreviewView {
    fn new(preview: Preview<Candidate>, language: Language) -> Self {
        Self {
            encoding: preview.encoding.to_owned(),
            separator: preview.separator,
            mapping_id: preview.saved,
            total: preview.total,
            columns: preview.columns.into_iter().map(ColumnView::from).collect(),
            rows: preview.rows.into_iter().map(|row| RowView::new(row, language)).collect(),
            problem: preview.problem.map(|problem| problem.in_language(language).to_owned()),
        }
    }
}

impl RowView {
    fn new(row: PreviewRow<Candidate>, language: Language) -> Self {
        let (lead, problem) = match row.read {
            Ok(candidate) => (Some(CandidateView::new(&candidate)), None),
            Err(reason) => (None, Some(reason.in_language(language).to_owned())),
        };
        let kept_as_text = kept_as_text(lead.iter().flat_map(|lead| lead.custom_fields.keys()));
        Self { row: row.number, lead, problem, kept_as_text }
    }
}

impl CandidateView {
    fn new(candidate: &Candidate) -> Self {
        let form = Form::from(&candidate.details);
        Self {
            company_name: form.company_name,
            contact_name: form.contact_name,
            email: form.email,
            phone: form.phone,
            website: form.website,
            industry: form.industry,
            employee_count: form.employee_count,
            annual_revenue: form.annual_revenue,
            source: form.source,
            status: candidate.status.as_str().to_owned(),
            tags: form.tags,
            notes: form.notes,
            owner_email: candidate.owner.as_ref().map(ToString::to_string),
            created_at: candidate.created_at,
            custom_fields: form.custom_fields,
        }
    }
}
