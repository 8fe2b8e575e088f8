//! Pages of lists: keyset cursors, never offsets.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::nul_in;
use super::moment::Moment;
use crate::kernel::Invalid;
use crate::platform::problem::{FieldError, Problem};

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the order asked for.
    pub data: Vec<T>,
    /// Send it as `cursor` to get the next page; null on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// All there is, on one page.
    pub fn whole(data: Vec<T>) -> Self {
        Self { data, next_cursor: None }
    }

    /// A page from up to `limit + 1` items, the last of which only tells that there is more; `cursor_after` names the
    /// place behind an item.
    pub fn cut(mut items: Vec<T>, limit: PageLimit, cursor_after: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit.rows();
        items.truncate(limit.rows());
        let next_cursor = if more { items.last().map(cursor_after) } else { None };
        Self { data: items, next_cursor }
    }

    /// The same page; when it is the last one by its items, `cursor` tells where to look on.
    #[must_use]
    pub fn or_on_from(self, cursor: Option<String>) -> Self {
        Self { next_cursor: self.next_cursor.or(cursor), ..self }
    }

    /// The same page of what is still there of its items. It ends where it ended: that some are gone says nothing about
    /// what comes behind them.
    pub fn filter_map<U>(self, find: impl FnMut(T) -> Option<U>) -> Page<U> {
        Page { data: self.data.into_iter().filter_map(find).collect(), next_cursor: self.next_cursor }
    }

    /// The same page with each item turned into what clients see.
    pub fn map<U>(self, view: impl Fn(T) -> U) -> Page<U> {
        Page { data: self.data.into_iter().map(view).collect(), next_cursor: self.next_cursor }
    }
}

/// How many items a page holds at most: 1 to 200, 20 when not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct PageLimit(u8);

impl PageLimit {
    /// Items on a page.
    pub fn rows(self) -> usize {
        usize::from(self.0)
    }

    /// Rows to ask the database for: one more, to know whether there is a next page.
    pub fn rows_to_read(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(20)
    }
}

impl TryFrom<u32> for PageLimit {
    type Error = &'static str;

    fn try_from(rows: u32) -> Result<Self, Self::Error> {
        u8::try_from(rows)
            .ok()
            .filter(|rows| (1..=200).contains(rows))
            .map(Self)
            .ok_or("expected a number from 1 to 200")
    }
}

/// Upwards or downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// The least first.
    Ascending,
    /// The greatest first.
    Descending,
}

/// A place in a list, opaque to clients: the sort keys of the last item seen.
pub struct Cursor;

impl Cursor {
    /// The cursor that stands behind `keys`.
    #[expect(clippy::missing_panics_doc, reason = "plain values are always JSON")]
    pub fn write<K: Serialize>(keys: &K) -> String {
        #[expect(clippy::expect_used, reason = "keys are plain values")]
        let json = serde_json::to_vec(keys).expect("keys are always JSON");
        URL_SAFE_NO_PAD.encode(json)
    }

    /// The keys in `cursor`; 422 when it was not made by [`Cursor::write`] for the same list.
    pub fn read<K: DeserializeOwned>(cursor: &str) -> Result<K, Problem> {
        let json = URL_SAFE_NO_PAD.decode(cursor).ok();
        let keys = json.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
        // Anybody can write one, and PostgreSQL's text cannot hold U+0000.
        keys.filter(|keys| nul_in(keys, "").is_none())
            .and_then(|keys| serde_json::from_value(keys).ok())
            .ok_or_else(Self::refused)
    }

    /// The time and the identifier in `cursor`, of a list that is ordered by both.
    pub fn read_time(cursor: &str) -> Result<(DateTime<Utc>, Uuid), Problem> {
        Self::read::<(Moment, Uuid)>(cursor).map(|(at, id)| (at.utc(), id))
    }

    /// 422: not a cursor of this list.
    pub fn refused() -> Problem {
        let reason = Invalid::new(
            "is not a cursor of this list; send the `next_cursor` of the page before, with the same sort",
            "no es un cursor de esta lista; envíe el `next_cursor` de la página anterior, con el mismo orden",
        );
        Problem::invalid(vec![FieldError::parameter("cursor", reason)])
    }
}
