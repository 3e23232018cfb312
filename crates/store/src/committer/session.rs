//! One transaction of the committer, its statements counted and, in tests, made to fail. Knows no decision.

use crate::{
    backend::{Link, Outcome},
    database::Database,
    error::StoreError,
    faults::Faults,
    value::{Column, Value},
};

pub(crate) struct Session {
    link: Option<Box<dyn Link>>,
    /// Set for a session that only reads: no transaction, no lock.
    reading: Option<Database>,
    faults: Faults,
    pub statements: u64,
}

impl Session {
    pub async fn begin(database: &Database, faults: &Faults) -> Result<Self, StoreError> {
        let link = database.link().await?;
        Ok(Self { link: Some(link), reading: None, faults: faults.clone(), statements: 1 })
    }

    /// The same statements without a transaction and without locks: for those who only look.
    pub fn reading(database: &Database) -> Self {
        let reading = Some(database.clone());
        Self { link: None, reading, faults: Faults::default(), statements: 0 }
    }

    pub async fn run(
        &mut self,
        sql: &str,
        columns: &[Column],
        values: &[Value],
    ) -> Result<Outcome, StoreError> {
        self.statements += 1;
        if let Some(database) = &self.reading {
            let unlocked = sql.replace("{share}", "");
            let rows = database.read(&unlocked, columns, values).await?;
            return Ok(Outcome { rows, affected: 0 });
        }
        if self.faults.strikes(self.statements) {
            // As when the process dies: the connection ends, the database rolls back.
            self.link = None;
        }
        match &mut self.link {
            Some(link) => link.run(sql, columns, values).await,
            None => Err(StoreError::Busy("the connection has ended".to_owned())),
        }
    }

    pub async fn commit(mut self) -> Result<u64, StoreError> {
        if let Some(time) = self.faults.held() {
            tokio::time::sleep(time).await;
        }
        self.statements += 1;
        if self.faults.strikes(self.statements) {
            self.link = None;
        }
        match self.link.take() {
            Some(link) => link.commit().await?,
            None => return Err(StoreError::Busy("the connection has ended".to_owned())),
        }
        if self.faults.loses_answer() {
            return Err(StoreError::Unknown("lost on purpose".to_owned()));
        }
        Ok(self.statements)
    }

    pub async fn rollback(self) -> Result<(), StoreError> {
        match self.link {
            Some(link) => link.rollback().await,
            None => Ok(()),
        }
    }
}
