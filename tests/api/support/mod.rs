//! What tests stand on: a running server, and clients that speak to it as people do.

mod client;
mod database;
mod money;
mod providers;
mod sales;
pub mod seed;
mod services;

use std::sync::OnceLock;

use cauce::app::{App, Background, Services};
use cauce::config::Config;
use cauce::platform::clock::Clock;

pub use client::{Answer, Client, EventStream, Tenant, unique};
pub use database::Database;
pub use providers::{Bad, Standin, stripe_signature};
pub use seed::{Seeded, dead_letter, settled};
pub use services::Cluster;

/// A running server; the tests of a binary share one, except those that move its clock.
pub struct TestApp {
    /// `http://127.0.0.1:port`.
    pub url: String,
    /// The server's clock.
    pub clock: Clock,
    /// The owner of its database.
    pub admin_url: String,
    /// The server's own login.
    pub database_url: String,
    stop: std::sync::Mutex<Option<tokio::sync::oneshot::Sender<Stopped>>>,
}

/// Told when the server has stopped.
type Stopped = tokio::sync::oneshot::Sender<()>;

impl TestApp {
    /// The server that tests share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<TestApp> = OnceLock::new();
        SHARED.get_or_init(|| Self::with_settings("shared", &[]))
    }

    /// A server with a database and a clock of its own.
    pub fn alone(name: &str) -> Self {
        Self::with_settings(name, &[])
    }

    /// A server of its own with `settings` over those of tests.
    pub fn with_settings(name: &str, settings: &[(&str, &str)]) -> Self {
        let (admin_url, database_url) = Cluster::shared().database(name);
        Self::on(name, admin_url, database_url, settings)
    }

    /// Another server with `settings` on the database of this one, which was called `name`.
    pub fn beside(&self, name: &str, settings: &[(&str, &str)]) -> Self {
        Self::on(name, self.admin_url.clone(), self.database_url.clone(), settings)
    }

    /// Stops the server in order, as SIGTERM does.
    pub async fn stop(&self) {
        let (sender, stopped) = tokio::sync::oneshot::channel();
        let stop = self.stop.lock().unwrap().take().expect("it runs");
        stop.send(sender).expect("it listens");
        stopped.await.expect("it stops");
    }

    fn on(name: &str, admin_url: String, database_url: String, settings: &[(&str, &str)]) -> Self {
        let cluster = Cluster::shared();
        let data_dir = cluster.directory().join(name);
        let defaults = [
            ("PORT", "0"),
            ("DATABASE_URL", database_url.as_str()),
            ("DATABASE_ADMIN_URL", admin_url.as_str()),
            ("NATS_SERVERS", "none"),
            ("DATA_DIR", data_dir.to_str().unwrap_or_default()),
            ("LIMITS_ENABLED", "false"),
            ("LOG_LEVEL", "off"),
            // Nobody outside is called; tests of payments have stand-ins.
            ("STRIPE_URL", "http://127.0.0.1:1"),
            ("PAYPAL_URL", "http://127.0.0.1:1"),
            // Receivers are on this machine.
            ("WEBHOOKS_DEVELOPMENT", "true"),
            ("DB_POOL_MAX", "8"),
            ("DB_POOL_BACKGROUND", "4"),
            // A loaded machine is no reason to fail.
            (WAIT, "20000"),
        ];
        // Whoever says how long requests wait means it.
        let is_said = settings.iter().any(|(setting, _)| *setting == WAIT);
        let limits = if is_said { Limits::OfTheServer } else { Limits::OfTests };
        let config = Config::from_variables(|setting| {
            let pair = settings.iter().chain(&defaults).find(|(name, _)| *name == setting);
            pair.map(|(_, value)| (*value).to_owned())
        })
        .unwrap();
        let clock = Clock::default();
        let (stop, stopping) = tokio::sync::oneshot::channel();
        let url = start(config, clock.clone(), stopping, limits);
        Self { url, clock, admin_url, database_url, stop: std::sync::Mutex::new(Some(stop)) }
    }

    /// A client that has not signed in.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.url, None)
    }
}

/// How long a request waits for a connection, in milliseconds.
const WAIT: &str = "DB_POOL_WAIT_MS";

/// How long the database lets statements and transactions last.
#[derive(PartialEq)]
enum Limits {
    /// As long as those of people who wait for an answer.
    OfTheServer,
    /// As long as a loaded machine may need.
    OfTests,
}

/// Starts a server on a thread of its own, where it stays until it is stopped or its `TestApp` is gone.
fn start(
    config: Config,
    clock: Clock,
    stopping: tokio::sync::oneshot::Receiver<Stopped>,
    limits: Limits,
) -> String {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let services = Services::start(&config).unwrap();
        let roles = Cluster::shared().roles();
        services.migrate().unwrap();
        if limits == Limits::OfTests {
            Cluster::wait_longer(services.admin_url());
        }
        drop(roles);
        runtime.block_on(async move {
            let running = App::build(&config, &services, clock, Background::Work).unwrap().listen().unwrap();
            sender.send(running.url.clone()).unwrap();
            let waiting = stopping.await;
            running.stop().await;
            if let Ok(stopped) = waiting {
                // Nobody may wait any more.
                let _ = stopped.send(());
            }
        });
    });
    receiver.recv().expect("the server starts")
}

/// Waits until `holds`, which must become true within a minute; `what` is told when it does not.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while !holds().await {
        assert!(std::time::Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
