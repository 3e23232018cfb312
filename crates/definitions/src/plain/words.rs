//! Words for lengths, shares and outcomes. Knows no sentence.

use kernel::{Date, Period, Text};

use crate::{
    model::{
        Ballot, CLOSED, Counted, DONE, Definition, INQUORATE, MISSED, OrMatter, PASSED, Step,
        Within,
    },
    number::Value,
};

/// `5个工作日`, `5 working days`.
pub(super) fn period(period: Period) -> Text {
    match period {
        Period::Days(1) => Text::new("1日", "1 day"),
        Period::Days(days) => Text::new(format!("{days}日"), format!("{days} days")),
        Period::WorkingDays(1) => Text::new("1个工作日", "1 working day"),
        Period::WorkingDays(days) => {
            Text::new(format!("{days}个工作日"), format!("{days} working days"))
        }
    }
}

/// How long, with the parameter in force on a day.
pub(super) fn length(definition: &Definition, within: &Within, on: Date) -> Text {
    match within {
        Within::Period(length) => period(*length),
        Within::Parameter(name) => {
            let value = definition.parameters.get(name).and_then(|parameter| parameter.at(on));
            match value.map(|value| value.is) {
                Some(Value::Period(length)) => period(length),
                _ => Text::new(name, name),
            }
        }
        Within::MonthEnd(length) => {
            let said = period(*length);
            Text::new(
                format!("月末后{}", said.zh),
                format!("{} after the end of the month", said.en),
            )
        }
        Within::Date(field) => {
            let label = definition.fields.get(field).map(|field| field.label.clone());
            let label = label.unwrap_or_else(|| Text::new(field, field));
            Text::new(format!("“{}”所定的时间", label.zh), format!("the time until “{}”", label.en))
        }
        Within::Matter => {
            Text::new("该类事项规定的时间", "the time that the kind of matter asks for")
        }
    }
}

/// Of whom a share is counted.
pub(super) fn counted(of: OrMatter<Counted>) -> Text {
    match of {
        OrMatter::Is(Counted::Present) => Text::new("到会人员", "those present"),
        OrMatter::Is(Counted::ShouldAttend) => Text::new("应到会人员", "those who should attend"),
        OrMatter::Is(Counted::All) => Text::new("全体人员", "all members"),
        OrMatter::Matter => Text::new("规定范围的人员", "those whom the kind of matter names"),
    }
}

/// How votes are given.
pub(super) fn ballot(ballot: OrMatter<Ballot>) -> Text {
    match ballot {
        OrMatter::Is(Ballot::ShowOfHands) => Text::new("举手表决", "by show of hands"),
        OrMatter::Is(Ballot::Secret) => Text::new("无记名投票", "by secret ballot"),
        OrMatter::Matter => Text::new("按事项规定的方式表决", "as the kind of matter says"),
    }
}

/// What an outcome is called.
pub(super) fn outcome(step: &Step, outcome: &str) -> Text {
    let named = step.event_of(outcome).and_then(|event| event.name.clone());
    named.unwrap_or_else(|| match outcome {
        DONE => Text::new("已办", "done"),
        PASSED => Text::new("通过", "passed"),
        "failed" => Text::new("未通过", "not passed"),
        "returned" => Text::new("退回", "sent back"),
        "rejected" => Text::new("不同意", "rejected"),
        INQUORATE => Text::new("人数不足", "too few present"),
        MISSED => Text::new("逾期", "overdue"),
        CLOSED => Text::new("期满", "its time is over"),
        other => Text::new(other, other),
    })
}

/// A step, with its outcome where there are several.
pub(super) fn item(definition: &Definition, id: &str, of: &str) -> Text {
    let Some(step) = definition.step(id) else { return Text::new(id, id) };
    if step.events.len() < 2 && step.event_of(of).is_some() {
        return Text::new(format!("“{}”", step.name.zh), format!("“{}”", step.name.en));
    }
    let came = outcome(step, of);
    Text::new(
        format!("“{}”（{}）", step.name.zh, came.zh),
        format!("“{}” ({})", step.name.en, came.en),
    )
}

/// `甲、乙`, `a, b`.
pub(super) fn list(items: impl IntoIterator<Item = Text>, zh: &str, en: &str) -> Text {
    let (mut chinese, mut english) = (Vec::new(), Vec::new());
    for item in items {
        if !chinese.contains(&item.zh) {
            chinese.push(item.zh);
            english.push(item.en);
        }
    }
    Text::new(chinese.join(zh), english.join(en))
}
