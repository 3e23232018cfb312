//! The stream of a service holds every entry of its logs, once, byte for byte, each log in its order (I8).

use std::{collections::HashMap, time::Duration};

use anyhow::Context;
use async_nats::jetstream;

use crate::{Log, Report, Service};

/// How long the relay may take after the last fault.
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn check(
    service: &Service,
    broker: &str,
    logs: &[Log],
    report: &mut Report,
) -> anyhow::Result<()> {
    let context = jetstream::new(async_nats::connect(broker).await.context("the broker")?);
    let name = format!("CUNWU_{}", service.name.to_uppercase());
    let wanted: u64 = logs.iter().map(|log| log.entries.len() as u64).sum();
    let until = tokio::time::Instant::now() + PATIENCE;
    let stream = loop {
        if let Ok(stream) = context.get_stream(&name).await
            && let Ok(info) = stream.get_info().await
            && (info.state.messages >= wanted || tokio::time::Instant::now() > until)
        {
            break stream;
        }
        if tokio::time::Instant::now() > until {
            report.violations.push(format!("{name} is not there"));
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let info = stream.get_info().await?;
    let mut held: HashMap<(String, u64), Vec<u8>> = HashMap::new();
    let mut last: HashMap<String, u64> = HashMap::new();
    for sequence in info.state.first_sequence..=info.state.last_sequence {
        let Ok(message) = stream.get_raw_message(sequence).await else { continue };
        let header = |name: &str| message.headers.get(name).map(|v| v.as_str().to_owned());
        let (Some(log), Some(index)) = (header("Cunwu-Log"), header("Cunwu-Index")) else {
            report.violations.push(format!("{name}: message {sequence} says not what it is"));
            continue;
        };
        let index: u64 = index.parse()?;
        if let Some(before) = last.insert(log.clone(), index)
            && before > index
        {
            report.violations.push(format!("{name}: {log} {index} comes after {before}"));
        }
        if held.insert((log.clone(), index), message.payload.to_vec()).is_some() {
            report.violations.push(format!("{name}: {log} {index} was published twice"));
        }
    }
    for log in logs {
        for entry in &log.entries {
            match held.remove(&(log.id.clone(), entry.index)) {
                Some(bytes) if bytes == entry.bytes => report.carried += 1,
                Some(_) => {
                    report.violations.push(format!("{name}: {} {} differs", log.id, entry.index))
                }
                None => {
                    report.violations.push(format!("{name}: {} {} is missing", log.id, entry.index))
                }
            }
        }
    }
    report.violations.extend(held.keys().map(|at| format!("{name}: {at:?} is in no log")));
    Ok(())
}
