//! The committer: gathers commands while a commit is in flight and writes them in one transaction (group commit).
//!
//! Round trips of one commit, whether it carries one command or a thousand. A round is left out only when no command
//! of the batch has anything for it:
//!
//! | # | what | statement |
//! |---|------|-----------|
//! | 1 | begin (SQLite: the writer's lock) | `BEGIN` |
//! | 2 | lock the heads of the touched logs, in the order of their ids | `SELECT … FOR UPDATE` |
//! | 3 | idempotency records and the database's clock | `SELECT` |
//! | 4 | states, a round for each level on which one stream names the next (most: one) | `SELECT … FOR SHARE` |
//! | 5 | claims taken | `SELECT` |
//! | 6 | last numbers per unit | `SELECT` |
//! | – | decide in memory, seal (the key store's own round), sign | |
//! | 7 | heads moved (and one more for new logs) | `UPDATE`, `INSERT` |
//! | 8 | numbers per unit | upsert |
//! | 9 | entries | `INSERT` |
//! | 10 | states (and one more for the subjects of closed streams) | upsert, `INSERT` |
//! | 11 | deadlines passed, deadlines armed | `DELETE`, upsert |
//! | 12 | claims | `INSERT` |
//! | 13 | sealed parts | `INSERT` |
//! | 14 | idempotency records with receipts | `INSERT` |
//! | 15 | commit | `COMMIT` |
//!
//! A batch that turns out to touch another log than its commands' places starts again with that log locked too.

pub(crate) mod base;
mod batch;
mod entry;
mod format;
pub(crate) mod handle;
pub(crate) mod keys;
mod load;
mod session;
mod work;
mod write;

pub use handle::{Committer, CommitterHandle};
