//! What must hold after every scenario (reference/reliability.md §9, A to K), from the database and the stream.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::Sql;
use crate::history::{Action, Entry, History, Import, Outcome};
use crate::is_long;
use crate::nats::Received;
use crate::writers::Load;

/// How long readers may stand still: an event that was under way at each of some kills waits for up to a minute.
const DRAIN_PATIENCE: Duration = Duration::from_secs(150);
const IMPORT_PATIENCE: Duration = Duration::from_mins(5);
const SCORE_UPDATED: &str = "Lead.ScoreUpdated";

/// What was found.
#[derive(Default)]
pub struct Findings {
    /// Acknowledged writes and their events that are nowhere.
    pub lost: usize,
    /// Effects that are there more than once.
    pub doubled: usize,
    /// Events of leads in the log.
    pub events: usize,
    /// Messages in the stream, repetitions by id included.
    pub in_stream: usize,
    /// Everything that should not be, in words.
    pub violations: Vec<String>,
}

impl Findings {
    fn lose(&mut self, what: String) {
        self.lost += 1;
        self.violations.push(format!("lost: {what}"));
    }

    fn double(&mut self, what: String) {
        self.doubled += 1;
        self.violations.push(format!("doubled: {what}"));
    }

    fn demand(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.violations.push(what());
        }
    }
}

/// Waits until all events are in the log and every reader is at its end; answers how long that took.
pub async fn drained(sql: &mut Sql) -> Duration {
    let (began, mut moved) = (Instant::now(), Instant::now());
    let mut before = Vec::new();
    loop {
        // What waits, and how far each reader has to go.
        let left = sql.rows(
            "SELECT 'outbox' AS name, count(*) AS left FROM events.outbox UNION ALL
             SELECT 'retries', count(*) FROM events.retries UNION ALL
             SELECT s.name, c.last_position - s.position FROM events.subscriptions s, events.counter c",
        );
        if left.iter().all(|row| row["left"] == 0) {
            return began.elapsed();
        }
        if left != before {
            (before, moved) = (left, Instant::now());
        }
        // However much there is to read: as long as somebody gets on, nobody is stuck.
        assert!(moved.elapsed() < DRAIN_PATIENCE, "readers of the log get no further: {before:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until an import has come to its end.
pub async fn imported(sql: &mut Sql, import: &Import) {
    let began = Instant::now();
    let ended = format!(
        "SELECT count(*) FROM leads.imports WHERE id = '{}' AND status NOT IN ('pending', 'running')",
        import.id
    );
    while sql.number(&ended) == 0 {
        assert!(began.elapsed() < IMPORT_PATIENCE, "the import does not come to its end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

struct Database {
    leads: BTreeMap<String, Value>,
    log: Vec<Value>,
    /// The events of each lead, in the order of the log.
    of_lead: BTreeMap<String, Vec<usize>>,
}

/// Compares what the clients know with what there is.
pub fn check(
    sql: &mut Sql,
    load: &Load,
    history: &History,
    stream: &[Received],
    deadline: Duration,
) -> Findings {
    let mut findings = Findings::default();
    let database = Database::read(sql);
    findings.events = database.log.len();
    answers(&mut findings, history, deadline);
    creations(&mut findings, &database, load, history);
    if let Some(import) = &history.import {
        import_is_whole(&mut findings, &database, sql, import);
    }
    changes(&mut findings, &database, history);
    log(&mut findings, &database, sql);
    scores(&mut findings, &database, history);
    messages(&mut findings, &database, stream);
    let letters = sql.number("SELECT count(*) FROM events.dead_letters");
    findings.demand(letters == 0, || format!("{letters} dead letters"));
    // Counted since PostgreSQL last recovered from a crash. Each keeps somebody waiting for a second.
    let deadlocks = sql.number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
    findings.demand(deadlocks == 0, || format!("{deadlocks} deadlocks, told in PostgreSQL's log"));
    findings
}

impl Database {
    fn read(sql: &mut Sql) -> Self {
        let leads = sql.rows("SELECT tenant_id, id, version, email, notes, status, score FROM leads.leads");
        let log = sql.rows(
            "SELECT position, event_id, tenant_id, type, aggregate_id, aggregate_version, correlation_id, data
             FROM events.log WHERE type LIKE 'Lead.%' ORDER BY position",
        );
        let mut of_lead: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, event) in log.iter().enumerate() {
            of_lead.entry(text(event, "aggregate_id")).or_default().push(index);
        }
        Self { leads: leads.into_iter().map(|lead| (text(&lead, "id"), lead)).collect(), log, of_lead }
    }

    /// What people did to a lead, in the order of the log.
    fn history_of<'a>(&'a self, lead: &str) -> impl Iterator<Item = &'a Value> {
        let events = self.of_lead.get(lead).into_iter().flatten();
        events.map(|index| &self.log[*index]).filter(|event| event["type"] != SCORE_UPDATED)
    }
}

/// I and J: every answer in time; failures and silence only while they are allowed.
///
/// In the short tier the machine may stand still for longer than a request waits for its turn: a few may be told to come back.
fn answers(findings: &mut Findings, history: &History, deadline: Duration) {
    let mut put_off = 0;
    for entry in &history.entries {
        findings.demand(entry.took <= deadline, || {
            format!("an answer took {:?}: {:?}", entry.took, entry.action)
        });
        let failed = matches!(entry.outcome, Outcome::Failed(_) | Outcome::Unknown | Outcome::Unreachable);
        if !failed || history.excuses(entry) {
            continue;
        }
        if entry.outcome == Outcome::Failed(503) && !is_long() {
            put_off += 1;
        } else {
            findings.violations.push(format!("{:?}: {:?}", entry.outcome, entry.action));
        }
    }
    findings.demand(put_off <= history.sent() / 20, || format!("{put_off} were told to come back"));
}

/// A, B and K: what was acknowledged is there, nothing is there that nobody asked for, and each in its own company.
fn creations(findings: &mut Findings, database: &Database, load: &Load, history: &History) {
    let mut asked: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in &history.entries {
        if let Action::Create { email, .. } = &entry.action {
            asked.entry(email).or_default().push(entry);
        }
    }
    let mut rows: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for lead in database.leads.values() {
        rows.entry(text(lead, "email")).or_default().push(lead);
    }
    let imported =
        history.import.iter().flat_map(|import| import.leads.iter().map(move |(email, _)| (email, import)));
    let imported: BTreeMap<&String, &Import> = imported.collect();
    for (email, rows) in &rows {
        if rows.len() > 1 {
            findings.double(format!("the lead {email}"));
        }
        let entries = asked.get(email.as_str()).map_or(&[][..], Vec::as_slice);
        let Some(tenant) = entries.first().map(|e| e.tenant).or(imported.get(email).map(|i| i.tenant)) else {
            findings.violations.push(format!("invented: {email}"));
            continue;
        };
        let tenant = &load.tenants[tenant].id;
        findings.demand(text(rows[0], "tenant_id") == *tenant, || format!("{email} is in another company"));
        let possible = imported.contains_key(email)
            || entries
                .iter()
                .any(|entry| !matches!(entry.outcome, Outcome::Refused(_) | Outcome::Unreachable));
        findings.demand(possible, || format!("{email} is there although it was refused"));
    }
    for (email, entries) in &asked {
        for entry in entries {
            match &entry.outcome {
                Outcome::Acked { lead, .. } => {
                    let there =
                        rows.get(*email).is_some_and(|rows| rows.iter().any(|row| text(row, "id") == *lead));
                    if !there {
                        findings.lose(format!("the lead {email}"));
                    }
                }
                // A creation is new each time, so its repetition under its key must be answered as the first one.
                Outcome::Refused(status) => {
                    findings.violations.push(format!("{email} was refused with {status}"));
                }
                Outcome::Failed(_) | Outcome::Unknown | Outcome::Unreachable => {}
            }
        }
    }
}

/// An accepted file is decided row by row, each once, whatever happened to the server meanwhile.
fn import_is_whole(findings: &mut Findings, database: &Database, sql: &mut Sql, import: &Import) {
    let there: BTreeSet<String> = database.leads.values().map(|lead| text(lead, "email")).collect();
    for (email, _) in &import.leads {
        if !there.contains(email) {
            findings.lose(format!("the imported lead {email}"));
        }
    }
    let query = "SELECT status, created, updated, skipped, refused FROM leads.imports";
    let row = sql.rows(&format!("{query} WHERE id = '{}'", import.id)).remove(0);
    let created = i64::try_from(import.leads.len()).unwrap_or_default();
    let is_whole = row["status"] == "completed"
        && row["created"] == created
        && row["updated"] == 0
        && row["skipped"] == import.repeated
        && row["refused"] == import.empty;
    findings.demand(is_whole, || {
        format!(
            "the import is {row}, not {created} created, {} skipped, {} refused",
            import.repeated, import.empty
        )
    });
}

/// A and C: each acknowledged change is an event of that version with that content and correlation id; the last one is
/// what the lead says now.
fn changes(findings: &mut Findings, database: &Database, history: &History) {
    for entry in &history.entries {
        let Outcome::Acked { lead, version } = &entry.outcome else { continue };
        let mut of_version = database.history_of(lead).filter(|event| event["aggregate_version"] == *version);
        let found = of_version.find(|event| match &entry.action {
            Action::Create { .. } => event["type"] == "Lead.Created",
            Action::Note { marker, .. } => {
                event.pointer("/data/changes/notes/to") == Some(&marker.as_str().into())
            }
            Action::Move { to, .. } => event.pointer("/data/to") == Some(&(*to).into()),
        });
        match found {
            None => findings.lose(format!("version {version} of {lead}: {:?}", entry.action)),
            // A repetition under an idempotency key is answered for the first one's correlation id.
            Some(_) if matches!(entry.action, Action::Create { .. }) => {}
            Some(event) => findings.demand(event["correlation_id"] == *entry.correlation, || {
                format!("version {version} of {lead} has a foreign correlation id")
            }),
        }
    }
    for (id, lead) in &database.leads {
        let notes =
            database.history_of(id).filter_map(|event| event.pointer("/data/changes/notes/to")).last();
        findings
            .demand(notes.is_none_or(|notes| *notes == lead["notes"]), || format!("{id} has older notes"));
    }
}

/// C, D and E: versions 1 to n of each lead exactly once and in order; positions without gaps; nothing left behind.
fn log(findings: &mut Findings, database: &Database, sql: &mut Sql) {
    for (id, lead) in &database.leads {
        let told: Vec<(i64, &str)> = database
            .history_of(id)
            .map(|event| (number(event, "aggregate_version"), event["type"].as_str().unwrap_or_default()))
            .collect();
        // A change may tell two things, such as that a lead moved and that it is qualified now.
        let versions: BTreeSet<i64> = told.iter().map(|(version, _)| *version).collect();
        if told.iter().collect::<BTreeSet<_>>().len() < told.len() {
            findings.double(format!("events of {id}: {told:?}"));
        } else if !versions.iter().copied().eq(1..=number(lead, "version")) {
            findings.lose(format!("events of {id}, version {}: {told:?}", lead["version"]));
        } else if !told.is_sorted_by_key(|(version, _)| *version) {
            findings.violations.push(format!("events of {id} are out of order: {told:?}"));
        }
    }
    // An import tells its own end.
    let import = sql.rows("SELECT id FROM leads.imports").iter().map(|row| text(row, "id")).next();
    let known = |id: &String| database.leads.contains_key(id) || Some(id) == import.as_ref();
    let strangers = database.of_lead.keys().filter(|id| !known(id)).count();
    findings.demand(strangers == 0, || format!("events of {strangers} leads that are not there"));
    for (what, query) in [
        (
            "gaps in the log",
            "SELECT c.last_position - (SELECT count(*) FROM events.log) FROM events.counter c",
        ),
        ("events twice in the log", "SELECT count(*) - count(DISTINCT event_id) FROM events.log"),
        ("events left in the outbox", "SELECT count(*) FROM events.outbox"),
    ] {
        let count = sql.number(query);
        findings.demand(count == 0, || format!("{count} {what}"));
    }
}

/// G: the scoring subscriber had each event's effect exactly once: the score is what the rules say, told step by step.
fn scores(findings: &mut Findings, database: &Database, history: &History) {
    let by_email: BTreeMap<&str, i64> = history
        .entries
        .iter()
        .filter_map(|entry| match &entry.action {
            Action::Create { email, score } => Some((email.as_str(), *score)),
            _ => None,
        })
        .chain(
            history
                .import
                .iter()
                .flat_map(|import| import.leads.iter().map(|(email, score)| (email.as_str(), *score))),
        )
        .collect();
    for (id, lead) in &database.leads {
        let expected = by_email.get(text(lead, "email").as_str()).copied().unwrap_or(50);
        let score = number(lead, "score");
        findings.demand(score == expected, || format!("the score of {id} is {score}, not {expected}"));
        let events = database.of_lead.get(id).into_iter().flatten().map(|index| &database.log[*index]);
        let told: Vec<(Value, Value)> = events
            .filter(|event| event["type"] == SCORE_UPDATED)
            .map(|event| (event["data"]["from"].clone(), event["data"]["to"].clone()))
            .collect();
        let wanted = if expected == 50 { vec![] } else { vec![(50.into(), expected.into())] };
        if told.len() > wanted.len() {
            findings.double(format!("the score of {id} was told as {told:?}"));
        } else if told != wanted {
            findings.lose(format!("the score of {id} was told as {told:?}"));
        }
    }
}

/// F: the stream holds every event of the log as it is there, repeated by id only, each lead's events in order.
fn messages(findings: &mut Findings, database: &Database, stream: &[Received]) {
    findings.in_stream = stream.len();
    let mut seen: BTreeMap<&str, &Received> = BTreeMap::new();
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    for message in stream {
        let id = message.envelope["id"].as_str().unwrap_or_default();
        findings.demand(id == message.id, || format!("{} is sent as {id}", message.id));
        if seen.insert(&message.id, message).is_some() {
            continue;
        }
        let sequence = text(&message.envelope, "sequence").parse().unwrap_or(0);
        let before = last.insert(text(&message.envelope, "subject"), sequence).unwrap_or(0);
        findings.demand(sequence > before, || format!("{id} comes after a later event of its lead"));
    }
    for event in &database.log {
        let id = text(event, "event_id");
        let Some(message) = seen.remove(id.as_str()) else {
            findings.lose(format!("{id} is not in the stream"));
            continue;
        };
        let envelope = &message.envelope;
        let same = envelope["type"] == event["type"]
            && envelope["tenantid"] == event["tenant_id"]
            && envelope["correlationid"] == event["correlation_id"]
            && envelope["data"] == event["data"]
            && message.subject.starts_with("lead.");
        findings.demand(same, || format!("{id} is another event in the stream: {envelope}"));
    }
    findings.demand(seen.is_empty(), || format!("{} messages of no event", seen.len()));
}

fn text(row: &Value, column: &str) -> String {
    row[column].as_str().unwrap_or_default().to_owned()
}

fn number(row: &Value, column: &str) -> i64 {
    row[column].as_i64().unwrap_or_default()
}
