//! From a step on a card, a contract or money from above to events of the core: reads what was typed. Moves nothing itself.

use definitions::Definition;
use kernel::{Date, Draft, Money, Refusal, Text, UnitId, Verdict};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    ask::Take,
    facts::{
        allocation::{self, FundAllocated},
        asset::{self, AssetDisposed, AssetRegistered},
        contract::{Contract, Ending},
        due::Schedule,
        grant::{self, Answer},
        leasing::{self, Listing},
        party::Payee,
        rent::{self, Received},
    },
    procedures::{Subject, unknown},
    scene::Scene,
};

/// The fields that were typed.
struct Typed<'m>(&'m Map<String, Value>);

impl Typed<'_> {
    fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T, Refusal> {
        self.maybe(name)?.ok_or_else(|| {
            Refusal::field(
                name,
                Text::new("这一项没有填", "This was left out"),
                Text::new("请填写", "Fill it in"),
            )
        })
    }

    fn maybe<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Refusal> {
        let Some(value) = self.0.get(name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        serde_json::from_value(value.clone()).map(Some).map_err(|error| {
            Refusal::field(
                name,
                Text::new(format!("填写有误：{error}"), format!("It is malformed: {error}")),
                Text::new("请检查填写的内容", "Check what was typed"),
            )
        })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

/// The id that a thing has before its first step: a card's by its number, a grant's by the offer that it answers.
pub fn natural_id(definition: &Definition, unit: &UnitId, take: &Take) -> Option<String> {
    match definition.stream.as_str() {
        _ if take.on.is_some() => None,
        "asset" => Some(asset::id_of(unit, take.text("card")?)),
        "grant" => Some(take.text("allocation")?.trim().to_owned()),
        _ => None,
    }
}

/// What a step on a card or a contract writes; `None` for a fact that is neither's.
///
/// # Errors
/// What the core refuses whatever the definition says.
pub fn events(
    scene: &Scene<'_>,
    subject: &Subject<'_>,
    fact: &str,
    fields: &Map<String, Value>,
) -> Result<Option<Vec<Draft>>, Verdict> {
    let Subject { id, by } = *subject;
    let typed = Typed(fields);
    let drafts = match fact {
        "asset-registered.v1" => {
            let registered = AssetRegistered {
                asset: id.to_owned(),
                card: typed.get::<String>("card")?.trim().to_owned(),
                class: typed.get("class")?,
                cost: typed.maybe("cost")?,
                since: typed.get::<Date>("since")?,
                keeper: scene.place.keeper.clone(),
            };
            vec![asset::register(scene, &registered)?]
        }
        "asset-seen.v1" => vec![asset::see(id, card(scene, id)?, typed.get("condition")?)?],
        "asset-disposed.v1" => {
            let disposed = AssetDisposed {
                asset: id.to_owned(),
                manner: typed.get("manner")?,
                proceeds: typed.maybe("proceeds")?,
                resolution: typed.get("resolution")?,
            };
            vec![asset::dispose(scene, id, card(scene, id)?, &disposed, by)?]
        }
        "listing-published.v1" => {
            let listing = Listing {
                asset: &typed.get::<String>("asset")?,
                rent: typed.get("rent")?,
                schedule: Schedule {
                    from: typed.get("from")?,
                    every: typed.get("every")?,
                    payments: typed.get("payments")?,
                },
                resolution: typed.text("resolution"),
                renews: typed.text("renews"),
            };
            leasing::list(scene, id, &listing)?
        }
        "bid-placed.v1" => leasing::bid(id, contract(scene, id)?)?,
        "bids-opened.v1" => {
            let (bids, highest) = (typed.get("bids")?, typed.get("highest")?);
            leasing::open(id, contract(scene, id)?, bids, highest, by)?
        }
        "contract-awarded.v1" => {
            let tenant: Payee = typed.get("tenant")?;
            let (agreed, basis) = (typed.get::<Money>("agreed")?, typed.get("basis")?);
            leasing::award(id, contract(scene, id)?, tenant, agreed, basis, by)?
        }
        "contract-signed.v1" => {
            let number: String = typed.get("contract_no")?;
            leasing::sign(scene, id, contract(scene, id)?, &number, by)?
        }
        "rent-received.v1" => {
            let received = Received {
                amount: typed.get("amount")?,
                on: typed.maybe("on")?.unwrap_or(scene.today),
                bank_account: &typed.get::<String>("bank_account")?,
            };
            rent::receive(scene, id, contract(scene, id)?, &received)?
        }
        "contract-varied.v1" => {
            let (rent, payments) = (typed.get("new_rent")?, typed.get("new_payments")?);
            let carried = typed.text("resolution");
            leasing::vary(scene, id, contract(scene, id)?, rent, payments, carried)?
        }
        "contract-ended.v1" => {
            leasing::end(scene, id, contract(scene, id)?, typed.get::<Ending>("ending")?)?
        }
        "fund-allocated.v1" => {
            let offer = FundAllocated {
                allocation: id.to_owned(),
                reference: typed.get::<String>("reference")?.trim().to_owned(),
                to_unit: typed.get("to_unit")?,
                amount: typed.get("amount")?,
                keeper: scene.place.keeper.clone(),
            };
            vec![allocation::allocate(scene, &offer)?]
        }
        "allocation-taken.v1" | "allocation-taken-in-part.v1" | "allocation-refused.v1" => {
            let accepted = typed.maybe("accepted")?.unwrap_or_default();
            vec![allocation::hear_answer(id, offer(scene, id)?, fact, accepted)?]
        }
        "allocation-closed.v1" => {
            let spent = typed.maybe("spent")?.unwrap_or_default();
            let returned = typed.maybe("returned")?.unwrap_or_default();
            vec![allocation::hear_close(id, offer(scene, id)?, spent, returned)?]
        }
        "grant-taken.v1" | "grant-taken-in-part.v1" | "grant-refused.v1" => {
            let said = Answer {
                kind: fact,
                accepted: typed.maybe("accepted")?,
                bank_account: typed.text("bank_account"),
                resolution: typed.text("resolution"),
            };
            grant::answer(scene, id, &said)?
        }
        "grant-returned.v1" => {
            let on = typed.maybe("on")?.unwrap_or(scene.today);
            let account: String = typed.get("bank_account")?;
            let back = (typed.get("amount")?, on, account.as_str());
            grant::give_back(scene, id, granted(scene, id)?, back, by)?
        }
        "grant-closed.v1" => grant::close(scene, id, granted(scene, id)?)?,
        "contract-closed.v1" => leasing::close(id, contract(scene, id)?)?,
        _ => return Ok(None),
    };
    Ok(Some(drafts))
}

fn card<'a>(scene: &Scene<'a>, id: &str) -> Result<&'a asset::Asset, Verdict> {
    let found = scene.asset(id).filter(|case| case.core.unit == *scene.unit());
    found.map(|case| &case.core).ok_or_else(|| unknown(id))
}

fn offer<'a>(scene: &Scene<'a>, id: &str) -> Result<&'a allocation::Allocation, Verdict> {
    let found = scene.allocation(id).filter(|case| case.core.unit == *scene.unit());
    found.map(|case| &case.core).ok_or_else(|| unknown(id))
}

fn granted<'a>(scene: &Scene<'a>, id: &str) -> Result<&'a grant::Grant, Verdict> {
    let found = scene.grant(id).filter(|case| case.core.unit == *scene.unit());
    found.map(|case| &case.core).ok_or_else(|| unknown(id))
}

fn contract<'a>(scene: &Scene<'a>, id: &str) -> Result<&'a Contract, Verdict> {
    let found = scene.contract(id).filter(|case| case.core.unit == *scene.unit());
    found.map(|case| &case.core).ok_or_else(|| unknown(id))
}
