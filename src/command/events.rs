//! `cauce events`: what an operator does about events.

use anyhow::Result;
use cauce::app::{Services, catalogue, database};
use cauce::config::Config;
use cauce::platform::events::{
    DeadLetterFilter, ReplayFilter, Resolution, StreamedEvent, dead_letters, read_stream, replay_to_nats,
    replay_to_subscription, resolve_dead_letter,
};
use cauce::platform::id::Id;
use clap::Subcommand;
use uuid::Uuid;

use super::print;

#[derive(Subcommand)]
pub enum Command {
    /// Has events delivered again: to a subscription, or to `nats`.
    Replay {
        /// The subscription, such as `leads-scoring`, or `nats`.
        #[arg(long)]
        subscription: String,
        /// From this position of the log on.
        #[arg(long, default_value_t = 1)]
        from: i64,
        /// Only of this tenant (its id).
        #[arg(long)]
        tenant: Option<Uuid>,
        /// Only of this kind, such as `Lead.Created`.
        #[arg(long = "type")]
        kind: Option<String>,
    },
    /// Reads a JetStream stream from its beginning, as a consumer would.
    Stream {
        /// The stream.
        #[arg(default_value = "LEAD_EVENTS")]
        stream: String,
        /// Only events of this record (its id).
        #[arg(long)]
        record: Option<Uuid>,
    },
    /// Lists events that a subscription could not handle.
    DeadLetters,
    /// Tries a dead letter again.
    Retry {
        /// Its id.
        id: Uuid,
    },
    /// Leaves a dead letter.
    Skip {
        /// Its id.
        id: Uuid,
    },
}

/// Runs the subcommand beside the server, or alone.
pub async fn run(config: Config, command: Command) -> Result<()> {
    let started = config.clone();
    let services = tokio::task::spawn_blocking(move || Services::attach_or_start(&started)).await??;
    let outcome = act(&config, &services, command).await;
    tokio::task::spawn_blocking(move || services.stop()).await?;
    print(&outcome?)
}

async fn act(config: &Config, services: &Services, command: Command) -> Result<String> {
    let db = database(config, services);
    match command {
        Command::Replay { subscription, from, tenant, kind } => {
            let filter = ReplayFilter { from, tenant: tenant.map(Id::from), kind };
            let count = if subscription == "nats" {
                let settings = services.nats_settings(config.nats_stream_max_bytes);
                replay_to_nats(&db, &settings, &catalogue()?, &filter).await?
            } else {
                replay_to_subscription(&db, &subscription, &filter).await?
            };
            Ok(format!("{count} event(s) to {subscription} again"))
        }
        Command::Stream { stream, record } => {
            let record = record.map(|record| record.to_string());
            let settings = services.nats_settings(config.nats_stream_max_bytes);
            let about = |event: &StreamedEvent| {
                record.as_deref().is_none_or(|record| event.envelope["subject"] == record)
            };
            let lines: Vec<String> =
                read_stream(&settings, &stream, about).await?.iter().map(line_of).collect();
            Ok(lines.join("\n"))
        }
        Command::DeadLetters => {
            let letters = dead_letters(&db, DeadLetterFilter::default(), 200).await?;
            let lines: Vec<String> = letters
                .iter()
                .map(|letter| {
                    format!(
                        "{}  {}  position {}  {} attempts  {}",
                        letter.id, letter.subscription, letter.position, letter.attempts, letter.last_error
                    )
                })
                .collect();
            Ok(if lines.is_empty() { "no dead letters".to_owned() } else { lines.join("\n") })
        }
        Command::Retry { id } => resolve(&db, id, Resolution::Retry, "will be tried again").await,
        Command::Skip { id } => resolve(&db, id, Resolution::Skip, "is left").await,
    }
}

fn line_of(event: &StreamedEvent) -> String {
    let text = |name: &str| event.envelope[name].as_str().unwrap_or("-").to_owned();
    format!(
        "{:>6}  {:<26}  {}  correlation {}",
        event.sequence,
        event.subject,
        text("time"),
        text("correlationid")
    )
}

async fn resolve(
    db: &cauce::platform::db::Db,
    id: Uuid,
    resolution: Resolution,
    done: &str,
) -> Result<String> {
    let found = resolve_dead_letter(db, id, None, resolution).await?;
    anyhow::ensure!(found, "there is no open dead letter {id}; `cauce events dead-letters` lists them");
    Ok(format!("{id} {done}"))
}
