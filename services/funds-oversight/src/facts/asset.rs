//! A card of the register of assets (资产台账), stream `asset/<unit>.<card>`. Knows no lessee and no course.
//!
//! A card is never overwritten: each event says what was found on a day, and by whom. Under any definition: one card a
//! number, nothing is disposed of without a resolution, by one person alone, or while it is let.

use kernel::{Date, Draft, Event, Money, Refusal, StreamId, Text, UnitId, Verdict};
use serde::{Deserialize, Serialize};

use super::{fact, is_id, one_person};
use crate::{
    rules::{covered_by_resolution, law},
    scene::Scene,
};

/// The code of a disposal that no resolution carries.
const NOT_RESOLVED: &str = "disposal-not-resolved";

/// What kind of asset a card is about (RCEO 36).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssetClass {
    /// 经营性资产: let or used to earn.
    Operating,
    /// 非经营性资产: schools, clinics, roads, water.
    Public,
    /// 资源性资产: land, forest, water.
    Resource,
}

/// How it was found (资产状况).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// 自用
    InUse,
    /// 闲置
    Idle,
    /// 出租
    Let,
    /// 出借
    Lent,
    /// 损坏
    Damaged,
    /// 找不到
    Missing,
}

/// How it left the collective (处置方式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// 出售
    Sold,
    /// 报废
    Scrapped,
    /// 划转
    HandedOver,
}

/// `asset-registered.v1` (资产登记); what it is and where lies beside the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssetRegistered {
    /// The card: see [`id_of`].
    pub asset: String,
    /// Its number in the village.
    pub card: String,
    /// What kind.
    pub class: AssetClass,
    /// What it cost, in fen; none where nobody knows or it never had a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// Since when the collective has it.
    pub since: Date,
    /// The unit that keeps the log.
    pub keeper: UnitId,
}

/// `asset-seen.v1` (资产查看): somebody looked, and this is what they found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssetSeen {
    /// The card.
    pub asset: String,
    /// How it was found.
    pub condition: Condition,
}

/// `asset-let.v1` (资产出租): a contract gives it to somebody until a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssetLet {
    /// The card.
    pub asset: String,
    /// The contract.
    pub contract: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

/// `asset-handed-back.v1` (资产交还)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssetHandedBack {
    /// The card.
    pub asset: String,
    /// The contract that ended.
    pub contract: String,
}

/// `asset-disposed.v1` (资产处置)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssetDisposed {
    /// The card.
    pub asset: String,
    /// How.
    pub manner: Manner,
    /// What it brought, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proceeds: Option<Money>,
    /// The resolution that carries it.
    pub resolution: String,
}

/// The state: what is known of it now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// Whose.
    pub unit: UnitId,
    /// The unit that keeps the log.
    pub keeper: UnitId,
    /// What kind.
    pub class: AssetClass,
    /// What it cost, in fen.
    pub cost: Option<Money>,
    /// Who entered it.
    pub registered_by: String,
    /// How it was found last.
    pub condition: Option<Condition>,
    /// The contracts that hold it, with the last day of each: one now, perhaps the one that follows.
    pub held: Vec<(String, Date)>,
    /// It is gone.
    pub disposed: bool,
}

/// The id of a card: village and number, so that no number is there twice.
pub fn id_of(unit: &UnitId, card: &str) -> String {
    format!("{unit}.{}", card.trim())
}

/// The stream of a card.
pub fn stream(asset: &str) -> StreamId {
    StreamId::of("asset", asset)
}

/// Enters a card (资产登记).
///
/// # Errors
/// When the number is none or is there, the day lies ahead, or the cost is below zero.
pub fn register(scene: &Scene<'_>, registered: &AssetRegistered) -> Result<Draft, Verdict> {
    let card = &registered.card;
    if !is_id(card) || card.len() > 40 {
        return Err(Refusal::field(
            "card",
            Text::new("资产卡号格式不对", "This is not a card's number"),
            Text::new(
                "请用字母、数字和连字符，不超过40位",
                "Letters, digits and hyphens, at most 40",
            ),
        )
        .into());
    }
    if scene.asset(&registered.asset).is_some() {
        return Err(Refusal::new(
            "card-exists",
            Text::new(format!("卡号{card}已经登记"), format!("Card {card} is in the register")),
            Text::new(
                "请打开已有的卡片，或者换一个卡号",
                "Open that card, or choose another number",
            ),
        )
        .by_law(law("RCEO 36"))
        .at("card")
        .into());
    }
    if registered.since > scene.today {
        return Err(Refusal::field(
            "since",
            Text::new("取得日期还没到", "That day lies ahead"),
            Text::new(
                format!("请填{}或之前", scene.today),
                format!("Give {} or before", scene.today),
            ),
        )
        .into());
    }
    priced("cost", registered.cost)?;
    fact(stream(&registered.asset), "asset-registered.v1", registered)
}

fn priced(field: &str, amount: Option<Money>) -> Result<(), Refusal> {
    if amount.is_none_or(|amount| amount.is_positive() && amount <= super::voucher::LARGEST) {
        return Ok(());
    }
    Err(Refusal::field(
        field,
        Text::new("金额应大于零", "The amount is above zero"),
        Text::new("没有或者不知道的就不填", "Leave it out where there is none or nobody knows"),
    ))
}

/// Looks at it (资产查看).
///
/// # Errors
/// When it is gone.
pub fn see(id: &str, asset: &Asset, condition: Condition) -> Result<Draft, Verdict> {
    asset.is_there(id)?;
    fact(stream(id), "asset-seen.v1", &AssetSeen { asset: id.to_owned(), condition })
}

/// Disposes of it (资产处置).
///
/// # Errors
/// When it is gone or let, no resolution in force carries it, or who entered the card would do it alone.
pub fn dispose(
    scene: &Scene<'_>,
    id: &str,
    asset: &Asset,
    disposed: &AssetDisposed,
    by: &str,
) -> Result<Draft, Verdict> {
    asset.is_there(id)?;
    asset.is_free(id, Date::MIN)?;
    if asset.registered_by == by {
        return Err(one_person(Text::new(
            "登记资产的人不能自己处置",
            "Who entered an asset may not dispose of it",
        ))
        .into());
    }
    priced("proceeds", disposed.proceeds)?;
    covered_by_resolution::in_force(NOT_RESOLVED, scene, &disposed.resolution)?;
    fact(stream(id), "asset-disposed.v1", disposed)
}

impl Asset {
    /// Whether the collective still has it.
    ///
    /// # Errors
    /// When it was disposed of.
    pub fn is_there(&self, id: &str) -> Result<(), Refusal> {
        if !self.disposed {
            return Ok(());
        }
        Err(Refusal::new(
            "asset-gone",
            Text::new(format!("资产{id}已经处置"), format!("Asset {id} was disposed of")),
            Text::new("已处置的资产只能查看历史", "Of what is gone only the history is left"),
        )
        .by_law(law("RCEO 36"))
        .at("asset"))
    }

    /// Whether no contract holds it on a day or later.
    ///
    /// # Errors
    /// When one does.
    pub fn is_free(&self, id: &str, from: Date) -> Result<(), Refusal> {
        let Some((contract, until)) = self.held.iter().find(|(_, until)| *until >= from) else {
            return Ok(());
        };
        Err(Refusal::new(
            "asset-let-already",
            Text::new(
                format!("资产{id}已经由合同{contract}出租到{until}"),
                format!("Asset {id} is let until {until} by contract {contract}"),
            ),
            Text::new(
                "请先按合同收回，或者从到期次日起续租",
                "Take it back first, or let it anew from the day after",
            ),
        )
        .by_law(law("RCEO 43"))
        .at("asset"))
    }

    /// The state after an event of the stream.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        match (event.fact(), this) {
            ("asset-registered.v1", None) => {
                let registered: AssetRegistered = event.read().ok()?;
                let holder = kernel::Actor::parse_official(&event.actor).map(|(_, h)| h);
                Some(Self {
                    unit: event.unit.clone(),
                    keeper: registered.keeper,
                    class: registered.class,
                    cost: registered.cost,
                    registered_by: holder.unwrap_or(&event.actor).to_owned(),
                    condition: None,
                    held: Vec::new(),
                    disposed: false,
                })
            }
            (kind, Some(mut asset)) => {
                asset.apply(kind, event);
                Some(asset)
            }
            (_, None) => None,
        }
    }

    fn apply(&mut self, kind: &str, event: &Event) {
        match kind {
            "asset-seen.v1" => {
                if let Ok(seen) = event.read::<AssetSeen>() {
                    self.condition = Some(seen.condition);
                }
            }
            "asset-let.v1" => {
                if let Ok(let_to) = event.read::<AssetLet>() {
                    self.held.retain(|(contract, _)| *contract != let_to.contract);
                    self.held.push((let_to.contract, let_to.until));
                }
            }
            "asset-handed-back.v1" => {
                if let Ok(back) = event.read::<AssetHandedBack>() {
                    self.held.retain(|(contract, _)| *contract != back.contract);
                }
            }
            "asset-disposed.v1" => self.disposed = true,
            _ => {}
        }
    }
}
