//! HTTP at the edge: what requests carry, how bodies and parameters are read, what answers look like.

mod body;
mod client;
mod context;
mod cursor;
mod moment;
pub mod openapi;
mod patch;
mod paths;
mod protection;
mod reply;
mod routes;
mod search;
mod words;

#[cfg(any(test, fuzzing))]
pub(in crate::platform) use body::split_query;
pub use body::{
    BODY_LIMIT, Body, Command, Empty, Fields, IfMatch, Query, QueryWithFields, broken_body, parse_json,
    read_bytes, slow_body,
};
pub use client::{TrustedProxies, client_address, place_of};
pub use context::{AnsweredWith, ReadableBy, RequestContext, in_context};
pub use cursor::{Cursor, Direction, Page, PageLimit};
pub use moment::{Day, Moment};
pub use patch::Patch;
pub use paths::{Paths, path_of};
pub use protection::Outside;
pub use reply::Reply;
pub use routes::Routes;
pub use search::search_patterns;
