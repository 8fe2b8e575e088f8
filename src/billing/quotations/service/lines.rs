//! The lines of a draft, its sums, and the versions that they make.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;

use super::{held_draft, touch};
use crate::billing::catalog::{self, ProductRow, check_taxes};
use crate::billing::contract::SalesError;
use crate::billing::contract::events::QuotationVersionCreated;
use crate::billing::domain::{Discount, DocumentLine, totals};
use crate::billing::inventory;
use crate::billing::quotations::domain::{Approval, Content, LINES_AT_MOST, LineInput, highest_discount};
use crate::billing::quotations::store::{self, LineRow, QuotationRow, VersionRow};
use crate::kernel::{Currency, Decimal6, Invalid, Line, Money, NonNegativeDecimal6};
use crate::platform::db::TenantTx;
use crate::platform::http::Fields;
use crate::platform::id::Id;
use crate::platform::problem::Problem;

/// All lines of a draft, and what is taken off the whole.
#[derive(Debug, Clone, Default)]
pub struct LinesInput {
    /// The lines.
    pub lines: Vec<LineInput>,
    /// Of the whole.
    pub discount: Option<Discount>,
}

/// A line, and what the price list says of its price.
type Priced = (DocumentLine, Option<Decimal6>);

/// Replaces all lines of a draft that still has the version `expected`, if one is given.
pub fn replace_lines(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    expected: Option<i32>,
    input: LinesInput,
) -> Result<QuotationRow, SalesError> {
    let before = held_draft(tx, id, expected)?;
    let mut row = before.clone();
    write_lines(tx, &mut row, input)?;
    let is_same = row == before;
    touch(tx, &mut row);
    if !write_version(tx, &mut row)? && is_same {
        return Ok(before);
    }
    store::save(tx, &row)?;
    Ok(row)
}

/// Writes the lines of a locked draft and puts their sums into `row`, which the caller saves.
pub fn write_lines(
    tx: &mut TenantTx<'_>,
    row: &mut QuotationRow,
    input: LinesInput,
) -> Result<(), SalesError> {
    let currency = row.money()?;
    let priced = priced(tx, row, currency, input.lines)?;
    let lines: Vec<DocumentLine> = priced.iter().map(|(line, _)| line.clone()).collect();
    let sums = totals(&lines, input.discount.as_ref(), currency)?;
    let mut rows = Vec::with_capacity(lines.len());
    for (position, ((line, list_price), line_sums)) in (0..).zip(priced.iter().zip(&sums.lines)) {
        rows.push(LineRow {
            tenant_id: row.tenant_id,
            quotation_id: row.id,
            position,
            product_id: line.product_id.map(Id::uuid),
            description: line.description.as_str().to_owned(),
            quantity: line.quantity().millionths(),
            unit_code: line.unit_code.as_ref().map(|code| code.as_str().to_owned()),
            sat_product_key: line.sat_product_key.as_ref().map(|key| key.as_str().to_owned()),
            unit_price: line.unit_price().millionths(),
            list_price: list_price.map(Decimal6::millionths),
            discount: line.discount.map(|discount| json!(discount)),
            taxes: json!(line.taxes),
            amount: line_sums.amount.millionths(),
            taken_off: line_sums.discount.millionths(),
        });
    }
    if rows != store::lines(tx, row.id)? {
        store::replace_lines(tx, row.id, &rows)?;
    }
    row.discount = input.discount.map(|discount| json!(discount));
    row.line_count = i32::try_from(rows.len()).unwrap_or(i32::MAX);
    row.subtotal_minor = sums.subtotal.minor();
    row.discount_minor = sums.discount.minor();
    row.transferred_minor = sums.transferred.minor();
    row.withheld_minor = sums.withheld.minor();
    row.total_minor = sums.total.minor();
    row.highest_discount = highest_discount(&priced, &sums.lines).millionths();
    Ok(())
}

/// Keeps what a locked draft says as its next version, when that is something else than before, and takes back what was
/// asked and decided about the one before. The caller saves `row`.
pub fn write_version(tx: &mut TenantTx<'_>, row: &mut QuotationRow) -> Result<bool, SalesError> {
    let content = json!(content(tx, row)?);
    if row.revision > 0 && store::version(tx, row.id, row.revision)?.content == content {
        return Ok(false);
    }
    row.revision += 1;
    let version = VersionRow {
        tenant_id: row.tenant_id,
        quotation_id: row.id,
        number: row.revision,
        content,
        created_by: tx.actor().user().map(Id::uuid),
        created_at: tx.now(),
    };
    store::insert_version(tx, &version)?;
    if let Some(mut asked) = store::open_approval(tx, row.id)? {
        "withdrawn".clone_into(&mut asked.status);
        store::save_approval(tx, &asked)?;
    }
    Approval::None.as_str().clone_into(&mut row.approval);
    let told =
        QuotationVersionCreated { quotation_id: row.id.into(), number: row.revision, total: row.total()? };
    tx.emit(row.id, row.version, &told);
    Ok(true)
}

/// What a quotation says now.
pub fn content(tx: &mut TenantTx<'_>, row: &QuotationRow) -> Result<Content, SalesError> {
    let lines = document_lines(tx, row.id)?;
    let discount = discount(row)?;
    let currency = row.money()?;
    let sums = totals(&lines, discount.as_ref(), currency)?;
    let nothing = Money::from_minor(0, currency);
    let mut content = Content {
        folio: row.folio,
        customer_name: row.customer_name.clone(),
        currency,
        title: row.title.clone(),
        notes: row.notes.clone(),
        terms: row.terms.clone(),
        valid_until: row.valid_until,
        discount: None,
        lines: Vec::new(),
        subtotal: nothing,
        discounts: nothing,
        transferred: nothing,
        withheld: nothing,
        taxes: Vec::new(),
        total: nothing,
    };
    content.fill(&lines, discount, &sums);
    Ok(content)
}

/// What is taken off the whole.
pub fn discount(row: &QuotationRow) -> Result<Option<Discount>, Problem> {
    let discount = row.discount.clone().map(serde_json::from_value).transpose();
    discount.map_err(|_| Problem::internal())
}

/// The lines of a quotation, in their order.
pub fn document_lines(tx: &mut TenantTx<'_>, quotation: Uuid) -> Result<Vec<DocumentLine>, SalesError> {
    store::lines(tx, quotation)?.iter().map(document_line).collect()
}

fn document_line(row: &LineRow) -> Result<DocumentLine, SalesError> {
    let corrupt = |_| SalesError::from(Problem::internal());
    let discount = row.discount.clone().map(serde_json::from_value).transpose();
    Ok(DocumentLine {
        product_id: row.product_id.map(Id::from),
        description: Line::parse(&row.description).map_err(corrupt)?,
        quantity: Decimal6::from_millionths(row.quantity).try_into().map_err(corrupt)?,
        unit_code: row.unit_code.clone().map(TryFrom::try_from).transpose().map_err(corrupt)?,
        sat_product_key: row.sat_product_key.clone().map(TryFrom::try_from).transpose().map_err(corrupt)?,
        unit_price: Decimal6::from_millionths(row.unit_price).try_into().map_err(corrupt)?,
        discount: discount.map_err(|_| Problem::internal())?,
        taxes: serde_json::from_value(row.taxes.clone()).map_err(|_| Problem::internal())?,
    })
}

/// The lines with all that their products say; 422 with everything that is wrong.
fn priced(
    tx: &mut TenantTx<'_>,
    row: &QuotationRow,
    currency: Currency,
    lines: Vec<LineInput>,
) -> Result<Vec<Priced>, SalesError> {
    let mut fields = Fields::default();
    if lines.len() > LINES_AT_MOST {
        fields.refuse("/lines", Invalid::new("are at most 200", "son como máximo 200"));
        fields.finish()?;
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = lines.iter().filter_map(|line| line.product_id.map(Id::uuid)).collect();
    let products = catalog::products(tx, &ids)?;
    let mut lots = Vec::new();
    let mut priced = Vec::with_capacity(lines.len());
    for (index, line) in lines.into_iter().enumerate() {
        let pointer = format!("/lines/{index}");
        let product = line.product_id.and_then(|id| products.get(&id.uuid()));
        check_product(&line, product, &mut lots, &pointer, &mut fields);
        let list_price = match product {
            Some(product) => list_price(tx, row, product, currency)?,
            None => None,
        };
        if let Some(taxes) = &line.taxes {
            check_taxes(taxes, &format!("{pointer}/taxes"), &mut fields);
        }
        if let Some(whole) = complete(line, product, list_price, &pointer, &mut fields)? {
            priced.push((whole, list_price));
        }
    }
    fields.finish()?;
    Ok(priced)
}

/// Notes a product that is none of the company's, is sold no more, or is a lot that is taken twice.
fn check_product(
    line: &LineInput,
    product: Option<&ProductRow>,
    lots: &mut Vec<Uuid>,
    pointer: &str,
    fields: &mut Fields,
) {
    let place = format!("{pointer}/product_id");
    match product {
        None if line.product_id.is_some() => {
            let reason = Invalid::new(
                "is not a product of this company; `GET /api/v1/products` lists them",
                "no es un producto de esta empresa; `GET /api/v1/products` los muestra",
            );
            fields.refuse(&place, reason);
        }
        Some(product) if product.archived_at.is_some() => {
            fields.refuse(
                &place,
                Invalid::new("is archived: it is sold no more", "está archivado: ya no se vende"),
            );
        }
        Some(product) if product.kind == "lot" => {
            if lots.contains(&product.id) {
                fields.refuse(&place, Invalid::new("is in another line already", "ya está en otro renglón"));
            }
            if Decimal6::from(line.quantity) != Decimal6::ONE {
                let reason = Invalid::new("of a lot must be 1", "de un lote debe ser 1");
                fields.refuse(&format!("{pointer}/quantity"), reason);
            }
            lots.push(product.id);
        }
        _ => {}
    }
}

/// The price of one of a product: in the quotation's list, or else in the newest one; of a lot its own.
fn list_price(
    tx: &mut TenantTx<'_>,
    row: &QuotationRow,
    product: &ProductRow,
    currency: Currency,
) -> Result<Option<Decimal6>, SalesError> {
    let listed = catalog::price(tx, product.id, currency, row.price_list_id)?;
    if listed.is_some() || product.kind != "lot" {
        return Ok(listed);
    }
    let price = inventory::lot_price(tx, product.id)?.filter(|price| price.currency() == currency);
    let millionths = price.and_then(|price| price.minor().checked_mul(1_000_000 / currency.minor_per_unit()));
    Ok(millionths.map(Decimal6::from_millionths))
}

/// The line with what its product says where it says nothing itself.
fn complete(
    line: LineInput,
    product: Option<&ProductRow>,
    list_price: Option<Decimal6>,
    pointer: &str,
    fields: &mut Fields,
) -> Result<Option<DocumentLine>, SalesError> {
    let corrupt = |_| Problem::internal();
    let named = product.map(|product| Line::parse(&product.name).map_err(corrupt)).transpose()?;
    let description = line.description.or(named);
    if description.is_none() && line.product_id.is_none() {
        let reason = Invalid::new("is needed where there is no product", "hace falta donde no hay producto");
        fields.refuse(&format!("{pointer}/description"), reason);
    }
    let listed = list_price.map(|price| NonNegativeDecimal6::try_from(price).map_err(corrupt)).transpose()?;
    let unit_price = line.unit_price.or(listed);
    if unit_price.is_none() {
        let reason = Invalid::new(
            "is needed: no price list of the quotation's currency that is valid now has this product",
            "hace falta: ninguna lista de precios vigente en la moneda de la cotización tiene este producto",
        );
        fields.refuse(&format!("{pointer}/unit_price"), reason);
    }
    let (Some(description), Some(unit_price)) = (description, unit_price) else { return Ok(None) };
    let said = |text: Option<&String>| text.cloned();
    let unit_code = said(product.and_then(|product| product.unit_code.as_ref()));
    let product_key = said(product.and_then(|product| product.sat_product_key.as_ref()));
    let usual_taxes = product.map(|product| serde_json::from_value(product.taxes.clone()));
    let usual_taxes = usual_taxes.transpose().map_err(|_| Problem::internal())?;
    Ok(Some(DocumentLine {
        product_id: line.product_id,
        description,
        quantity: line.quantity,
        unit_code: match line.unit_code {
            Some(code) => Some(code),
            None => unit_code.map(TryFrom::try_from).transpose().map_err(corrupt)?,
        },
        sat_product_key: match line.sat_product_key {
            Some(key) => Some(key),
            None => product_key.map(TryFrom::try_from).transpose().map_err(corrupt)?,
        },
        unit_price,
        discount: line.discount,
        taxes: line.taxes.or(usual_taxes).unwrap_or_default(),
    }))
}

/// What each product of a quotation is taken how often, for its stock.
pub fn quantities(lines: &[DocumentLine]) -> Vec<(Uuid, i64)> {
    let mut sums: BTreeMap<Uuid, i64> = BTreeMap::new();
    for line in lines {
        if let Some(product) = line.product_id {
            let sum = sums.entry(product.uuid()).or_default();
            *sum = sum.saturating_add(line.quantity().millionths());
        }
    }
    sums.into_iter().collect()
}
