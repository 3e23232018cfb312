//! What can go wrong with a database, sorted by what the caller should do. Knows no SQL.

/// Why the store could not do something. Nothing was done, except after [`StoreError::Unknown`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A lock, a time limit or the connection: the same may work in a moment.
    #[error("the database is busy or out of reach: {0}")]
    Busy(String),
    /// Another process wrote the same thing first: load again and decide again.
    #[error("another process wrote first: {0}")]
    Conflict(String),
    /// A row with this key exists already. To the committer another process was faster; to a reader a faulty event.
    #[error("exists already: {0}")]
    Duplicate(String),
    /// COMMIT was sent and its answer lost.
    #[error("the answer to COMMIT was lost: {0}")]
    Unknown(String),
    /// The database refuses the statement: a fault in the statement or in its values.
    #[error("the database refuses: {0}")]
    Database(String),
    /// What is stored does not have the expected shape.
    #[error("stored data is not readable: {0}")]
    Corrupt(String),
    /// Configuration: the message names what is wrong and what would be right.
    #[error("{0}")]
    Setup(String),
    /// The lease was taken over by another process.
    #[error("the lease {role} of {scope} is held by another process")]
    Fenced {
        /// The role.
        role: String,
        /// Its scope.
        scope: String,
    },
    /// Sealing or opening failed.
    #[error("sealing: {0}")]
    Seal(String),
}

impl StoreError {
    /// Whether the same call may succeed a moment later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Conflict(_) | Self::Unknown(_))
    }
}
