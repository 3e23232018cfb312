//! A region tightens a parameter: dated, sourced, never looser than what is in force.

use kernel::{Refusal, Text};

use crate::{
    model::{Definition, ParameterValue, Tighten},
    number::Value,
};

impl Definition {
    /// The definition with one parameter tightened for a region from a day on.
    ///
    /// # Errors
    /// `unknown-parameter`, `malformed` for another unit or an empty source, `only-tighten` for a looser value.
    pub fn tighten(&self, name: &str, value: ParameterValue) -> Result<Self, Refusal> {
        let Some(parameter) = self.parameters.get(name) else {
            let near = crate::names::nearest(name, self.parameters.keys().map(String::as_str));
            let remedy = near.map_or_else(
                || Text::new("请选择本定义的参数", "choose a parameter of this definition"),
                |near| Text::new(format!("是否指“{near}”？"), format!("did you mean `{near}`?")),
            );
            return Err(Refusal::new(
                "unknown-parameter",
                Text::new(format!("没有参数“{name}”"), format!("`{name}` is not a parameter")),
                remedy,
            )
            .at("/parameter"));
        };
        if value.is.unit() != parameter.unit || value.source.trim().is_empty() {
            return Err(Refusal::field(
                "/is",
                Text::new(
                    format!("“{name}”的单位是 {}，并须注明依据", parameter.unit),
                    format!("`{name}` is {}, with a source", parameter.unit),
                ),
                Text::new("请按该单位填写并注明依据", "give a value of that unit and its source"),
            ));
        }
        if let Some(bound) = parameter.at(value.from)
            && looser(value.is, bound.is, parameter.tighten)
        {
            let (zh, en) = match parameter.tighten {
                Tighten::Up => ("不低于", "at least"),
                Tighten::Down => ("不高于", "at most"),
            };
            return Err(Refusal::new(
                "only-tighten",
                Text::new(
                    format!("“{name}”只能从严，{}放宽了{}", value.is, bound.is),
                    format!(
                        "`{name}` may only be tightened; {} is looser than {}",
                        value.is, bound.is
                    ),
                ),
                Text::new(format!("应{zh}{}", bound.is), format!("give {en} {}", bound.is)),
            )
            .at("/is"));
        }
        let mut tightened = self.clone();
        if let Some(parameter) = tightened.parameters.get_mut(name) {
            parameter.values.retain(|other| other.from != value.from);
            // Later values of the base that are looser than the region's stay tightened.
            let (is, way) = (value.is, parameter.tighten);
            for later in parameter.values.iter_mut().filter(|other| other.from > value.from) {
                if looser(later.is, is, way) {
                    later.is = is;
                }
            }
            parameter.values.push(value);
            parameter.values.sort_by_key(|value| value.from);
        }
        Ok(tightened)
    }
}

fn looser(a: Value, b: Value, tighten: Tighten) -> bool {
    a.compare(b).is_none_or(|ordering| match tighten {
        Tighten::Up => ordering.is_lt(),
        Tighten::Down => ordering.is_gt(),
    })
}
