//! What the paper of a quotation says.

use uuid::Uuid;

use super::parts::{buyer, seller, sums, unit};
use crate::billing::contract::SalesError;
use crate::billing::documents::domain::{Printed, PrintedLine, price};
use crate::billing::documents::store::DocumentRow;
use crate::billing::domain::rounded;
use crate::billing::quotations::{self, Quotations};
use crate::crm::{self, CustomerId};
use crate::identity;
use crate::kernel::{Decimal6, Locale, Message, WebUrl};
use crate::platform::db::TenantTx;
use crate::platform::problem::Problem;

/// The version in force, how far it got, and whose it is.
pub fn standing(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(i32, &'static str, CustomerId), SalesError> {
    let (revision, is_sent) = quotations::standing(tx, id)?;
    Ok((revision, if is_sent { "sent" } else { "draft" }, quotations::customer_of(tx, id)?))
}

/// What is printed of a quotation.
pub fn printed(
    tx: &mut TenantTx<'_>,
    offers: &Quotations,
    row: &DocumentRow,
    id: Uuid,
) -> Result<Printed, SalesError> {
    let letterhead = identity::letterhead(tx)?;
    let paper = quotations::paper(tx, offers, id, row.revision)?;
    let customer = crm::customer(tx, paper.customer).map_err(Problem::from)?;
    let (content, zone) = (paper.content, letterhead.settings.time_zone.tz());
    let is_draft = row.stage == "draft";
    let day = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).date_naive();
    let link = paper.link.filter(|_| !is_draft).and_then(|link| WebUrl::parse(&link).ok());
    let lines = content.lines.iter().map(|line| PrintedLine {
        description: line.line.description.to_string(),
        quantity: line.line.quantity().to_string(),
        unit: line.line.unit_code.as_ref().map(|code| unit(code.as_str())).unwrap_or_default(),
        unit_price: price(line.line.unit_price(), content.currency),
        discount: (line.taken_off > Decimal6::ZERO).then(|| rounded(line.taken_off, content.currency)),
        amount: rounded(line.amount, content.currency),
    });
    let notes = [&content.title, &content.notes, &content.terms].into_iter().flatten().map(String::as_str);
    Ok(Printed {
        title: Message::new("Quotation", "Cotización"),
        folio: format!("{:05}", content.folio),
        remark: is_draft.then(|| Message::new("Draft: not an offer yet", "Borrador: aún no es una oferta")),
        locale: Locale::parse(&row.language).unwrap_or(letterhead.settings.locale),
        logo: letterhead.logo.clone(),
        primary: letterhead.primary_color.clone(),
        secondary: letterhead.secondary_color.clone(),
        dates: vec![
            (Message::new("Date", "Fecha"), day(paper.dated)),
            (Message::new("Valid until", "Vigente hasta"), day(content.valid_until)),
        ],
        lines: lines.collect(),
        sums: sums(content.subtotal, content.discounts, &content.taxes, content.total),
        notes: notes.collect::<Vec<_>>().join("\n\n"),
        link: link.map(|link| (Message::new("See and answer it here", "Véala y respóndala aquí"), link)),
        seller: seller(&letterhead),
        buyer: buyer(&customer, &content.customer_name),
    })
}
