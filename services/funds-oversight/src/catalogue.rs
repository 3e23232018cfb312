//! What the core of funds-oversight offers to definitions: events, guards, posts, bodies, bounds.

use definitions::{
    AudienceSpec, BodySpec, Catalogue, ContractEvent, EventField, GuardParameter, GuardSpec,
    ParameterBound, PostSpec, Reserved, Tighten, TypeSpec, Value,
};
use kernel::{Class, Money, Period, Text};

use crate::rules::{
    approver_not_payee, bank_account_not_personal, cash_limit, citations, covered_by_resolution,
    invoice_unused, no_kin_of_any_actor, period_open, reserves_headroom, tenant_not_kin,
};
use crate::{contract, letting};

/// The kinds of streams that the core writes: no definition has cases in them.
pub const CORE_STREAMS: [&str; 12] = [
    "account",
    "allocation",
    "asset",
    "book",
    "contract",
    "grant",
    "item",
    "payment",
    "proposal",
    "query",
    "reserve",
    "warning",
];

fn words(list: &[&str]) -> TypeSpec {
    TypeSpec::Enum(list.iter().map(|word| (*word).to_owned()).collect())
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn refers(to: &str) -> TypeSpec {
    TypeSpec::Ref(to.to_owned())
}

fn payment_events() -> Vec<ContractEvent> {
    let request = vec![
        EventField::new("amount", TypeSpec::Money, Class::Public),
        EventField::new("method", words(&["bank", "cash"]), Class::Public),
        EventField::new("account", refers("account"), Class::Public),
        EventField::new("purpose", TypeSpec::Text, Class::Public),
        EventField::party("payee", Class::Public, Class::Sealed),
        EventField::new("invoice", refers("invoice"), Class::Staff),
        EventField::new("reserve", refers("reserve"), Class::Public),
        EventField::optional("resolution", refers("resolution"), Class::Public),
        EventField::optional("month", TypeSpec::Month, Class::Public),
    ];
    let execute = vec![
        EventField::optional("on", TypeSpec::Date, Class::Public),
        EventField::optional("bank_account", refers("bank-account"), Class::Public),
    ];
    let codes = [
        "papers-missing",
        "wrong-amount",
        "wrong-account",
        "not-agreed",
        "wrong-payee",
        "bank-rejected",
    ];
    let hand_back = vec![
        EventField::new("code", words(&codes), Class::Public),
        EventField::new("reason", TypeSpec::Text, Class::Public),
    ];
    vec![
        ContractEvent::new("PaymentRequested", "payment-requested.v1", request.clone()),
        ContractEvent {
            only_after: names(&["PaymentReturned"]),
            ..ContractEvent::new("PaymentCorrected", "payment-corrected.v1", request)
        },
        ContractEvent {
            four_eyes_with: names(&["PaymentRequested", "PaymentCorrected"]),
            only_after: names(&["PaymentRequested"]),
            law: Some("county-finance".to_owned()),
            ..ContractEvent::new("PaymentApproved", "payment-approved.v1", Vec::new())
        },
        ContractEvent {
            four_eyes_with: names(&["PaymentRequested", "PaymentCorrected", "PaymentApproved"]),
            only_after: names(&["PaymentApproved"]),
            law: Some("county-finance".to_owned()),
            ..ContractEvent::new("PaymentExecuted", "payment-executed.v1", execute)
        },
        ContractEvent {
            only_after: names(&["PaymentRequested"]),
            ..ContractEvent::new("PaymentReturned", "payment-returned.v1", hand_back)
        },
    ]
}

fn disclosure_events() -> Vec<ContractEvent> {
    let text = || vec![EventField::new("text", TypeSpec::Text, Class::Staff)];
    let days = EventField::optional("days", TypeSpec::Count, Class::Public);
    let about = vec![
        EventField::optional("item", refers("item"), Class::Public),
        EventField::optional("voucher", refers("voucher"), Class::Public),
        EventField::new("text", TypeSpec::Text, Class::Staff),
    ];
    vec![
        ContractEvent::new("MonthSubmitted", "month-submitted.v1", Vec::new()),
        ContractEvent {
            four_eyes_with: names(&["MonthSubmitted"]),
            only_after: names(&["MonthSubmitted"]),
            law: Some("ACC-2023".to_owned()),
            ..ContractEvent::new("SheetDrawnUp", "sheet-drawn-up.v1", Vec::new())
        },
        ContractEvent {
            only_after: names(&["SheetDrawnUp"]),
            law: Some("OLVC 35".to_owned()),
            ..ContractEvent::new("ItemPublished", "item-published.v1", vec![days])
        },
        ContractEvent::new("DisclosureOverdue", "disclosure-overdue.v1", Vec::new()),
        ContractEvent::new("DisplayEnded", "display-ended.v1", Vec::new()),
        ContractEvent::new("QueryRaised", "query-raised.v1", about),
        ContractEvent {
            four_eyes_with: names(&["QueryRaised"]),
            only_after: names(&["QueryRaised"]),
            law: Some("OLVC 37".to_owned()),
            ..ContractEvent::new("QueryAnswered", "query-answered.v1", text())
        },
        ContractEvent {
            only_after: names(&["QueryAnswered"]),
            ..ContractEvent::new("QueryAccepted", "query-accepted.v1", Vec::new())
        },
        ContractEvent {
            only_after: names(&["QueryAnswered"]),
            ..ContractEvent::new("QueryReferred", "query-referred.v1", Vec::new())
        },
        ContractEvent {
            only_after: names(&["QueryRaised"]),
            ..ContractEvent::new("QueryEscalated", "query-escalated.v1", Vec::new())
        },
    ]
}

fn warning_events() -> Vec<ContractEvent> {
    let results = words(&["rectified", "false-positive", "clue"]);
    let verified = vec![EventField::new("result", results, Class::Public)];
    let taken = ["ExplanationAsked", "WarningTakenUp"];
    let only_after = |event: &str, kind: &str, fields| ContractEvent {
        only_after: names(&["WarningRaised"]),
        ..ContractEvent::new(event, kind, fields)
    };
    vec![
        ContractEvent::new("WarningRaised", "warning-raised.v1", Vec::new()),
        only_after(taken[0], "explanation-asked.v1", Vec::new()),
        only_after(taken[1], "warning-taken-up.v1", Vec::new()),
        only_after("WarningVerified", "warning-verified.v1", verified),
        ContractEvent {
            four_eyes_with: names(&["WarningVerified"]),
            only_after: names(&["WarningVerified"]),
            law: Some("county-finance".to_owned()),
            ..ContractEvent::new("WarningCleared", "warning-cleared.v1", Vec::new())
        },
    ]
}

fn guard(
    key: &str,
    law: &str,
    mandatory_for: &[&str],
    reads: &[&str],
    zh: &str,
    en: &str,
) -> GuardSpec {
    GuardSpec {
        key: key.to_owned(),
        law: law.to_owned(),
        mandatory_for: names(mandatory_for),
        reads: names(reads),
        message: Text::new(zh, en),
        ..GuardSpec::default()
    }
}

fn guards() -> Vec<GuardSpec> {
    let asked = ["PaymentRequested", "PaymentCorrected"];
    let later = ["PaymentApproved", "PaymentExecuted"];
    vec![
        guard(
            reserves_headroom::KEY,
            reserves_headroom::LAW,
            &asked,
            &["amount", "reserve"],
            "额度不够",
            "Too little is left of the line or grant",
        ),
        guard(
            invoice_unused::KEY,
            invoice_unused::LAW,
            &asked,
            &["invoice"],
            "这张发票（单据）已经报销过",
            "This invoice or paper was used before",
        ),
        guard(
            period_open::KEY,
            period_open::LAW,
            &["PaymentRequested", "PaymentCorrected", "PaymentExecuted"],
            &[],
            "月份已经结账或还没有启用",
            "The month is closed or was not opened",
        ),
        guard(
            covered_by_resolution::KEY,
            covered_by_resolution::LAW,
            &later,
            &["amount", "reserve"],
            "没有决议，或者超出决议的金额",
            "No resolution covers this, or not this much",
        ),
        guard(
            no_kin_of_any_actor::KEY,
            no_kin_of_any_actor::LAW,
            &later,
            &["payee"],
            "收款人与经办的人是亲属或有利害关系，或者无法核对",
            "The payee is kin of somebody who acts, or it cannot be checked",
        ),
        guard(
            approver_not_payee::KEY,
            approver_not_payee::LAW,
            &["PaymentApproved"],
            &["payee"],
            "收款人就是经办的人自己",
            "The payee is the person who acts",
        ),
        GuardSpec {
            parameters: vec![GuardParameter::new("cash_limit", "money", Tighten::Down)],
            ..guard(
                cash_limit::KEY,
                cash_limit::LAW,
                &["PaymentExecuted"],
                &["amount", "method"],
                "现金付款超过限额",
                "More in cash than the limit",
            )
        },
        guard(
            bank_account_not_personal::KEY,
            bank_account_not_personal::LAW,
            &["PaymentExecuted"],
            &["method"],
            "付款账户不是集体登记的账户",
            "The account is not recorded as the collective's",
        ),
        guard(
            tenant_not_kin::KEY,
            tenant_not_kin::LAW,
            &["ContractAwarded"],
            &["tenant"],
            "承租人与经办的人是亲属或有利害关系，或者无法核对",
            "The tenant is kin of somebody who acts, or it cannot be checked",
        ),
    ]
}

fn posts() -> Vec<PostSpec> {
    [
        ("bookkeeper", "报账员", "Bookkeeper"),
        ("cashier", "出纳", "Cashier"),
        ("handler", "经办人", "Handler"),
        ("legal-representative", "理事长（法定代表人）", "Chair and legal representative"),
        ("village-director", "村委会主任", "Village director"),
        ("supervision-chair", "村务监督委员会主任", "Chair of supervision"),
        ("agency-accountant", "代理会计", "Agency accountant"),
        ("agency-cashier", "代理出纳", "Agency cashier"),
        ("agency-reviewer", "审核人", "Agency reviewer"),
        ("agency-head", "服务中心主任", "Head of the agency"),
        ("township-officer", "乡镇干部", "Township officer"),
        ("township", "乡镇", "Township"),
    ]
    .into_iter()
    .map(|(key, zh, en)| PostSpec::new(key, Text::new(zh, en)))
    .collect()
}

/// What definitions beside the core may name besides: the offices that every service of cases knows.
fn with_offices(mut catalogue: Catalogue) -> Catalogue {
    let offices = casework::catalogue("funds");
    let posts = offices.posts.into_iter().filter(|post| post.key != casework::catalogue::CONCERNED);
    for post in posts {
        if catalogue.post(&post.key).is_none() {
            catalogue.posts.push(post);
        }
    }
    for body in offices.bodies {
        if catalogue.body(&body.key).is_none() && catalogue.post(&body.key).is_none() {
            catalogue.bodies.push(body);
        }
    }
    catalogue
}

fn bodies() -> Vec<BodySpec> {
    [
        ("village-committee", "村民委员会", "Village committee"),
        ("two-committees", "村“两委”会议", "Meeting of the two committees"),
        ("supervision-committee", "村务监督委员会", "Supervision committee"),
        ("collective-board", "集体经济组织理事会", "Board of the collective"),
        ("member-delegates", "成员代表大会", "Member delegates"),
        ("finance-office", "村级财务岗位", "Finance posts"),
        ("township-agency", "乡镇农村集体“三资”服务中心", "Township agency"),
    ]
    .into_iter()
    .map(|(key, zh, en)| BodySpec::new(key, Text::new(zh, en)))
    .collect()
}

/// The catalogue of this service.
pub fn catalogue() -> Catalogue {
    let mut events = payment_events();
    events.extend(disclosure_events());
    events.extend(warning_events());
    events.extend(letting::events());
    events.extend(letting::grants());
    let bound = |name: &str, loosest, tighter, law: &str| ParameterBound {
        name: name.to_owned(),
        loosest,
        tighter,
        law: law.to_owned(),
    };
    with_offices(Catalogue {
        keeps_ledgers: false,
        closed_cases: false,
        service: "funds".to_owned(),
        events,
        guards: guards(),
        bodies: bodies(),
        posts: posts(),
        audiences: ["followers-of-village", "members-of-collective"]
            .into_iter()
            .zip([Class::Public, Class::Members])
            .map(|(key, reads)| AudienceSpec { key: key.to_owned(), reads })
            .collect(),
        bounds: vec![
            bound("cash_limit", Value::Money(Money::from_fen(100_000)), Tighten::Down, "CASH-1988"),
            bound("display", Value::Period(Period::Days(15)), Tighten::Up, "OLVC 35"),
            bound(
                "major_lease",
                Value::Money(Money::from_fen(5_000_000)),
                Tighten::Down,
                "RCEO 26(8)",
            ),
            bound("answer", Value::Period(Period::Days(15)), Tighten::Down, "OLVC 37"),
        ],
        templates: names(&["payment"]),
        refs: names(&[
            "account",
            "invoice",
            "reserve",
            "resolution",
            "bank-account",
            "item",
            "voucher",
            "allocation",
            "asset",
            "card",
            "contract",
            "contract-number",
            "document",
            "unit",
        ]),
        reserved: Reserved {
            facts: contract::facts().map(str::to_owned).collect(),
            streams: names(&CORE_STREAMS),
        },
        citations: citations().clone(),
    })
}
