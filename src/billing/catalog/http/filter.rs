//! Which products, as the body of a request says it.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::catalog::ProductKind;
use crate::billing::catalog::service::sku_key;
use crate::billing::catalog::store::ProductFilter;
use crate::billing::http::Usage;
use crate::platform::http::search_patterns;
use crate::platform::problem::Problem;

/// Which products, as in lists; what is left out does not matter.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProductFilter, example = json!({ "kind": "good", "status": "active", "fields": { "talla": "M" } }))]
pub struct ProductsFilter {
    /// Of this kind.
    kind: Option<ProductKind>,
    /// Used, or not any more.
    status: Option<Usage>,
    /// With this SKU.
    sku: Option<String>,
    /// Brought by this import.
    import_id: Option<Uuid>,
    /// Words in the name or the SKU.
    #[schema(max_length = 100)]
    q: Option<String>,
    /// Conditions on custom fields as text: `{"talla": "M", "piezas.from": "10"}`.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    fields: Option<BTreeMap<String, String>>,
}

impl ProductsFilter {
    /// Takes the conditions on custom fields out of it, as (name, value).
    pub fn take_conditions(&mut self) -> Vec<(String, String)> {
        self.fields.take().into_iter().flatten().collect()
    }

    /// What it leaves, without its conditions on custom fields.
    pub fn parse(self) -> Result<ProductFilter, Problem> {
        Ok(ProductFilter {
            kind: self.kind.map(|kind| kind.as_str().to_owned()),
            is_archived: self.status.map(Usage::is_archived),
            sku_key: self.sku.as_deref().map(sku_key),
            import: self.import_id,
            patterns: self.q.as_deref().map(search_patterns).transpose()?,
            fields: Vec::new(),
        })
    }
}
