//! Metrics in the Prometheus text format. No label names a village, a user or a subject: there are 600,000 villages.

use kernel::{Answer, Verdict};
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
};

/// What the program counts.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    commands: IntCounterVec,
    commits: HistogramVec,
    batches: HistogramVec,
    relay: IntGaugeVec,
    projections: IntGaugeVec,
    requests: IntCounterVec,
    parked: IntGaugeVec,
}

impl Metrics {
    /// Nothing counted yet. `commit`: the revision this was built from, or `unknown`.
    ///
    /// # Errors
    /// A name that is taken or malformed: a programming error, found by the first test.
    pub fn new(version: &str, commit: &str) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            IntCounterVec::new(Opts::new(name, help), labels)
        };
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            IntGaugeVec::new(Opts::new(name, help), labels)
        };
        let latency = vec![0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
        let sizes = vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
        let histogram = |name: &str, help: &str, buckets: Vec<f64>| {
            HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets), &["service"])
        };
        let metrics = Self {
            registry: Registry::new(),
            commands: counter(
                "cunwu_commands_total",
                "Commands by outcome",
                &["service", "outcome"],
            )?,
            commits: histogram(
                "cunwu_commit_duration_seconds",
                "Duration of a group commit",
                latency,
            )?,
            batches: histogram("cunwu_commit_commands", "Commands in one group commit", sizes)?,
            relay: gauge(
                "cunwu_relay_lag_entries",
                "Entries committed and not yet published",
                &["service"],
            )?,
            projections: gauge(
                "cunwu_projection_lag_entries",
                "Entries committed and not yet in a read model",
                &["service", "projection"],
            )?,
            requests: counter(
                "cunwu_http_requests_total",
                "Requests by route and status",
                &["method", "route", "status"],
            )?,
            parked: gauge(
                "cunwu_parked_units",
                "Units whose entries a reader has parked",
                &["service", "reader"],
            )?,
        };
        let build = gauge("cunwu_build_info", "What is running", &["version", "commit"])?;
        build.with_label_values(&[version, commit]).set(1);
        let all: [Box<dyn prometheus::core::Collector>; 8] = [
            Box::new(metrics.commands.clone()),
            Box::new(metrics.commits.clone()),
            Box::new(metrics.batches.clone()),
            Box::new(metrics.relay.clone()),
            Box::new(metrics.projections.clone()),
            Box::new(metrics.requests.clone()),
            Box::new(metrics.parked.clone()),
            Box::new(build),
        ];
        for collector in all {
            metrics.registry.register(collector)?;
        }
        Ok(metrics)
    }

    /// A command came to this.
    pub fn command(&self, service: &str, outcome: &Result<Answer, Verdict>) {
        self.commands.with_label_values(&[service, outcome_name(outcome)]).inc();
    }

    /// A group commit took so many seconds for so many commands.
    #[expect(clippy::cast_precision_loss, reason = "a batch has a few hundred commands")]
    pub fn commit(&self, service: &str, seconds: f64, commands: usize) {
        self.commits.with_label_values(&[service]).observe(seconds);
        self.batches.with_label_values(&[service]).observe(commands as f64);
    }

    /// So many entries are committed and not yet published.
    pub fn relay_lag(&self, service: &str, entries: i64) {
        self.relay.with_label_values(&[service]).set(entries);
    }

    /// So many entries are committed and not yet in a read model.
    pub fn projection_lag(&self, service: &str, projection: &str, entries: i64) {
        self.projections.with_label_values(&[service, projection]).set(entries);
    }

    /// So many units are parked by a reader.
    pub fn parked(&self, service: &str, reader: &str, units: i64) {
        self.parked.with_label_values(&[service, reader]).set(units);
    }

    /// A request was answered. `route` is the registered path, never the one asked for.
    pub fn request(&self, method: &str, route: &str, status: u16) {
        self.requests.with_label_values(&[method, route, &status.to_string()]).inc();
    }

    /// For a metric of one's own. No label may name a village, a user or a subject.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The text for `/metrics`, with its content type.
    ///
    /// # Errors
    /// When a collector gives what can't be written.
    pub fn text(&self) -> Result<(String, String), prometheus::Error> {
        let encoder = TextEncoder::new();
        let text = encoder.encode_to_string(&self.registry.gather())?;
        Ok((encoder.format_type().to_owned(), text))
    }
}

/// The label of an outcome.
pub fn outcome_name(outcome: &Result<Answer, Verdict>) -> &'static str {
    match outcome {
        Ok(Answer::Accepted(_)) => "accepted",
        Ok(Answer::AlreadyDone(_)) => "already-done",
        Err(Verdict::Refused(_)) => "refused",
        Err(Verdict::NotKnownYet(_)) => "not-known-yet",
        Err(Verdict::KeyReused) => "key-reused",
        Err(Verdict::Changed { .. }) => "changed",
        Err(Verdict::Unavailable(_)) => "unavailable",
        Err(Verdict::Unknown) => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_as_prometheus_wants_them() {
        let metrics = Metrics::new("0.1.0", "abc").unwrap();
        metrics.command("funds", &Err(Verdict::Unknown));
        metrics.command("funds", &Err(Verdict::KeyReused));
        metrics.commit("funds", 0.003, 12);
        metrics.relay_lag("funds", 3);
        metrics.projection_lag("funds", "books", 0);
        metrics.parked("portal", "books", 1);
        metrics.request("GET", "/funds/{id}", 200);
        let (kind, text) = metrics.text().unwrap();
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
        for line in [
            r#"cunwu_build_info{commit="abc",version="0.1.0"} 1"#,
            r#"cunwu_commands_total{outcome="unknown",service="funds"} 1"#,
            r#"cunwu_commit_duration_seconds_bucket{service="funds",le="0.005"} 1"#,
            r#"cunwu_commit_commands_sum{service="funds"} 12"#,
            r#"cunwu_relay_lag_entries{service="funds"} 3"#,
            r#"cunwu_projection_lag_entries{projection="books",service="funds"} 0"#,
            r#"cunwu_http_requests_total{method="GET",route="/funds/{id}",status="200"} 1"#,
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        for label in ["village", "unit", "user", "subject", "account"] {
            assert!(!text.contains(&format!("{label}=\"")), "{label}");
        }
    }
}
