//! A made-up mechanism for tests: a shed lends tools. Its definition, and the core that it runs on.
#![allow(dead_code)]

use definitions::{
    AudienceSpec, BodySpec, Catalogue, Citations, ContractEvent, Counted, EventField, Fraction,
    GuardParameter, GuardSpec, ParameterBound, PostSpec, Threshold, Tighten, TypeSpec, Value,
};
use kernel::{Class, Period, Text};

pub const LENDING: &str = include_str!("lending.toml");

fn name(zh: &str, en: &str) -> Text {
    Text::new(zh, en)
}

/// The core of the made-up service.
pub fn catalogue() -> Catalogue {
    let two_thirds = Threshold::at_least(Fraction::new(2, 3).unwrap());
    Catalogue {
        service: "shed".to_owned(),
        keeps_ledgers: true,
        events: vec![
            ContractEvent::new(
                "ToolRequested",
                "tool-requested.v1",
                vec![
                    EventField::new("tool", TypeSpec::Ref("tool".to_owned()), Class::Public)
                        .claimed(),
                    EventField::new("deposit", TypeSpec::Money, Class::Public),
                    EventField::party("borrower", Class::Public, Class::Sealed),
                    EventField::new("purpose", TypeSpec::Text, Class::Public),
                    EventField::optional(
                        "surety",
                        TypeSpec::Ref("surety".to_owned()),
                        Class::Public,
                    ),
                ],
            ),
            ContractEvent {
                needs_vote: true,
                needs_quorum: true,
                needs_notice: true,
                needs_recusal: true,
                only_after: vec!["ToolRequested".to_owned()],
                law: Some("OLVC 26".to_owned()),
                ..ContractEvent::new("LendingAgreed", "lending-agreed.v1", vec![])
            },
            ContractEvent {
                four_eyes_with: vec!["ToolRequested".to_owned()],
                must_sign: vec!["deposit".to_owned()],
                ..ContractEvent::new("ToolApproved", "tool-approved.v1", vec![])
            },
            ContractEvent {
                four_eyes_with: vec!["ToolRequested".to_owned(), "ToolApproved".to_owned()],
                only_after: vec!["LendingAgreed".to_owned(), "ToolApproved".to_owned()],
                must_post: Some("lending".to_owned()),
                ..ContractEvent::new(
                    "ToolLent",
                    "tool-lent.v2",
                    vec![EventField::new("deposit", TypeSpec::Money, Class::Public)],
                )
            },
        ],
        guards: vec![
            GuardSpec {
                key: "tool-free".to_owned(),
                law: "county-finance".to_owned(),
                mandatory_for: vec!["ToolRequested".to_owned()],
                reads: vec!["tool".to_owned()],
                message: name("{tool}已借出", "{tool} is lent already"),
                ..GuardSpec::default()
            },
            GuardSpec {
                key: "no-kin".to_owned(),
                law: "OLVC 37".to_owned(),
                mandatory_for: vec!["ToolApproved".to_owned()],
                reads: vec!["borrower".to_owned()],
                message: name("办理人须回避", "somebody must not take part"),
                message_class: Some(Class::Public),
                ..GuardSpec::default()
            },
            GuardSpec {
                key: "deposit-within".to_owned(),
                law: "county-finance".to_owned(),
                mandatory_for: vec!["ToolLent".to_owned()],
                reads: vec!["deposit".to_owned()],
                parameters: vec![GuardParameter::new("most_deposit", "money", Tighten::Down)],
                message: name(
                    "押金超过{most_deposit}元",
                    "the deposit is above {most_deposit} yuan",
                ),
                ..GuardSpec::default()
            },
            GuardSpec {
                key: "names-borrower".to_owned(),
                law: "county-finance".to_owned(),
                message: name("{borrower}有未还工具", "{borrower} has not given back a tool"),
                shows: vec!["borrower".to_owned()],
                ..GuardSpec::default()
            },
        ],
        bodies: vec![
            BodySpec::new("circle", name("小组", "Circle")),
            BodySpec {
                quorum: Some(two_thirds),
                majority: Some((two_thirds, Counted::All)),
                notice: Some(Value::Period(Period::Days(10))),
                law: Some("OLVC 26".to_owned()),
                ..BodySpec::new("assembly", name("大会", "Assembly"))
            },
            BodySpec::new("board", name("理事会", "Board")),
            BodySpec::new("watch", name("监督组", "Watch")),
            BodySpec::new("township", name("上级", "Level above")),
        ],
        posts: vec![
            PostSpec::new("keeper", name("保管员", "Keeper")),
            PostSpec::new("warden", name("负责人", "Warden")),
            PostSpec::new("porter", name("交付员", "Porter")),
            PostSpec::resident("neighbour", name("邻居", "Neighbour")),
        ],
        audiences: vec![AudienceSpec { key: "followers".to_owned(), reads: Class::Public }],
        bounds: vec![ParameterBound {
            name: "shown".to_owned(),
            loosest: Value::Period(Period::Days(15)),
            tighter: Tighten::Up,
            law: "OLVC 35".to_owned(),
        }],
        templates: vec!["lending".to_owned()],
        refs: vec![],
        reserved: definitions::Reserved::default(),
        closed_cases: false,
        citations: Citations::builtin(),
    }
}
