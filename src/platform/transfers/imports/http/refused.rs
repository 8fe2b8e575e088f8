//! The rows that an import refused, to be mended and imported again.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::Bytes;
use futures_util::stream;

use crate::kernel::Language;
use crate::platform::auth::Actor;
use crate::platform::db::Db;
use crate::platform::problem::Problem;
use crate::platform::sheets::cells::{MARK, write_line};
use crate::platform::sheets::mapping::{REASON_COLUMN, ROW_COLUMN};
use crate::platform::transfers::imports::Importable;
use crate::platform::transfers::imports::domain::ImportId;
use crate::platform::transfers::imports::store::{self, ImportRow, RefusedRow};
use crate::platform::transfers::{TransferError, TransferTables};

/// The refused rows of an import as CSV, their reasons in `language`.
pub async fn refused_rows<I: Importable>(
    id: ImportId,
    actor: Actor,
    language: Language,
    db: &Db,
) -> Result<HttpResponse, Problem> {
    let tables = I::TABLES;
    let row = db.read(actor.clone(), move |tx| Ok::<_, Problem>(store::find(tx, tables, id)?)).await?;
    let headers = headers(&row);
    let mut head = MARK.to_owned();
    let own = [ROW_COLUMN.to_owned(), REASON_COLUMN.to_owned()];
    write_line(&mut head, headers.iter().chain(&own).map(String::as_str));
    let reader =
        Reader { db: Db::clone(db), actor, tables, id, language, width: headers.len(), behind: i32::MIN };
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
    tables: TransferTables,
    id: ImportId,
    language: Language,
    width: usize,
    behind: i32,
}

impl Reader {
    async fn next(mut self) -> Option<(Result<Bytes, TransferError>, Self)> {
        let (at, id, behind) = (self.tables, self.id, self.behind);
        match self.db.read(self.actor.clone(), move |tx| store::refused_piece(tx, at, id, behind)).await {
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
