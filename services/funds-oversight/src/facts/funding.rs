//! Where headroom comes from: the yearly budget and grants (预算、专项资金). Each cites a resolution within whose limit it
//! lies, or its payments must.

use kernel::{Draft, Money, Refusal, Text, UnitId, Verdict};

use super::{
    accounts::{AccountClass, AccountCode, account},
    bookkeeping::{self, Entry},
    fact,
    paying::NOT_COVERED,
    reserve::{self, BudgetAdopted, FundReceived, ResolutionLimitOpened},
    voucher::Template,
};
use crate::{rules::covered_by_resolution, scene::Scene};

/// Takes an amount from a resolution's limit for a line or a grant.
fn allot(
    scene: &Scene<'_>,
    resolution: &str,
    to: &str,
    amount: Money,
) -> Result<Vec<Draft>, Verdict> {
    let limit = covered_by_resolution::limit_of(NOT_COVERED, scene, resolution)?;
    let mut drafts = Vec::new();
    if limit.fresh {
        drafts.push(fact(
            reserve::stream(&limit.id),
            "resolution-limit-opened.v1",
            &ResolutionLimitOpened {
                reserve: limit.id.clone(),
                resolution: resolution.to_owned(),
                limit: limit.reserve.granted,
            },
        )?);
    }
    drafts.push(limit.reserve.allot(&limit.id, to, amount)?);
    Ok(drafts)
}

fn new_headroom(scene: &Scene<'_>, id: &str) -> Result<(), Refusal> {
    let reserved = id.starts_with(reserve::OF_RESOLUTION);
    if scene.reserve(id).is_none() && super::is_id(id) && !reserved {
        return Ok(());
    }
    Err(Refusal::field(
        "reserve",
        Text::new("这个额度编号已经有了或者不对", "This id of a headroom is taken or malformed"),
        Text::new("请换一个编号", "Choose another id"),
    ))
}

/// Enters a line of the yearly budget as the resolution adopted it (预算).
///
/// # Errors
/// When the resolution does not cover it, or the account is no spending.
pub fn adopt_budget(
    scene: &Scene<'_>,
    id: &str,
    line: AccountCode,
    year: i16,
    amount: Money,
    resolution: &str,
) -> Result<Vec<Draft>, Verdict> {
    new_headroom(scene, id)?;
    if line.is_money() || account(line).is_none_or(|a| a.class == AccountClass::Income) {
        return Err(Refusal::field(
            "line",
            Text::new(
                "预算支出要列到支出、资产或欠款科目",
                "A budget line is spending, an asset or a debt",
            ),
            Text::new("例如513管理费用", "Such as 513, administrative expenses"),
        )
        .into());
    }
    let mut drafts = allot(scene, resolution, id, amount)?;
    let adopted = BudgetAdopted {
        reserve: id.to_owned(),
        line,
        year,
        amount,
        resolution: resolution.to_owned(),
    };
    drafts.insert(0, fact(reserve::stream(id), "budget-adopted.v1", &adopted)?);
    Ok(drafts)
}

/// What came, from whom, into which account.
pub struct Grant<'a> {
    /// The document number, as an id.
    pub reference: &'a str,
    /// From which unit.
    pub from_unit: &'a UnitId,
    /// In fen.
    pub amount: Money,
    /// The resolution on its use, when there is one for the whole.
    pub resolution: Option<&'a str>,
    /// The bank account.
    pub bank_account: &'a str,
    /// The summary of the voucher.
    pub summary: &'a str,
}

/// Enters a grant (专项资金): headroom, and a voucher 102 / 241 in the same decision.
///
/// # Errors
/// When its reference is no id, the resolution does not cover it, or the account is not the collective's.
pub fn receive(scene: &Scene<'_>, id: &str, grant: &Grant<'_>) -> Result<Vec<Draft>, Verdict> {
    new_headroom(scene, id)?;
    if !super::is_id(grant.reference) {
        return Err(Refusal::field(
            "reference",
            Text::new("文号格式不对", "This is not a document number"),
            Text::new("请用字母、数字和连字符", "Use letters, digits and hyphens"),
        )
        .into());
    }
    if scene.account(grant.bank_account).is_none_or(|a| a.unit != *scene.unit()) {
        return Err(Refusal::field(
            "bank_account",
            Text::new("不是本集体登记的账户", "This account is not recorded as the collective's"),
            Text::new("请从登记的账户里选", "Choose a recorded account"),
        )
        .into());
    }
    let special = AccountCode::parse("241")
        .ok_or_else(|| Verdict::Unavailable("the chart of accounts lacks 241".to_owned()))?;
    let lines = Template::Receipt {
        into: AccountCode::BANK,
        from: special,
        amount: grant.amount,
        bank_account: Some(grant.bank_account.to_owned()),
    }
    .build()?;
    let mut drafts = match grant.resolution {
        Some(resolution) => allot(scene, resolution, id, grant.amount)?,
        None => Vec::new(),
    };
    let received = FundReceived {
        reserve: id.to_owned(),
        reference: grant.reference.to_owned(),
        from_unit: grant.from_unit.clone(),
        amount: grant.amount,
        resolution: grant.resolution.map(str::to_owned),
    };
    drafts.insert(0, fact(reserve::stream(id), "fund-received.v1", &received)?);
    let entry = Entry { date: scene.today, summary: grant.summary, payment: None, reverses: None };
    let (_, voucher) = bookkeeping::post(scene.book(), scene.unit(), lines, &entry, scene.today)?;
    drafts.push(voucher);
    Ok(drafts)
}
