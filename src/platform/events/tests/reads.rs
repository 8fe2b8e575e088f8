//! Transactions that read, and what they leave on their connection.

use uuid::Uuid;

use super::support::{Database, Disk, ThingChanged, actor, bump};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Module};

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_reads_changes_nothing_and_the_next_one_may() {
    let database = Database::start(Disk::Trusted);
    let db = database.connect_with(1);
    let (tenant, thing) = (TenantId::new(), Uuid::now_v7());
    for version in 1..=3 {
        let written = db.read(actor(tenant), move |tx| bump(tx, thing));
        let told = db.read(actor(tenant), move |tx| {
            tx.emit(thing, 1, &ThingChanged { marker: "read".to_owned() });
            Ok::<_, DbError>(())
        });
        let bumped = db.tenant(actor(tenant), move |tx| bump(tx, thing));
        // On one connection, one after the other.
        let (written, told, bumped) = tokio::join!(written, told, bumped);
        assert!(written.is_err_and(|error| error.to_string().contains("read-only transaction")));
        assert!(told.is_err_and(|error| error.to_string().contains("read-only transaction")));
        assert_eq!(bumped.unwrap(), version);
    }
    assert_eq!(database.number("SELECT count(*) FROM events.outbox"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_cannot_begin_takes_its_connection_with_it() {
    const NOBODY: Module = Module::named("nobody");
    let database = Database::start(Disk::Trusted);
    let db = database.connect_with(1);
    let (tenant, thing) = (TenantId::new(), Uuid::now_v7());
    for version in 1..=3 {
        let refused = db.tenant(actor(tenant), |tx| tx.conn(NOBODY).map(drop)).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("cauce_nobody")));
        assert_eq!(db.tenant(actor(tenant), move |tx| bump(tx, thing)).await.unwrap(), version);
    }
}
