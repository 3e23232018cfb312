//! Many callers at once: each sends what the story has sent before, under keys of its own, again and again until there is
//! an answer, and writes down how it ended.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cunwu_checker::{Line, Outcome};
use kernel::{Answer, Entropy};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::{task::JoinSet, time::Instant};

use crate::{client::Request, deployment::Deployment};

/// How long a caller waits for one answer.
const ONE_ANSWER: Duration = Duration::from_secs(8);
/// How long it sends the same again.
const PATIENCE: Duration = Duration::from_secs(240);

/// Something to be sent, with the token of who sends it.
#[derive(Clone)]
pub struct Template {
    pub request: Request,
    pub token: String,
}

/// What was done.
#[derive(Default)]
pub struct Sent {
    /// How each command ended.
    pub history: Vec<Line>,
    /// Answers that had to be asked for again.
    pub again: u64,
}

/// Runs so many callers until the time is over; each finishes what it has begun.
pub async fn run(
    deployment: &Arc<Deployment>,
    templates: &[Template],
    callers: u64,
    seed: [u8; 32],
    until: Instant,
) -> Sent {
    let again = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let mut own = seed;
        for (byte, by) in own.iter_mut().zip(caller.to_be_bytes()) {
            *byte ^= by;
        }
        let mut dice = Entropy::from_seed(own);
        let (deployment, again) = (deployment.clone(), again.clone());
        let templates = templates.to_vec();
        tasks.spawn(async move {
            let http = cunwu_tests::client();
            let mut history = Vec::new();
            while Instant::now() < until {
                let draw = u64::from_be_bytes(dice.bytes());
                let at = usize::try_from(draw % templates.len() as u64).unwrap_or(0);
                let mut one = templates[at].clone();
                one.request.key = format!("fault-{caller}-{}", history.len());
                distinguish(&mut one.request, draw);
                let outcome = settle(&http, &deployment, &one, &again).await;
                history.push(Line {
                    service: one.request.service.to_owned(),
                    key: one.request.key,
                    outcome,
                });
            }
            history
        });
    }
    let mut sent = Sent::default();
    while let Some(history) = tasks.join_next().await {
        sent.history.extend(history.expect("a caller does not panic"));
    }
    sent.again = again.load(Ordering::SeqCst);
    sent
}

/// A paper is paid once: each request for a payment has one of its own, and is small.
fn distinguish(request: &mut Request, draw: u64) {
    if let Some(fields) = request.body.get_mut("fields").and_then(Value::as_object_mut)
        && fields.contains_key("invoice")
    {
        fields.insert(
            "invoice".into(),
            format!("{:012}:{:08}", draw % 1_000_000_000_000, draw % 99_999_999).into(),
        );
        fields.insert("amount".into(), "1.00".into());
    }
}

async fn settle(
    http: &reqwest::Client,
    deployment: &Deployment,
    one: &Template,
    again: &AtomicU64,
) -> Outcome {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if let Some(outcome) = once(http, deployment, one).await {
            return outcome;
        }
        again.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    Outcome::Unknown
}

/// `None`: no answer, or none yet.
async fn once(
    http: &reqwest::Client,
    deployment: &Deployment,
    Template { request, token }: &Template,
) -> Option<Outcome> {
    let url = format!("{}{}", deployment.base(request.service), request.path);
    let sent = http
        .post(url)
        .timeout(ONE_ANSWER)
        .bearer_auth(token)
        .header("idempotency-key", format!("\"{}\"", request.key))
        .json(&request.body)
        .send()
        .await
        .ok()?;
    let status = sent.status();
    let text = sent.text().await.ok()?;
    if status.is_success() {
        let body: Value = serde_json::from_str(&text).ok()?;
        let answer = body.get("answer").unwrap_or(&body).clone();
        let answer: Answer = serde_json::from_value(answer).ok()?;
        let events = answer.receipt().events.iter().map(|event| {
            (event.id.to_string(), event.position.log.to_string(), event.position.index)
        });
        return Some(Outcome::Done(events.collect()));
    }
    // The server is away, or says so; all else is a verdict.
    if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    Some(Outcome::Refused(format!("{status} {}", text.chars().take(200).collect::<String>())))
}
