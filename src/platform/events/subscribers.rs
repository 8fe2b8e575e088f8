//! Subscriptions: which function of which module handles which kind of event.
//!
//! A handler's writes and the subscription's position commit together, so each event takes effect exactly once, with or
//! without NATS. Effects outside the database do not belong in a handler: it inserts a row that a job picks up.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::cursor::NATS;
use super::event::{Event, LoggedEvent};
use super::{Catalogue, EventsError};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, TenantTx};

type Choice = Box<dyn Fn(&mut TenantTx<'_>, &[TenantId]) -> Result<HashSet<TenantId>, DbError> + Send + Sync>;
type Handler = Box<dyn Fn(&mut TenantTx<'_>, &LoggedEvent) -> anyhow::Result<()> + Send + Sync>;

/// A named reader of the log with a handler for each kind of event that it wants.
///
/// A new name starts at the beginning of the log, so that a read model is filled from what already happened.
pub struct Subscription {
    name: &'static str,
    handlers: Vec<(&'static str, Handler)>,
    every: Option<Handler>,
    tenants: Option<Choice>,
}

impl Subscription {
    /// A subscription called `name`, which its position is kept under for ever: `<module>-<purpose>`.
    pub fn new(name: &'static str) -> Self {
        Self { name, handlers: Vec::new(), every: None, tenants: None }
    }

    /// Handles events of the kind `E` with `handler`, in the event's tenant, in order for each record.
    ///
    /// An error or a panic takes back what the handler wrote; the event is tried again, eight times in all, while later
    /// events of the same record wait. What the handler emits carries the event's correlation id.
    #[must_use]
    pub fn on<E: Event>(
        mut self,
        handler: impl Fn(&mut TenantTx<'_>, E, &LoggedEvent) -> anyhow::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let decode_and_handle: Handler = Box::new(move |tx, event| {
            let data = E::deserialize(&event.data)
                .map_err(|error| anyhow::Error::new(error).context("the data cannot be read"))?;
            handler(tx, data, event)
        });
        self.handlers.push((E::TYPE, decode_and_handle));
        self
    }

    /// Handles events of every kind with `handler`, also of kinds that are not in the catalogue any more, as [`Self::on`]
    /// does those of one kind.
    #[must_use]
    pub fn on_every(
        mut self,
        handler: impl Fn(&mut TenantTx<'_>, &LoggedEvent) -> anyhow::Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.every = Some(Box::new(handler));
        self
    }

    /// Spares batches the events of tenants that `choice` does not pick, which is asked once for each, with the tenants of
    /// its events. Handlers must be right without it: events that are tried alone come all the same.
    #[must_use]
    pub fn only_for(
        mut self,
        choice: impl Fn(&mut TenantTx<'_>, &[TenantId]) -> Result<HashSet<TenantId>, DbError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.tenants = Some(Box::new(choice));
        self
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The kinds that it handles; none for all.
    pub(super) fn kinds(&self) -> Option<Vec<&'static str>> {
        let named = || self.handlers.iter().map(|(kind, _)| *kind).collect();
        self.every.is_none().then(named)
    }

    /// Those of `tenants` whose events it handles; none for all.
    pub(super) fn chosen(
        &self,
        tx: &mut TenantTx<'_>,
        tenants: &[TenantId],
    ) -> Result<Option<HashSet<TenantId>>, DbError> {
        self.tenants.as_ref().map(|choice| choice(tx, tenants)).transpose()
    }

    /// Runs the handler of `event`; a panic is an error.
    pub(super) fn handle(&self, tx: &mut TenantTx<'_>, event: &LoggedEvent) -> anyhow::Result<()> {
        let named = self.handlers.iter().find(|(kind, _)| *kind == event.kind).map(|(_, handler)| handler);
        let Some(handler) = named.or(self.every.as_ref()) else { return Ok(()) };
        tx.caused_by(event)?;
        // The transaction is rolled back after a panic, and nothing else outlives it.
        match catch_unwind(AssertUnwindSafe(|| handler(tx, event))) {
            Ok(outcome) => outcome,
            Err(panic) => Err(anyhow::anyhow!("the handler panicked: {}", words_of(panic.as_ref()))),
        }
    }
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words")
}

/// Refuses subscriptions that share a name or a handler, and those for kinds that nobody emits.
pub(super) fn check(subscriptions: &[Subscription], catalogue: &Catalogue) -> Result<(), EventsError> {
    let mut names = HashSet::from([NATS]);
    for subscription in subscriptions {
        if !names.insert(subscription.name) {
            return Err(EventsError::NameTaken(subscription.name));
        }
        let mut kinds = HashSet::new();
        for (kind, _) in &subscription.handlers {
            let kind = *kind;
            if !kinds.insert(kind) {
                return Err(EventsError::HandledTwice { subscription: subscription.name, kind });
            }
            if catalogue.entry(kind).is_none() {
                return Err(EventsError::UnknownKind { subscription: subscription.name, kind });
            }
        }
    }
    Ok(())
}
