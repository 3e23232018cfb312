//! `/`: the whole tree of divisions, with a search. Never a rank: places stand in the order of their codes.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use axum::{extract::State, http::Uri, response::Response};
use kernel::Level;
use pages::{Component, EmptyState, EmptyWhy, Markup, Prefs, SearchBox, TreeList, TreeNode};
use store::StoreError;

use super::frame::{Ask, Built, answer};
use crate::{
    Portal,
    shows::{
        divisions::{self, Unit},
        position,
    },
};

/// A tree of at most so many units is shown whole; a larger one down to the counties.
const WHOLE: i64 = 400;

pub(crate) async fn page(State(portal): State<Arc<Portal>>, prefs: Prefs, uri: Uri) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    answer(&ask, build(&ask).await)
}

async fn build(ask: &Ask<'_>) -> Built {
    let (db, l) = (&ask.portal.db, ask.prefs.lang);
    let mut shell = ask.shell(ask.pick("村里的事，大家看得见", "Village affairs, in the open"));
    shell.lead = Some(
        ask.pick(
            "谁在管村、事情怎么定、钱花到哪里，都在这里。选自己的村子看。",
            "Who runs the village, how things are decided and where the money goes. Choose your village.",
        )
        .into(),
    );
    let tops = divisions::children(db, None).await?;
    let as_of = match tops.first() {
        Some(top) => position::of(db, divisions::OF, &top.position.log).await?,
        None => None,
    };
    shell.facts = Some(ask.facts(as_of));
    if tops.is_empty() {
        let empty = EmptyState::new(
            ask.pick("各级行政区划和村子", "Divisions and villages"),
            EmptyWhy::None,
        )
        .because(
            ask.pick("省里还没有登记行政区划", "the province has not registered its divisions yet"),
        );
        return Ok(shell.page(&empty.render(l)));
    }
    let mut nodes = Vec::new();
    for top in &tops {
        nodes.push(tree(ask, top).await?);
    }
    let list = TreeList {
        label: ask.pick("行政区划", "Divisions").into(),
        search: Some(search_box(ask, "")),
        nodes,
    };
    let note = ask.pick(
        "地方按区划代码排列，不排名次。",
        "Places stand in the order of their codes. There are no ranks.",
    );
    Ok(shell.page(&Markup::join([list.render(l), Markup::paragraph(note)])))
}

/// The search for places.
pub(crate) fn search_box(ask: &Ask<'_>, value: &str) -> SearchBox {
    SearchBox {
        action: "/search".into(),
        name: "q".into(),
        value: value.to_owned(),
        label: ask
            .pick(
                "找村名、镇名、代码，或者公开的一件事",
                "A village, a township, a code, or something that was published",
            )
            .into(),
        found: None,
    }
}

/// A unit with what is below it: whole when it is small, else without townships and villages.
pub(crate) async fn tree(ask: &Ask<'_>, top: &Unit) -> Result<TreeNode, StoreError> {
    let db = &ask.portal.db;
    let counts = divisions::village_counts(db, &top.unit).await?;
    let mut below = divisions::below(db, &top.unit, WHOLE + 1).await?;
    if below.len() as i64 > WHOLE {
        below = Vec::new();
        let mut above = vec![top.unit.clone()];
        while let Some(unit) = above.pop() {
            for child in divisions::children(db, Some(&unit)).await? {
                if matches!(child.level, Level::Prefecture) {
                    above.push(child.unit.clone());
                }
                below.push(child);
            }
        }
        below.sort_by(|a, b| a.code.cmp(&b.code));
    }
    let mut by_parent: HashMap<&str, Vec<&Unit>> = HashMap::new();
    for unit in &below {
        by_parent.entry(unit.parent.as_deref().unwrap_or_default()).or_default().push(unit);
    }
    Ok(node(ask, top, &by_parent, &counts, 0))
}

fn node(
    ask: &Ask<'_>,
    unit: &Unit,
    below: &HashMap<&str, Vec<&Unit>>,
    counts: &BTreeMap<String, i64>,
    depth: usize,
) -> TreeNode {
    let children: Vec<TreeNode> = below
        .get(unit.unit.as_str())
        .into_iter()
        .flatten()
        .map(|child| node(ask, child, below, counts, depth + 1))
        .collect();
    let mut node = TreeNode::new(unit.name.clone(), unit.href());
    if unit.level == Level::Village {
        node.note = if unit.is_governed_village() {
            String::new()
        } else {
            ask.pick("只用于统计", "statistical area").to_owned()
        };
    } else {
        let villages = counts.get(&unit.unit).copied().unwrap_or(0);
        node.note = say_villages(ask, villages);
    }
    // The first levels stand open: people look for their county, not for their province.
    let open = depth < 3;
    node.children(children, open)
}

/// 12 个村
pub(crate) fn say_villages(ask: &Ask<'_>, n: i64) -> String {
    match (ask.prefs.lang, n) {
        (pages::Lang::Zh, _) => format!("{n} 个村（社区）"),
        (pages::Lang::En, 1) => "1 village".to_owned(),
        (pages::Lang::En, _) => format!("{n} villages"),
    }
}
