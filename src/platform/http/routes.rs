//! Where operations are registered.

use actix_web::dev::HttpServiceFactory;
use utoipa_actix_web::OpenApiFactory;
use utoipa_actix_web::service_config::ServiceConfig;

/// Where a module registers its operations: in the document, or in a server, whose workers need no document and would each keep
/// the memory that it takes to make one.
pub enum Routes<'c, 's> {
    /// They are described.
    Described(&'c mut ServiceConfig<'s>),
    /// They are served.
    Served(&'c mut actix_web::web::ServiceConfig),
}

impl Routes<'_, '_> {
    /// Registers one operation; paths are tried in the order in which they are registered.
    pub fn service(&mut self, factory: impl HttpServiceFactory + OpenApiFactory + 'static) -> &mut Self {
        match self {
            Self::Described(config) => drop(config.service(factory)),
            Self::Served(config) => drop(config.service(factory)),
        }
        self
    }

    /// Registers what is no operation of the API.
    pub fn route(&mut self, path: &str, route: actix_web::Route) -> &mut Self {
        match self {
            Self::Described(config) => drop(config.route(path, route)),
            Self::Served(config) => drop(config.route(path, route)),
        }
        self
    }

    /// Registers what `routes` does.
    pub fn configure(&mut self, routes: impl FnOnce(&mut Self)) -> &mut Self {
        routes(self);
        self
    }
}
