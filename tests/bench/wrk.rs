//! wrk, a load generator that costs little, with a script for each operation.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::FEW;
use crate::harness::Server;
use crate::seed::{Companies, LEAD_ID};
use crate::statements::{Operation, lead_body};

/// Says what the script measured in one line, and fails when an answer was not 2xx.
const DONE: &str = r#"
local threads = 0
function setup(thread) thread:set("number", threads); threads = threads + 1 end
function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format("measured %d %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(95), latency:percentile(99),
        errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
"#;

/// What one run of wrk measured.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// Requests a second.
    pub rate: f64,
    /// Half of the answers came in this many milliseconds.
    pub p50: f64,
    /// 99 of 100 answers.
    pub p99: f64,
    /// The percentage of answers that were no success: with more connections than can be served in time, 503.
    pub refused: f64,
}

/// wrk on one operation.
pub struct Wrk {
    script: PathBuf,
    url: String,
}

impl Wrk {
    /// Each connection sends one request after the other.
    pub fn new(server: &Server, companies: &Companies, tokens: &[String], operation: Operation) -> Self {
        Self::with_script(server, operation.name(), &text(tokens, companies.leads, operation))
    }

    /// Creations of leads that will be rescored; each connection waits for `delay` milliseconds between requests.
    pub fn paced(server: &Server, tokens: &[String], delay: u32) -> Self {
        let text = text(tokens, 0, Operation::Create).replace("Confección\"", "Technology\"");
        let text = format!("{text}\nfunction delay() return {delay} end\n");
        Self::with_script(server, "paced", &text)
    }

    fn with_script(server: &Server, name: &str, text: &str) -> Self {
        let name = format!("wrk-{}.lua", name.replace(' ', "-"));
        let script = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&script, text).unwrap();
        Self { script, url: server.url.clone() }
    }

    /// Loads the server over `connections` for `seconds`.
    pub async fn run(&self, connections: u32, seconds: u64) -> Measured {
        // No two runs create the same leads.
        static RUN: AtomicU32 = AtomicU32::new(1);
        let run = RUN.fetch_add(1, Ordering::Relaxed);
        let mut command = tokio::process::Command::new("wrk");
        command.args([
            "-t",
            "2",
            "-c",
            &connections.to_string(),
            "-d",
            &format!("{seconds}s"),
            "--timeout",
            "10s",
        ]);
        command.arg("-s").arg(&self.script).arg(&self.url).arg(run.to_string()).stdin(Stdio::null());
        let output = command.output().await.expect("wrk runs: `apt-get install wrk` gets it");
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("measured ")).unwrap_or_default();
        let figures: Vec<f64> = line.split(' ').filter_map(|figure| figure.parse().ok()).collect();
        let [requests, micros, p50, _, p99, errors] = figures[..] else { panic!("{text}") };
        let refused = errors / requests * 100.0;
        assert!(
            connections > FEW && refused < 5.0 || errors == 0.0,
            "{errors} answers were no success: {text}"
        );
        Measured { rate: requests / micros * 1e6, p50: p50 / 1e3, p99: p99 / 1e3, refused }
    }
}

fn text(tokens: &[String], leads: usize, operation: Operation) -> String {
    let tokens: Vec<String> = tokens.iter().map(|token| format!("\"{token}\"")).collect();
    let request = match operation {
        Operation::List => r"return requests[math.random(#tokens)]".to_owned(),
        Operation::Get => format!(
            r#"local company = math.random(#tokens)
            local path = string.format("/api/v1/leads/{LEAD_ID}%04d%04d", company - 1, math.random({leads}) - 1)
            return "GET " .. path .. " HTTP/1.1\r\n" .. heads[company] .. "\r\n""#
        ),
        Operation::Create => format!(
            r##"count = count + 1
            local body = string.gsub([==[{}]==], "#", string.format("%d%07d", run * 2 + number, count))
            return "POST /api/v1/leads HTTP/1.1\r\n" .. heads[math.random(#tokens)] ..
                "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body"##,
            lead_body()
        ),
    };
    format!(
        r#"{DONE}
        local tokens = {{ {} }}
        function init(arguments)
            run, count, heads, requests = tonumber(arguments[1]), 0, {{}}, {{}}
            math.randomseed(run * 7919 + number)
            for place, token in ipairs(tokens) do
                heads[place] = "Host: localhost\r\nAuthorization: Bearer " .. token .. "\r\n"
                requests[place] = "GET /api/v1/leads HTTP/1.1\r\n" .. heads[place] .. "\r\n"
            end
        end
        function request()
            {request}
        end
        "#,
        tokens.join(",\n")
    )
}
