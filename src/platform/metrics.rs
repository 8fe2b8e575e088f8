//! Metrics in the Prometheus text format: requests, pool, events, and this process.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// The recorder of this process, installed at the first call.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    if HANDLE.get().is_none() {
        let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &seconds)
            .and_then(PrometheusBuilder::install_recorder);
        if let Ok(handle) = handle {
            HANDLE.get_or_init(|| handle);
        }
    }
    HANDLE.get()
}

/// Counts a request and its time, by route.
pub fn request(method: &str, route: &str, status: u16, elapsed: Duration) {
    let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
    counter!("http_requests_total", &labels).increment(1);
    histogram!("http_request_duration_seconds", &labels[..2]).record(elapsed.as_secs_f64());
}

/// Everything measured, as text; figures of this process are read now.
pub fn render() -> String {
    let Some(handle) = recorder() else { return String::new() };
    process();
    handle.run_upkeep();
    handle.render()
}

/// Memory and processor time of this process, from Linux's /proc.
#[expect(clippy::cast_precision_loss, reason = "gauges are floating point")]
fn process() {
    const TICKS_A_SECOND: f64 = 100.0;
    const PAGE: u64 = 4096;
    if let Ok(statm) = std::fs::read_to_string("/proc/self/statm") {
        let pages = statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
        gauge!("process_resident_memory_bytes").set(pages.map_or(0.0, |pages| (pages * PAGE) as f64));
    }
    if let Ok(stat) = std::fs::read_to_string("/proc/self/stat") {
        // The second field is the name in parentheses and may hold spaces.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks =
            |index: usize| fields.get(index).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0);
        gauge!("process_cpu_seconds_total").set((ticks(11) + ticks(12)) / TICKS_A_SECOND);
    }
}
