//! The rows that an import refused, to be mended and imported again.

use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use futures_util::stream;

use crate::kernel::Language;
use crate::leads::contract::LeadsError;
use crate::leads::http::ReadLeads;
use crate::leads::imports::domain::ImportId;
use crate::leads::imports::store::{self, ImportRow, RefusedRow};
use crate::platform::auth::{Actor, Authorized};
use crate::platform::db::Db;
use crate::platform::http::RequestContext;
use crate::platform::problem::Problem;
use crate::platform::sheets::cells::{MARK, write_line};
use crate::platform::sheets::mapping::{REASON_COLUMN, ROW_COLUMN};

/// Download refused rows
///
/// The rows that an import refused as CSV: the columns of the file, and `cauce_row` and `cauce_reason` in the language asked
/// for. Mend the rows and import the file again: the two columns are ignored then. Kept for 30 days.
#[utoipa::path(operation_id = "leads_refused_rows", tag = "leads",
    params(("id" = ImportId, Path, description = "The import.")), security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "The rows, in UTF-8.", content_type = "text/csv", body = String,
        example = "empresa,telefono,cauce_row,cauce_reason\r\nNájera,,7,La fila no tiene correo ni teléfono.\r\n")))]
#[get("/api/v1/leads/imports/{id}/refused.csv")]
pub async fn leads_refused_rows(
    who: Authorized<ReadLeads>,
    request: HttpRequest,
    id: Path<ImportId>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let language = RequestContext::of(&request).language();
    let row = db.tenant(who.actor(), move |tx| Ok::<_, Problem>(store::find(tx, id)?)).await?;
    let headers = headers(&row);
    let mut head = MARK.to_owned();
    let own = [ROW_COLUMN.to_owned(), REASON_COLUMN.to_owned()];
    write_line(&mut head, headers.iter().chain(&own).map(String::as_str));
    let reader = Reader {
        db: Db::clone(&db),
        actor: who.actor(),
        id,
        language,
        width: headers.len(),
        behind: i32::MIN,
    };
    let rest = stream::unfold(reader, Reader::next);
    let body = futures_util::StreamExt::chain(stream::iter([Ok(Bytes::from(head))]), rest);
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(format!("refused-{id}.csv"))],
    };
    let mut response = HttpResponse::Ok();
    response.content_type("text/csv; charset=utf-8").insert_header((CONTENT_DISPOSITION, disposition));
    Ok(response.streaming(body))
}

fn headers(row: &ImportRow) -> Vec<String> {
    let columns = row.mapping.as_array().into_iter().flatten();
    columns.map(|column| column["header"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Reads piece by piece what is sent.
struct Reader {
    db: Db,
    actor: Actor,
    id: ImportId,
    language: Language,
    width: usize,
    behind: i32,
}

impl Reader {
    async fn next(mut self) -> Option<(Result<Bytes, LeadsError>, Self)> {
        let (id, behind) = (self.id, self.behind);
        match self.db.tenant(self.actor.clone(), move |tx| store::refused_piece(tx, id, behind)).await {
            Ok(None) => None,
            Ok(Some((number, rows))) => {
                self.behind = number;
                let text = self.lines(&rows);
                Some((Ok(Bytes::from(text)), self))
            }
            // The answer breaks off, so that nobody takes a part for the whole.
            Err(error) => Some((Err(error), self)),
        }
    }

    fn lines(&self, rows: &[RefusedRow]) -> String {
        let mut text = String::new();
        for row in rows {
            let number = row.row.to_string();
            let reason = row.reason.in_language(self.language);
            let empty = std::iter::repeat_n("", self.width.saturating_sub(row.cells.len()));
            let cells = row.cells.iter().map(String::as_str).take(self.width).chain(empty);
            write_line(&mut text, cells.chain([number.as_str(), reason]));
        }
        text
    }
}
