//! Events against a real PostgreSQL and a real NATS: order, exactly-once effects, poison, and a NATS that comes and goes.

mod bench;
mod document;
mod history;
mod nats;
mod order;
mod poison;
mod reads;
mod servers;
mod subscribers;
mod support;
