//! Sixteen clients of four companies that create, change and move leads without a pause, and note every answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::Random;
use crate::harness::api::{Api, Tenant};
use crate::history::{Action, Allowed, Entry, History, Import, Outcome};

const TENANTS: usize = 4;
const WRITERS: usize = 16;
/// Leads of each company that all its writers change.
const SHARED: usize = 2;
/// While nothing answers, a writer tries again after this time.
const PAUSE: Duration = Duration::from_millis(20);

/// The companies and their shared leads.
#[derive(Clone)]
pub struct Load {
    /// The companies.
    pub tenants: Vec<Tenant>,
    shared: Vec<Vec<String>>,
    prepared: Vec<Entry>,
    import: Option<Import>,
    random: Random,
}

/// Writers at work.
pub struct Writing {
    stop: Arc<AtomicBool>,
    writers: JoinSet<Vec<Entry>>,
    prepared: Vec<Entry>,
    import: Option<Import>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mix {
    Everything,
    SharedOnly,
}

impl Load {
    /// Signs the companies up and creates their shared leads.
    pub async fn prepare(api: &Api, random: Random) -> Self {
        let mut load =
            Self { tenants: Vec::new(), shared: Vec::new(), prepared: Vec::new(), import: None, random };
        for number in 0..TENANTS {
            load.tenants.push(api.sign_up(&format!("fault{number}")).await);
            let mut writer = Writer::new(&load, number, number, Mix::SharedOnly);
            for index in 0..SHARED {
                writer.create(&format!("shared-{number}-{index}")).await;
            }
            load.shared.push(writer.own.iter().map(|lead| lead.id.clone()).collect());
            load.prepared.append(&mut writer.entries);
        }
        load
    }

    /// Uploads a file of `rows` leads, some of which are in it twice, and some rows that are no lead.
    pub async fn upload(&mut self, rows: u64) {
        let mut file = "Empresa,Correo,Empleados,Giro\n".to_owned();
        let mut leads = Vec::new();
        let (mut repeated, mut empty) = (0, 0);
        for row in 0..rows {
            let (employees, score) = if row % 3 == 0 { (900, 65) } else { (9, 50) };
            let line = format!("Taller {row},import{row}@faults.example,{employees},Confección\n");
            file.push_str(&line);
            leads.push((format!("import{row}@faults.example"), score));
            if row % 50 == 0 {
                file.push_str(&line);
                repeated += 1;
            }
            if row % 70 == 0 {
                file.push_str("Taller sin correo,,3,\n");
                empty += 1;
            }
        }
        let (status, answer) = self.tenants[0].upload("/api/v1/leads/imports", &file).await.unwrap();
        assert_eq!(status, 202, "{answer}");
        let id = answer["id"].as_str().unwrap_or_default().to_owned();
        self.import = Some(Import { id, tenant: 0, leads, repeated, empty });
    }

    /// Writers of everything.
    pub fn start(&self) -> Writing {
        self.start_with(Mix::Everything)
    }

    /// Writers who all change the shared leads.
    pub fn start_on_shared_records(&self) -> Writing {
        self.start_with(Mix::SharedOnly)
    }

    fn start_with(&self, mix: Mix) -> Writing {
        let stop = Arc::new(AtomicBool::new(false));
        let mut writers = JoinSet::new();
        for number in 0..WRITERS {
            let mut writer = Writer::new(self, number % TENANTS, number, mix);
            let stop = stop.clone();
            writers.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    writer.act().await;
                }
                writer.entries
            });
        }
        Writing { stop, writers, prepared: self.prepared.clone(), import: self.import.clone() }
    }
}

impl Writing {
    /// Lets every writer finish what it is at; failures are allowed in `allowed`.
    pub async fn stop(self, allowed: Vec<Allowed>) -> History {
        self.stop.store(true, Ordering::Relaxed);
        let mut entries = self.prepared;
        for mut of_writer in self.writers.join_all().await {
            entries.append(&mut of_writer);
        }
        History { entries, import: self.import, allowed }
    }
}

/// A lead that only one writer changes, as that writer last saw it.
struct OwnLead {
    id: String,
    version: i64,
    status: &'static str,
}

struct Writer {
    tenant: Tenant,
    tenant_number: usize,
    number: usize,
    mix: Mix,
    random: Random,
    count: u64,
    shared: Vec<String>,
    own: Vec<OwnLead>,
    entries: Vec<Entry>,
}

impl Writer {
    fn new(load: &Load, tenant_number: usize, number: usize, mix: Mix) -> Self {
        let mut random = load.random.clone();
        let seed = (0..=number).map(|_| random.below(u64::MAX)).last().unwrap_or_default();
        Self {
            tenant: load.tenants[tenant_number].clone(),
            tenant_number,
            number,
            mix,
            random: Random::new(seed),
            count: 0,
            shared: load.shared.get(tenant_number).cloned().unwrap_or_default(),
            own: Vec::new(),
            entries: Vec::new(),
        }
    }

    async fn act(&mut self) {
        let choice = if self.mix == Mix::SharedOnly { 95 } else { self.random.below(100) };
        match choice {
            0..40 => {
                let name = format!("w{}-{}", self.number, self.count);
                self.create(&name).await;
            }
            40..70 if !self.own.is_empty() => self.note_own().await,
            70..85 if !self.own.is_empty() => self.move_own().await,
            _ => self.note_shared().await,
        }
        if matches!(
            self.entries.last().map(|entry| &entry.outcome),
            Some(Outcome::Unknown | Outcome::Unreachable | Outcome::Failed(_))
        ) {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Half of the creations come under an idempotency key and are repeated until they are answered.
    async fn create(&mut self, name: &str) {
        let (employees, industry) = (self.random.below(2) * 900, self.random.below(2));
        let score = 50 + if employees > 500 { 15 } else { 0 } + if industry == 1 { 10 } else { 0 };
        let email = format!("{name}@faults.example");
        let body = json!({
            "company_name": format!("Taller Ñandú {name}"), "email": email, "employee_count": employees,
            "industry": if industry == 1 { "Technology" } else { "Confección" }, "notes": "ninguna"
        });
        let key = (self.random.below(2) == 0).then(|| format!("key-{name}"));
        let headers: Vec<(&str, &str)> = key.iter().map(|key| ("Idempotency-Key", key.as_str())).collect();
        let action = Action::Create { email, score };
        loop {
            self.send(Method::POST, "/api/v1/leads", &headers, &body, action.clone()).await;
            let outcome = &self.entries[self.entries.len() - 1].outcome;
            match outcome {
                Outcome::Acked { lead, version } => {
                    let lead = OwnLead { id: lead.clone(), version: *version, status: "new" };
                    self.own.push(lead);
                    return;
                }
                Outcome::Unreachable => tokio::time::sleep(PAUSE).await,
                Outcome::Unknown | Outcome::Failed(_) if key.is_some() => tokio::time::sleep(PAUSE).await,
                _ => return,
            }
        }
    }

    async fn note_own(&mut self) {
        let index = usize::try_from(self.random.below(self.own.len() as u64)).unwrap_or_default();
        let (id, version) = (self.own[index].id.clone(), format!("\"{}\"", self.own[index].version));
        self.note(&id, &[("If-Match", &version)]).await;
        self.learn(index, None);
    }

    async fn note_shared(&mut self) {
        let index = usize::try_from(self.random.below(self.shared.len() as u64)).unwrap_or_default();
        let id = self.shared[index].clone();
        // One in ten comes with a stale version, so that its transaction is rolled back.
        let headers: &[(&str, &str)] =
            if self.random.below(10) == 0 { &[("If-Match", "\"1\"")] } else { &[] };
        self.note(&id, headers).await;
    }

    async fn note(&mut self, lead: &str, headers: &[(&str, &str)]) {
        let marker = format!("marker {}-{}", self.number, self.count);
        let (path, body) = (format!("/api/v1/leads/{lead}"), json!({ "notes": marker }));
        let action = Action::Note { marker };
        self.send(Method::PATCH, &path, headers, &body, action).await;
    }

    async fn move_own(&mut self) {
        let index = usize::try_from(self.random.below(self.own.len() as u64)).unwrap_or_default();
        let to = match self.own[index].status {
            "new" => "contacted",
            "contacted" => "qualified",
            "qualified" => "disqualified",
            _ => "new",
        };
        let mut body = json!({ "status": to });
        if to == "disqualified" {
            body["reason"] = json!("cerró");
        }
        let id = self.own[index].id.clone();
        let action = Action::Move { to };
        self.send(Method::POST, &format!("/api/v1/leads/{id}/status"), &[], &body, action).await;
        self.learn(index, Some(to));
    }

    /// Remembers what the last answer said of an own lead; one whose state nobody knows is left alone from now on.
    fn learn(&mut self, index: usize, status: Option<&'static str>) {
        match &self.entries[self.entries.len() - 1].outcome {
            Outcome::Acked { version, .. } => {
                let lead = &mut self.own[index];
                lead.version = *version;
                lead.status = status.unwrap_or(lead.status);
            }
            _ => drop(self.own.swap_remove(index)),
        }
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
        action: Action,
    ) {
        let correlation = format!("faults-{}-{}", self.number, self.count);
        self.count += 1;
        let mut headers = headers.to_vec();
        headers.push(("X-Correlation-Id", &correlation));
        let sent = Instant::now();
        let answer = self.tenant.send(method, path, &headers, Some(body)).await;
        let took = sent.elapsed();
        let outcome = match answer {
            Err(error) if error.is_connect() => Outcome::Unreachable,
            Err(_) => Outcome::Unknown,
            Ok((200..300, body)) => Outcome::Acked {
                lead: body["id"].as_str().unwrap_or_default().to_owned(),
                version: body["version"].as_i64().unwrap_or_default(),
            },
            Ok((status @ 500.., _)) => Outcome::Failed(status),
            Ok((status, _)) => Outcome::Refused(status),
        };
        self.entries.push(Entry { tenant: self.tenant_number, action, correlation, outcome, sent, took });
    }
}
