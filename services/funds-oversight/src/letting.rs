//! What the core offers to definitions about assets, contracts of lease and money from above: events with what each needs, and the guard.

use definitions::{ContractEvent, EventField, TypeSpec};
use kernel::Class;

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn words(list: &[&str]) -> TypeSpec {
    TypeSpec::Enum(names(list))
}

fn refers(to: &str) -> TypeSpec {
    TypeSpec::Ref(to.to_owned())
}

fn public(name: &str, kind: TypeSpec) -> EventField {
    EventField::new(name, kind, Class::Public)
}

fn perhaps(name: &str, kind: TypeSpec) -> EventField {
    EventField::optional(name, kind, Class::Public)
}

fn after(
    name: &str,
    fact: &str,
    (only_after, four_eyes_with): (&[&str], &[&str]),
    law: &str,
    fields: Vec<EventField>,
) -> ContractEvent {
    ContractEvent {
        only_after: names(only_after),
        four_eyes_with: names(four_eyes_with),
        law: Some(law.to_owned()),
        ..ContractEvent::new(name, fact, fields)
    }
}

/// Events of the register of assets.
fn assets() -> Vec<ContractEvent> {
    let card = vec![
        public("card", refers("card")),
        public("class", words(&["operating", "public", "resource"])),
        public("name", TypeSpec::Text),
        public("where", TypeSpec::Text),
        perhaps("cost", TypeSpec::Money),
        public("since", TypeSpec::Date),
    ];
    let conditions = ["in-use", "idle", "let", "lent", "damaged", "missing"];
    let disposal = vec![
        public("manner", words(&["sold", "scrapped", "handed-over"])),
        perhaps("proceeds", TypeSpec::Money),
        public("resolution", refers("resolution")),
    ];
    let registered: &[&str] = &["AssetRegistered"];
    vec![
        ContractEvent::new("AssetRegistered", "asset-registered.v1", card),
        after(
            "AssetSeen",
            "asset-seen.v1",
            (registered, &[]),
            "RCEO 43",
            vec![public("condition", words(&conditions))],
        ),
        after("AssetDisposed", "asset-disposed.v1", (registered, registered), "RCEO 43", disposal),
    ]
}

/// Events of a contract of lease.
fn contracts() -> Vec<ContractEvent> {
    let listing = vec![
        public("asset", refers("asset")),
        public("rent", TypeSpec::Money),
        public("from", TypeSpec::Date),
        public("every", TypeSpec::Count),
        public("payments", TypeSpec::Count),
        perhaps("resolution", refers("resolution")),
        perhaps("renews", refers("contract")),
    ];
    let bid = vec![
        EventField::party("bidder", Class::Sealed, Class::Sealed),
        EventField::new("offer", TypeSpec::Money, Class::Sealed),
    ];
    let award = vec![
        EventField::party("tenant", Class::Public, Class::Sealed),
        public("agreed", TypeSpec::Money),
        public("basis", words(&["highest-bid", "priority", "resolved"])),
    ];
    let receipt = vec![
        public("amount", TypeSpec::Money),
        perhaps("on", TypeSpec::Date),
        public("bank_account", refers("bank-account")),
    ];
    let change = vec![
        public("new_rent", TypeSpec::Money),
        public("new_payments", TypeSpec::Count),
        perhaps("resolution", refers("resolution")),
    ];
    let listed: &[&str] = &["ListingPublished"];
    let signed: &[&str] = &["ContractSigned"];
    vec![
        ContractEvent::new("ListingPublished", "listing-published.v1", listing),
        after("BidPlaced", "bid-placed.v1", (listed, &[]), "RCEO 43", bid),
        after(
            "BidsOpened",
            "bids-opened.v1",
            (listed, listed),
            "RCEO 43",
            vec![public("bids", TypeSpec::Count), public("highest", TypeSpec::Money)],
        ),
        after("ContractAwarded", "contract-awarded.v1", (listed, listed), "RCEO 35", award),
        after(
            "ContractSigned",
            "contract-signed.v1",
            (&["ContractAwarded"], listed),
            "RCEO 43",
            vec![public("contract_no", refers("contract-number")).claimed()],
        ),
        after("RentReceived", "rent-received.v1", (signed, &[]), "RCEO 44", receipt),
        after("ContractVaried", "contract-varied.v1", (signed, &[]), "RCEO 26(8)", change),
        after(
            "ContractEnded",
            "contract-ended.v1",
            (signed, &[]),
            "RCEO 43",
            vec![public("ending", words(&["expired", "by-agreement", "for-breach"]))],
        ),
        after(
            "ContractClosed",
            "contract-closed.v1",
            (&["ContractEnded"], &[]),
            "FIN-2021",
            Vec::new(),
        ),
    ]
}

/// Events of money from above: the giver's, and those of who gets it.
pub(crate) fn grants() -> Vec<ContractEvent> {
    let offer = vec![
        public("reference", refers("document")).claimed(),
        public("to_unit", refers("unit")),
        public("amount", TypeSpec::Money),
        public("purpose", TypeSpec::Text),
    ];
    let offered: &[&str] = &["FundAllocated"];
    let law = "FIN-2021";
    let heard = |name: &str, fact: &str| {
        let fields = vec![perhaps("accepted", TypeSpec::Money)];
        after(name, fact, (offered, &[]), law, fields)
    };
    let answered = |name: &str, fact: &str| {
        let fields = vec![
            public("allocation", refers("allocation")),
            perhaps("accepted", TypeSpec::Money),
            perhaps("bank_account", refers("bank-account")),
            perhaps("resolution", refers("resolution")),
        ];
        ContractEvent { law: Some(law.to_owned()), ..ContractEvent::new(name, fact, fields) }
    };
    let back = vec![
        public("amount", TypeSpec::Money),
        perhaps("on", TypeSpec::Date),
        perhaps("bank_account", refers("bank-account")),
    ];
    let sums = vec![perhaps("spent", TypeSpec::Money), perhaps("returned", TypeSpec::Money)];
    vec![
        ContractEvent::new("FundAllocated", "fund-allocated.v1", offer),
        heard("AllocationTaken", "allocation-taken.v1"),
        heard("AllocationTakenInPart", "allocation-taken-in-part.v1"),
        heard("AllocationRefused", "allocation-refused.v1"),
        after("AllocationClosed", "allocation-closed.v1", (offered, &[]), law, sums),
        answered("GrantTaken", "grant-taken.v1"),
        answered("GrantTakenInPart", "grant-taken-in-part.v1"),
        answered("GrantRefused", "grant-refused.v1"),
        after("GrantReturned", "grant-returned.v1", (&[], &[]), law, back),
        after("GrantClosed", "grant-closed.v1", (&[], &[]), law, Vec::new()),
    ]
}

/// All of them.
pub(crate) fn events() -> impl Iterator<Item = ContractEvent> {
    assets().into_iter().chain(contracts())
}
