//! What can go wrong with sealed values.

use kernel::Timestamp;

/// Why something could not be sealed, opened or erased.
#[derive(Debug, thiserror::Error)]
pub enum SealedError {
    /// Configuration: the message names what is wrong and what would be right.
    #[error("{0}")]
    Setup(String),
    /// The database of keys or of parts.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// A file.
    #[error("{what}: {source}")]
    File {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Not what was sealed for this place, or not what the log commits to.
    #[error("{0} is damaged or belongs elsewhere")]
    Damaged(String),
    /// Must be kept: the article, and until when.
    #[error("must be kept until {until} ({basis}); restrict its use instead")]
    Retained {
        /// The article.
        basis: String,
        /// The last instant of the period.
        until: Timestamp,
    },
    /// Its use is restricted: it is stored and protected, and nothing else.
    #[error("the data's use is restricted ({basis})")]
    Restricted {
        /// The article or decision.
        basis: String,
    },
    /// The opening could not be recorded, so nothing was opened.
    #[error("the opening could not be recorded: {0}")]
    NotRecorded(String),
    /// An attachment above the limit.
    #[error("an attachment has at most {most} bytes, this one has {size}")]
    TooLarge {
        /// The limit.
        most: u64,
        /// The size.
        size: u64,
    },
    /// The system gives no random bytes.
    #[error("no randomness: {0}")]
    Random(String),
}
