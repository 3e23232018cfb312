//! The posted lines behind a figure of the books, each with its voucher.

use pages::{Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Lang, Markup};
use store::StoreError;

use super::frame::Ask;
use crate::{
    shows::figures::{self, Months},
    words,
};

/// Lines listed behind a number.
const LINES: u32 = 200;

/// The lines of some accounts over some months, latest first.
pub(crate) async fn table(
    ask: &Ask<'_>,
    unit: &str,
    accounts: &[&str],
    months: &Months,
) -> Result<Markup, StoreError> {
    let l = ask.prefs.lang;
    let behind = figures::behind(&ask.portal.db, unit, accounts, months, LINES).await?;
    let mut table = DataTable::new(
        ask.pick("由这些账算出来，最近的在前", "The lines behind it, latest first"),
        vec![
            Column::text(ask.pick("凭证", "Voucher")),
            Column::date(ask.pick("日期", "Date")),
            Column::text(ask.pick("科目", "Account")),
            Column::money(ask.pick("借方", "Debit")),
            Column::money(ask.pick("贷方", "Credit")),
        ],
    );
    for one in &behind {
        let voucher = if one.voucher.is_empty() {
            Cell::text(ask.pick("期初余额", "Opening balance"))
        } else {
            let name = match l {
                Lang::Zh => format!("{}第{}号", words::month(l, &one.month), one.number),
                Lang::En => format!("{} No. {}", words::month(l, &one.month), one.number),
            };
            Cell::text(name).href(format!("/vouchers/{}", one.voucher))
        };
        let side = |fen: i64| if fen > 0 { Cell::money(fen) } else { Cell::not_applicable() };
        table = table.row(vec![
            voucher,
            Cell::text(one.day.clone()),
            Cell::text(words::pick(l, &words::account(&one.account).name)),
            side(one.net),
            side(one.net.saturating_neg()),
        ]);
    }
    table.id = "behind".into();
    table.empty = Some(
        EmptyState::new(ask.pick("背后的账", "The lines behind it"), EmptyWhy::None)
            .because(ask.pick("这些科目还没有记过账", "nothing was booked on these accounts")),
    );
    let mut out = table.render(l);
    if behind.len() >= LINES as usize {
        out.push(Markup::paragraph(ask.pick(
            "只列出最近200行；更早的在各月的账里。",
            "Only the latest 200 lines are listed; earlier ones are in the months' accounts.",
        )));
    }
    Ok(out)
}
