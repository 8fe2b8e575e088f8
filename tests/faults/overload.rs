//! More to do than can be done: logins, requests, and connections that never come free.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::harness::api::Tenant;
use crate::harness::{Api, Server, Sql};
use crate::report::{Counts, Report, percentile};
use crate::{ONE_AT_A_TIME, deadline, is_long, seed, server, until, within};

const LEADS: &str = "/api/v1/leads";
/// Clients that together ask for more than can be served.
const CLIENTS: u32 = 3_000;

/// What came of many requests.
#[derive(Default)]
struct Tally {
    served: Vec<Duration>,
    /// Answered 503 with `Retry-After`, or 429.
    shed: usize,
    other: Vec<String>,
}

impl Tally {
    fn add(&mut self, status: Result<u16, String>, took: Duration) {
        match status {
            Ok(200..300) => self.served.push(took),
            Ok(429 | 503) => self.shed += 1,
            Ok(status) => self.other.push(status.to_string()),
            Err(error) => self.other.push(error),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "its bounds are times: `make faults` runs it"]
async fn a_flood_of_logins_leaves_others_their_turn() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let mut server = server("faults-logins", &[]);
    server.start().await;
    let tenant = Api::new(&server.url, deadline()).sign_up("logins").await;
    let time = Duration::from_secs(10);
    let mut before = one_by_one(&tenant, time).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut flood = JoinSet::new();
    for number in 0..64 {
        let (stop, url) = (stop.clone(), format!("{}/api/v1/auth/login", server.url));
        flood.spawn(async move {
            let client = reqwest::Client::new();
            let mut tally = Tally::default();
            for count in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let body = json!({ "email": format!("nobody{number}-{count}@example.com"), "password": "not the right one" });
                let sent = Instant::now();
                let answer = client.post(&url).header("Content-Type", "application/json").body(body.to_string());
                let status = answer.send().await.map(|answer| answer.status().as_u16());
                // A wrong password is what was asked about.
                let status = status.map(|status| if status == 401 { 200 } else { status });
                tally.add(status.map_err(|error| error.to_string()), sent.elapsed());
            }
            tally
        });
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut during = one_by_one(&tenant, time).await;
    stop.store(true, Ordering::Relaxed);
    let flood = flood.join_all().await;
    let checked: usize = flood.iter().map(|tally| tally.served.len()).sum();
    let shed: usize = flood.iter().map(|tally| tally.shed).sum();
    let other: Vec<&String> = flood.iter().flat_map(|tally| &tally.other).collect();
    assert!(other.is_empty(), "{} other answers, such as {}", other.len(), other[0]);
    assert_eq!((before.other.len(), during.other.len(), during.shed), (0, 0, 0));
    let slowest = during.served.iter().max().copied().unwrap_or_default();
    let (calm, flooded) = (percentile(&mut before.served, 0.95), percentile(&mut during.served, 0.95));
    Report::new("F11 flood of logins", seed())
        .with("64 clients")
        .noting(format!(
            "{checked} checked, {shed} told to come back; p95 of a list {:.1} ms, before {:.1} ms",
            flooded.as_secs_f64() * 1e3,
            calm.as_secs_f64() * 1e3
        ))
        .print_counts(&Counts {
            operations: during.served.len() + checked + shed,
            acked: during.served.len() + checked,
            slowest,
            ..Counts::default()
        });
    assert!(flooded < Duration::from_millis(250), "others wait {flooded:?} while many sign in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "its bounds are times: `make faults` runs it"]
async fn of_three_times_as_many_requests_as_can_be_served_the_rest_is_told_to_come_back() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let mut server = server("faults-overload", &[]);
    server.start().await;
    let tenant = Api::new(&server.url, deadline()).sign_up("overload").await;
    let time = Duration::from_secs(if is_long() { 30 } else { 15 });
    let peak = peak(&server, &tenant).await;
    // Each client asks so seldom that all of them together ask for three times what can be served.
    let period = Duration::from_secs_f64(f64::from(CLIENTS) / peak / 3.0);
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (mut client, mut next) = (Keeping::new(&server, &tenant), began + period * number / CLIENTS);
        clients.spawn(async move {
            let mut tally = Tally::default();
            while next < began + time {
                tokio::time::sleep_until(next.into()).await;
                let sent = Instant::now();
                tally.add(client.list().await, sent.elapsed());
                next = (next + period).max(Instant::now());
            }
            tally
        });
    }
    tokio::time::sleep(time).await;
    let memory = resident(&server);
    let tallies = clients.join_all().await;
    let took = began.elapsed();
    let recovery = until("one request is served at once", Duration::from_secs(5), async || {
        list(&tenant).await.1 < Duration::from_millis(100)
    })
    .await;
    let mut waits: Vec<Duration> = tallies.iter().flat_map(|tally| &tally.served).copied().collect();
    let shed: usize = tallies.iter().map(|tally| tally.shed).sum();
    let other: Vec<&String> = tallies.iter().flat_map(|tally| &tally.other).collect();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let goodput = waits.len() as f64 / took.as_secs_f64() / peak;
    let p99 = percentile(&mut waits, 0.99);
    let slowest = waits.last().copied().unwrap_or_default();
    let operations = waits.len() + shed + other.len();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let offered = operations as f64 / took.as_secs_f64() / peak;
    Report::new("F15 overload", seed())
        .with(format!("{CLIENTS} clients"))
        .recovered(recovery)
        .noting(format!(
            "{offered:.1} x the peak of {peak:.0}/s came; {:.0} % of the peak served, {shed} told to come back; p99 of the \
             served {} ms; {} MiB",
            goodput * 100.0,
            p99.as_millis(),
            memory >> 20
        ))
        .print_counts(&Counts { operations, acked: waits.len(), unknown: other.len(), slowest, ..Counts::default() });
    assert!(other.is_empty(), "{} other answers, such as {:?}", other.len(), other[0]);
    assert!(memory < 512 << 20, "{} MiB", memory >> 20);
    assert!(goodput > 0.7 && p99 < Duration::from_secs(3), "goodput {goodput}, p99 {p99:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_every_connection_held_requests_are_told_to_come_back() {
    let held_for = Duration::from_secs(if is_long() { 30 } else { 5 });
    let _alone = ONE_AT_A_TIME.lock().await;
    let mut server = server("faults-held", &[]);
    server.start().await;
    let tenant = Api::new(&server.url, deadline()).sign_up("held").await;
    let mut sql = Sql::connect(&server.data_dir);
    // Whoever reads leads now waits for us, and holds a connection meanwhile.
    sql.execute("BEGIN; LOCK TABLE leads.leads IN ACCESS EXCLUSIVE MODE");
    let began = Instant::now();
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..32 {
        let (stop, tenant) = (stop.clone(), tenant.clone());
        clients.spawn(async move {
            let mut tally = Tally::default();
            let mut slowest = Duration::ZERO;
            while !stop.load(Ordering::Relaxed) {
                let (status, took) = list(&tenant).await;
                slowest = slowest.max(took);
                tally.add(status, took);
            }
            (tally, slowest)
        });
    }
    let mut slowest_live = Duration::ZERO;
    while began.elapsed() < held_for {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let sent = Instant::now();
        until("/live answers", Duration::from_secs(2), async || server.status("/live").await == 204).await;
        slowest_live = slowest_live.max(sent.elapsed());
    }
    stop.store(true, Ordering::Relaxed);
    let clients = clients.join_all().await;
    sql.execute("ROLLBACK");
    let recovery =
        until("it is served again", Duration::from_secs(5), async || list(&tenant).await.0 == Ok(200)).await;
    let shed: usize = clients.iter().map(|(tally, _)| tally.shed).sum();
    let answered: usize = clients.iter().map(|(tally, _)| tally.served.len()).sum();
    let slowest = clients.iter().map(|(_, slowest)| *slowest).max().unwrap_or_default();
    let other: Vec<&String> = clients.iter().flat_map(|(tally, _)| &tally.other).collect();
    assert!(other.is_empty() && answered == 0 && shed > 0, "{other:?}, {answered} served");
    assert!(slowest < within(Duration::from_secs(4)), "an answer took {slowest:?}");
    Report::new("F16 connections held", seed())
        .with(format!("{} s", held_for.as_secs()))
        .recovered(recovery)
        .noting(format!("{shed} told to come back; /live within {} ms", slowest_live.as_millis()))
        .print_counts(&Counts { operations: shed, acked: 0, slowest, ..Counts::default() });
}

async fn list(tenant: &Tenant) -> (Result<u16, String>, Duration) {
    let sent = Instant::now();
    let answer = tenant.send(Method::GET, LEADS, &[], None).await;
    (answer.map(|(status, _)| status).map_err(|error| format!("{error:?}")), sent.elapsed())
}

async fn one_by_one(tenant: &Tenant, time: Duration) -> Tally {
    let (began, mut tally) = (Instant::now(), Tally::default());
    while began.elapsed() < time {
        let (status, took) = list(tenant).await;
        tally.add(status, took);
    }
    tally
}

/// Requests a second that 32 clients are served.
async fn peak(server: &Server, tenant: &Tenant) -> f64 {
    let time = Duration::from_secs(8);
    let mut clients = JoinSet::new();
    for _ in 0..32 {
        let mut client = Keeping::new(server, tenant);
        clients.spawn(async move {
            let (began, mut count) = (Instant::now(), 0_u32);
            while began.elapsed() < time {
                assert_eq!(client.list().await, Ok(200));
                count += 1;
            }
            count
        });
    }
    let total: u32 = clients.join_all().await.into_iter().sum();
    f64::from(total) / time.as_secs_f64()
}

/// A client on one connection that costs little beside the server.
struct Keeping {
    address: String,
    request: String,
    connection: Option<BufReader<TcpStream>>,
}

impl Keeping {
    fn new(server: &Server, tenant: &Tenant) -> Self {
        let address = server.url.trim_start_matches("http://").to_owned();
        let request = format!(
            "GET {LEADS} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\r\n",
            tenant.token
        );
        Self { address, request, connection: None }
    }

    /// The status of the answer.
    async fn list(&mut self) -> Result<u16, String> {
        let answer = tokio::time::timeout(deadline(), self.ask()).await;
        let answer =
            answer.map_err(|_| "no answer".to_owned()).and_then(|answer| answer.map_err(|e| e.to_string()));
        if answer.is_err() {
            self.connection = None;
        }
        answer
    }

    async fn ask(&mut self) -> std::io::Result<u16> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(BufReader::new(TcpStream::connect(&self.address).await?)),
        };
        connection.write_all(self.request.as_bytes()).await?;
        let (mut line, mut status, mut length) = (String::new(), 0, 0);
        while connection.read_line(&mut line).await? > 2 {
            let lower = line.to_lowercase();
            if status == 0 {
                status = lower.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(1);
            } else if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            line.clear();
        }
        if status == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body).await?;
        Ok(status)
    }
}

/// Resident memory of the server, in bytes.
fn resident(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
