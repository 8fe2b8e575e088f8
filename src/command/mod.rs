//! The subcommands: read the settings, start telemetry, run one of them.

mod demo;
mod events;
mod import;

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use anyhow::{Context, Result};
use cauce::app::{App, Background, Services};
use cauce::config::Config;
use cauce::platform::clock::Clock;
use cauce::platform::embedded::EmbeddedPostgres;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

/// A multi-tenant sales platform: from the first contact to the money.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the API (the default).
    Serve,
    /// Applies missing migrations and ends.
    Migrate,
    /// Prints the OpenAPI 3.1 document.
    Openapi,
    /// Prints the AsyncAPI 3.0 document.
    Asyncapi,
    /// Imports leads from a CSV file or a workbook into a company, beside a running server or without one.
    Import(import::Arguments),
    /// Asks the running server whether it is well; for container health checks.
    Health,
    /// Loads a demo company with months of work in it and prints how to sign in.
    Demo,
    /// Looks after events: subscriptions, dead letters, replay.
    #[command(subcommand)]
    Events(events::Command),
    /// Opens psql on the configured or embedded database, as its owner.
    Psql {
        /// What psql is given.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

/// Runs what the command line asks for; a failure is one line on standard error.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match dispatch(arguments.command.unwrap_or(Command::Serve)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut stderr = std::io::stderr().lock();
            // Nobody is left to tell when standard error is gone.
            drop(writeln!(stderr, "cauce: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Result<()> {
    match command {
        Command::Openapi => return print(&cauce::app::openapi().to_pretty_json()?),
        Command::Asyncapi => return print(&serde_json::to_string_pretty(&cauce::app::asyncapi()?)?),
        _ => {}
    }
    let mut config = Config::from_environment()?;
    if matches!(command, Command::Demo | Command::Events(_)) {
        // Their answer is what they print; only what goes wrong is worth a log line.
        "warn".clone_into(&mut config.log_level);
    }
    cauce::telemetry::start(&config);
    match command {
        Command::Serve => block_on(serve(config)),
        Command::Migrate => migrate(&config),
        Command::Import(arguments) => block_on(import::import(config, arguments)),
        Command::Health => block_on(health(config)),
        Command::Demo => block_on(demo::run(config)),
        Command::Events(command) => block_on(events::run(config, command)),
        Command::Psql { arguments } => psql(&config, &arguments),
        Command::Openapi | Command::Asyncapi => Ok(()),
    }
}

fn block_on(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(work)
}

async fn serve(config: Config) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let started = config.clone();
    let services = tokio::task::spawn_blocking(move || -> Result<Services> {
        let services = Services::start(&started)?;
        let applied = services.migrate()?;
        tracing::info!(applied, "the database schema is current");
        Ok(services)
    })
    .await??;
    let app = App::build(&config, &services, Clock::default(), Background::Work)?;
    let running = app.listen()?;
    if let Err(error) = announce(&running.url) {
        // Whoever started the server may not be listening to what it says.
        tracing::warn!(%error, "the address could not be printed");
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: finishing requests");
    running.stop().await;
    tokio::task::spawn_blocking(move || services.stop()).await?;
    Ok(())
}

fn announce(url: &str) -> Result<()> {
    print(&format!(
        "\nCauce is serving at {url}\n\
         \x20 Swagger UI   {url}/swagger-ui/\n\
         \x20 health       {url}/health\n\
         \x20 sign up      curl -X POST {url}/api/v1/auth/signup -H 'Content-Type: application/json' \\\n\
         \x20              -d '{{\"tenant_name\":\"Mi Empresa\",\"name\":\"Ana\",\"email\":\"ana@example.com\",\"password\":\"un secreto largo\"}}'\n\
         \x20 demo tenant  cauce demo\n"
    ))
}

fn migrate(config: &Config) -> Result<()> {
    let services = Services::start(config)?;
    let applied = services.migrate()?;
    services.stop();
    print(&format!("{applied} migration(s) applied; the database schema is current"))
}

async fn health(config: Config) -> Result<()> {
    let host = if config.host == "0.0.0.0" { "127.0.0.1" } else { config.host.as_str() };
    let url = format!("http://{host}:{}/health", config.port);
    let answer = reqwest::get(&url).await.with_context(|| format!("no answer from {url}"))?;
    let status = answer.status();
    print(&answer.text().await?)?;
    anyhow::ensure!(status.is_success(), "unhealthy");
    Ok(())
}

fn psql(config: &Config, arguments: &[String]) -> Result<()> {
    let url = match config.database_admin_url() {
        Some(url) => url,
        None => EmbeddedPostgres::attach(&cauce::app::data_dir(config))?.admin_url(),
    };
    let error = std::process::Command::new("psql").arg(url).args(arguments).exec();
    Err(error).context("cannot run psql; `apt-get install postgresql-client` gets it")
}

pub(crate) fn print(text: &str) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{text}").context("cannot write to standard output")
}
