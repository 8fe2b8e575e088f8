//! Making, changing and duplicating quotations.

use actix_web::web::{Data, Path};
use actix_web::{patch, post, put};
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::QuotationView;
use super::{PeopleData, created, reply};
use crate::billing::contract::{PriceListId, QuotationId, WarehouseId};
use crate::billing::domain::Discount;
use crate::billing::http::Quote;
use crate::billing::quotations::Quotations;
use crate::billing::quotations::domain::LineInput;
use crate::billing::quotations::service::{self, DraftChange, LinesInput, NewQuotation};
use crate::crm::CustomerId;
use crate::kernel::{Currency, Line, Prose};
use crate::platform::auth::{Authorized, UserId};
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, Empty, IfMatch, Moment, Patch, Reply};
use crate::platform::id::Id;
use crate::platform::problem::Problem;

/// A quotation to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c65", "title": "Uniformes 2027", "terms": "50 % de anticipo",
    "lines": [{ "description": "Uniforme escolar, talla M", "quantity": "40", "unit_price": "185.5" }]
}))]
pub struct QuotationRequest {
    /// Whom it is for.
    customer_id: CustomerId,
    /// The currency of all its prices, which never changes; your company's when not said.
    currency: Option<Currency>,
    /// What it is about.
    title: Option<Line<255>>,
    /// What is said to the customer.
    notes: Option<Prose<5000>>,
    /// Under which terms.
    terms: Option<Prose<5000>>,
    /// Until when it can be accepted; thirty days when not said.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    valid_until: Option<Moment>,
    /// Which list prices are taken from; the newest valid one of the currency when not said.
    price_list_id: Option<PriceListId>,
    /// Which warehouse goods are taken from; the oldest one that is used when not said.
    warehouse_id: Option<WarehouseId>,
    /// Who works on it; you when not said.
    owner_id: Option<UserId>,
    /// What is offered.
    #[schema(max_items = 200)]
    lines: Option<Vec<LineInput>>,
    /// What is taken off the whole.
    discount: Option<Discount>,
}

/// A quotation to make for a customer that something else names.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FirstQuotationRequest, example = json!({
    "title": "Uniformes 2027", "lines": [{ "description": "Uniforme escolar, talla M", "quantity": "40", "unit_price": "185.5" }]
}))]
pub struct DraftRequest {
    /// The currency of all its prices, which never changes; your company's when not said.
    currency: Option<Currency>,
    /// What it is about.
    title: Option<Line<255>>,
    /// What is said to the customer.
    notes: Option<Prose<5000>>,
    /// Under which terms.
    terms: Option<Prose<5000>>,
    /// Until when it can be accepted; thirty days when not said.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    valid_until: Option<Moment>,
    /// Which list prices are taken from; the newest valid one of the currency when not said.
    price_list_id: Option<PriceListId>,
    /// Which warehouse goods are taken from; the oldest one that is used when not said.
    warehouse_id: Option<WarehouseId>,
    /// What is offered.
    #[schema(max_items = 200)]
    lines: Option<Vec<LineInput>>,
    /// What is taken off the whole.
    discount: Option<Discount>,
}

impl DraftRequest {
    /// The draft for `customer`, whose `owner` works on it.
    pub fn parse(self, customer: CustomerId, owner: Option<UserId>) -> NewQuotation {
        NewQuotation {
            customer,
            currency: self.currency,
            title: self.title,
            notes: self.notes,
            terms: self.terms,
            valid_until: self.valid_until.map(Moment::utc),
            price_list: self.price_list_id.map(Id::uuid),
            warehouse: self.warehouse_id.map(Id::uuid),
            owner,
            lines: LinesInput { lines: self.lines.unwrap_or_default(), discount: self.discount },
        }
    }
}

/// What changes of a draft, besides its lines: what is left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "title": "Uniformes 2027", "valid_until": "2027-01-31T05:59:59Z" }))]
pub struct QuotationPatch {
    /// What it is about.
    #[serde(default)]
    #[schema(value_type = Option<Line<255>>)]
    title: Patch<Line<255>>,
    /// What is said to the customer.
    #[serde(default)]
    #[schema(value_type = Option<Prose<5000>>)]
    notes: Patch<Prose<5000>>,
    /// Under which terms.
    #[serde(default)]
    #[schema(value_type = Option<Prose<5000>>)]
    terms: Patch<Prose<5000>>,
    /// Until when it can be accepted.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>, nullable = false)]
    valid_until: Option<Moment>,
    /// Which list new prices are taken from.
    #[serde(default)]
    #[schema(value_type = Option<PriceListId>)]
    price_list_id: Patch<PriceListId>,
    /// Which warehouse goods are taken from.
    #[serde(default)]
    #[schema(value_type = Option<WarehouseId>)]
    warehouse_id: Patch<WarehouseId>,
    /// Who works on it.
    #[serde(default)]
    #[schema(value_type = Option<UserId>)]
    owner_id: Patch<UserId>,
}

/// All lines of a draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuotationLinesRequest, example = json!({
    "lines": [{ "description": "Uniforme escolar, talla M", "quantity": "50", "unit_price": "185.5" }],
    "discount": { "percent": "5" }
}))]
pub struct LinesRequest {
    /// The lines, in their order.
    #[schema(max_items = 200)]
    lines: Vec<LineInput>,
    /// What is taken off the whole.
    discount: Option<Discount>,
}

/// Create a quotation
///
/// Creates a draft. A line of a product takes from it what it does not say: description, units, taxes, and its price from
/// the price list. One currency is that of all prices.
#[utoipa::path(operation_id = "quotations_create", tag = "quotations", security(("bearer" = ["billing:quote"])),
    request_body = QuotationRequest,
    responses((status = 201, description = "Created.", body = QuotationView)))]
#[post("/api/v1/quotations")]
pub async fn quotations_create(
    who: Authorized<Quote>,
    command: Command<QuotationRequest>,
    db: Data<Db>,
    people: PeopleData,
    quotations: Data<Quotations>,
) -> Result<Reply, Problem> {
    let (request, once) = (command.value, command.once);
    let new = request.parse();
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::draft(tx, &**people, new)?;
            created(tx, &quotations, row)
        })
    })
    .await
}

/// Change a quotation
///
/// Changes a draft, besides its lines. What the customer sees then is a new version.
#[utoipa::path(operation_id = "quotations_update", tag = "quotations", security(("bearer" = ["billing:quote"])),
    params(("id" = QuotationId, Path, description = "The quotation."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = QuotationPatch,
    responses((status = 200, description = "The quotation as it is now.", body = QuotationView),
        (status = 409, description = "It is no draft.")))]
#[patch("/api/v1/quotations/{id}")]
pub async fn quotations_update(
    who: Authorized<Quote>,
    id: Path<QuotationId>,
    version: IfMatch,
    body: Body<QuotationPatch>,
    db: Data<Db>,
    people: PeopleData,
    quotations: Data<Quotations>,
) -> Result<Reply, Problem> {
    let (id, change) = (id.into_inner(), body.0.parse());
    db.tenant(who.actor(), move |tx| {
        let row = service::update(tx, &**people, id.uuid(), version.0, change)?;
        reply(tx, &quotations, row)
    })
    .await
}

/// Replace the lines
///
/// Replaces all lines of a draft and what is taken off the whole. What they say is a new version, unless it is what they
/// said; an approval of the version before is over.
#[utoipa::path(operation_id = "quotations_replace_lines", tag = "quotations",
    security(("bearer" = ["billing:quote"])),
    params(("id" = QuotationId, Path, description = "The quotation."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = LinesRequest,
    responses((status = 200, description = "The quotation as it is now.", body = QuotationView),
        (status = 409, description = "It is no draft.")))]
#[put("/api/v1/quotations/{id}/lines")]
pub async fn quotations_replace_lines(
    who: Authorized<Quote>,
    id: Path<QuotationId>,
    version: IfMatch,
    body: Body<LinesRequest>,
    db: Data<Db>,
    quotations: Data<Quotations>,
) -> Result<Reply, Problem> {
    let (id, LinesRequest { lines, discount }) = (id.into_inner(), body.0);
    db.tenant(who.actor(), move |tx| {
        let input = LinesInput { lines, discount };
        let row = service::replace_lines(tx, id.uuid(), version.0, input)?;
        reply(tx, &quotations, row)
    })
    .await
}

/// Duplicate a quotation
///
/// Makes a draft of what another quotation says, whatever became of that one: its prices, and thirty days from now.
#[utoipa::path(operation_id = "quotations_duplicate", tag = "quotations", security(("bearer" = ["billing:quote"])),
    params(("id" = QuotationId, Path, description = "The quotation.")), request_body = Empty,
    responses((status = 201, description = "Created.", body = QuotationView)))]
#[post("/api/v1/quotations/{id}/duplicate")]
pub async fn quotations_duplicate(
    who: Authorized<Quote>,
    id: Path<QuotationId>,
    command: Command<Empty>,
    db: Data<Db>,
    quotations: Data<Quotations>,
) -> Result<Reply, Problem> {
    let (id, once) = (id.into_inner(), command.once);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::duplicate(tx, id.uuid())?;
            created(tx, &quotations, row)
        })
    })
    .await
}

impl QuotationRequest {
    fn parse(self) -> NewQuotation {
        NewQuotation {
            customer: self.customer_id,
            currency: self.currency,
            title: self.title,
            notes: self.notes,
            terms: self.terms,
            valid_until: self.valid_until.map(Moment::utc),
            price_list: self.price_list_id.map(Id::uuid),
            warehouse: self.warehouse_id.map(Id::uuid),
            owner: self.owner_id,
            lines: LinesInput { lines: self.lines.unwrap_or_default(), discount: self.discount },
        }
    }
}

impl QuotationPatch {
    fn parse(self) -> DraftChange {
        DraftChange {
            title: self.title,
            notes: self.notes,
            terms: self.terms,
            valid_until: self.valid_until.map(Moment::utc),
            price_list: self.price_list_id.map(Id::uuid),
            warehouse: self.warehouse_id.map(Id::uuid),
            owner: self.owner_id,
        }
    }
}
