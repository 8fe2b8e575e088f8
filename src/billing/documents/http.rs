//! Documents over HTTP: the PDFs of quotations, for sellers and for whoever has the link, of invoices and of credit notes.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Deserialize;
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};

use super::Documents;
use super::domain::Subject;
use super::service;
use super::store::DocumentRow;
use crate::billing::contract::{CreditNoteId, InvoiceId, QuotationId};
use crate::billing::http::ReadBilling;
use crate::billing::quotations;
use crate::kernel::{Language, Message, text};
use crate::platform::auth::{Actor, Authorized};
use crate::platform::db::Db;
use crate::platform::files::FileKey;
use crate::platform::http::{Query, RequestContext, Routes};
use crate::platform::limits::Limits;
use crate::platform::problem::Problem;

/// How long a request waits for a file that is being made.
const PATIENCE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(40);

/// Which document.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PdfQuery {
    /// Its language; the customer's when not said.
    #[param(inline)]
    language: Option<DocumentLanguage>,
}

/// `es` or `en`.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum DocumentLanguage {
    Es,
    En,
}

/// Registers what sellers do with documents.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(quotations_pdf).service(invoices_pdf).service(credit_notes_pdf);
}

/// Registers what everybody may do with a quotation's link.
pub fn public_routes(config: &mut Routes<'_, '_>) {
    config.service(quotations_show_pdf);
}

/// Read a quotation as PDF
///
/// Reads the version in force as PDF, with your company's name and colours. It is made once for a version and a language; of a
/// draft it says that it is one.
#[utoipa::path(operation_id = "quotations_pdf", tag = "quotations", security(("bearer" = ["billing:read"])),
    params(("id" = QuotationId, Path, description = "The quotation."), PdfQuery),
    responses((status = 200, description = "The file.", content_type = "application/pdf", body = Vec<u8>),
        (status = 503, description = "It is being made; ask again.")))]
#[get("/api/v1/quotations/{id}/pdf")]
pub async fn quotations_pdf(
    who: Authorized<ReadBilling>,
    id: Path<QuotationId>,
    query: Query<PdfQuery>,
    db: Data<Db>,
    documents: Data<Documents>,
) -> Result<HttpResponse, Problem> {
    let language = query.0.language.map(DocumentLanguage::language);
    file(&db, &documents, &who.actor(), Subject::Quotation(id.into_inner().uuid()), language).await
}

/// Read an invoice as PDF
///
/// Reads an issued invoice as PDF, with your company's name and colours. It is made once for a language, and once more when it is
/// voided. It is no CFDI: Cauce does not stamp yet.
#[utoipa::path(operation_id = "invoices_pdf", tag = "invoices", security(("bearer" = ["billing:read"])),
    params(("id" = InvoiceId, Path, description = "The invoice."), PdfQuery),
    responses((status = 200, description = "The file.", content_type = "application/pdf", body = Vec<u8>),
        (status = 503, description = "It is being made; ask again.")))]
#[get("/api/v1/invoices/{id}/pdf")]
pub async fn invoices_pdf(
    who: Authorized<ReadBilling>,
    id: Path<InvoiceId>,
    query: Query<PdfQuery>,
    db: Data<Db>,
    documents: Data<Documents>,
) -> Result<HttpResponse, Problem> {
    let language = query.0.language.map(DocumentLanguage::language);
    file(&db, &documents, &who.actor(), Subject::Invoice(id.into_inner().uuid()), language).await
}

/// Read a credit note as PDF
///
/// Reads a credit note as PDF, with your company's name and colours. It is made once for a language.
#[utoipa::path(operation_id = "credit_notes_pdf", tag = "credit-notes", security(("bearer" = ["billing:read"])),
    params(("id" = CreditNoteId, Path, description = "The credit note."), PdfQuery),
    responses((status = 200, description = "The file.", content_type = "application/pdf", body = Vec<u8>),
        (status = 503, description = "It is being made; ask again.")))]
#[get("/api/v1/credit-notes/{id}/pdf")]
pub async fn credit_notes_pdf(
    who: Authorized<ReadBilling>,
    id: Path<CreditNoteId>,
    query: Query<PdfQuery>,
    db: Data<Db>,
    documents: Data<Documents>,
) -> Result<HttpResponse, Problem> {
    let language = query.0.language.map(DocumentLanguage::language);
    file(&db, &documents, &who.actor(), Subject::CreditNote(id.into_inner().uuid()), language).await
}

/// Show a quotation to its customer as PDF
///
/// Shows a quotation to whoever has its link, as the file that was made when it was sent.
#[utoipa::path(operation_id = "quotations_show_pdf", tag = "quotations",
    params(("token" = String, Path, description = "What the link ends with."), PdfQuery),
    responses((status = 200, description = "The file.", content_type = "application/pdf", body = Vec<u8>),
        (status = 503, description = "It is being made; ask again.")))]
#[get("/api/v1/public/quotations/{token}/pdf")]
pub async fn quotations_show_pdf(
    request: HttpRequest,
    token: Path<String>,
    query: Query<PdfQuery>,
    db: Data<Db>,
    limits: Data<Limits>,
    documents: Data<Documents>,
) -> Result<HttpResponse, Problem> {
    documents.quotations.limit(&request, &limits)?;
    let correlation = RequestContext::of(&request).correlation().clone();
    let (actor, id) = quotations::open(&db, &token, correlation).await?;
    let language = query.0.language.map(DocumentLanguage::language);
    file(&db, &documents, &actor, Subject::Quotation(id), language).await
}

async fn file(
    db: &Db,
    documents: &Documents,
    actor: &Actor,
    subject: Subject,
    language: Option<Language>,
) -> Result<HttpResponse, Problem> {
    let until = Instant::now() + PATIENCE;
    loop {
        let known = db.read(actor.clone(), move |tx| service::known(tx, subject, language)).await?;
        let row = match known {
            Some(row) => row,
            None => db.tenant(actor.clone(), move |tx| service::ask(tx, subject, language)).await?,
        };
        if let Some(content) = content(documents, actor, subject, &row).await? {
            return Ok(answer(subject, &row, content));
        }
        if Instant::now() > until {
            return Err(in_the_making());
        }
        documents.asked.notify_one();
        tokio::time::sleep(POLL).await;
    }
}

/// The file; none while it is being made.
async fn content(
    documents: &Documents,
    actor: &Actor,
    subject: Subject,
    row: &DocumentRow,
) -> Result<Option<Vec<u8>>, Problem> {
    if row.file_key.is_none() {
        return Ok(row.content.clone());
    }
    let key = FileKey::of(actor.tenant(), subject.folder(), &format!("{}.pdf", row.id));
    let found = documents.files.read(&key).await.map_err(|error| away().caused_by(&error))?;
    found.map(Some).ok_or_else(away)
}

fn answer(subject: Subject, row: &DocumentRow, content: Vec<u8>) -> HttpResponse {
    let hash = row.sha256.as_deref().map(text::hex).unwrap_or_default();
    let name = format!("inline; filename=\"{}-{}.pdf\"", subject.id(), row.revision);
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/pdf"))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CACHE_CONTROL, "private, no-cache"))
        .insert_header((ETAG, format!("\"{hash}\"")))
        .body(content)
}

fn in_the_making() -> Problem {
    let title = Message::new(
        "The document is being made; ask again",
        "El documento se está generando; pídalo de nuevo",
    );
    Problem::unavailable("document-in-the-making", title).retry_after(1)
}

fn away() -> Problem {
    let title = Message::new("The store of files does not answer", "El almacén de archivos no responde");
    Problem::unavailable("files-away", title).retry_after(5)
}

impl DocumentLanguage {
    fn language(self) -> Language {
        match self {
            Self::Es => Language::Spanish,
            Self::En => Language::English,
        }
    }
}
