//! Violations that are planted, and what must be said of each; and neighbours of them that are allowed.

/// A path, a text, and words of the violation.
#[rustfmt::skip]
pub const REFUSED: &[(&str, &str, &str)] = &[
    ("src/kernel/money.rs", "fn f() { crate::platform::id::f(); }", "kernel must not name crate::platform::id::f"),
    ("src/platform/x.rs", "use crate::{kernel::A, leads::B};", "platform must not name crate::leads::B"),
    ("src/platform/x.rs", "use crate::app::App;", "platform must not name crate::app::App"),
    ("src/platform/x.rs", "use crate as us;", "platform must not name crate"),
    ("src/leads/contract.rs", "use diesel::prelude::*;", "contract must not name diesel"),
    ("src/leads/contract/events.rs", "use crate::crm::Customer;", "contract must not name crate::crm::Customer"),
    ("src/leads/domain.rs", "#[tokio::main] fn f() {}", "domain must not name tokio"),
    ("src/leads/domain.rs", "use crate::platform::db::TenantTx;", "domain must not name crate::platform::db"),
    ("src/leads/domain.rs", "mod tests { use super::super::store; }", "domain must not name crate::leads::store"),
    ("src/leads/imports/domain.rs", "use super::store::Row;", "domain must not name crate::leads::imports::store"),
    ("src/leads/service/create.rs", "fn f() { ::diesel::insert_into(t) }", "service must not name diesel"),
    ("src/leads/service.rs", "fn f() { tracing::info!(\"{}\", crate::crm::f()) }", "service must not name crate::crm::f"),
    ("src/leads/service.rs", "use crate::identity::users::store::find;", "service must not name crate::identity::users::store"),
    ("src/leads/store.rs", "use {std::fmt, actix_web::{self, get}};", "store must not name actix_web"),
    ("src/leads/http.rs", "use super::schema::leads;", "http must not name crate::leads::schema"),
    ("src/leads/http/list.rs", "fn f(c: &mut diesel::PgConnection) {}", "http must not name diesel"),
    ("src/leads/scoring.rs", "extern crate async_nats;", "other must not name async_nats"),
    ("src/leads/contract.rs", "#[serde(with = \"crate::crm::dates\")] struct A;", "contract must not name crate::crm::dates"),
    ("src/crm/service.rs", "use crate::leads::Leads;", "service must not name crate::leads::Leads"),
    ("src/workflows/conversion.rs", "use crate::leads::store;", "workflows must not name crate::leads::store"),
    ("src/config.rs", "use crate::app::App;", "settings must not name crate::app::App"),
    ("src/leads/x.rs", "fn f() {}", "first line"),
    ("src/leads/x.rs", "//! x\nfn f() { sql(\"app.tenant_id\") }", "app.tenant_id"),
    ("src/leads/http.rs", "//! x\nfn f() { tx.conn(LEADS) }", ".conn("),
    ("src/leads/store.rs", "//! x\nconst A: Module = Module::named(\"leads\");", "Module::named"),
    ("src/leads/mod.rs", "//! x\nconst A: Module = Module::named(\"crm\");", "Module::named"),
    ("src/leads/http.rs", "//! x\nfn f() { Actor::platform(t, c) }", "Actor::platform"),
    ("src/leads/http.rs", concat!("//! x\n// TO", "DO later"), "unfinished"),
    ("src/leads/http.rs", concat!("//! x\n#[all", "ow(dead_code)]"), "expect"),
    ("src/leads/store.rs", "//! x\n#[derive(Insertable)]\n#[diesel(table_name = leads)]\nstruct A {\n    a: Option<i32>,\n}", "prepared"),
    ("src/leads/http.rs", "//! x\n#[get(\"/a\")]\nasync fn a() {\n    db.tenant(actor, f)\n}", "db.read"),
    ("src/leads/http.rs", "//! x\n#[get(\"/a\")]\nasync fn a() {\n    db\n        .tenant::<_, Problem, _>(\n        actor, f)\n}", "db.read"),
];

/// A path and a text without violation.
#[rustfmt::skip]
pub const ALLOWED: &[(&str, &str)] = &[
    ("src/ads/service.rs", "use crate::leads::Leads; use crate::crm::events::CustomerWon;"),
    ("src/leads/domain.rs", "use crate::platform::{http::Fields, auth::UserId, problem::Problem}; use utoipa::ToSchema;"),
    ("src/leads/imports/service.rs", "use super::{store, domain::A}; use crate::leads::service; use crate::identity::People;"),
    ("src/workflows/conversion.rs", "use crate::leads::Leads; use crate::crm::{Crm, events::A};"),
    ("src/app/mod.rs", "use crate::leads; use actix_web::web;"),
    ("src/leads/store.rs", "//! x\n#[derive(Insertable)]\n#[diesel(table_name = leads)]\nstruct A {\n    a: i32,\n}\nfn f(a: Option<i32>) {}"),
    ("src/leads/http.rs", "//! x\n#[get(\"/a\")]\nasync fn a() {\n    db.read(who.tenant(), f)\n}\n#[post(\"/a\")]\nasync fn b() {\n    db.tenant(actor, f)\n}"),
];
