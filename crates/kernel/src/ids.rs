//! Identities. Opaque on purpose: a code of a division, a post or a name is an attribute, never a key.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is: ids are made by [`crate::Entropy`] and read back from events.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

id! {
    /// A unit of the hierarchy (行政单位): province to village. Stable through renaming, merger and transfer.
    UnitId
}
id! {
    /// A log: one service, one county (or the level above where no county exists), open or closed.
    LogId
}
id! {
    /// An event: UUIDv7 in its hyphenated form.
    EventId
}
id! {
    /// A stream: `kind/key`, such as `loan/01jd…`. A copy of another service's fact is `service:kind/key`.
    StreamId
}
id! {
    /// The definition an event was decided under: `id@hash`.
    DefinitionRef
}

impl StreamId {
    /// `kind/key`.
    pub fn of(kind: &str, key: impl fmt::Display) -> Self {
        Self(format!("{kind}/{key}"))
    }

    /// A copy of another service's fact: `service:kind/key`.
    pub fn foreign(service: &str, kind: &str, key: impl fmt::Display) -> Self {
        Self(format!("{service}:{kind}/{key}"))
    }

    /// The part before the slash.
    pub fn kind(&self) -> &str {
        self.0.split_once('/').map_or(self.0.as_str(), |(kind, _)| kind)
    }

    /// The part after the slash.
    pub fn key(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, key)| key)
    }

    /// Whether this is a copy of another service's fact.
    pub fn is_foreign(&self) -> bool {
        self.kind().contains(':')
    }
}
