//! The server about itself.

use reqwest::Method;

use crate::support::TestApp;

#[tokio::test]
async fn the_server_tells_that_it_serves_without_nats() {
    let app = TestApp::shared();
    let client = app.anonymous();

    client.get("/live").await.expect(204);
    let mut health = client.get("/health").await;
    while health.status != 200 {
        health = client.get("/health").await;
    }

    assert_eq!(health.text_at("/status"), "degraded");
    assert_eq!(health.text_at("/dependencies/postgres"), "up");
    client.get("/ready").await.expect(204);
    assert!(client.get("/metrics").await.expect(200).text.contains("http_requests_total"));
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_in_the_language_asked_for() {
    let client = TestApp::shared().anonymous().with_header("Accept-Language", "es-MX");

    let missing = client.get("/api/v1/nothing").await.expect(404);
    assert_eq!(missing.header("content-type"), Some("application/problem+json"));
    assert_eq!(missing.text_at("/type"), "/problems/no-such-path");
    assert!(missing.text_at("/title").starts_with("No existe esa ruta"));

    let wrong = client.send(Method::DELETE, "/health", None).await.expect(405);
    assert_eq!(wrong.header("allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn a_correlation_id_is_echoed_or_made() {
    let client = TestApp::shared().anonymous();

    let given = client.with_header("X-Correlation-Id", "order-17").get("/live").await;
    assert_eq!(given.header("x-correlation-id"), Some("order-17"));
    let made = client.with_header("X-Correlation-Id", "two words").get("/live").await;
    assert_eq!(made.header("x-correlation-id").map(str::len), Some(36));
}
