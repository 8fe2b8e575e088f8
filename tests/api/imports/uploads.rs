//! Uploads that break off and go on, and those that are not what they say.

use std::fmt::Write as _;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::resume::Server;
use super::{PATH, counts, excerpt, finished, import, plain};
use crate::support::{Answer, Client, Cluster, Database, TestApp, until};

const UPLOADS: &str = "/api/v1/leads/imports/uploads";
const PART: &str = "application/offset+octet-stream";
/// `talleres.csv`
const NAMED: &str = "filename dGFsbGVyZXMuY3N2,filetype dGV4dC9jc3Y=";

fn tus(client: &Client) -> Client {
    client.with_header("Tus-Resumable", "1.0.0")
}

/// Begins an upload of `length` bytes; answers where it is.
async fn begin(client: &Client, length: usize) -> String {
    let client =
        tus(client).with_header("Upload-Length", &length.to_string()).with_header("Upload-Metadata", NAMED);
    let begun = client.send(Method::POST, UPLOADS, None).await.expect(201);
    assert_eq!(begun.header("tus-resumable"), Some("1.0.0"));
    let location = begun.header("location").unwrap().to_owned();
    assert_eq!(location, format!("{UPLOADS}/{}", begun.text_at("/id")));
    location
}

async fn add(client: &Client, at: &str, offset: usize, part: &[u8]) -> Answer {
    let client = tus(client).with_header("Upload-Offset", &offset.to_string());
    client.send_bytes(Method::PATCH, at, PART, part.to_vec()).await
}

/// How much of the upload has arrived.
async fn received(client: &Client, at: &str) -> usize {
    let head = tus(client).send(Method::HEAD, at, None).await.expect(200);
    assert_eq!(head.header("cache-control"), Some("no-store"));
    assert_eq!(head.header("upload-metadata"), Some(NAMED));
    head.header("upload-offset").unwrap().parse().unwrap()
}

/// Sends `part` of something that is said to be `length` bytes long, and breaks the connection.
async fn broken(client: &Client, at: &str, offset: usize, length: usize, part: &[u8]) {
    let (host, head) = tus(client).with_header("Upload-Offset", &offset.to_string()).head_of("PATCH", at);
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!("{head}Content-Type: {PART}\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(part).await.unwrap();
}

fn id_of(at: &str) -> &str {
    at.rsplit('/').next().unwrap()
}

/// A table of more than a few pieces.
fn table() -> Vec<u8> {
    let mut csv = "empresa,correo,notas\n".to_owned();
    for number in 0..2_000 {
        let notes = "Taller de la región del Istmo. ".repeat(10);
        writeln!(csv, "Taller {number},taller{number}@example.com,{notes}").unwrap();
    }
    csv.into_bytes()
}

#[tokio::test]
async fn a_file_in_three_parts_with_a_break_imports_as_in_one() {
    let app = TestApp::shared();
    let (whole, parted) = (app.tenant().await.owner, app.tenant().await.owner);
    let file = excerpt();
    let expected = import(&whole, file.clone(), plain()).await;
    let third = file.len() / 3;

    let at = begin(&parted, file.len()).await;
    let first = add(&parted, &at, 0, &file[..third]).await.expect(204);
    assert_eq!(first.header("upload-offset"), Some(third.to_string().as_str()));
    let early = parted.post(PATH, json!({ "upload_id": id_of(&at) })).await.expect(409);
    assert_eq!(early.text_at("/type"), "/problems/upload-incomplete");
    broken(&parted, &at, third, file.len() - third, &file[third..2 * third]).await;
    until("what came before the break is kept", async || received(&parted, &at).await == 2 * third).await;
    add(&parted, &at, 2 * third, &file[2 * third..]).await.expect(204);
    let keyed = parted.with_header("Idempotency-Key", "once");
    let asked = json!({ "upload_id": id_of(&at), "options": { "source": "feria" } });
    let started = keyed.post(PATH, asked.clone()).await.expect(202);
    let import = finished(&parted, started.header("location").unwrap()).await;

    assert_eq!(counts(&import), counts(&expected));
    assert_eq!((&import["file_name"], &import["encoding"]), (&json!("talleres.csv"), &expected["encoding"]));
    tus(&parted).send(Method::HEAD, &at, None).await.expect(404);
    let again = keyed.post(PATH, asked.clone()).await.expect(202);
    assert_eq!(again.text_at("/id"), started.text_at("/id"), "the answer is repeated");
    parted.post(PATH, asked).await.expect(404);
}

#[tokio::test]
async fn parts_that_do_not_fit_change_nothing() {
    let owner = TestApp::shared().tenant().await.owner;
    let at = begin(&owner, 10).await;
    add(&owner, &at, 0, b"empre").await.expect(204);
    for (what, offset, part, status) in [
        ("before", 0, &b"empre"[..], 409),
        ("behind", 6, b"sa", 409),
        ("longer than the file", 5, b"sa,tel", 413),
    ] {
        let refused = add(&owner, &at, offset, part).await.expect(status);
        assert_eq!(refused.header("tus-resumable"), Some("1.0.0"), "{what}");
        assert_eq!(received(&owner, &at).await, 5, "{what}");
    }
    // Its length is not said, and too much comes.
    let (host, head) = tus(&owner).with_header("Upload-Offset", "5").head_of("PATCH", &at);
    let mut stream = TcpStream::connect(host).await.unwrap();
    let chunked =
        format!("{head}Content-Type: {PART}\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsa,tel\r\n0\r\n\r\n");
    stream.write_all(chunked.as_bytes()).await.unwrap();
    let mut said = vec![0; 4_096];
    let length = tokio::io::AsyncReadExt::read(&mut stream, &mut said).await.unwrap();
    let said = String::from_utf8_lossy(&said[..length]).into_owned();
    assert!(said.starts_with("HTTP/1.1 413"), "{said}");
    assert_eq!(received(&owner, &at).await, 5);

    let client = tus(&owner);
    let at_five = client.with_header("Upload-Offset", "5");
    at_five.send_bytes(Method::PATCH, &at, "text/csv", b"sa".to_vec()).await.expect(415);
    client.send_bytes(Method::PATCH, &at, PART, b"sa".to_vec()).await.expect(422);
    for offset in ["-5", "5.0", "x", "99999999999999999999"] {
        let client = client.with_header("Upload-Offset", offset);
        client.send_bytes(Method::PATCH, &at, PART, b"sa".to_vec()).await.expect(422);
    }
    let old = owner.with_header("Tus-Resumable", "0.2.2").send(Method::HEAD, &at, None).await.expect(412);
    assert_eq!(old.header("tus-version"), Some("1.0.0"));
    owner.send(Method::DELETE, &at, None).await.expect(412);
    assert_eq!(received(&owner, &at).await, 5);
    add(&owner, &at, 5, b"sa,te").await.expect(204);
    add(&owner, &at, 10, b"").await.expect(204);
    assert_eq!(received(&owner, &at).await, 10);
}

#[tokio::test]
async fn uploads_begin_with_what_they_will_be() {
    let app = TestApp::with_settings("small_uploads", &[("IMPORT_MAX_BYTES", "2000")]);
    let owner = app.tenant().await.owner;
    let told = owner.send(Method::OPTIONS, UPLOADS, None).await.expect(204);
    let told =
        ["tus-resumable", "tus-version", "tus-extension", "tus-max-size"].map(|name| told.header(name));
    assert_eq!(told, [Some("1.0.0"), Some("1.0.0"), Some("creation,termination"), Some("2000")]);
    let client = tus(&owner);
    client.post(UPLOADS, json!({})).await.expect(422);
    for (length, metadata, status) in [
        ("2001", "", 413),
        ("99999999999999", "", 413),
        ("-1", "", 422),
        ("", "", 422),
        ("10", "filename leads.csv", 422),
        // ../x
        ("10", "filename Li4veA==", 422),
        ("10", "filename,filename", 422),
    ] {
        let client = client.with_header("Upload-Length", length).with_header("Upload-Metadata", metadata);
        client.post(UPLOADS, json!({})).await.expect(status);
    }
    let wrong = owner.with_header("Upload-Length", "10").post(UPLOADS, json!({})).await.expect(412);
    assert_eq!((wrong.header("tus-version"), wrong.header("tus-resumable")), (Some("1.0.0"), Some("1.0.0")));
    let get = owner.get(UPLOADS).await.expect(405);
    let allowed = get.header("allow").unwrap();
    assert!(allowed.contains("OPTIONS") && allowed.contains("POST"), "{allowed}");

    // The same key begins one upload; there may be twenty, and one goes when it is deleted.
    let keyed = client.with_header("Idempotency-Key", "one").with_header("Upload-Length", "2000");
    let first = keyed.post(UPLOADS, json!({})).await.expect(201).text_at("/id");
    assert_eq!(keyed.post(UPLOADS, json!({})).await.expect(201).text_at("/id"), first);
    for _ in 1..20 {
        begin(&owner, 10).await;
    }
    let eleven = client.with_header("Upload-Length", "11");
    let full = eleven.post(UPLOADS, json!({})).await.expect(409);
    assert_eq!(full.text_at("/type"), "/problems/too-many-uploads");
    let first = format!("{UPLOADS}/{first}");
    client.send(Method::DELETE, &first, None).await.expect(204);
    for method in [Method::DELETE, Method::HEAD] {
        client.send(method, &first, None).await.expect(404);
    }
    eleven.post(UPLOADS, json!({})).await.expect(201);
}

#[tokio::test]
async fn another_tenants_upload_is_not_there() {
    let app = TestApp::shared();
    let (ours, theirs) = (app.tenant().await.owner, app.tenant().await.owner);
    let file = b"empresa,telefono\nN,9711609009\n";
    let at = begin(&ours, file.len()).await;
    add(&ours, &at, 0, &file[..7]).await.expect(204);
    add(&theirs, &at, 7, &file[7..]).await.expect(404);
    for method in [Method::HEAD, Method::DELETE] {
        tus(&theirs).send(method, &at, None).await.expect(404);
    }
    add(&ours, &at, 7, &file[7..]).await.expect(204);
    let refused = theirs.post(PATH, json!({ "upload_id": id_of(&at) })).await.expect(404);
    assert_eq!(refused.text_at("/type"), "/problems/upload-not-found");
    ours.post(PATH, json!({ "upload_id": id_of(&at) })).await.expect(202);
}

#[tokio::test]
async fn a_file_that_is_no_spreadsheet_stays_an_upload() {
    let owner = TestApp::shared().tenant().await.owner;
    let at = begin(&owner, 9).await;
    add(&owner, &at, 0, b"%PDF-1.7 ").await.expect(204);
    let refused = owner.post(PATH, json!({ "upload_id": id_of(&at) })).await.expect(422);
    assert_eq!(refused.text_at("/errors/0/pointer"), "/upload_id");
    for (body, pointer) in [
        (json!({ "upload_id": id_of(&at), "options": { "source": "" } }), "/options/source"),
        (json!({ "upload_id": id_of(&at), "file": "x" }), "/file"),
    ] {
        let refused = owner.post(PATH, body).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer);
    }
    assert_eq!(received(&owner, &at).await, 9);
}

#[tokio::test]
async fn a_server_that_is_killed_keeps_what_it_took() {
    let (admin, login) = Cluster::shared().database("killed_uploads");
    let folder = Cluster::shared().directory().join("killed_uploads");
    let settings = [
        ("DATABASE_URL", login.as_str()),
        ("DATABASE_ADMIN_URL", &admin),
        ("DATA_DIR", folder.to_str().unwrap()),
    ];
    let server = Server::start(&settings);
    let signed = json!({ "tenant_name": "Killed", "name": "Ana", "email": "ana@example.com", "password": "correct horse battery" });
    let signed = Client::new(&server.url, None).post("/api/v1/auth/signup", signed).await.expect(201);
    let client = |server: &Server| Client::new(&server.url, Some(signed.text_at("/access_token")));
    let file = table();
    let sent = 300_000;
    assert!(file.len() > 2 * sent, "{}", file.len());

    let owner = client(&server);
    let at = begin(&owner, file.len()).await;
    add(&owner, &at, 0, &file[..1_000]).await.expect(204);
    // Of a part under way, whole pieces are kept before it ends.
    let (host, head) = tus(&owner).with_header("Upload-Offset", "1000").head_of("PATCH", &at);
    let mut open = TcpStream::connect(host).await.unwrap();
    let head = format!("{head}Content-Type: {PART}\r\nContent-Length: {}\r\n\r\n", file.len() - 1_000);
    open.write_all(head.as_bytes()).await.unwrap();
    open.write_all(&file[1_000..sent]).await.unwrap();
    until("a piece is kept", async || received(&owner, &at).await == 256 * 1_024).await;
    server.kill();
    let server = Server::start(&settings);
    let owner = client(&server);
    let offset = received(&owner, &at).await;
    assert_eq!(offset, 256 * 1_024);
    add(&owner, &at, offset, &file[offset..]).await.expect(204);
    let started = owner.post(PATH, json!({ "upload_id": id_of(&at) })).await.expect(202);
    let import = finished(&owner, started.header("location").unwrap()).await;

    assert_eq!(counts(&import), [2_000, 2_000, 0, 0, 0]);
    let mut database = Database::connect(&admin);
    assert_eq!(database.column("SELECT count(*) FROM leads.import_upload_pieces"), ["0"]);
}

#[tokio::test]
async fn uploads_are_forgotten_after_a_day() {
    let app = TestApp::alone("old_uploads");
    let tenant = app.tenant().await;
    let at = begin(&tenant.owner, 10).await;
    add(&tenant.owner, &at, 0, b"empre").await.expect(204);
    app.clock.advance(TimeDelta::hours(23));
    let owner = app.sign_in(&tenant).await.owner;
    assert_eq!(received(&owner, &at).await, 5);
    app.clock.advance(TimeDelta::minutes(61));
    let owner = app.sign_in(&tenant).await.owner;
    tus(&owner).send(Method::HEAD, &at, None).await.expect(404);
    let mut database = Database::connect(&app.admin_url);
    until("the bytes are gone", async || {
        database.column("SELECT count(*) FROM leads.import_upload_pieces") == ["0"]
    })
    .await;
}
