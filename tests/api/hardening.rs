//! What the server does with clients that mean no good or are slow, and what it tells browsers.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, Client, Database, TestApp, unique, until};

const EVERYWHERE: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
];

fn judge(path: &str, answer: &Answer, found: &mut Vec<String>) {
    for (name, value) in EVERYWHERE {
        if answer.header(name) != Some(value) {
            found.push(format!("{path}: {name} is {:?}", answer.header(name)));
        }
    }
    let policy = answer.header("content-security-policy").unwrap_or_default();
    for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"] {
        if !policy.contains(rule) {
            found.push(format!("{path}: {rule} is not in {policy:?}"));
        }
    }
    let scripts = policy.split(';').find(|rule| rule.trim().starts_with("script-src")).unwrap_or_default();
    if scripts.contains("unsafe") {
        found.push(format!("{path}: any script may run: {policy}"));
    }
    if path.starts_with("/api/") && answer.header("cache-control") != Some("no-store") {
        found.push(format!("{path}: cache-control is {:?}", answer.header("cache-control")));
    }
    for name in ["server", "x-powered-by", "access-control-allow-origin", "set-cookie"] {
        if answer.header(name).is_some() {
            found.push(format!("{path}: {name} is told"));
        }
    }
}

#[tokio::test]
async fn every_answer_tells_browsers_what_not_to_do() {
    let app = TestApp::shared();
    let owner = app.tenant().await.owner;
    let document: Value = owner.get("/api/v1/openapi.json").await.expect(200).body;
    let mut paths: Vec<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(path, item)| item.get("get").is_some() && *path != "/api/v1/events/stream")
        .map(|(path, _)| path.clone())
        .collect();
    paths.extend(
        ["/swagger-ui/", "/swagger-ui/swagger-ui.css", "/nothing", "/api/v1/nothing"].map(str::to_owned),
    );
    let (mut found, mut seen) = (Vec::new(), 0);
    for path in &paths {
        let filled = path.replace("{id}", "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11").replace(['{', '}'], "");
        for client in [&owner, &app.anonymous()] {
            judge(path, &client.get(&filled).await, &mut found);
            seen += 1;
        }
    }
    judge("/api/v1/me DELETE", &owner.delete("/api/v1/me").await.expect(405), &mut found);
    judge("/api/v1/auth/login POST", &owner.post("/api/v1/auth/login", json!([])).await, &mut found);
    println!("{seen} answers of {} paths", paths.len());
    assert!(found.is_empty(), "{} finding(s):\n{}", found.len(), found.join("\n"));
}

#[tokio::test]
async fn browsers_are_held_to_tls_where_there_is_tls() {
    let plain = TestApp::shared().anonymous().get("/live").await;
    assert_eq!(plain.header("strict-transport-security"), None);
    let app = TestApp::with_settings("hardening_tls", &[("PUBLIC_URL", "https://cauce.example")]);
    let held = app.anonymous().get("/live").await;
    assert_eq!(held.header("strict-transport-security"), Some("max-age=31536000; includeSubDomains"));
}

#[tokio::test]
async fn an_answer_of_one_origin_is_not_for_pages_of_another() {
    let owner = TestApp::shared().tenant().await.owner.with_header("Origin", "https://evil.example");
    let answer = owner.get("/api/v1/me").await.expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let preflight = owner.with_header("Access-Control-Request-Method", "GET");
    let answer = preflight.send(reqwest::Method::OPTIONS, "/api/v1/me", None).await;
    assert!((400..500).contains(&answer.status) && answer.header("access-control-allow-origin").is_none());
}

fn place(app: &TestApp) -> String {
    app.url.trim_start_matches("http://").to_owned()
}

/// What the server answers until it closes the connection.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let closed = tokio::time::timeout(Duration::from_mins(1), stream.read_to_end(&mut said)).await;
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(closed.is_ok(), "it is still open: {said}");
    said
}

#[tokio::test]
async fn slow_heads_are_cut_off_and_hold_nobody_up() {
    let app = TestApp::with_settings("hardening_heads", &[]);
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(place(&app)).await.unwrap();
        stream.write_all(b"GET /live HTTP/1.1\r\nHost: x\r\nX-A: ").await.unwrap();
        slow.push(stream);
    }
    for _ in 0..20 {
        app.anonymous().get("/live").await.expect(204);
    }
    for stream in &mut slow {
        // A letter now and then buys no time.
        drop(stream.write_all(b"a").await);
    }
    for mut stream in slow {
        let said = until_closed(&mut stream).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    }
}

#[tokio::test]
async fn slow_bodies_are_cut_off() {
    let app = TestApp::shared();
    let mut stream = TcpStream::connect(place(app)).await.unwrap();
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
    let begun = Instant::now();
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let trickle = async {
        while writing.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    };
    let mut said = vec![0; 4_096];
    let read = tokio::select! {
        biased;
        read = reading.read(&mut said) => read.unwrap(),
        // The connection is closed; what was said before that is still to be read.
        () = trickle => reading.read(&mut said).await.unwrap(),
    };
    let said = String::from_utf8_lossy(&said[..read]).into_owned();
    assert!(said.contains("/problems/slow-body"), "{said}");
    // Nobody is cut off before their time.
    assert!(begun.elapsed() >= Duration::from_secs(9), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn whoever_reads_nothing_is_given_up() {
    const TIMES: usize = 60;
    let app = TestApp::shared();
    let size = app.anonymous().get("/api/v1/openapi.json").await.expect(200).text.len();
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let address: std::net::SocketAddr = place(app).parse().unwrap();
    socket.connect(&address.into()).unwrap();
    socket.set_nonblocking(true).unwrap();
    let mut stream = TcpStream::from_std(socket.into()).unwrap();
    let request = "GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(TIMES);
    stream.write_all(request.as_bytes()).await.unwrap();

    tokio::time::sleep(Duration::from_secs(45)).await;

    // It reads at last, and finds what was on the way and then nothing: the server did not wait.
    let mut got = 0;
    let mut piece = vec![0; 65_536];
    while let Ok(Ok(read @ 1..)) = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut piece)).await
    {
        got += read;
    }
    println!("{got} of {} bytes after a silence", size * TIMES);
    assert!(got < size * TIMES / 2, "{got} of {}", size * TIMES);
}

#[tokio::test]
async fn large_bodies_are_refused_early() {
    let app = TestApp::shared();
    let owner = app.tenant().await.owner;
    let body = json!({ "company_name": "x".repeat(300 * 1024) });
    let refused = owner.post("/api/v1/leads", body).await.expect(413);
    assert_eq!(refused.text_at("/type"), "/problems/too-large");
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = owner
        .send(reqwest::Method::POST, "/api/v1/leads", Some(format!(r#"{{"custom_fields":{deep}}}"#)))
        .await;
    assert!([400, 422].contains(&deep.status), "{}", deep.text);
    owner.get("/api/v1/leads?limit=201").await.expect(422);
}

/// Thirty requests at once, none of which can be answered well, beside one that needs no connection; how many were told that
/// none came free for them.
async fn burst(owner: &Client) -> usize {
    let answers = futures_util::future::join_all((0..30).map(|_| owner.get("/api/v1/tenant")));
    let (answers, live) = tokio::join!(answers, owner.get("/live"));
    live.expect(204);
    for answer in &answers {
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert!(answer.header("retry-after").is_some());
    }
    answers.iter().filter(|answer| answer.text_at("/type") == "/problems/database-busy").count()
}

/// How many were turned away without a wait. All servers of this process count here; only one of them is so impatient.
async fn turned_away(owner: &Client) -> u64 {
    let metrics = owner.get("/metrics").await.expect(200).text;
    let count = metrics.lines().find_map(|line| line.strip_prefix("db_shed_total "));
    count.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn whoever_would_wait_in_vain_is_told_so_at_once() {
    let settings = [("DB_POOL_MAX", "2"), ("DB_POOL_WAIT_MS", "400")];
    let app = TestApp::with_settings("hardening_shed", &settings);
    let owner = app.tenant().await.owner;
    let mut database = Database::connect(&app.admin_url);
    database.run("BEGIN; LOCK TABLE identity.tenants IN ACCESS EXCLUSIVE MODE");

    let before = turned_away(&owner).await;
    // The first ones wait as long as they may; after that it is known how long that would be.
    let busy = burst(&owner).await;
    println!("{busy} of 30 told that the database is busy");
    assert!(busy > 15, "{busy}");
    until("others are told so without a wait", async || {
        burst(&owner).await;
        turned_away(&owner).await > before
    })
    .await;

    database.run("ROLLBACK");
    until("it recovers", async || owner.get("/api/v1/tenant").await.status == 200).await;
}

/// Changes a lead again and again, and looks at it after each change, beside what cannot be found.
async fn change_and_look(client: Client, name: String) {
    let email = format!("{}@example.com", unique("one"));
    let lead = json!({ "company_name": name, "email": email });
    let lead = client.post("/api/v1/leads", lead).await.expect(201);
    let path = lead.header("location").unwrap().to_owned();
    for round in 0..10 {
        let notes = format!("Vuelta {round}");
        client.patch(&path, json!({ "notes": notes })).await.expect(200);
        assert_eq!(client.get(&path).await.expect(200).text_at("/notes"), notes);
        client.get(&format!("/api/v1/leads/{}", uuid::Uuid::now_v7())).await.expect(404);
        let list = client.get("/api/v1/leads").await.expect(200);
        let names = list.body["data"].as_array().unwrap().iter().map(|lead| &lead["company_name"]);
        assert!(names.clone().all(|other| other.as_str().unwrap().starts_with(&name[..1])), "{}", list.text);
        assert!(names.count() >= 1);
    }
}

#[tokio::test]
async fn on_one_connection_readers_see_what_was_written_and_leave_nothing_open() {
    let app = TestApp::with_settings("hardening_one", &[("DB_POOL_MAX", "1"), ("DB_POOL_WAIT_MS", "20000")]);
    let (one, two) = (app.tenant().await.owner, app.tenant().await.owner);
    futures_util::future::join_all((0..8).map(|number| {
        let (client, company) = if number % 2 == 0 { (&one, "A") } else { (&two, "B") };
        change_and_look(client.clone(), format!("{company} {number}"))
    }))
    .await;

    let mut database = Database::connect(&app.admin_url);
    until("no transaction is open", async || {
        let open = "SELECT (now() - state_change > interval '3 seconds')::text FROM pg_stat_activity
                    WHERE datname = current_database() AND usename = 'cauce_app' AND state LIKE 'idle in transaction%'";
        let is_left = database.column(open);
        assert!(!is_left.contains(&"true".to_owned()), "a transaction stays open without work");
        is_left.is_empty()
    })
    .await;
}
