//! Where a village's page leads: to what else is public of it, and to whoever deals with what is wrong there.

use pages::Markup;

use super::frame::Ask;
use crate::shows::divisions::Unit;

/// What else is public of the village: what the collective owns, to whom it is let, what came from above, and the figures.
pub(super) fn more(ask: &Ask<'_>, unit: &Unit) -> Markup {
    let pages = [
        ("assets", "集体的资产", "What the collective owns"),
        (
            "contracts",
            "出租的合同，谁该交、交了没有",
            "Contracts: what falls due, and what was paid",
        ),
        ("funding", "上级拨来的专项资金，用到了哪里", "Money from above, and where it went"),
        ("indicators", "考核指标，每个数从哪里来", "Indicators, and where each number comes from"),
    ];
    let links = pages.map(|(page, zh, en)| {
        Markup::action(&format!("/villages/{}/{page}", unit.unit), ask.pick(zh, en))
    });
    Markup::section("more", ask.pick("还可以看", "More to look at"), Markup::join(links))
}

/// Where somebody writes who has something to say, without an account: it goes to the level above.
pub(super) fn have_a_say(ask: &Ask<'_>, unit: &Unit) -> Markup {
    let said = Markup::paragraph(ask.pick(
        "对村里的事有意见，可以写信访件，不用登录，可以不写姓名。由上一级受理，村里看不到。",
        "Something is wrong here? Write a petition: no log-in, no name needed. The level above deals with it; the village does not see it.",
    ));
    let write = format!("/petitions/units/{}", unit.unit);
    let actions = [
        Markup::action(&write, ask.pick("写信访件", "Write a petition")),
        Markup::action("/petitions", ask.pick("凭查询码查进展", "Look one up by its code")),
    ];
    let body = Markup::join(std::iter::once(said).chain(actions));
    Markup::section("say", ask.pick("有话要说", "Have your say"), body)
}
