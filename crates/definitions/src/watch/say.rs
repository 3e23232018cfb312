//! A watch in sentences, in both languages.

use kernel::{Date, Text};

use super::{Looks, Mode, On, Severity, Watch, WatchCatalogue, check::TODAY};
use crate::{
    formula::Words,
    number::{Value, yuan},
};

struct Called<'a> {
    watch: &'a Watch,
    catalogue: &'a WatchCatalogue,
    on: Date,
}

fn valued(value: Value) -> Text {
    match value {
        Value::Money(money) => {
            let sum = yuan(money);
            Text::new(format!("{sum}元"), format!("{sum} yuan"))
        }
        Value::Period(kernel::Period::Days(days)) => {
            Text::new(format!("{days}日"), format!("{days} days"))
        }
        Value::Period(kernel::Period::WorkingDays(days)) => {
            Text::new(format!("{days}个工作日"), format!("{days} working days"))
        }
        Value::Count(count) => Text::new(count.to_string(), count.to_string()),
        Value::Share(share) => Text::new(share.to_string(), share.to_string()),
    }
}

impl Words for Called<'_> {
    fn name(&self, name: &str) -> Text {
        if name == TODAY {
            return Text::new("当日", "the day");
        }
        if let Some(parameter) = self.watch.parameters.get(name) {
            let value = parameter.at(self.on).or(parameter.values.first());
            return value.map(|value| valued(value.is)).unwrap_or_default();
        }
        if let Some(source) = self.catalogue.source(name) {
            return source.name.clone();
        }
        let fields = self.catalogue.sources.iter().filter_map(|source| source.field(name));
        let found = fields.map(|field| field.label.clone()).next();
        found.unwrap_or_else(|| Text::new(name, name.replace('_', " ")))
    }
}

/// What a severity is called.
pub fn severity(severity: Severity) -> Text {
    match severity {
        Severity::Blue => Text::new("蓝色", "blue"),
        Severity::Yellow => Text::new("黄色", "yellow"),
        Severity::Red => Text::new("红色", "red"),
    }
}

pub(super) fn told(watch: &Watch, catalogue: &WatchCatalogue, on: Date) -> Vec<Text> {
    let called = Called { watch, catalogue, on };
    let mut lines = Vec::new();
    match &watch.looks {
        Looks::Guard { of, comes, .. } => lines.push(Text::new(
            format!("由“{of}”的核验拦截：{comes}"),
            format!("a guard of `{of}` sees to it: `{comes}`"),
        )),
        Looks::Rows { on: when, source, alike, levels, .. } => {
            let rows = called.name(source);
            lines.push(match when {
                On::Row => Text::new(
                    format!("每发生一笔{}就核对", rows.zh),
                    format!("looked at with each of the {}", rows.en),
                ),
                On::Day => Text::new(
                    format!("每天核对{}", rows.zh),
                    format!("each day, the {} are looked at", rows.en),
                ),
            });
            if !alike.is_empty() {
                let names: Vec<Text> = alike.iter().map(|field| called.name(field)).collect();
                let zh: Vec<&str> = names.iter().map(|name| name.zh.as_str()).collect();
                let en: Vec<&str> = names.iter().map(|name| name.en.as_str()).collect();
                lines.push(Text::new(
                    format!("只看相同的：{}", zh.join("、")),
                    format!("among those of the same {}", en.join(" and ")),
                ));
            }
            for level in levels {
                let (grave, when) = (severity(level.severity), level.when.sentence(&called));
                lines.push(Text::new(
                    format!("{}：{}", grave.zh, when.zh),
                    format!("{}: {}", grave.en, when.en),
                ));
            }
        }
    }
    lines.push(match watch.mode {
        Mode::Refuse => Text::new("不予办理，直到改正", "it is refused until it is put right"),
        Mode::Hold => Text::new(
            "没有支付的暂缓支付，直到解除",
            "what is not paid is held until it is cleared",
        ),
        Mode::Alert => Text::new("提示有关人员核查", "those who check are told"),
    });
    let cleared = &watch.cleared_by;
    lines.push(Text::new(
        format!("解除条件：{}", cleared.zh),
        format!("cleared by: {}", cleared.en),
    ));
    lines
}
