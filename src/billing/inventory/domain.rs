//! Rules of stock and lots.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::{Invalid, Money};
use crate::platform::http::Fields;

/// Positions that a polygon may have in all.
const POSITIONS_AT_MOST: usize = 2_000;
/// Rings that a polygon may have: the first is its outside, the others are holes.
const RINGS_AT_MOST: usize = 20;
/// The fewest positions of a ring: three corners, and the first one again.
const FEWEST_POSITIONS: usize = 4;

/// Why there is more or less in a warehouse. `receipt`: it came. `issue`: it went. `count`: it was counted. `sale`: a
/// quotation was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MovementKind {
    /// It came.
    Receipt,
    /// It went.
    Issue,
    /// It was counted.
    Count,
    /// A quotation was sold.
    Sale,
}

impl MovementKind {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Issue => "issue",
            Self::Count => "count",
            Self::Sale => "sale",
        }
    }
}

/// Whether a lot can be had. `reserved`: it is kept for somebody until some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LotStatus {
    /// It can be had.
    Available,
    /// It is kept for somebody.
    Reserved,
    /// It is somebody's.
    Sold,
}

impl LotStatus {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Reserved => "reserved",
            Self::Sold => "sold",
        }
    }
}

/// What a quotation takes from stock and from the map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demand {
    /// Goods that are sold from stock, in millionths.
    pub goods: BTreeMap<Uuid, i64>,
    /// Lots.
    pub lots: BTreeSet<Uuid>,
}

/// A GeoJSON polygon (RFC 7946): rings of positions `[longitude, latitude]` in degrees of WGS 84.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "type": "Polygon", "coordinates": [[[-95.2, 16.17], [-95.199, 16.17], [-95.199, 16.171], [-95.2, 16.17]]]
}))]
pub struct Polygon {
    #[serde(rename = "type")]
    kind: PolygonType,
    /// The outside, then holes; each ring ends where it began.
    #[schema(min_items = 1, max_items = 20)]
    coordinates: Vec<Vec<Vec<f64>>>,
}

/// `Polygon`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
enum PolygonType {
    Polygon,
}

impl Polygon {
    /// Notes everything that makes it no polygon.
    pub fn check(&self, pointer: &str, fields: &mut Fields) {
        let pointer = format!("{pointer}/coordinates");
        let count: usize = self.coordinates.iter().map(Vec::len).sum();
        if self.coordinates.is_empty() || self.coordinates.len() > RINGS_AT_MOST {
            fields.refuse(&pointer, Invalid::new("must be 1 to 20 rings", "deben ser de 1 a 20 anillos"));
        } else if count > POSITIONS_AT_MOST {
            let reason = Invalid::new(
                "has more than 2,000 positions in all; simplify it",
                "tiene más de 2,000 posiciones en total; simplifíquelo",
            );
            fields.refuse(&pointer, reason);
        } else {
            for (index, ring) in self.coordinates.iter().enumerate() {
                check_ring(ring, &format!("{pointer}/{index}"), fields);
            }
        }
    }
}

fn check_ring(ring: &[Vec<f64>], pointer: &str, fields: &mut Fields) {
    for (index, position) in ring.iter().enumerate() {
        let is_place = matches!(position.as_slice(), [longitude, latitude] | [longitude, latitude, _]
            if (-180.0..=180.0).contains(longitude) && (-90.0..=90.0).contains(latitude));
        if !is_place {
            let reason = Invalid::new(
                "must be [longitude, latitude] with -180 to 180 and -90 to 90 degrees",
                "debe ser [longitud, latitud] con -180 a 180 y -90 a 90 grados",
            );
            return fields.refuse(&format!("{pointer}/{index}"), reason);
        }
    }
    let reason = if ring.len() < FEWEST_POSITIONS {
        Invalid::new("needs four positions or more", "necesita cuatro posiciones o más")
    } else if ring.first() != ring.last() {
        Invalid::new("must end where it began", "debe terminar donde empezó")
    } else if !has_area(ring) {
        Invalid::new("encloses nothing", "no encierra nada")
    } else {
        return;
    };
    fields.refuse(pointer, reason);
}

/// Whether the ring encloses anything, by the sum of its trapezoids.
fn has_area(ring: &[Vec<f64>]) -> bool {
    let [first, ..] = ring else { return false };
    // Seen from the first corner, so that small pieces far from the origin keep their digits.
    let seen = |position: &[f64]| (position[0] - first[0], position[1] - first[1]);
    let doubled: f64 = ring
        .windows(2)
        .map(|pair| {
            let ((x, y), (next_x, next_y)) = (seen(&pair[0]), seen(&pair[1]));
            x * next_y - next_x * y
        })
        .sum();
    doubled != 0.0
}

/// How a lot is paid: a part at once, and the rest in equal parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "down_payment": { "amount": "50000.00", "currency": "MXN" }, "instalments": 36,
    "instalment": { "amount": "6944.44", "currency": "MXN" }, "last_instalment": { "amount": "6944.60", "currency": "MXN" }
}))]
pub struct PaymentPlan {
    /// What is paid at once.
    down_payment: Money,
    /// In how many parts the rest is paid.
    instalments: i32,
    /// Each of them but the last: the rest divided by their number, rounded down to the smallest coin.
    #[schema(required)]
    instalment: Option<Money>,
    /// The last one, which takes what the rounding left: all parts together are the price.
    #[schema(required)]
    last_instalment: Option<Money>,
}

impl PaymentPlan {
    /// The plan for a price, of which `down_payment` is not more.
    pub fn new(price: Money, down_payment: Money, instalments: i32) -> Self {
        let part = |minor| Money::from_minor(minor, price.currency());
        let rest = price.minor() - down_payment.minor();
        let each = (instalments > 0).then(|| rest / i64::from(instalments));
        Self {
            down_payment,
            instalments,
            instalment: each.map(part),
            last_instalment: each.map(|each| part(rest - each * i64::from(instalments - 1))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::kernel::Currency;

    fn refused(coordinates: &Value) -> Option<String> {
        let polygon: Polygon =
            serde_json::from_value(json!({ "type": "Polygon", "coordinates": coordinates })).unwrap();
        let mut fields = Fields::default();
        polygon.check("", &mut fields);
        fields.finish().err().map(|problem| problem.errors()[0].place().to_owned())
    }

    #[test]
    fn polygons_are_closed_rings_on_the_earth() {
        let corner = [-95.2, 16.17];
        let square = json!([corner, [-95.1, 16.17], [-95.1, 16.2], corner]);
        for (coordinates, place) in [
            (json!([square]), None),
            (json!([square, [[-95.15, 16.175], [-95.14, 16.175], [-95.14, 16.18], [-95.15, 16.175]]]), None),
            (json!([[[0, 0, 5], [1, 0, 5], [1, 1, 5], [0, 0, 5]]]), None),
            (json!([]), Some("/coordinates")),
            (json!([square, []]), Some("/coordinates/1")),
            (json!([[corner, [-95.1, 16.17], corner]]), Some("/coordinates/0")),
            (json!([[corner, [-95.1, 16.17], [-95.1, 16.2], [-95.2, 16.2]]]), Some("/coordinates/0")),
            (json!([[corner, corner, corner, corner]]), Some("/coordinates/0")),
            (json!([[[0, 0], [1, 0], [2, 0], [0, 0]]]), Some("/coordinates/0")),
            (json!([[[-180.1, 0], [1, 0], [1, 1], [-180.1, 0]]]), Some("/coordinates/0/0")),
            (json!([[[0, 0], [0, 90.5], [1, 1], [0, 0]]]), Some("/coordinates/0/1")),
            (json!([[[0, 0], [1], [1, 1], [0, 0]]]), Some("/coordinates/0/1")),
            (json!([[[0, 0], [1, 2, 3, 4], [1, 1], [0, 0]]]), Some("/coordinates/0/1")),
            (json!([vec![json!([0, 0]); 2_001]]), Some("/coordinates")),
        ] {
            assert_eq!(refused(&coordinates).as_deref(), place, "{coordinates}");
        }
        for other in [json!({ "type": "Point", "coordinates": [] }), json!({ "type": "Polygon" })] {
            assert!(serde_json::from_value::<Polygon>(other).is_err());
        }
    }

    proptest! {
        #[test]
        fn the_parts_of_a_plan_are_the_price(price in 0_i64..=i64::MAX / 2, share in 0_u32..=100, parts in 1..=600) {
            let down = price / 100 * i64::from(share);
            let money = |minor| Money::from_minor(minor, Currency::MXN);
            let plan = PaymentPlan::new(money(price), money(down), parts);
            let (each, last) = (plan.instalment.unwrap().minor(), plan.last_instalment.unwrap().minor());
            prop_assert_eq!(i128::from(down) + i128::from(each) * i128::from(parts - 1) + i128::from(last), i128::from(price));
            prop_assert!(last >= each && last - each < i64::from(parts));
        }
    }
}
