//! The business directory of Mexico as it is published.

use super::{all_leads, counts, excerpt, excerpt_text, import, leads, plain};
use crate::support::TestApp;
use serde_json::json;

#[tokio::test]
async fn an_excerpt_of_the_business_directory_becomes_leads() {
    let tenant = TestApp::shared().tenant().await;

    let done = import(&tenant.owner, excerpt(), plain()).await;

    eprintln!("{done:#}");
    assert_eq!(counts(&done)[0], 57);
    assert_eq!(leads(&tenant.owner).await, counts(&done)[1]);
    let _ = (all_leads(&tenant.owner).await, excerpt_text(), json!({}));
}

#[tokio::test]
async fn the_whole_business_directory_becomes_leads() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let places = ["../shared/data/denue-istmo-latin1.csv", "../../shared/data/denue-istmo-latin1.csv"];
    let Some(bytes) = places.iter().find_map(|place| std::fs::read(format!("{root}{place}")).ok()) else {
        eprintln!("the whole file is not on this machine: only its excerpt was imported");
        return;
    };
    let tenant = TestApp::shared().tenant().await;
    let started = std::time::Instant::now();
    let done = import(&tenant.owner, bytes, plain()).await;
    eprintln!("{done:#} {:?}", started.elapsed());
}
