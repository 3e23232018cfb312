//! A contract of lease (租赁、发包合同), stream `contract/<id>`: from the listing to the last rent. Knows no post and no order.
//!
//! Under any definition: the term is within the law, nothing is let below the price that was listed, by one person alone
//! or twice at once; rent falls due by itself, each due once and in order; nothing is paid that is not owed.

use kernel::{Date, Deadline, Event, Money, StreamId, Timestamp, UnitId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::due::{Due, Schedule, owed};

/// What the core's own deadlines begin with: `due-7`.
const DUE: &str = "due-";

/// `listing-published.v1` (挂牌公告): what is to be let, from when, how long, for how much at least.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListingPublished {
    /// The contract that is to come of it.
    pub contract: String,
    /// The card of the asset.
    pub asset: String,
    /// The least rent of a period, in fen.
    pub rent: Money,
    /// When it is owed.
    #[serde(flatten)]
    pub schedule: Schedule,
    /// Last day of the term.
    pub until: Date,
    /// The least rent of the whole term, in fen.
    pub total: Money,
    /// The resolution that carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    /// The contract that it renews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renews: Option<String>,
    /// The unit that keeps the log.
    pub keeper: UnitId,
}

/// `bid-placed.v1` (报价); who bids and how much is sealed until the opening.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BidPlaced {
    /// The contract.
    pub contract: String,
}

/// `bids-opened.v1` (开标)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BidsOpened {
    /// The contract.
    pub contract: String,
    /// How many there were.
    pub bids: u32,
    /// The highest rent of a period that was offered, in fen.
    pub highest: Money,
}

/// On what ground somebody gets the contract (成交方式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// 价高者得
    HighestBid,
    /// 原承租人或成员同等条件优先 (LCL 51, CC 734)
    Priority,
    /// 决议指定
    Resolved,
}

/// `contract-awarded.v1` (成交); the tenant is an organisation's name or a commitment to a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContractAwarded {
    /// The contract.
    pub contract: String,
    /// The rent of a period, in fen.
    pub agreed: Money,
    /// On what ground.
    pub basis: Basis,
}

/// `contract-signed.v1` (合同签订)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContractSigned {
    /// The contract.
    pub contract: String,
    /// Its number on paper: one contract a number.
    pub contract_no: String,
    /// The card of the asset.
    pub asset: String,
    /// The rent of a period, in fen.
    pub rent: Money,
    /// When it is owed.
    #[serde(flatten)]
    pub schedule: Schedule,
    /// Last day of the term.
    pub until: Date,
    /// The rent of the whole term, in fen.
    pub total: Money,
    /// The resolution that carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    /// The contract that it renews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renews: Option<String>,
}

/// `due-arisen.v1` (租金到期): by itself, on its day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DueArisen {
    /// The contract.
    pub contract: String,
    /// Its number, from 1.
    pub number: u32,
    /// When.
    pub due_on: Date,
    /// In fen.
    pub amount: Money,
    /// The voucher that made it a claim; none where no month was open to take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voucher: Option<String>,
}

/// `rent-received.v1` (收到租金)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RentReceived {
    /// The contract.
    pub contract: String,
    /// In fen.
    pub amount: Money,
    /// The day on the bank's slip.
    pub on: Date,
    /// The account it came into.
    pub bank_account: String,
    /// The voucher.
    pub voucher: String,
    /// What is still owed after it, in fen.
    pub owed: Money,
}

/// `due-settled.v1` (租金结清或部分收取): what of the money went to which due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DueSettled {
    /// The contract.
    pub contract: String,
    /// The due.
    pub number: u32,
    /// In fen.
    pub amount: Money,
    /// What is left of the due, in fen.
    pub left: Money,
    /// The voucher of the receipt.
    pub voucher: String,
}

/// `contract-varied.v1` (合同变更): for what has not fallen due yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContractVaried {
    /// The contract.
    pub contract: String,
    /// The rent of a period from the next due on, in fen.
    pub rent: Money,
    /// How many payments in all.
    pub payments: u32,
    /// Last day of the term.
    pub until: Date,
    /// The resolution that carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
}

/// How a contract ends (终止方式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// 到期
    Expired,
    /// 协商解除
    ByAgreement,
    /// 违约解除 (LCL 64, CC 722)
    ForBreach,
}

/// `contract-ended.v1` (合同终止): the asset is handed back; what fell due before is owed on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContractEnded {
    /// The contract.
    pub contract: String,
    /// How.
    pub ending: Ending,
    /// What is still owed, in fen.
    pub owed: Money,
}

/// `contract-closed.v1` (合同结清归档): nothing is owed any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContractClosed {
    /// The contract.
    pub contract: String,
}

/// Who got it and for how much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Award {
    /// The rent of a period, in fen.
    pub rent: Money,
    /// An organisation's name; nothing for a person.
    pub organisation: Option<String>,
    /// Who awarded it.
    pub by: String,
}

/// How far a contract has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// 已挂牌
    Listed,
    /// 已成交
    Awarded,
    /// 履行中
    Signed,
    /// 已终止
    Ended,
    /// 已结清
    Closed,
}

/// The state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    /// Whose.
    pub unit: UnitId,
    /// The listing as it stands in the log.
    pub listing: ListingPublished,
    /// Who listed it.
    pub listed_by: String,
    /// Bids that came.
    pub bids: u32,
    /// The highest bid and who opened them.
    pub opened: Option<(Money, String)>,
    /// The award.
    pub award: Option<Award>,
    /// The number on paper.
    pub contract_no: Option<String>,
    /// Who signed for the collective.
    pub signed_by: Option<String>,
    /// The rent of the next due, in fen.
    pub rent: Money,
    /// When rent is owed.
    pub schedule: Schedule,
    /// Last day of the term.
    pub until: Date,
    /// The resolution that carries it now.
    pub resolution: Option<String>,
    /// What has fallen due.
    pub dues: Vec<Due>,
    /// How far it has come.
    pub standing: Standing,
}

/// The stream of a contract.
pub fn stream(contract: &str) -> StreamId {
    StreamId::of("contract", contract)
}

impl Contract {
    /// Unpaid, in fen.
    pub fn owed(&self) -> Money {
        owed(&self.dues)
    }

    /// The next due: number and day.
    pub fn next_due(&self) -> Option<(u32, Date)> {
        let number = self.dues.last().map_or(0, |due| due.number).checked_add(1)?;
        Some((number, self.schedule.due_on(number)?))
    }

    /// Everybody who has acted on it before it was signed.
    pub fn actors(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.listed_by.as_str())
            .chain(self.opened.iter().map(|(_, by)| by.as_str()))
            .chain(self.award.iter().map(|award| award.by.as_str()))
    }

    /// What it has open by itself: the next due alone, so that none is missed, doubled or out of order.
    pub fn deadlines(&self) -> Vec<Deadline> {
        if self.standing != Standing::Signed {
            return Vec::new();
        }
        let next = self.next_due().into_iter();
        next.map(|(number, on)| Deadline {
            name: format!("{DUE}{number}"),
            due_at: Timestamp::start_of(on),
        })
        .collect()
    }

    /// The state after an event of the stream.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        match (event.fact(), this) {
            ("listing-published.v1", None) => {
                let listing: ListingPublished = event.read().ok()?;
                Some(Self {
                    unit: event.unit.clone(),
                    listed_by: who(event),
                    bids: 0,
                    opened: None,
                    award: None,
                    contract_no: None,
                    signed_by: None,
                    rent: listing.rent,
                    schedule: listing.schedule,
                    until: listing.until,
                    resolution: listing.resolution.clone(),
                    dues: Vec::new(),
                    standing: Standing::Listed,
                    listing,
                })
            }
            (kind, Some(mut contract)) => {
                contract.apply(kind, event);
                Some(contract)
            }
            (_, None) => None,
        }
    }

    fn apply(&mut self, kind: &str, event: &Event) {
        match kind {
            "bid-placed.v1" => self.bids = self.bids.saturating_add(1),
            "bids-opened.v1" => {
                if let Ok(opened) = event.read::<BidsOpened>() {
                    self.opened = Some((opened.highest, who(event)));
                }
            }
            "contract-awarded.v1" => {
                if let Ok(awarded) = event.read::<ContractAwarded>() {
                    let tenant = event.data.get("tenant").and_then(|t| t.get("organisation"));
                    let organisation = tenant.and_then(Value::as_str).map(str::to_owned);
                    self.award = Some(Award { rent: awarded.agreed, organisation, by: who(event) });
                    self.standing = Standing::Awarded;
                }
            }
            "contract-signed.v1" => {
                if let Ok(signed) = event.read::<ContractSigned>() {
                    self.contract_no = Some(signed.contract_no);
                    self.signed_by = Some(who(event));
                    self.rent = signed.rent;
                    self.standing = Standing::Signed;
                }
            }
            "contract-varied.v1" => {
                if let Ok(varied) = event.read::<ContractVaried>() {
                    self.rent = varied.rent;
                    self.schedule.payments = varied.payments;
                    self.until = varied.until;
                    self.resolution = varied.resolution.or(self.resolution.take());
                }
            }
            "contract-ended.v1" => self.standing = Standing::Ended,
            "contract-closed.v1" => self.standing = Standing::Closed,
            _ => self.owe(kind, event),
        }
    }

    fn owe(&mut self, kind: &str, event: &Event) {
        if kind == "due-arisen.v1"
            && let Ok(arisen) = event.read::<DueArisen>()
        {
            let DueArisen { number, due_on, amount, voucher, .. } = arisen;
            self.dues.push(Due { number, due_on, amount, settled: Money::ZERO, voucher });
        }
        if kind == "due-settled.v1"
            && let Ok(settled) = event.read::<DueSettled>()
            && let Some(due) = self.dues.iter_mut().find(|due| due.number == settled.number)
        {
            due.settled = due.settled.saturating_add(settled.amount);
        }
    }
}

fn who(event: &Event) -> String {
    kernel::Actor::parse_official(&event.actor)
        .map_or_else(|| event.actor.clone(), |(_, holder)| holder.to_owned())
}
