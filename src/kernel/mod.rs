//! Value types that two modules share: pure, without I/O, importing nothing of ours.

mod color;
mod country;
mod currency;
mod custom_fields;
mod decimal;
mod email;
mod fiscal_regime;
mod formats;
mod locale;
mod message;
mod money;
mod phone;
mod schema;
mod slug;
mod tax_id;
pub mod text;
mod time_zone;
mod undoing;
mod web_url;

pub use color::Color;
pub use country::Country;
pub use currency::Currency;
pub use custom_fields::{
    FieldDefinition, FieldKey, FieldKind, FieldSet, Indexed, MOST_VALUES, Refused, free_values, take_value,
};
pub use decimal::{Decimal6, NonNegativeDecimal6, PositiveDecimal6};
pub use email::EmailAddress;
pub use fiscal_regime::FiscalRegime;
pub use locale::Locale;
pub use message::{Invalid, Language, Message};
pub use money::{Money, NonNegativeMoney};
pub use phone::Phone;
pub use slug::Slug;
pub use tax_id::TaxId;
pub use text::{Line, Prose};
pub use time_zone::TimeZone;
pub use undoing::taken_back;
pub use web_url::WebUrl;
