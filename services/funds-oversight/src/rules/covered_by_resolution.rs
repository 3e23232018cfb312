//! `covered-by-resolution`: what is spent, the members resolved (RCEO 26(7); W13). The resolution exists, holds, is on the
//! board, and the amount lies within what is left of its limit.

use kernel::{Money, Refusal, Text, Verdict};
use serde_json::{Value, json};

use super::{Asked, law};
use crate::{
    facts::reserve::{Reserve, Source, id_of_resolution},
    hears::Resolution,
    scene::Scene,
};

/// The key in definitions.
pub const KEY: &str = "covered-by-resolution";
/// The article.
pub const LAW: &str = "RCEO 26(7)";

/// The code where the tier of the amount asks for a resolution and none is cited.
pub const NEEDED: &str = "resolution-needed";

/// The guard: what the payment draws on is covered, and what it cites is a resolution in force.
///
/// # Errors
/// Not known here yet for a resolution that was not heard of; a refusal for one that does not cover.
pub fn check(scene: &Scene<'_>, asked: &Asked<'_>) -> Result<Value, Verdict> {
    if asked.needs_resolution && asked.resolution.is_none() {
        return Err(refuse(
            NEEDED,
            Text::new(
                format!("{}元的支出要有专门的决议", asked.amount),
                format!("Spending {} yuan needs a resolution of its own", asked.amount),
            ),
        )
        .into());
    }
    let covers = match asked.payment {
        Some(payment) => {
            let draws = &payment.request.draws;
            let behind = draws.iter().filter_map(|id| scene.reserve(id)?.resolution.clone());
            let mut ids: Vec<String> = behind.chain([payment.request.covered_by.clone()]).collect();
            ids.sort();
            ids.dedup();
            for id in &ids {
                in_force(KEY, scene, id)?;
            }
            ids
        }
        None => {
            let drawn =
                draws(KEY, scene, &asked.reserve, asked.resolution.as_deref(), asked.amount)?;
            vec![drawn.resolution]
        }
    };
    Ok(json!({ "resolutions": covers }))
}

/// A resolution that covers today. A fact that has not been heard is never a ground to refuse by law: of a resolution that
/// was adopted, the posting may still be on its way.
///
/// # Errors
/// Not known here yet, or a refusal under this code.
pub fn in_force<'a>(code: &str, scene: &Scene<'a>, id: &str) -> Result<&'a Resolution, Verdict> {
    let resolution = scene
        .resolution(id)
        .filter(|resolution| resolution.unit.is_some())
        .ok_or_else(|| Verdict::not_known(("决议", "resolution"), id))?;
    let why = if resolution.unit.as_ref() != Some(scene.unit()) {
        Some(("不是本村集体的决议", "is another collective's"))
    } else if resolution.annulled {
        Some(("已经被撤销", "was annulled"))
    } else if resolution.published.is_none() {
        return Err(Verdict::not_known(("决议公开的消息，决议", "the posting of resolution"), id));
    } else if resolution.published.is_some_and(|day| day > scene.today) {
        Some(("还没有公开", "is not on the board yet"))
    } else if resolution.valid_from.is_none_or(|day| day > scene.today) {
        Some(("还没有生效", "does not hold yet"))
    } else {
        None
    };
    match why {
        None => Ok(resolution),
        Some((zh, en)) => {
            Err(refuse(code, Text::new(format!("决议{id}{zh}"), format!("Resolution {id} {en}")))
                .into())
        }
    }
}

/// One headroom that a payment draws on.
pub struct Draw {
    /// Its id.
    pub id: String,
    /// Its state, or what it will be when opened now.
    pub reserve: Reserve,
    /// It is a resolution's limit that nobody drew on before.
    pub fresh: bool,
}

/// What a payment draws on, and the resolution that covers it.
pub struct Draws {
    /// The headrooms: the line or grant, and a resolution cited besides.
    pub from: Vec<Draw>,
    /// The resolution that covers it.
    pub resolution: String,
}

/// Finds what a payment of this amount would draw on. Every headroom has a resolution in force behind it, or the payment
/// cites one; the amount is within each.
///
/// # Errors
/// Not known here yet, or a refusal under this code.
pub fn draws(
    code: &str,
    scene: &Scene<'_>,
    reserve: &str,
    cited: Option<&str>,
    amount: Money,
) -> Result<Draws, Verdict> {
    let mut from = vec![match scene.reserve(reserve) {
        // Straight from the resolution that is cited, without a budget line.
        _ if cited == Some(reserve) => limit_of(code, scene, reserve)?,
        Some(known) if known.unit == *scene.unit() && known.source != Source::Resolution => {
            Draw { id: reserve.to_owned(), reserve: known.clone(), fresh: false }
        }
        _ => {
            return Err(Refusal::field(
                "reserve",
                Text::new("没有这个预算或专项额度", "There is no such budget line or grant"),
                Text::new(
                    "请从本集体的预算和专项里选",
                    "Choose from this collective's lines and grants",
                ),
            )
            .into());
        }
    }];
    let behind = from.first().and_then(|draw| draw.reserve.resolution.clone());
    if let Some(cited) = cited
        && behind.as_deref() != Some(cited)
    {
        from.push(limit_of(code, scene, cited)?);
    }
    let Some(resolution) = cited.map(str::to_owned).or_else(|| behind.clone()) else {
        return Err(refuse(
            code,
            Text::new(
                "这笔专项资金的使用还没有决议",
                "No resolution on the use of this grant is cited",
            ),
        )
        .into());
    };
    for id in behind.iter().chain(std::iter::once(&resolution)) {
        in_force(code, scene, id)?;
    }
    for draw in &from {
        let within = draw.reserve.available >= amount;
        if draw.reserve.source == Source::Resolution && !within {
            return Err(over(code, &draw.id, draw.reserve.available, amount).into());
        }
    }
    Ok(Draws { from, resolution })
}

/// A resolution's own limit as a headroom.
///
/// # Errors
/// Not known here yet, not in force, or without a sum.
pub fn limit_of(code: &str, scene: &Scene<'_>, id: &str) -> Result<Draw, Verdict> {
    let resolution = in_force(code, scene, id)?;
    let headroom = id_of_resolution(id);
    if let Some(known) = scene.reserve(&headroom) {
        return Ok(Draw { id: headroom, reserve: known.clone(), fresh: false });
    }
    match resolution.limit {
        Some(limit) if limit.is_positive() => Ok(Draw {
            id: headroom,
            reserve: Reserve::of_resolution(scene.unit(), id, limit),
            fresh: true,
        }),
        _ => Err(refuse(
            code,
            Text::new(format!("决议{id}没有写明金额"), format!("Resolution {id} names no sum")),
        )
        .into()),
    }
}

fn over(code: &str, id: &str, left: Money, amount: Money) -> Refusal {
    refuse(
        code,
        Text::new(
            format!("决议{id}只剩{left}元，不够{amount}元"),
            format!("Resolution {id} has {left} yuan left, not {amount}"),
        ),
    )
    .at("amount")
}

fn refuse(code: &str, what: Text) -> Refusal {
    Refusal::new(
        code,
        what,
        Text::new(
            "请先由成员大会（成员代表大会）决议并公开，再申请付款",
            "Let the members or their delegates resolve it and post the resolution first",
        ),
    )
    .by_law(law(LAW))
    .at("resolution")
    .warns("W13")
}
