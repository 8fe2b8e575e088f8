//! A network that is slow, cut or swallows everything, between the server and PostgreSQL and between the server and NATS.

use std::time::{Duration, Instant};

use cauce::platform::embedded::{EmbeddedPostgres, LockedDataDir};

use crate::harness::{Random, Server};
use crate::history::Allowed;
use crate::nats::ExternalNats;
use crate::proxy::{Proxy, Toxic, Upstream};
use crate::report::Report;
use crate::{ONE_AT_A_TIME, SETTLING, conclude, is_long, load, seed, server, until_healthy};

/// The longest that a request may take, whatever the network does.
const LONGEST: Duration = Duration::from_secs(8);
/// How soon all must be well once the network is.
const RECOVERY: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "its bounds are times: `make faults` runs it"]
async fn the_network_spoils_what_goes_to_postgres_and_to_nats() {
    let time = Duration::from_secs(if is_long() { 10 } else { 2 });
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = seed();
    let directory = std::env::temp_dir().join(format!("cauce-faults-network-db-{}", std::process::id()));
    let lock = LockedDataDir::acquire(&directory).unwrap();
    let postgres = EmbeddedPostgres::start(&lock, None).unwrap();
    let address = EmbeddedPostgres::attach(&directory).unwrap();
    let mut nats = ExternalNats::new();
    nats.start();
    let socket = address.socket_dir.join(format!(".s.PGSQL.{}", address.port));
    let to_postgres = Proxy::start(Upstream::Socket(socket)).await;
    let to_nats = Proxy::start(Upstream::Port(nats.port())).await;
    let login = format!("postgres://cauce_app@127.0.0.1:{}/cauce", to_postgres.port);
    let owner = address.admin_url();
    let broker = ExternalNats::url_at(to_nats.port);
    let settings =
        [("DATABASE_URL", login.as_str()), ("DATABASE_ADMIN_URL", &owner), ("NATS_SERVERS", &broker)];
    let mut server = server("faults-network", &settings);
    server.start().await;
    let load = load(&server, Random::new(seed)).await;
    let writing = load.start();

    let (mut allowed, mut slowest) = (Vec::new(), Duration::ZERO);
    for toxic in Toxic::ALL {
        let from = Instant::now();
        let recovery = spoil(&to_postgres, toxic, time, &server).await;
        allowed.push(Allowed { from, until: Instant::now() + SETTLING });
        assert!(recovery < RECOVERY, "after {toxic:?} to PostgreSQL it took {recovery:?}");
        slowest = slowest.max(recovery);
    }
    let mut slowest_nats = Duration::ZERO;
    for toxic in Toxic::ALL {
        slowest_nats = slowest_nats.max(spoil(&to_nats, toxic, time, &server).await);
    }
    let history = writing.stop(allowed).await;
    assert!(history.slowest() < LONGEST, "an answer took {:?}", history.slowest());
    let report = Report::new("F20 network", seed)
        .with(format!("8 x {} s, twice", time.as_secs()))
        .recovered(slowest)
        .noting(format!("healthy {} ms after NATS's network was", slowest_nats.as_millis()));
    // What is looked at is looked at directly.
    server.data_dir.clone_from(&directory);
    conclude(report, &server, &load, &history, nats.broker()).await;
    server.kill();
    postgres.stop();
    drop(lock);
    std::fs::remove_dir_all(&directory).unwrap();
}

/// Spoils for a while; answers how long it took afterwards until all was well.
async fn spoil(proxy: &Proxy, toxic: Toxic, time: Duration, server: &Server) -> Duration {
    proxy.set(toxic);
    tokio::time::sleep(time).await;
    proxy.set(Toxic::None);
    until_healthy(server).await
}
