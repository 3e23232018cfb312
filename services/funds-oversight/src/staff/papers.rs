//! Papers that are sent (票据): a photo or a PDF, stripped of what it tells besides its picture, sealed under the village's
//! book. Its hash is what a payment's invoice field takes, as `sha256:<hash>`. Knows no payment.

use desk::{Kept, Upload};
use kernel::{Refusal, Text, Timestamp, UnitId, Verdict};
use sealed::{AttachmentRef, Attachments, SealedError};
use sha2::{Digest, Sha256};
use store::{Store, StoreError};

use crate::shows::away;

/// Which paper is kept under which random name; one step a list.
const TABLES: &[&[&str]] = &[&[
    "CREATE TABLE funds_paper (unit TEXT NOT NULL, sha256 TEXT NOT NULL, stored TEXT NOT NULL, at BIGINT NOT NULL, \
      PRIMARY KEY (unit, sha256))",
]];

/// Makes the table.
///
/// # Errors
/// When the database is out of reach.
pub async fn prepare(store: &Store) -> Result<(), StoreError> {
    store.database().migrate("funds-papers", TABLES).await
}

fn wrong(zh: &str, en: &str) -> Verdict {
    let remedy =
        Text::new("请拍照或扫描后上传JPEG、PNG或PDF", "Send a photo or scan as JPEG, PNG or PDF");
    Refusal::field("/file", Text::new(zh, en), remedy).into()
}

/// Keeps a paper of a village. The same paper twice is kept once.
///
/// # Errors
/// When it is no picture and no PDF, or cannot be written.
pub async fn keep(
    store: &Store,
    attachments: &Attachments,
    unit: &UnitId,
    file: Upload,
    now: Timestamp,
) -> Result<Kept, Verdict> {
    let (media, bytes) = clean(&file.bytes)
        .ok_or_else(|| wrong("这不是能读的图片或PDF", "This is no readable picture or PDF"))?;
    let sha256 = hex::encode(Sha256::digest(&bytes));
    if find(store, unit, &sha256).await?.is_none() {
        let kept = attachments.put(&format!("book-{unit}"), media, &bytes).await;
        let kept = kept.map_err(|error| match error {
            SealedError::TooLarge { .. } => wrong("文件太大", "The file is too large"),
            other => Verdict::Unavailable(other.to_string()),
        })?;
        let stored = serde_json::to_string(&kept)
            .map_err(|error| Verdict::Unavailable(error.to_string()))?;
        let mut tx = store.begin().await.map_err(away)?;
        let sql = "INSERT INTO funds_paper (unit, sha256, stored, at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (unit, sha256) DO NOTHING";
        let values =
            [unit.as_str().into(), sha256.as_str().into(), stored.into(), now.micros().into()];
        tx.execute(sql, &values).await.map_err(away)?;
        tx.commit().await.map_err(away)?;
    }
    let size = bytes.len() as u64;
    Ok(Kept { sha256, name: file.name, media_type: media.to_owned(), bytes: size })
}

/// A paper that is kept for a village.
///
/// # Errors
/// When the database is out of reach.
pub async fn find(
    store: &Store,
    unit: &UnitId,
    sha256: &str,
) -> Result<Option<AttachmentRef>, Verdict> {
    let sql = "SELECT stored FROM funds_paper WHERE unit = $1 AND sha256 = $2";
    let rows = store.query(sql, &[unit.as_str().into(), sha256.into()]).await.map_err(away)?;
    let Some(row) = rows.first() else { return Ok(None) };
    let text = row.text(0).map_err(away)?;
    serde_json::from_str(text).map(Some).map_err(|error| Verdict::Unavailable(error.to_string()))
}

/// The media type as found in the bytes, and the bytes without what a camera adds (place, time, device).
fn clean(bytes: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    if bytes.starts_with(b"%PDF-") {
        return Some(("application/pdf", bytes.to_vec()));
    }
    if bytes.starts_with(&[0xff, 0xd8]) {
        return jpeg(bytes).map(|clean| ("image/jpeg", clean));
    }
    let png = b"\x89PNG\r\n\x1a\n";
    bytes.strip_prefix(png).and_then(|rest| self::png(png, rest)).map(|clean| ("image/png", clean))
}

/// Segments up to the picture without APP1 (EXIF, XMP), the other APPn but 0, 2 and 14, and comments (ITU-T T.81 Annex B).
fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut clean = vec![0xff, 0xd8];
    let mut rest = bytes.get(2..)?;
    loop {
        let [0xff, marker, after @ ..] = rest else { return None };
        match *marker {
            // Fill bytes before a marker.
            0xff => rest = rest.get(1..)?,
            // From the scan on it is the picture.
            0xda => {
                clean.extend_from_slice(rest);
                return Some(clean);
            }
            marker => {
                let length = usize::from(u16::from_be_bytes(*after.first_chunk()?));
                let segment = rest.get(..length.checked_add(2)?)?;
                let told = matches!(marker, 0xe1 | 0xe3..=0xed | 0xef | 0xfe);
                if length < 2 {
                    return None;
                }
                if !told {
                    clean.extend_from_slice(segment);
                }
                rest = rest.get(segment.len()..)?;
            }
        }
    }
}

/// Chunks without texts, EXIF and time (PNG, 3rd edition, §11.3).
fn png(signature: &[u8], mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut clean = signature.to_vec();
    while !rest.is_empty() {
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok()?;
        let kind = rest.get(4..8)?;
        let chunk = rest.get(..length.checked_add(12)?)?;
        if !matches!(kind, b"tEXt" | b"zTXt" | b"iTXt" | b"eXIf" | b"tIME") {
            clean.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(clean);
        }
        rest = rest.get(chunk.len()..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_tells_nothing_of_its_place() {
        let mut photo = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, b'J', b'F'];
        photo.extend([0xff, 0xe1, 0, 8, b'E', b'x', b'i', b'f', b'4', b'2']);
        photo.extend([0xff, 0xda, 1, 2, 3, 0xff, 0xd9]);
        let (media, kept) = clean(&photo).unwrap();
        assert_eq!(media, "image/jpeg");
        assert!(!kept.windows(4).any(|w| w == b"Exif"));
        assert!(kept.ends_with(&[0xff, 0xda, 1, 2, 3, 0xff, 0xd9]));
        for cut in 2..photo.len() - 7 {
            assert!(clean(&photo[..cut]).is_none(), "{cut}");
        }
        assert!(clean(b"<html>").is_none());
    }
}
