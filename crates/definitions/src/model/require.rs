//! Conditions that a file writes as formulas: on typed fields and parameters, each with its article.

use std::collections::BTreeSet;

use kernel::{Date, Text};

use super::{Definition, FieldType, Optional};
use crate::{
    formula::{Ast, Name, Names, Unit, Words},
    number::{Value, yuan},
};

/// A condition of a step (办理条件): without it the step is refused, under its own code and article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Require {
    /// The code of the refusal: `deposit-too-high`.
    pub code: String,
    /// What must hold.
    pub that: Ast,
    /// The article that asks for it.
    pub law: String,
    /// What the refusal says; `{field}` is filled in. What would be right is the formula's own sentence.
    pub says: Text,
    /// Line in the file.
    pub line: usize,
}

/// The names that a condition of a step may use: the fields of the file and its parameters.
pub struct StepNames<'a> {
    definition: &'a Definition,
    known: BTreeSet<&'a str>,
}

impl<'a> StepNames<'a> {
    /// At a step where these fields are surely asked for, now or before.
    pub fn new(definition: &'a Definition, known: BTreeSet<&'a str>) -> Self {
        Self { definition, known }
    }
}

impl Names for StepNames<'_> {
    fn name(&self, name: &str) -> Option<Name> {
        if let Some(parameter) = self.definition.parameters.get(name) {
            let unit = match parameter.unit.as_str() {
                "money" => Unit::Money,
                "days" => Unit::Days,
                "working-days" => Unit::WorkingDays,
                "count" => Unit::Count,
                _ => Unit::Share,
            };
            return Some(Name { unit: Some(unit), always: true });
        }
        let field = self.definition.fields.get(name)?;
        let unit = match &field.kind {
            FieldType::Money => Some(Unit::Money),
            FieldType::Count => Some(Unit::Count),
            FieldType::Date => Some(Unit::Date),
            FieldType::YesNo => Some(Unit::Truth),
            FieldType::Enum(words) => Some(Unit::Word(words.clone())),
            FieldType::MatterType => {
                Some(Unit::Word(self.definition.matters.iter().map(|m| m.id.clone()).collect()))
            }
            _ => None,
        };
        let always = self.known.contains(name) && field.optional == Optional::No;
        Some(Name { unit, always })
    }

    fn all(&self) -> Vec<&str> {
        let fields = self.definition.fields.keys().map(String::as_str);
        fields.chain(self.definition.parameters.keys().map(String::as_str)).collect()
    }
}

impl Definition {
    /// A condition as a sentence, with the parameters in force on a day.
    pub fn sentence(&self, that: &Ast, on: Date) -> Text {
        that.sentence(&Called { definition: self, on })
    }
}

struct Called<'a> {
    definition: &'a Definition,
    on: Date,
}

impl Words for Called<'_> {
    fn name(&self, name: &str) -> Text {
        if let Some(field) = self.definition.fields.get(name) {
            return field.label.clone();
        }
        let value = self.definition.parameters.get(name).and_then(|p| p.at(self.on));
        match value.map(|value| value.is) {
            Some(Value::Money(money)) => {
                Text::new(format!("{}元", yuan(money)), format!("{} yuan", yuan(money)))
            }
            Some(Value::Period(kernel::Period::Days(days))) => {
                Text::new(format!("{days}日"), format!("{days} days"))
            }
            Some(Value::Period(kernel::Period::WorkingDays(days))) => {
                Text::new(format!("{days}个工作日"), format!("{days} working days"))
            }
            Some(other) => Text::new(other.to_string(), other.to_string()),
            None => Text::new(name, name),
        }
    }
}
