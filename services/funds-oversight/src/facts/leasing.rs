//! What is done to a contract of lease (出租): each function gives the events or says why not, whatever the definition
//! says. Reads no clock.

use kernel::{Class, Date, Draft, Money, Refusal, Text, Verdict};
use serde_json::Value;

use super::{
    archived,
    asset::{self, AssetHandedBack, AssetLet},
    contract::{
        Basis, BidPlaced, BidsOpened, Contract, ContractAwarded, ContractClosed, ContractEnded,
        ContractSigned, ContractVaried, Ending, ListingPublished, Standing, stream,
    },
    due::Schedule,
    fact, is_id, one_person,
    party::{Payee, subject_of_person},
    voucher::LARGEST,
};
use crate::{
    rules::{covered_by_resolution, law, limits},
    scene::Scene,
};

/// The code of a contract that no resolution carries.
pub const NOT_RESOLVED: &str = "lease-not-resolved";
/// The longest term of a lease, in months (CC 705).
const LONGEST_MONTHS: u32 = 240;
/// The last day and the whole rent of a term that the law allows.
fn lawful(schedule: &Schedule, rent: Money) -> Result<(Date, Money), Refusal> {
    let (every, payments) = (schedule.every, schedule.payments);
    if !(1..=12).contains(&every) || payments == 0 {
        return Err(Refusal::field(
            "every",
            Text::new(
                "租金至少一年一交，至少交一期",
                "Rent is paid at least once a year, and at least once",
            ),
            Text::new("间隔填1到12个月，期数填1以上", "1 to 12 months between, 1 payment or more"),
        ));
    }
    if schedule.months() > LONGEST_MONTHS {
        return Err(Refusal::new(
            "lease-too-long",
            Text::new(
                format!("租期{}个月，超过二十年的部分无效", schedule.months()),
                format!("{} months: a lease beyond twenty years is void", schedule.months()),
            ),
            Text::new(
                "请把租期减到240个月以内，到期可以续租",
                "Keep it within 240 months; it can be renewed then",
            ),
        )
        .by_law(law("CC 705"))
        .at("payments")
        .warns("W10"));
    }
    let fen = rent.fen().checked_mul(i64::from(payments));
    let total = fen.map(Money::from_fen).filter(|total| *total <= LARGEST);
    match (schedule.until(), total) {
        (Some(until), Some(total)) if rent.is_positive() => Ok((until, total)),
        _ => Err(Refusal::field(
            "rent",
            Text::new("每期租金应大于零", "The rent of a period is above zero"),
            Text::new(
                "请填每期租金，例如6000.00；无偿使用要走出借",
                "Give the rent of a period, such as 6000.00; what costs nothing is lent, not let",
            ),
        )
        .warns("W12")),
    }
}

/// A resolution carries what is large or long (重大事项), and any that is cited is in force.
fn resolved(
    scene: &Scene<'_>,
    resolution: Option<&str>,
    total: Money,
    months: u32,
) -> Result<(), Verdict> {
    if let Some(id) = resolution {
        covered_by_resolution::in_force(NOT_RESOLVED, scene, id)?;
        return Ok(());
    }
    let (most, longest) = (limits::lease_total(scene.today), limits::lease_months(scene.today));
    if total < most && months <= longest {
        return Ok(());
    }
    Err(Refusal::new(
        NOT_RESOLVED,
        Text::new(
            format!("合同总额{total}元、租期{months}个月，要先有决议"),
            format!("{total} yuan over {months} months need a resolution first"),
        ),
        Text::new(
            format!("总额{most}元以上或超过{longest}个月的，先由成员大会（成员代表大会）决议并公开"),
            format!("From {most} yuan or beyond {longest} months the members resolve it first and post it"),
        ),
    )
    .by_law(law("RCEO 26(8)"))
    .at("resolution")
    .into())
}

/// What a listing says.
pub struct Listing<'a> {
    /// The card of the asset.
    pub asset: &'a str,
    /// The least rent of a period, in fen.
    pub rent: Money,
    /// When it is owed.
    pub schedule: Schedule,
    /// The resolution that carries it.
    pub resolution: Option<&'a str>,
    /// The contract that it renews.
    pub renews: Option<&'a str>,
}

/// Lists an asset to be let (挂牌).
///
/// # Errors
/// When there is no such card, it is gone or let, the term is not lawful, or no resolution carries it.
pub fn list(scene: &Scene<'_>, id: &str, listing: &Listing<'_>) -> Result<Vec<Draft>, Verdict> {
    if let Some(case) = scene.contract(id) {
        return Err(not_now(case.core.standing).into());
    }
    let card = card_of(scene, listing.asset)?;
    card.is_there(listing.asset)?;
    card.is_free(listing.asset, listing.schedule.from)?;
    if let Some(old) = listing.renews {
        let of_asset = scene.contract(old).filter(|case| {
            case.core.unit == *scene.unit()
                && case.core.listing.asset == listing.asset
                && case.core.signed_by.is_some()
        });
        if of_asset.is_none_or(|case| case.core.until >= listing.schedule.from) {
            return Err(Refusal::field(
                "renews",
                Text::new(
                    "续租要写明同一资产的原合同，从原合同到期次日起",
                    "A renewal names the old contract of the same asset and begins after its last day",
                ),
                Text::new("请核对原合同和起租日期", "Check the old contract and the first day"),
            )
            .into());
        }
    }
    let (until, total) = lawful(&listing.schedule, listing.rent)?;
    resolved(scene, listing.resolution, total, listing.schedule.months())?;
    let published = ListingPublished {
        contract: id.to_owned(),
        asset: listing.asset.to_owned(),
        rent: listing.rent,
        schedule: listing.schedule,
        until,
        total,
        resolution: listing.resolution.map(str::to_owned),
        renews: listing.renews.map(str::to_owned),
        keeper: scene.place.keeper.clone(),
    };
    Ok(vec![fact(stream(id), "listing-published.v1", &published)?])
}

/// Takes a sealed bid in (收标).
///
/// # Errors
/// When they are opened already.
pub fn bid(id: &str, contract: &Contract) -> Result<Vec<Draft>, Verdict> {
    if contract.standing != Standing::Listed || contract.opened.is_some() {
        return Err(not_now(contract.standing).into());
    }
    Ok(vec![fact(stream(id), "bid-placed.v1", &BidPlaced { contract: id.to_owned() })?])
}

/// Opens the bids (开标): by another person than who listed it, as many as came.
///
/// # Errors
/// When they are opened, their number is another, or one person would do both.
pub fn open(
    id: &str,
    contract: &Contract,
    bids: u32,
    highest: Money,
    by: &str,
) -> Result<Vec<Draft>, Verdict> {
    if contract.standing != Standing::Listed || contract.opened.is_some() {
        return Err(not_now(contract.standing).into());
    }
    if contract.listed_by == by {
        return Err(one_person(Text::new(
            "挂牌的人不能自己开标",
            "Who listed it may not open the bids",
        ))
        .into());
    }
    if bids != contract.bids || bids == 0 || !highest.is_positive() {
        return Err(Refusal::field(
            "bids",
            Text::new(
                format!("收到{}份报价，这里写的是{bids}份", contract.bids),
                format!("{} bids came in, not {bids}", contract.bids),
            ),
            Text::new(
                "收到的报价要全部拆开、如实登记",
                "Open every bid that came in and enter it as it is",
            ),
        )
        .into());
    }
    let opened = BidsOpened { contract: id.to_owned(), bids, highest };
    Ok(vec![fact(stream(id), "bids-opened.v1", &opened)?])
}

/// Says who gets it (成交). Never below what was listed, nor below the highest bid.
///
/// # Errors
/// When it is awarded already, too cheap, on a ground that is not there, or by who listed it.
pub fn award(
    id: &str,
    contract: &Contract,
    tenant: Payee,
    agreed: Money,
    basis: Basis,
    by: &str,
) -> Result<Vec<Draft>, Verdict> {
    if contract.standing != Standing::Listed {
        return Err(not_now(contract.standing).into());
    }
    if contract.listed_by == by {
        return Err(one_person(Text::new(
            "挂牌的人不能自己确定成交",
            "Who listed it may not award it",
        ))
        .into());
    }
    let grounded = match basis {
        Basis::HighestBid => contract.opened.is_some(),
        Basis::Priority => contract.listing.renews.is_some() || contract.opened.is_some(),
        Basis::Resolved => contract.listing.resolution.is_some() && contract.bids == 0,
    };
    if !grounded {
        return Err(Refusal::field(
            "basis",
            Text::new("成交方式与事实不符", "That ground is not there"),
            Text::new(
                "竞价的先开标；续租写明原合同；由决议指定的写明决议，且没有人报价",
                "Bids are opened first; a renewal names the old contract; what is resolved names its resolution, and nobody bid",
            ),
        )
        .into());
    }
    let least = contract
        .opened
        .as_ref()
        .map_or(contract.listing.rent, |(highest, _)| contract.listing.rent.max(*highest));
    if agreed < least || agreed > LARGEST {
        return Err(Refusal::new(
            "let-too-cheap",
            Text::new(
                format!("每期{agreed}元，低于{least}元"),
                format!("{agreed} yuan a period is below {least}"),
            ),
            Text::new(
                "不得低于挂牌底价和最高报价；流标的请重新挂牌",
                "Not below the price listed and the highest bid; list it anew when nobody bids so much",
            ),
        )
        .by_law(law("RCEO 35"))
        .at("agreed")
        .into());
    }
    let tenant = tenant.checked()?;
    let awarded = ContractAwarded { contract: id.to_owned(), agreed, basis };
    let mut draft = fact(stream(id), "contract-awarded.v1", &awarded)?;
    let value = serde_json::to_value(&tenant).unwrap_or(Value::Null);
    draft = match tenant.person() {
        None => {
            draft.data.insert("tenant".to_owned(), value);
            draft
        }
        Some(person) => draft.sealing(archived(
            "tenant",
            value,
            Class::Sealed,
            subject_of_person(person),
            "who rents what the collective owns can be audited",
        )),
    };
    Ok(vec![draft])
}

/// Signs (签订): from now on rent falls due by itself, and the asset is let.
///
/// # Errors
/// When it was not awarded, the number is none or used, the asset is let to another, the resolution holds no more, or who
/// listed it would sign.
pub fn sign(
    scene: &Scene<'_>,
    id: &str,
    contract: &Contract,
    contract_no: &str,
    by: &str,
) -> Result<Vec<Draft>, Verdict> {
    let award = match &contract.award {
        Some(award) if contract.standing == Standing::Awarded => award,
        _ => return Err(not_now(contract.standing).into()),
    };
    if contract.listed_by == by {
        return Err(one_person(Text::new(
            "挂牌的人不能自己签合同",
            "Who listed it may not sign the contract",
        ))
        .into());
    }
    let contract_no = contract_no.trim();
    if !is_id(contract_no) {
        return Err(Refusal::field(
            "contract_no",
            Text::new("合同编号格式不对", "This is not a contract's number"),
            Text::new("请用字母、数字和连字符", "Use letters, digits and hyphens"),
        )
        .into());
    }
    let listing = &contract.listing;
    let card = card_of(scene, &listing.asset)?;
    card.is_there(&listing.asset)?;
    card.is_free(&listing.asset, listing.schedule.from)?;
    let (until, total) = lawful(&contract.schedule, award.rent)?;
    resolved(scene, contract.resolution.as_deref(), total, contract.schedule.months())?;
    let signed = ContractSigned {
        contract: id.to_owned(),
        contract_no: contract_no.to_owned(),
        asset: listing.asset.clone(),
        rent: award.rent,
        schedule: contract.schedule,
        until,
        total,
        resolution: contract.resolution.clone(),
        renews: listing.renews.clone(),
    };
    Ok(vec![fact(stream(id), "contract-signed.v1", &signed)?, held(id, contract, until)?])
}

fn held(id: &str, contract: &Contract, until: Date) -> Result<Draft, Verdict> {
    let asset = contract.listing.asset.clone();
    let from = contract.schedule.from;
    let held = AssetLet { asset: asset.clone(), contract: id.to_owned(), from, until };
    fact(asset::stream(&asset), "asset-let.v1", &held)
}

/// Changes what has not fallen due yet (合同变更): on the same level as the contract was decided.
///
/// # Errors
/// When the term is not lawful, or no resolution carries it where one carried the contract.
pub fn vary(
    scene: &Scene<'_>,
    id: &str,
    contract: &Contract,
    rent: Money,
    payments: u32,
    resolution: Option<&str>,
) -> Result<Vec<Draft>, Verdict> {
    if contract.standing != Standing::Signed {
        return Err(not_now(contract.standing).into());
    }
    let schedule = Schedule { payments, ..contract.schedule };
    let (until, total) = lawful(&schedule, rent)?;
    if schedule.due_on(contract.dues.len().try_into().unwrap_or(u32::MAX)).is_none()
        && !contract.dues.is_empty()
    {
        return Err(Refusal::field(
            "payments",
            Text::new(
                format!("已经到期{}期，不能少于这个数", contract.dues.len()),
                format!("{} payments have fallen due already: not fewer", contract.dues.len()),
            ),
            Text::new("提前终止请办终止", "A contract that stops early is ended"),
        )
        .into());
    }
    let same_level = contract.resolution.is_some() && resolution.is_none();
    if same_level || resolution == contract.resolution.as_deref() && resolution.is_some() {
        return Err(Refusal::new(
            NOT_RESOLVED,
            Text::new(
                "原合同由决议通过，变更也要有新的决议",
                "A resolution carried the contract: its change needs one of its own",
            ),
            Text::new(
                "请先按原来的程序决议并公开",
                "Let it be resolved on the same level and posted first",
            ),
        )
        .by_law(law("RCEO 26(8)"))
        .at("resolution")
        .into());
    }
    resolved(scene, resolution, total, schedule.months())?;
    let mut drafts = vec![fact(
        stream(id),
        "contract-varied.v1",
        &ContractVaried {
            contract: id.to_owned(),
            rent,
            payments,
            until,
            resolution: resolution.map(str::to_owned),
        },
    )?];
    if until != contract.until {
        let card = card_of(scene, &contract.listing.asset)?;
        if let Some((other, _)) =
            card.held.iter().find(|(c, last)| c != id && *last > contract.until)
            && until > contract.until
        {
            return Err(Refusal::field(
                "payments",
                Text::new(
                    format!("到期以后已由合同{other}出租"),
                    format!("After its last day it is let by contract {other}"),
                ),
                Text::new("请不要延长", "Do not extend it"),
            )
            .into());
        }
        drafts.push(held(id, contract, until)?);
    }
    Ok(drafts)
}

/// Ends it (合同终止) and takes the asset back; what fell due is owed on.
///
/// # Errors
/// When it is not in force, or has not expired on the day it is said to.
pub fn end(
    scene: &Scene<'_>,
    id: &str,
    contract: &Contract,
    ending: Ending,
) -> Result<Vec<Draft>, Verdict> {
    if contract.standing != Standing::Signed {
        return Err(not_now(contract.standing).into());
    }
    if ending == Ending::Expired && scene.today <= contract.until {
        return Err(Refusal::field(
            "ending",
            Text::new(
                format!("合同到{}才到期", contract.until),
                format!("It expires on {}", contract.until),
            ),
            Text::new("提前终止请写明协商或违约", "Before that it ends by agreement or for breach"),
        )
        .into());
    }
    let (asset, owed) = (contract.listing.asset.clone(), contract.owed());
    let back = AssetHandedBack { asset: asset.clone(), contract: id.to_owned() };
    let ended = ContractEnded { contract: id.to_owned(), ending, owed };
    Ok(vec![
        fact(stream(id), "contract-ended.v1", &ended)?,
        fact(asset::stream(&asset), "asset-handed-back.v1", &back)?,
    ])
}

/// Closes it (结清归档) once nothing is owed.
///
/// # Errors
/// When it has not ended, or something is owed.
pub fn close(id: &str, contract: &Contract) -> Result<Vec<Draft>, Verdict> {
    if contract.standing != Standing::Ended {
        return Err(not_now(contract.standing).into());
    }
    let owed = contract.owed();
    if owed.is_positive() {
        return Err(Refusal::new(
            "rent-still-owed",
            Text::new(format!("还欠租金{owed}元"), format!("{owed} yuan of rent are still owed")),
            Text::new("请先收清，或依法追讨", "Collect it first, or go to law"),
        )
        .by_law(law("FIN-2021"))
        .into());
    }
    Ok(vec![fact(stream(id), "contract-closed.v1", &ContractClosed { contract: id.to_owned() })?])
}

fn card_of<'a>(scene: &Scene<'a>, asset: &str) -> Result<&'a asset::Asset, Refusal> {
    let found = scene.asset(asset).filter(|case| case.core.unit == *scene.unit());
    found.map(|case| &case.core).ok_or_else(|| {
        Refusal::field(
            "asset",
            Text::new("台账里没有这项资产", "There is no such card in the register"),
            Text::new(
                "请先登记资产，再从台账里选",
                "Enter the asset first and choose it from the register",
            ),
        )
    })
}

pub(crate) fn not_now(standing: Standing) -> Refusal {
    let (zh, en) = match standing {
        Standing::Listed => ("合同还在挂牌", "It is only listed"),
        Standing::Awarded => ("已经成交，等待签订", "It is awarded and waits to be signed"),
        Standing::Signed => ("合同已经签订", "It is signed"),
        Standing::Ended => ("合同已经终止", "It has ended"),
        Standing::Closed => ("合同已经结清", "It is closed"),
    };
    Refusal::new(
        "not-now",
        Text::new(zh, en),
        Text::new("请按合同的下一步办理", "Do what comes next for this contract"),
    )
    .by_law(law("RCEO 43"))
}
