//! The background work of documents: one after the other, so that many asked for at once take no more memory than one.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use tokio::sync::Notify;
use uuid::Uuid;

use super::domain::{Printed, Subject};
use super::layout::pdf;
use super::service::{self, MAX_ATTEMPTS, Step};
use super::store;
use crate::billing::BILLING;
use crate::billing::contract::SalesError;
use crate::billing::contract::events::QuotationSent;
use crate::billing::quotations::Quotations;
use crate::platform::auth::{Actor, CorrelationId, TenantId};
use crate::platform::db::{Db, DbError};
use crate::platform::events::Subscription;
use crate::platform::files::{FileKey, Files};
use crate::platform::tasks::{Next, Tasks};

/// How often documents are looked for that another server was asked for, or left behind.
const PERIOD: Duration = Duration::from_secs(1);

/// What documents work with; the server shares one as `Data<Documents>`.
#[derive(Clone)]
pub struct Documents {
    pub(super) files: Files,
    pub(super) quotations: Quotations,
    /// Woken when there may be a document to make.
    pub(super) asked: Arc<Notify>,
}

impl Documents {
    /// Documents that are kept in `files`.
    pub fn new(files: Files, quotations: Quotations) -> Self {
        Self { files, quotations, asked: Arc::new(Notify::new()) }
    }
}

/// What is sent is printed at once, in the customer's language.
pub fn subscription(documents: &Documents) -> Subscription {
    let asked = documents.asked.clone();
    Subscription::new("billing-documents").on::<QuotationSent>(move |tx, sent, _| {
        service::ask(tx, Subject::Quotation(sent.quotation_id.uuid()), None)?;
        asked.notify_one();
        Ok(())
    })
}

/// Starts making files.
pub fn start(db: &Db, tasks: &Tasks, documents: &Documents) {
    let worker = Worker { db: db.for_background(), documents: documents.clone() };
    tasks.run("billing-documents", documents.asked.clone(), PERIOD, move || {
        let worker = worker.clone();
        async move {
            match worker.round().await {
                Ok(0) => Next::Wait,
                Ok(_) => Next::Again,
                Err(error) => {
                    tracing::warn!(%error, "documents will be made later");
                    Next::After(PERIOD)
                }
            }
        }
    });
}

#[derive(Clone)]
struct Worker {
    db: Db,
    documents: Documents,
}

impl Worker {
    /// A step of each waiting document; answers how many there were.
    async fn round(&self) -> Result<usize, SalesError> {
        let waiting = self.db.system(BILLING, |tx| store::to_make(tx, MAX_ATTEMPTS)).await?;
        for (tenant, id) in &waiting {
            if let Err(error) = self.work_on(*tenant, *id).await {
                tracing::warn!(%error, document = %id, "a document could not be made");
            }
        }
        Ok(waiting.len())
    }

    async fn work_on(&self, tenant: TenantId, id: Uuid) -> Result<(), SalesError> {
        let actor = Actor::platform(tenant, CorrelationId::new());
        let quotations = self.documents.quotations.clone();
        let (subject, step) =
            self.db.tenant(actor.clone(), move |tx| service::take_up(tx, &quotations, id)).await?;
        let content = match step {
            Step::Nothing => return Ok(()),
            Step::Keep(content) => content,
            Step::Make(printed) => {
                let content = made_of(*printed).await?;
                let (hash, kept) = (digest(&SHA256, &content).as_ref().to_vec(), content.clone());
                self.db.tenant(actor.clone(), move |tx| service::made(tx, id, hash, kept)).await?;
                content
            }
        };
        let key = FileKey::of(tenant, subject.folder(), &format!("{id}.pdf"));
        self.documents.files.keep(&key, content).await.map_err(|error| failed(&error))?;
        self.db.tenant(actor, move |tx| service::kept(tx, id, key.as_str())).await
    }
}

/// Sets the pages where it keeps nobody waiting.
async fn made_of(printed: Printed) -> Result<Vec<u8>, SalesError> {
    let made = tokio::task::spawn_blocking(move || pdf(&printed)).await;
    made.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> SalesError {
    SalesError::Db(DbError::Failed(format!("a document: {error}")))
}
