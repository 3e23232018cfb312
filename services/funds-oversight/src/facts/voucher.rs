//! Vouchers (凭证) and posting templates. A [`Balanced`] can be built in no other way than balanced. Knows no book.

use std::collections::BTreeMap;

use kernel::{Money, Refusal, Text};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    accounts::{AccountCode, Side},
    month::Month,
};
use crate::rules::law;

/// Lines of one voucher at most: an event stays far below 48 KiB.
pub const MOST_LINES: usize = 120;
/// The largest amount of one line, in fen (9 trillion yuan): sums of lines and balances stay far from the type's bounds.
pub const LARGEST: Money = Money::from_fen(900_000_000_000_000);
/// What a line may be told apart by; values are ids, never words.
pub const DIMENSIONS: [&str; 6] =
    ["project", "fund", "contract", "bank-account", "debtor", "creditor"];

/// One line (分录): an account, a side, an amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The account (科目).
    pub account: AccountCode,
    /// Debit, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debit: Option<Money>,
    /// Credit, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<Money>,
    /// Project, fund, contract…, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
}

impl Line {
    /// A line on one side.
    pub fn on(side: Side, account: AccountCode, amount: Money) -> Self {
        let (debit, credit) = match side {
            Side::Debit => (Some(amount), None),
            Side::Credit => (None, Some(amount)),
        };
        Self { account, debit, credit, dimensions: BTreeMap::new() }
    }

    /// With a dimension.
    #[must_use]
    pub fn with(mut self, dimension: &str, id: &str) -> Self {
        self.dimensions.insert(dimension.to_owned(), id.to_owned());
        self
    }

    /// Debit less credit.
    pub fn net(&self) -> Money {
        self.debit.unwrap_or_default().saturating_sub(self.credit.unwrap_or_default())
    }

    fn swapped(&self) -> Self {
        Self { debit: self.credit, credit: self.debit, ..self.clone() }
    }
}

/// Lines whose debits equal their credits (有借必有贷，借贷必相等).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Balanced(Vec<Line>);

/// What a voucher does to cash and bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flow {
    /// Money in, in fen.
    pub income: Money,
    /// Money out, in fen.
    pub expense: Money,
}

impl Balanced {
    /// Checks the lines: two or more, each an amount above zero on one side, debits equal to credits.
    ///
    /// # Errors
    /// A refusal that names the line, under the accounting system (财会〔2023〕14号).
    pub fn new(lines: Vec<Line>) -> Result<Self, Refusal> {
        if !(2..=MOST_LINES).contains(&lines.len()) {
            return Err(unbalanced(
                "lines".into(),
                Text::new(
                    format!("一张凭证要有2到{MOST_LINES}条分录，这里有{}条", lines.len()),
                    format!("A voucher has 2 to {MOST_LINES} lines, this one has {}", lines.len()),
                ),
            ));
        }
        let (mut debits, mut credits) = (Money::ZERO, Money::ZERO);
        for (index, line) in lines.iter().enumerate() {
            let at = format!("lines/{index}");
            let (amount, sum) = match (line.debit, line.credit) {
                (Some(amount), None) => (amount, &mut debits),
                (None, Some(amount)) => (amount, &mut credits),
                _ => {
                    return Err(unbalanced(
                        at,
                        Text::new(
                            "每条分录只能记一方：借或贷",
                            "Each line has one side: debit or credit",
                        ),
                    ));
                }
            };
            if !amount.is_positive() || amount > LARGEST {
                return Err(unbalanced(
                    at,
                    Text::new(
                        format!("分录金额应大于零、不超过{LARGEST}元，这里是{amount}元"),
                        format!(
                            "A line is above zero and at most {LARGEST} yuan, this one is {amount}"
                        ),
                    ),
                ));
            }
            if let Some((name, value)) = line
                .dimensions
                .iter()
                .find(|(name, value)| !DIMENSIONS.contains(&name.as_str()) || !super::is_id(value))
            {
                let shown: String = format!("{name}={value}").chars().take(40).collect();
                return Err(unbalanced(
                    format!("{at}/dimensions"),
                    Text::new(
                        format!("`{shown}`不是辅助核算项的编号"),
                        format!(
                            "`{shown}` is not the id of a project, fund, contract, account or party"
                        ),
                    ),
                ));
            }
            *sum = sum.saturating_add(amount);
        }
        if debits != credits {
            return Err(unbalanced(
                "lines".into(),
                Text::new(
                    format!("借方合计{debits}元，贷方合计{credits}元，借贷不平"),
                    format!("Debits are {debits} yuan and credits {credits}: they must be equal"),
                ),
            ));
        }
        Ok(Self(lines))
    }

    /// The lines.
    pub fn lines(&self) -> &[Line] {
        &self.0
    }

    /// The lines, taken out.
    pub fn into_lines(self) -> Vec<Line> {
        self.0
    }

    /// The same amounts on the other sides (冲销).
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self(self.0.iter().map(Line::swapped).collect())
    }
}

/// What these lines do to cash and bank; a transfer between the two is neither income nor expense. A reversal takes
/// back what its original did, as a red-letter entry (红字) does.
pub fn flow(lines: &[Line], reverses: bool) -> Flow {
    let net: Money = lines.iter().filter(|l| l.account.is_money()).map(Line::net).sum();
    match (net.is_positive(), reverses) {
        (true, false) => Flow { income: net, expense: Money::ZERO },
        (false, false) => Flow { income: Money::ZERO, expense: net.negated() },
        (true, true) => Flow { income: Money::ZERO, expense: net.negated() },
        (false, true) => Flow { income: net, expense: Money::ZERO },
    }
}

/// The hash of a voucher: its id, day, what it takes back, and its lines. What the book keeps of it.
pub fn digest(voucher: &str, date: kernel::Date, reverses: Option<&str>, lines: &[Line]) -> String {
    let reverses = reverses.unwrap_or_default();
    let mut hash = Sha256::new().chain_update(format!("{voucher}\n{date}\n{reverses}\n"));
    for line in lines {
        let dimensions: String =
            line.dimensions.iter().map(|(name, id)| format!(" {name}={id}")).collect();
        hash.update(format!(
            "{} {} {}{dimensions}\n",
            line.account,
            line.debit.map_or(0, Money::fen),
            line.credit.map_or(0, Money::fen),
        ));
    }
    hex::encode(hash.finalize())
}

/// The hash over all vouchers of a month, in the order of their numbers.
pub fn digest_of_month(digests: &[String]) -> String {
    hex::encode(Sha256::digest(digests.join("\n").as_bytes()))
}

/// The id of a voucher: book, month, number. Dense, so a missing one is visible.
pub fn voucher_id(unit: &kernel::UnitId, month: Month, number: u32) -> String {
    format!("{unit}.{month}.{number}")
}

/// The month and number that a voucher's id says, for this book.
pub fn parse_voucher_id(unit: &kernel::UnitId, id: &str) -> Option<(Month, u32)> {
    let rest = id.strip_prefix(unit.as_str())?.strip_prefix('.')?;
    let (month, number) = rest.split_once('.')?;
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let number = digits.then(|| number.parse().ok()).flatten()?;
    Some((Month::parse(month)?, number))
}

/// A posting template (记账模板): the usual entries, built balanced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "template", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Template {
    /// 收款: money comes in.
    Receipt {
        /// Cash or bank.
        into: AccountCode,
        /// What it is: rent (501), subsidy (503), a debt paid (112)…
        from: AccountCode,
        /// In fen.
        amount: Money,
        /// The bank account, when it went to one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bank_account: Option<String>,
    },
    /// 存现、取现: between cash and bank.
    Transfer {
        /// Cash or bank.
        out_of: AccountCode,
        /// The other of the two, or the same between two bank accounts.
        into: AccountCode,
        /// In fen.
        amount: Money,
    },
    /// 转账凭证: entries that move no money, such as depreciation or rent that fell due.
    Journal {
        /// The lines.
        lines: Vec<Line>,
    },
}

impl Template {
    /// Builds the voucher.
    ///
    /// # Errors
    /// When an account does not fit the template, the lines do not balance, or money would leave without a payment.
    pub fn build(self) -> Result<Balanced, Refusal> {
        let no_money = |field: &str, code: AccountCode| {
            Refusal::field(
                field,
                Text::new(
                    format!("科目{code}不是库存现金或银行存款"),
                    format!("Account {code} is neither cash on hand nor bank deposits"),
                ),
                Text::new("请填101或102", "Give 101 or 102"),
            )
        };
        match self {
            Self::Receipt { into, from, amount, bank_account } => {
                if !into.is_money() {
                    return Err(no_money("into", into));
                }
                if from.is_money() {
                    return Err(Refusal::field(
                        "from",
                        Text::new(
                            "收款的对方科目不能是现金或银行存款",
                            "A receipt comes from outside, not from cash or bank",
                        ),
                        Text::new(
                            "现金与银行之间请用“存取现”",
                            "Between cash and bank use a transfer",
                        ),
                    ));
                }
                let mut money = Line::on(Side::Debit, into, amount);
                if let Some(account) = &bank_account {
                    money = money.with("bank-account", account);
                }
                Balanced::new(vec![money, Line::on(Side::Credit, from, amount)])
            }
            Self::Transfer { out_of, into, amount } => {
                for (field, code) in [("out_of", out_of), ("into", into)] {
                    if !code.is_money() {
                        return Err(no_money(field, code));
                    }
                }
                Balanced::new(vec![
                    Line::on(Side::Debit, into, amount),
                    Line::on(Side::Credit, out_of, amount),
                ])
            }
            Self::Journal { lines } => {
                let built = Balanced::new(lines)?;
                match built.lines().iter().position(|line| line.account.is_money()) {
                    None => Ok(built),
                    Some(index) => Err(Refusal::new(
                        "money-without-payment",
                        Text::new(
                            "转账凭证不能动用现金和银行存款",
                            "A journal voucher moves neither cash nor bank deposits",
                        ),
                        Text::new(
                            "付款请走“付款”程序，收款请用收款凭证",
                            "Money leaves through a payment and comes in through a receipt",
                        ),
                    )
                    .by_law(law("FIN-2021"))
                    .at(format!("lines/{index}"))),
                }
            }
        }
    }
}

/// The entry of a payment (付款凭证): the expense or debt on the left, cash or bank on the right.
///
/// # Errors
/// When the account is cash or bank itself, or the amount is no amount.
pub fn payment_entry(
    account: AccountCode,
    out_of: AccountCode,
    bank_account: Option<&str>,
    amount: Money,
) -> Result<Balanced, Refusal> {
    if account.is_money() {
        return Err(Refusal::field(
            "account",
            Text::new("付款要记到支出或欠款科目", "A payment is booked to an expense or a debt"),
            Text::new("例如513管理费用", "Such as 513, administrative expenses"),
        ));
    }
    let mut money = Line::on(Side::Credit, out_of, amount);
    if let Some(id) = bank_account {
        money = money.with("bank-account", id);
    }
    Balanced::new(vec![Line::on(Side::Debit, account, amount), money])
}

fn unbalanced(field: String, what: Text) -> Refusal {
    Refusal::new(
        "unbalanced",
        what,
        Text::new(
            "请改正分录，使借方合计等于贷方合计",
            "Correct the lines until debits equal credits",
        ),
    )
    .by_law(law("ACC-2023"))
    .at(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(side: Side, code: &str, fen: i64) -> Line {
        Line::on(side, AccountCode::parse(code).unwrap(), Money::from_fen(fen))
    }

    #[test]
    fn only_what_balances_is_a_voucher() {
        use Side::{Credit, Debit};
        let code = |lines| Balanced::new(lines).map(|_| ()).unwrap_err().field.unwrap();
        assert_eq!(code(vec![line(Debit, "513", 5)]), "lines");
        assert_eq!(code(vec![line(Debit, "513", 5), line(Credit, "102", 4)]), "lines");
        assert_eq!(code(vec![line(Debit, "513", 0), line(Credit, "102", 0)]), "lines/0");
        assert_eq!(code(vec![line(Debit, "513", 5), line(Credit, "102", -5)]), "lines/1");
        let both = Line { credit: Some(Money::from_fen(5)), ..line(Debit, "513", 5) };
        assert_eq!(code(vec![both.clone(), both]), "lines/0");
        let named = line(Debit, "513", 5).with("project", "王小明的房子");
        assert_eq!(code(vec![named, line(Credit, "102", 5)]), "lines/0/dimensions");
        let lines = vec![line(Debit, "513", 3), line(Debit, "514", 2), line(Credit, "102", 5)];
        assert!(Balanced::new(lines).is_ok());
    }

    #[test]
    fn a_reversal_takes_back_what_its_original_did() {
        let paid = payment_entry(
            AccountCode::parse("513").unwrap(),
            AccountCode::BANK,
            None,
            Money::from_fen(300),
        )
        .unwrap();
        let out = flow(paid.lines(), false);
        assert_eq!((out.income, out.expense), (Money::ZERO, Money::from_fen(300)));
        let back = flow(paid.reversed().lines(), true);
        assert_eq!((back.income, back.expense), (Money::ZERO, Money::from_fen(-300)));
        let moved = Template::Transfer {
            out_of: AccountCode::BANK,
            into: AccountCode::CASH,
            amount: Money::from_fen(9),
        };
        assert_eq!(flow(moved.build().unwrap().lines(), false), Flow::default());
    }

    #[test]
    fn a_journal_moves_no_money() {
        let lines = vec![line(Side::Debit, "513", 5), line(Side::Credit, "102", 5)];
        let refused = Template::Journal { lines }.build().unwrap_err();
        assert_eq!(refused.code, "money-without-payment");
    }

    #[test]
    fn ids_of_vouchers_read_back() {
        let unit = kernel::UnitId::new("u.1");
        let month = Month::parse("2026-03").unwrap();
        assert_eq!(parse_voucher_id(&unit, &voucher_id(&unit, month, 7)), Some((month, 7)));
        assert_eq!(parse_voucher_id(&unit, "u.2.2026-03.7"), None);
        assert_eq!(parse_voucher_id(&unit, "u.1.2026-03.+7"), None);
    }
}
