//! The composition root: services, pools, modules, routes and background work meet here and nowhere else.

mod documents;
mod health;
mod services;
mod settings;
mod system;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{Data, PathConfig, ServiceConfig};
use actix_web::{App as HttpApp, HttpRequest, HttpResponse, HttpServer};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::value::RawValue;
use socket2::SockRef;
use utoipa_swagger_ui::{Config as SwaggerConfig, SwaggerUi};

pub use documents::{asyncapi, catalogue, openapi};
pub use health::Health;
pub use services::{NatsPlace, Services, StartError, data_dir, database_beside};

use crate::billing::{Documents, ProductExports, Providers, Quotations};
use crate::config::Config;
use crate::crm::CustomerExports;
use crate::identity::{Identity, People};
use crate::kernel::Invalid;
use crate::leads::LeadExports;
use crate::platform::auth::TokenKeys;
use crate::platform::clock::Clock;
use crate::platform::db::Db;
use crate::platform::events::{self, Catalogue, EventsHandle, Feed, NatsSettings, StreamLimit, Subscription};
use crate::platform::files::Files;
use crate::platform::http::{Outside, Paths, Routes, TrustedProxies, in_context};
use crate::platform::idempotency::{self, AnswerSeal};
use crate::platform::limits::{Limits, Quotas};
use crate::platform::mail::Mailer;
use crate::platform::problem::{FieldError, Problem};
use crate::platform::tasks::Tasks;
use crate::platform::transfers::{Exportable, Exports, Imports, start_exports};
use crate::webhooks::Webhooks;

/// How long a client may read nothing of what it asked for.
const STALLED: Duration = Duration::from_secs(30);

const DOCUMENT: &str = "/api/v1/openapi.json";
/// The OpenAPI document of the routes, which a test holds to them.
const DOCUMENT_TEXT: &str = include_str!("../../openapi/openapi.json");

/// A server that is ready to listen.
pub struct App {
    config: Config,
    db: Db,
    tasks: Tasks,
    health: Arc<Health>,
    limits: Limits,
    proxies: TrustedProxies,
    outside: Outside,
    quotas: Data<Quotas>,
    seal: Data<AnswerSeal>,
    identity: Arc<Identity>,
    people: Arc<dyn People>,
    imports: Imports,
    exports: Exports,
    webhooks: Webhooks,
    quotations: Quotations,
    documents: Documents,
    providers: Providers,
    events: EventsHandle,
    catalogue: Arc<Catalogue>,
}

/// Whether a server does background work or leaves it to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// It handles events, publishes them, and keeps up what time does.
    Work,
    /// It puts events in order, and nothing else: for a server whose clock is not the real one.
    Rest,
}

/// A server that listens.
pub struct Running {
    /// Where, as `http://host:port`.
    pub url: String,
    server: actix_web::dev::ServerHandle,
    ended: tokio::task::JoinHandle<std::io::Result<()>>,
    tasks: Tasks,
    health: Arc<Health>,
    feed: Feed,
}

impl App {
    /// Puts the server together on `services`, which are migrated and reachable.
    pub fn build(
        config: &Config,
        services: &Services,
        clock: Clock,
        background: Background,
    ) -> Result<Self, StartError> {
        crate::platform::metrics::recorder();
        let secret = services.server_secret(config)?;
        let bytes = secret.expose_secret().as_bytes();
        let tokens = Arc::new(TokenKeys::load(&settings::keys(config, &secret))?);
        let db = settings::connect(config, services, clock);
        let tasks = Tasks::new();
        let health = Health::watch(&db, &tasks);
        let limits = settings::limits(config);
        let identity =
            Identity::new(db.clone(), tokens, limits.clone(), settings::identity_settings(config), bytes);
        let identity = Arc::new(identity);
        let people = crate::identity::people();
        let catalogue = Arc::new(catalogue()?);
        let imports = Imports::new(config.import_max_bytes, &tasks, crate::identity::sight_of());
        let exports = Exports::default();
        let webhooks = Webhooks::new(settings::webhook_settings(config), bytes);
        let quotations = Quotations::new(settings::quotation_settings(config), bytes);
        let files = Files::open(&settings::files_place(config, services))?;
        let documents = Documents::new(files, quotations.clone());
        let providers =
            Providers::new(settings::provider_settings(config), secret.expose_secret().as_bytes())?;
        let (subscriptions, nats) = match background {
            Background::Work => {
                idempotency::start(&db, &tasks);
                crate::identity::start(&identity, &tasks, Mailer::new(&settings::mail_settings(config))?);
                start_records(&db, &tasks, &people, &imports, &exports);
                crate::billing::start(&db, &tasks, &people, &imports, &documents, &providers);
                crate::webhooks::start(&db, &tasks, &webhooks)?;
                (
                    subscriptions(&people, &documents, &webhooks),
                    services.nats_settings(config.nats_stream_max_bytes),
                )
            }
            Background::Rest => {
                (Vec::new(), NatsSettings { servers: None, max_bytes: config.nats_stream_max_bytes })
            }
        };
        let events = events::start(&db, &tasks, catalogue.clone(), subscriptions, &nats)?;
        Ok(Self {
            config: config.clone(),
            db,
            tasks,
            health,
            limits,
            proxies: config.trusted_proxies(),
            outside: if config.public_url.starts_with("https://") { Outside::Https } else { Outside::Http },
            quotas: Data::new(settings::quotas(config, &events)),
            seal: Data::new(AnswerSeal::from_secret(bytes)),
            identity,
            people,
            imports,
            exports,
            webhooks,
            quotations,
            documents,
            providers,
            events,
            catalogue,
        })
    }

    /// Listens on the configured address.
    pub fn listen(self) -> Result<Running, StartError> {
        let address = format!("{}:{}", self.config.host, self.config.port);
        let listener = TcpListener::bind(&address)
            .map_err(|source| StartError::Listen { address: address.clone(), source })?;
        // What a client does not read for so long is given up with its connection; those accepted inherit it.
        if let Err(error) = SockRef::from(&listener).set_tcp_user_timeout(Some(STALLED)) {
            tracing::warn!(%error, "clients that read nothing will be waited for as long as they like");
        }
        let bound = listener.local_addr().map_err(|source| StartError::Listen { address, source })?;
        let workers = match self.config.http_workers {
            0 => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            workers => workers,
        };
        let (tasks, health, feed) = (self.tasks.clone(), self.health.clone(), self.events.feed().clone());
        let shared = Arc::new(self);
        let paths = Data::new(paths()?);
        let server = HttpServer::new(move || {
            let app = HttpApp::new()
                .wrap(Compress::default())
                .wrap(from_fn(in_context))
                .app_data(paths.clone())
                .app_data(path_config())
                .configure(|config| shared.share(config));
            MODULES
                .iter()
                .fold(app, |app, routes| app.configure(|config| routes(&mut Routes::Served(config))))
                .route(DOCUMENT, actix_web::web::get().to(document_text))
                .service(SwaggerUi::new("/swagger-ui/{_:.*}").config(SwaggerConfig::from(DOCUMENT)))
                .default_service(actix_web::web::to(nowhere))
        })
        .workers(workers)
        .max_connections(2_000)
        .client_request_timeout(Duration::from_secs(5))
        .shutdown_timeout(25)
        .disable_signals()
        .listen(listener)
        .map_err(|source| StartError::Listen { address: bound.to_string(), source })?
        .run();
        let handle = server.handle();
        #[expect(clippy::disallowed_methods, reason = "the server itself, which `Running::stop` stops")]
        let ended = tokio::spawn(server);
        Ok(Running { url: format!("http://{bound}"), server: handle, ended, tasks, health, feed })
    }

    fn share(&self, config: &mut ServiceConfig) {
        config
            .app_data(Data::new(self.db.clone()))
            .app_data(Data::from(self.identity.clone()))
            .app_data(Data::new(crate::identity::identities(&self.identity)))
            .app_data(Data::from(self.people.clone()))
            .app_data(Data::new(self.imports.clone()))
            .app_data(Data::new(settings::capture_settings(&self.config)))
            .app_data(Data::new(self.exports.clone()))
            .app_data(Data::new(self.webhooks.clone()))
            .app_data(Data::new(self.quotations.clone()))
            .app_data(Data::new(self.documents.clone()))
            .app_data(Data::new(self.providers.clone()))
            .app_data(Data::new(self.events.clone()))
            .app_data(Data::new(StreamLimit(self.config.event_streams_per_tenant)))
            .app_data(Data::from(self.catalogue.clone()))
            .app_data(Data::new(self.limits.clone()))
            .app_data(Data::new(self.proxies.clone()))
            .app_data(Data::new(self.outside))
            .app_data(self.quotas.clone())
            .app_data(self.seal.clone())
            .app_data(Data::from(self.health.clone()));
    }
}

impl Running {
    /// Stops taking requests, finishes those under way, and ends background work.
    pub async fn stop(self) {
        self.health.stop();
        // The server waits for answers under way, and these have no end of their own.
        self.feed.close();
        self.server.stop(true).await;
        if let Ok(Err(error)) = self.ended.await {
            tracing::warn!(%error, "the HTTP server ended badly");
        }
        self.tasks.stop(Duration::from_secs(10)).await;
    }
}

/// Starts what leads and customers do by themselves, and files of records.
fn start_records(db: &Db, tasks: &Tasks, people: &Arc<dyn People>, imports: &Imports, exports: &Exports) {
    crate::leads::start(db, tasks, people, imports);
    crate::crm::start(db, tasks, people, imports);
    let kinds: Vec<&'static dyn Exportable> = vec![&LeadExports, &CustomerExports, &ProductExports];
    start_exports(db, tasks, exports, kinds, crate::identity::sight_of());
}

/// Every reader of the log.
fn subscriptions(people: &Arc<dyn People>, documents: &Documents, webhooks: &Webhooks) -> Vec<Subscription> {
    let all = [
        crate::leads::subscriptions(),
        crate::crm::subscriptions(),
        crate::billing::readers(documents, people),
        crate::insights::subscriptions(people),
        crate::webhooks::subscriptions(webhooks),
    ];
    all.into_iter().flatten().collect()
}

/// Every operation of the API; the document and the server are made from the same list. Paths are tried in this order, so the
/// busiest come first.
const MODULES: [fn(&mut Routes<'_, '_>); 9] = [
    crate::leads::routes,
    crate::workflows::routes,
    crate::crm::routes,
    crate::billing::routes,
    crate::insights::routes,
    crate::webhooks::routes,
    events::routes,
    crate::identity::routes,
    system::routes,
];

/// The database of `services`, for commands that need no server.
pub fn database(config: &Config, services: &Services) -> Db {
    settings::connect(config, services, Clock::default())
}

/// The paths of the document.
fn paths() -> Result<Paths, serde_json::Error> {
    const METHODS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];
    #[derive(Deserialize)]
    struct Document {
        #[serde(borrow)]
        paths: BTreeMap<String, BTreeMap<String, &'static RawValue>>,
    }
    let document: Document = serde_json::from_str(DOCUMENT_TEXT)?;
    let methods = |item: &BTreeMap<String, &RawValue>| {
        let has = |method: &str| item.contains_key(method) || method == "head" && item.contains_key("get");
        METHODS.into_iter().filter(|method| has(method)).map(str::to_uppercase).collect()
    };
    Ok(document.paths.iter().map(|(path, item)| (path.clone(), methods(item))).collect())
}

async fn document_text() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(DOCUMENT_TEXT)
}

async fn nowhere(request: HttpRequest, paths: Data<Paths>) -> Result<&'static str, Problem> {
    let allowed = paths.methods(request.path());
    Err(if allowed.is_empty() { Problem::no_such_path() } else { Problem::method_not_allowed(allowed) })
}

fn path_config() -> PathConfig {
    PathConfig::default().error_handler(|_, request| {
        // A fixed path, taken for an identifier because it has no such method.
        let paths = request.app_data::<Data<Paths>>();
        let allowed = paths.map_or(&[][..], |paths| paths.methods(request.path()));
        if !allowed.is_empty() && !allowed.iter().any(|method| method == request.method().as_str()) {
            return Problem::method_not_allowed(allowed).into();
        }
        let name = request.match_info().iter().next().map_or("id", |(name, _)| name).to_owned();
        let reason = Invalid::new("is not an identifier (a UUID)", "no es un identificador (un UUID)");
        Problem::invalid(vec![FieldError::parameter(name, reason)]).into()
    })
}
