//! Operations about the server itself: what it is, whether it is well, what it measures.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::health::Health;
use crate::platform::db::Db;
use crate::platform::events::{EventsHandle, NatsStatus};
use crate::platform::http::Routes;

/// The state of the server and of what it depends on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "status": "healthy", "version": "0.1.0", "dependencies": { "postgres": "up", "nats": "up" }
}))]
struct HealthView {
    status: ServerStatus,
    /// The version of the program.
    #[schema(value_type = String)]
    version: &'static str,
    dependencies: Dependencies,
}

/// `healthy`: all is well. `degraded`: the API serves, but events wait. `unhealthy`: the API does not serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ServerStatus {
    Healthy,
    Degraded,
    Unhealthy,
}

/// What the server depends on.
#[derive(Debug, Serialize, ToSchema)]
struct Dependencies {
    /// The database.
    postgres: Dependency,
    /// The event streams.
    nats: Dependency,
}

/// The state of a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Dependency {
    Up,
    Down,
    /// Not there by choice.
    Off,
}

/// Registers the operations of this file.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(system_home)
        .service(system_health)
        .service(system_live)
        .service(system_ready)
        .service(system_metrics);
}

/// Home page
///
/// Says what this is and where to look.
#[utoipa::path(operation_id = "system_home", tag = "system",
    responses((status = 200, description = "A page for people.", content_type = "text/html", body = String)))]
#[get("/")]
async fn system_home() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(include_str!("home.html"))
}

/// Health
///
/// Tells the state of the server and its dependencies, as probed within the last seconds.
#[utoipa::path(operation_id = "system_health", tag = "system",
    responses(
        (status = 200, description = "It serves.", body = HealthView),
        (status = 503, description = "It does not serve.", body = HealthView)))]
#[get("/health")]
async fn system_health(health: Data<Health>, events: Data<EventsHandle>) -> HttpResponse {
    let view = view(&health, &events);
    let status =
        if view.status == ServerStatus::Unhealthy { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    HttpResponse::build(status).json(view)
}

/// Liveness
///
/// Answers as long as the process runs; touches nothing.
#[utoipa::path(operation_id = "system_live", tag = "system",
    responses((status = 204, description = "It runs.")))]
#[get("/live")]
async fn system_live() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// Readiness
///
/// Answers 204 while requests should be sent here.
#[utoipa::path(operation_id = "system_ready", tag = "system",
    responses((status = 204, description = "Send requests."), (status = 503, description = "Do not.")))]
#[get("/ready")]
async fn system_ready(health: Data<Health>) -> HttpResponse {
    if health.postgres() && !health.stopping() {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::ServiceUnavailable().finish()
    }
}

/// Metrics
///
/// Everything measured, in the Prometheus text format.
#[utoipa::path(operation_id = "system_metrics", tag = "system",
    responses((status = 200, description = "Prometheus text.", content_type = "text/plain", body = String)))]
#[get("/metrics")]
async fn system_metrics(db: Data<Db>, health: Data<Health>, events: Data<EventsHandle>) -> HttpResponse {
    let Dependencies { postgres, nats } = view(&health, &events).dependencies;
    for (name, state) in [("postgres", postgres), ("nats", nats)] {
        // What is off by choice is no reason to wake anybody.
        let up = if state == Dependency::Down { 0.0 } else { 1.0 };
        metrics::gauge!("dependency_up", "name" => name).set(up);
    }
    let (used, open, most) = db.pool_usage();
    metrics::gauge!("db_pool_connections_in_use").set(used);
    metrics::gauge!("db_pool_connections_open").set(open);
    metrics::gauge!("db_pool_connections_max").set(most);
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(crate::platform::metrics::render())
}

fn view(health: &Health, events: &EventsHandle) -> HealthView {
    let postgres = if health.postgres() { Dependency::Up } else { Dependency::Down };
    let nats = match events.nats_status() {
        NatsStatus::Connected => Dependency::Up,
        NatsStatus::Away => Dependency::Down,
        NatsStatus::Off => Dependency::Off,
    };
    let status = match (postgres, nats) {
        (Dependency::Up, Dependency::Up) => ServerStatus::Healthy,
        (Dependency::Up, _) => ServerStatus::Degraded,
        _ => ServerStatus::Unhealthy,
    };
    HealthView { status, version: env!("CARGO_PKG_VERSION"), dependencies: Dependencies { postgres, nats } }
}
