//! The published log: its checkpoint's root is that of the rows' leaves, its entry bundles are the rows' bytes (I7).

use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{Log, Report, Service, tree};

/// Entries in a full bundle.
const WIDTH: u64 = 256;

pub async fn check(service: &Service, log: &Log, report: &mut Report) -> anyhow::Result<()> {
    let get = async |path: String| -> anyhow::Result<Option<Vec<u8>>> {
        let url = format!("{}/logs/{}/{path}", service.base, log.id);
        let answer = reqwest::get(&url).await.with_context(|| url.clone())?;
        Ok(match answer.status().is_success() {
            true => Some(answer.bytes().await?.to_vec()),
            false => None,
        })
    };
    let mut wrong = |what: String| {
        report.violations.push(format!("{}/{}: {what}", service.name, log.id));
    };
    let Some(note) = get("checkpoint".to_owned()).await? else {
        // A log that was never published has no checkpoint; closed ones come at fixed hours.
        return Ok(());
    };
    let note = String::from_utf8(note)?;
    let mut lines = note.lines().skip(1);
    let size: u64 = lines.next().context("a checkpoint has a size")?.parse()?;
    let root = STANDARD.decode(lines.next().context("a checkpoint has a root")?)?;
    if size > log.entries.len() as u64 {
        wrong(format!("{size} entries are signed, {} are there", log.entries.len()));
        return Ok(());
    }
    let signed = usize::try_from(size)?;
    let leaves: Vec<Vec<u8>> = log.entries[..signed].iter().map(|e| tree::leaf(&e.bytes)).collect();
    if tree::root(&leaves) != root {
        wrong(format!("the signed root over {size} entries is not theirs"));
    }
    for tile in 0..size.div_ceil(WIDTH) {
        let width = WIDTH.min(size - tile * WIDTH);
        let name = number(tile);
        let path = match width {
            WIDTH => format!("tile/entries/{name}"),
            _ => format!("tile/entries/{name}.p/{width}"),
        };
        let Some(bundle) = get(path.clone()).await? else {
            wrong(format!("{path} is not served"));
            continue;
        };
        let mut rest = bundle.as_slice();
        for index in tile * WIDTH..tile * WIDTH + width {
            let Some((length, tail)) = rest.split_first_chunk::<2>() else {
                wrong(format!("{path} ends before {index}"));
                break;
            };
            let length = usize::from(u16::from_be_bytes(*length));
            let Some((bytes, tail)) = tail.split_at_checked(length) else {
                wrong(format!("{path} is cut in {index}"));
                break;
            };
            if bytes != log.entries[usize::try_from(index)?].bytes {
                wrong(format!("{path} has other bytes at {index}"));
            }
            rest = tail;
        }
        if !rest.is_empty() && width == WIDTH {
            wrong(format!("{path} is too long"));
        }
    }
    report.under_checkpoints += size;
    Ok(())
}

/// The number of a tile in groups of three digits (C2SP tlog-tiles).
fn number(tile: u64) -> String {
    let mut name = format!("{:03}", tile % 1000);
    let mut rest = tile / 1000;
    while rest > 0 {
        name = format!("x{:03}/{name}", rest % 1000);
        rest /= 1000;
    }
    name
}

#[cfg(test)]
mod tests {
    #[test]
    fn tiles_are_numbered_in_groups() {
        assert_eq!(super::number(7), "007");
        assert_eq!(super::number(1_234_067), "x001/x234/067");
    }
}
