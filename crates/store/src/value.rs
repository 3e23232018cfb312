//! Values that go into and come out of a database: four kinds, the same for both backends. Knows no table.

use crate::error::StoreError;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// `BIGINT`.
    I64(i64),
    /// `TEXT`.
    Text(String),
    /// `BYTEA`.
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::I64(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::I64(number.into())
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::I64(yes.into())
    }
}

impl From<u64> for Value {
    /// Indices and versions stay far below 2⁶³.
    fn from(number: u64) -> Self {
        Self::I64(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row: the values in the order of the columns asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The value of a column, counted from 0; NULL beyond the last.
    pub fn value(&self, column: usize) -> &Value {
        self.0.get(column).unwrap_or(&Value::Null)
    }

    /// An integer.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn i64(&self, column: usize) -> Result<i64, StoreError> {
        match self.value(column) {
            Value::I64(number) => Ok(*number),
            other => Err(unexpected(column, "an integer", other)),
        }
    }

    /// A count, an index or a version.
    ///
    /// # Errors
    /// When the column holds something else or is below zero.
    pub fn u64(&self, column: usize) -> Result<u64, StoreError> {
        let number = self.i64(column)?;
        u64::try_from(number)
            .map_err(|_| StoreError::Corrupt(format!("column {column} is {number}, below zero")))
    }

    /// A text.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        match self.value(column) {
            Value::Text(text) => Ok(text),
            other => Err(unexpected(column, "a text", other)),
        }
    }

    /// Bytes.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn bytes(&self, column: usize) -> Result<&[u8], StoreError> {
        match self.value(column) {
            Value::Bytes(bytes) => Ok(bytes),
            other => Err(unexpected(column, "bytes", other)),
        }
    }

    /// A text or NULL.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.value(column) {
            Value::Null => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    /// An integer or NULL.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn opt_i64(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.value(column) {
            Value::Null => Ok(None),
            _ => self.i64(column).map(Some),
        }
    }

    /// Bytes or NULL.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.value(column) {
            Value::Null => Ok(None),
            _ => self.bytes(column).map(Some),
        }
    }

    /// Exactly so many bytes.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn array<const N: usize>(&self, column: usize) -> Result<[u8; N], StoreError> {
        self.bytes(column)?
            .try_into()
            .map_err(|_| StoreError::Corrupt(format!("column {column} has not {N} bytes")))
    }
}

fn unexpected(column: usize, wanted: &str, found: &Value) -> StoreError {
    let found = match found {
        Value::Null => "NULL",
        Value::I64(_) => "an integer",
        Value::Text(_) => "a text",
        Value::Bytes(_) => "bytes",
    };
    StoreError::Corrupt(format!("column {column} holds {found}, not {wanted}"))
}

/// One column of the rows that a statement takes all at once.
#[derive(Debug, Clone)]
pub(crate) enum Column {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Column {
    pub fn ints(values: impl IntoIterator<Item = u64>) -> Self {
        Self::Int(values.into_iter().map(|n| Some(i64::try_from(n).unwrap_or(i64::MAX))).collect())
    }

    pub fn numbers(values: impl IntoIterator<Item = i64>) -> Self {
        Self::Int(values.into_iter().map(Some).collect())
    }

    pub fn texts<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::Text(values.into_iter().map(|t| Some(t.as_ref().to_owned())).collect())
    }

    pub fn blobs<T: AsRef<[u8]>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::Bytes(values.into_iter().map(|b| Some(b.as_ref().to_vec())).collect())
    }
}
