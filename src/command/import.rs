//! `cauce import`: leads from a file, beside a running server or without one.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use cauce::app::{Services, StartError};
use cauce::config::Config;
use cauce::identity::find_tenant;
use cauce::kernel::{Country, Invalid, Language, Line, Slug};
use cauce::leads::LeadImports;
use cauce::platform::clock::Clock;
use cauce::platform::db::{Db, PoolSettings};
use cauce::platform::embedded::EmbeddedError;
use cauce::platform::problem::Problem;
use cauce::platform::transfers::{
    FileName, ImportRow, Mode, NewImport, OnDuplicate, Options, ReasonRow, Settings, run_alone, sentence,
};
use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

/// What `cauce import` is given.
#[derive(Args)]
pub struct Arguments {
    /// The file: CSV, .xlsx or .ods.
    file: PathBuf,
    /// The company, by its name in addresses (its slug).
    #[arg(long)]
    tenant: String,
    /// Counts and reasons only: no lead is written.
    #[arg(long)]
    dry_run: bool,
    /// What happens to rows whose e-mail or phone belongs to a lead.
    #[arg(long, value_enum, default_value_t = Duplicates::Skip)]
    on_duplicate: Duplicates,
    /// Where leads came from, when a row does not say.
    #[arg(long)]
    source: Option<String>,
    /// The country of phones without a country code, as two letters; the company's when not said.
    #[arg(long)]
    country: Option<String>,
    /// What a column feeds: a field of a lead, `ignore` or `custom:name`; may be repeated.
    #[arg(long, value_name = "COLUMN=FIELD")]
    mapping: Vec<String>,
    /// Which sheet of a workbook; the first one with data when not said.
    #[arg(long)]
    sheet: Option<String>,
    /// The language of the reasons.
    #[arg(long, value_enum, default_value_t = Words::En)]
    language: Words,
}

/// `skip`, `update`, `merge` or `create`.
#[derive(Clone, Copy, ValueEnum)]
enum Duplicates {
    Skip,
    Update,
    Merge,
    Create,
}

/// `en` or `es`.
#[derive(Clone, Copy, ValueEnum)]
enum Words {
    En,
    Es,
}

/// Imports the file and prints what it came to.
pub async fn import(config: Config, arguments: Arguments) -> Result<()> {
    let new = arguments.open()?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (url, services) = tokio::task::spawn_blocking(move || database(&config)).await??;
    let patience = Duration::from_secs(10);
    let pool = PoolSettings { requests: 1, background: 2, patience, deadline: Duration::from_mins(1) };
    let db = Db::new(&url, &pool, Clock::default());
    let outcome = tokio::select! {
        outcome = run(&db, &arguments, new) => outcome,
        _ = interrupt.recv() => Err(anyhow!("interrupted: a server goes on with the import, from the row where it stands")),
    };
    if let Some(services) = services {
        tokio::task::spawn_blocking(move || services.stop()).await?;
    }
    outcome
}

async fn run(db: &Db, arguments: &Arguments, new: NewImport) -> Result<()> {
    let slug = Slug::parse(&arguments.tenant).map_err(|reason| plain("--tenant", &reason))?;
    let tenant = find_tenant(db, &slug).await?.with_context(|| format!("there is no company \"{slug}\""))?;
    let mut told = 0;
    let report = |row: &ImportRow| {
        let done = row.created + row.updated + row.skipped + row.refused;
        if done == 0 || done - told >= 5_000 {
            told = done;
            // Whoever closed the terminal does not miss it.
            drop(writeln!(std::io::stdout(), "{done} of {} rows", row.total));
        }
    };
    let (row, reasons) = run_alone::<LeadImports>(db, tenant, new, report).await?;
    super::print(&summary(&row, &reasons, arguments.language))?;
    anyhow::ensure!(row.status == "completed", "the import is {}", row.status);
    Ok(())
}

/// The database of the server that runs here, or of one of our own for this while.
fn database(config: &Config) -> Result<(String, Option<Services>)> {
    // Events wait in the database for the next server to publish them.
    let config = Config { nats_servers: "none".to_owned().into(), ..config.clone() };
    match Services::start(&config) {
        Ok(services) => {
            services.migrate()?;
            Ok((services.database_url().to_owned(), Some(services)))
        }
        Err(StartError::Embedded(EmbeddedError::DataDirBusy { .. })) => {
            Ok((cauce::app::database_beside(&config)?, None))
        }
        Err(error) => Err(error.into()),
    }
}

impl Arguments {
    fn open(&self) -> Result<NewImport> {
        let content =
            std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        let name = FileName::parse(&name).unwrap_or_else(|_| FileName::unnamed());
        let mut settings = Settings::default();
        if let Some(source) = &self.source {
            settings.source = Line::parse(source).map_err(|reason| plain("--source", &reason))?;
        }
        let country = self.country.as_deref().map(Country::parse).transpose();
        settings.country = country.map_err(|reason| plain("--country", &reason))?;
        settings.on_duplicate = match self.on_duplicate {
            Duplicates::Skip => OnDuplicate::Skip,
            Duplicates::Update => OnDuplicate::Update,
            Duplicates::Merge => OnDuplicate::Merge,
            Duplicates::Create => OnDuplicate::Create,
        };
        let mode = if self.dry_run { Mode::DryRun } else { Mode::Real };
        let (mapping, sheet) = (self.choices()?, self.sheet.clone());
        let options = Options { mapping, mapping_id: None, sheet, settings, mode };
        let (new, _) = NewImport::open::<LeadImports>("/file", name, content, options)
            .map_err(|problem| in_words(&problem))?;
        Ok(new)
    }

    fn choices(&self) -> Result<BTreeMap<String, String>> {
        let pair = |text: &String| {
            let pair = text
                .rsplit_once('=')
                .with_context(|| format!("--mapping {text}: write it as COLUMN=FIELD"))?;
            Ok((pair.0.to_owned(), pair.1.to_owned()))
        };
        self.mapping.iter().map(pair).collect()
    }
}

fn summary(row: &ImportRow, reasons: &[ReasonRow], language: Words) -> String {
    let language = match language {
        Words::En => Language::English,
        Words::Es => Language::Spanish,
    };
    let separator = match row.separator.as_str() {
        "" => String::new(),
        "\t" => ", separator tab".to_owned(),
        separator => format!(", separator {separator}"),
    };
    let kind = if row.dry_run { "dry run, no lead was written" } else { row.status.as_str() };
    let mut lines = vec![format!("\n{} ({}{separator}): {kind}", row.file_name, row.encoding)];
    for column in row.mapping.as_array().into_iter().flatten() {
        let (header, field) = (column["header"].as_str(), column["field"].as_str());
        lines.push(format!("  {} -> {}", header.unwrap_or_default(), field.unwrap_or_default()));
    }
    lines.push(format!("\n{:>9} rows", row.total));
    let counts = [
        (row.created, "created"),
        (row.updated, "updated"),
        (row.skipped, "skipped"),
        (row.refused, "refused"),
    ];
    lines.extend(counts.map(|(count, word)| format!("{count:>9} {word}")));
    for reason in reasons {
        let rows: Vec<String> = reason.rows.iter().take(8).map(ToString::to_string).collect();
        let more =
            if usize::try_from(reason.count).is_ok_and(|count| count > rows.len()) { ", …" } else { "" };
        lines.push(format!("\n{:>9} {}: {}", reason.count, reason.outcome, reason.sentence(language)));
        lines.push(format!("          rows {}{more}", rows.join(", ")));
    }
    if let Some(failure) = &row.failure {
        lines.push(format!("\n{}", sentence(failure, language)));
    }
    lines.join("\n")
}

fn plain(what: &str, reason: &Invalid) -> anyhow::Error {
    anyhow!("{what}: {}", reason.0.en)
}

fn in_words(problem: &Problem) -> anyhow::Error {
    let reasons: Vec<&str> = problem.errors().iter().map(|error| error.reason().en.as_ref()).collect();
    anyhow!("{}", reasons.join("; "))
}
