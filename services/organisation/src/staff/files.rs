//! Files that people attach: only kinds that are read everywhere, photos without what they tell of place and camera.

use kernel::{Refusal, Text, UnitId};
use sealed::AttachmentRef;
use store::{Store, StoreError};

/// The table: which stored file has which hash.
pub const STEPS: &[&[&str]] = &[&[
    "CREATE TABLE org_file (sha256 TEXT NOT NULL, unit TEXT NOT NULL, name TEXT NOT NULL, reference TEXT NOT NULL, PRIMARY KEY (sha256, unit))",
]];

/// A file ready to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clean {
    /// Media type, from the bytes.
    pub media: &'static str,
    /// The bytes to keep.
    pub bytes: Vec<u8>,
}

/// Looks at the bytes, not at the name: PDF, JPEG and PNG are taken. A photo loses its EXIF, comments and embedded texts.
///
/// # Errors
/// A refusal that names the file and says what is taken.
pub fn clean(bytes: &[u8]) -> Result<Clean, Refusal> {
    let kept = if bytes.starts_with(b"%PDF-") {
        Some(("application/pdf", bytes.to_vec()))
    } else if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        jpeg(bytes).map(|bytes| ("image/jpeg", bytes))
    } else if bytes.starts_with(PNG) {
        png(bytes).map(|bytes| ("image/png", bytes))
    } else {
        None
    };
    kept.map(|(media, bytes)| Clean { media, bytes }).ok_or_else(|| {
        Refusal::field(
            "/file",
            Text::new("这个文件不能收，或已损坏。", "This file cannot be taken, or is damaged."),
            Text::new("请上传 PDF、JPEG 或 PNG。", "Send a PDF, JPEG or PNG."),
        )
    })
}

/// Segments up to the picture; APP1 (EXIF, XMP), APP3–APP13, APP15 and comments are left out (ITU-T T.81 Annex B).
fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = bytes.get(..2)?.to_vec();
    let mut at = 2;
    loop {
        let [0xFF, marker] = *bytes.get(at..at + 2)? else { return None };
        // fill bytes before a marker
        if marker == 0xFF {
            at += 1;
            continue;
        }
        // start of scan: the picture itself follows
        if marker == 0xDA {
            out.extend_from_slice(bytes.get(at..)?);
            return Some(out);
        }
        let length = bytes.get(at + 2..at + 4)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let segment = bytes.get(at..at + 2 + length.max(2))?;
        let tells = matches!(marker, 0xE1 | 0xE3..=0xED | 0xEF | 0xFE);
        if !tells {
            out.extend_from_slice(segment);
        }
        at += segment.len();
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Chunks with texts, times and EXIF are left out (PNG third edition, §11.3).
fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = PNG.to_vec();
    let mut at = PNG.len();
    loop {
        let length =
            usize::try_from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()?;
        let chunk = bytes.get(at..at.checked_add(length)?.checked_add(12)?)?;
        let kind = chunk.get(4..8)?;
        if !matches!(kind, b"tEXt" | b"zTXt" | b"iTXt" | b"eXIf" | b"tIME") {
            out.extend_from_slice(chunk);
        }
        at += chunk.len();
        if kind == b"IEND" {
            return Some(out);
        }
    }
}

/// Notes where a file lies.
///
/// # Errors
/// When the database is out of reach.
pub async fn note(
    store: &Store,
    unit: &UnitId,
    name: &str,
    file: &AttachmentRef,
) -> Result<(), StoreError> {
    let reference =
        serde_json::to_string(file).map_err(|error| StoreError::Database(error.to_string()))?;
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO org_file (sha256, unit, name, reference) VALUES ($1, $2, $3, $4) ON CONFLICT (sha256, unit) DO UPDATE SET \
         name = excluded.name, reference = excluded.reference",
        &[file.sha256.as_str().into(), unit.as_str().into(), name.into(), reference.into()],
    )
    .await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_loses_what_it_tells_of_its_place() {
        let segment = |marker: u8, body: &[u8]| {
            let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
            [&[0xFF, marker], length.as_slice(), body].concat()
        };
        let photo = [
            vec![0xFF, 0xD8],
            segment(0xE0, b"JFIF\0"),
            segment(0xE1, b"Exif\0\0GPS 30.25,120.16"),
            segment(0xFE, b"taken at home"),
            segment(0xDB, &[1; 64]),
            segment(0xDA, &[1, 2, 3]),
            b"picture\xFF\xD9".to_vec(),
        ]
        .concat();
        let kept = clean(&photo).unwrap();
        assert_eq!(kept.media, "image/jpeg");
        let text = String::from_utf8_lossy(&kept.bytes).into_owned();
        assert!(!text.contains("GPS") && !text.contains("home"), "{text}");
        assert!(text.contains("JFIF") && text.contains("picture"), "{text}");

        let chunk = |kind: &[u8; 4], body: &[u8]| {
            [&u32::try_from(body.len()).unwrap().to_be_bytes(), kind.as_slice(), body, &[0; 4]]
                .concat()
        };
        let drawing = [
            PNG.to_vec(),
            chunk(b"IHDR", &[0; 13]),
            chunk(b"tEXt", b"Author secret"),
            chunk(b"IDAT", b"pixels"),
            chunk(b"IEND", b""),
        ]
        .concat();
        let kept = clean(&drawing).unwrap();
        assert!(!String::from_utf8_lossy(&kept.bytes).contains("secret"));
        assert_eq!(clean(&kept.bytes).unwrap(), kept);
    }

    #[test]
    fn what_is_cut_short_or_of_another_kind_is_refused() {
        for bytes in [b"".as_slice(), b"MZ", &[0xFF, 0xD8, 0xFF, 0xE1, 0xFF], PNG, b"<svg>"] {
            assert_eq!(clean(bytes).unwrap_err().field.as_deref(), Some("/file"));
        }
    }
}
