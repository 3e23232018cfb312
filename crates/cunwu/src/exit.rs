//! What the program's exit codes mean. Scripts rely on them.

use std::process::{ExitCode, Termination};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, or verified.
    Done,
    /// 1: the answer is no: a proof fails, a definition has findings, a register has wrong lines.
    Wrong,
    /// 2: could not be done: usage, a file, a database, an address.
    Failed,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::Wrong => 1,
            Self::Failed => 2,
        })
    }
}
