//! Parameters and fields: what is asked, in which unit, and who may see it.

use std::collections::BTreeMap;

use kernel::{Class, Date, Text};

use crate::number::Value;

/// A dated, sourced parameter (参数).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Unit: `money`, `days`, `working-days`, `count`, `share`.
    pub unit: String,
    /// The direction in which a region may move it.
    pub tighten: Tighten,
    /// The article that bounds it, when its own source does not.
    pub law: Option<String>,
    /// Values by date, earliest first.
    pub values: Vec<ParameterValue>,
    /// Line in the file.
    pub line: usize,
}

/// Which way is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tighten {
    /// Higher is stricter.
    Up,
    /// Lower is stricter.
    Down,
}

/// One value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterValue {
    /// In force from this day.
    pub from: Date,
    /// The value.
    pub is: Value,
    /// A citation, or `default`, `local rules`, …
    pub source: String,
    /// Line in the file.
    pub line: usize,
}

impl Parameter {
    /// The value in force on a date.
    pub fn at(&self, date: Date) -> Option<&ParameterValue> {
        self.values.iter().rev().find(|value| value.from <= date)
    }
}

/// A field (栏目): what is asked, why, and who may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in the event.
    pub name: String,
    /// Its type.
    pub kind: FieldType,
    /// Who may see it.
    pub class: ClassOf,
    /// What the form calls it; the name in both languages when the file gives none.
    pub label: Text,
    /// What the values of an enum are called, where the file says so.
    pub words: BTreeMap<String, Text>,
    /// Why it is needed.
    pub why: String,
    /// A natural key that may be used once.
    pub claim: bool,
    /// Whether it may be left out.
    pub optional: Optional,
    /// Years that the law asks to keep it (0: none), with the article.
    pub keep_years: u16,
    /// The article that asks for keeping it.
    pub keep_basis: Option<String>,
    /// In a closed case: the person whose data it is (`applicant`); the key it is sealed and erased under.
    pub whose: Option<String>,
    /// Whom the matter concerns (当事人): whoever is in conflict with them steps aside.
    pub recuse: bool,
    /// Its place in the file.
    pub order: usize,
    /// Line in the file.
    pub line: usize,
}

impl Field {
    /// Whether the value goes beside the log: all free text, and everything that is not public.
    pub fn is_sealed(&self, value: &serde_json::Value) -> bool {
        matches!(self.kind, FieldType::Text { .. }) || self.class.of(value) != Class::Public
    }
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// An amount above zero; fen as a number, or yuan as a text.
    Money,
    /// One of these words.
    Enum(Vec<String>),
    /// Free text, always sealed; `most` characters at most.
    Text {
        /// `official` or `resident`.
        written_by: String,
        /// Characters at most.
        most: usize,
    },
    /// A reference to a thing of this kind.
    Ref(String),
    /// `YYYY-MM-DD`.
    Date,
    /// `YYYY-MM`.
    Month,
    /// A whole number from 0.
    Count,
    /// `{"organisation": name}` or `{"person": id}`.
    Party,
    /// A kind of matter of the table `[[matter]]`.
    MatterType,
    /// True or false.
    YesNo,
    /// An office holder's opaque id.
    Holder,
    /// A length of time: `15 days`.
    Period,
    /// Attachments by hash; at most so many.
    Attachment,
    /// A photo by hash: never mandatory unless a law is cited.
    Photo,
}

impl FieldType {
    /// The word that files use.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Enum(_) => "enum",
            Self::Text { .. } => "text",
            Self::Ref(_) => "ref",
            Self::Date => "date",
            Self::Month => "month",
            Self::Count => "count",
            Self::Party => "party",
            Self::MatterType => "matter-type",
            Self::YesNo => "yes-no",
            Self::Holder => "holder",
            Self::Period => "period",
            Self::Attachment => "attachment",
            Self::Photo => "photo",
        }
    }
}

/// The class of a field: one, or one for organisations and one for persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassOf {
    /// The same for every value.
    One(Class),
    /// A party: an organisation's name and a person's id differ.
    Party {
        /// For an organisation.
        organisation: Class,
        /// For a person.
        person: Class,
    },
}

impl ClassOf {
    /// The class of this value.
    pub fn of(self, value: &serde_json::Value) -> Class {
        match self {
            Self::One(class) => class,
            Self::Party { organisation, person } => {
                if value.get("organisation").is_some() {
                    organisation
                } else {
                    person
                }
            }
        }
    }

    /// The strictest class it can have.
    pub fn strictest(self) -> Class {
        match self {
            Self::One(class) => class,
            Self::Party { organisation, person } => organisation.max(person),
        }
    }
}

/// Whether a field may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optional {
    /// Must be given.
    No,
    /// May be left out.
    Yes,
    /// Needed only when the matter spends money (`optional = "!matter.spends"`).
    UnlessMatterSpends,
}
