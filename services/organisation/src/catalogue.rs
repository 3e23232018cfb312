//! What the core of organisation offers to definitions: events, guards, bodies, posts, and the words of the law.

use definitions::{
    AudienceSpec, BodySpec, Catalogue, ContractEvent, Definitions, EventField, PostSpec, Reserved,
    TypeSpec, Value, WatchCatalogue, cases::parse_cases, fact_of, watch::shown_by,
};
use kernel::{Class, Level, Period, Text};

use crate::{
    SERVICE,
    bodies::BODIES,
    contract,
    facts::{CORE_STREAMS, consultation},
    laws,
    rules::RULES,
};

/// The texts of the definitions embedded in the program: file name and text.
pub const DEFINITIONS: &[(&str, &str)] = &[
    (
        "four-deliberations-two-disclosures.toml",
        include_str!("../definitions/four-deliberations-two-disclosures.toml"),
    ),
    ("consultation.toml", include_str!("../definitions/consultation.toml")),
    ("member-application.toml", include_str!("../definitions/member-application.toml")),
    ("member-activist.toml", include_str!("../definitions/member-activist.toml")),
    ("member-object.toml", include_str!("../definitions/member-object.toml")),
    ("member-admission.toml", include_str!("../definitions/member-admission.toml")),
    ("member-probation.toml", include_str!("../definitions/member-probation.toml")),
];

/// The cases beside them: file name and text.
pub const CASES: &[(&str, &str)] = &[
    (
        "four-deliberations-two-disclosures.cases.toml",
        include_str!("../definitions/four-deliberations-two-disclosures.cases.toml"),
    ),
    ("consultation.cases.toml", include_str!("../definitions/consultation.cases.toml")),
    ("member-application.cases.toml", include_str!("../definitions/member-application.cases.toml")),
    ("member-activist.cases.toml", include_str!("../definitions/member-activist.cases.toml")),
    ("member-object.cases.toml", include_str!("../definitions/member-object.cases.toml")),
    ("member-admission.cases.toml", include_str!("../definitions/member-admission.cases.toml")),
    ("member-probation.cases.toml", include_str!("../definitions/member-probation.cases.toml")),
];

/// The watches that the program brings along: what the guards of meetings see to.
pub const WATCHES: &[(&str, &str)] =
    &[("no-quorum.toml", include_str!("../definitions/watches/no-quorum.toml"))];

/// What watches may name here.
pub fn watch_catalogue() -> WatchCatalogue {
    let mut shown = Vec::new();
    for (name, text) in DEFINITIONS {
        let beside = name.replace(".toml", ".cases.toml");
        let id = Definitions::glance(name, text).map(|head| head.id);
        let cases = CASES.iter().find(|(name, _)| *name == beside);
        if let Some((id, (file, cases))) = id.zip(cases) {
            shown.extend(shown_by(&id, &parse_cases(file, cases).unwrap_or_default()));
        }
    }
    WatchCatalogue {
        sources: Vec::new(),
        shown,
        posts: posts().into_iter().map(|post| post.key).collect(),
        citations: laws::table().clone(),
    }
}

/// The catalogue of this service.
pub fn catalogue() -> Catalogue {
    Catalogue {
        service: SERVICE.to_owned(),
        events: events(),
        guards: RULES
            .iter()
            .map(crate::rules::Rule::spec)
            .chain([casework::catalogue::no_conflict()])
            .collect(),
        closed_cases: true,
        bodies: bodies(),
        posts: posts(),
        audiences: vec![
            AudienceSpec { key: "followers-of-village".to_owned(), reads: Class::Public },
            AudienceSpec { key: "villagers".to_owned(), reads: Class::Public },
            AudienceSpec { key: "objector".to_owned(), reads: Class::Public },
        ],
        bounds: Vec::new(),
        templates: Vec::new(),
        refs: Vec::new(),
        reserved: Reserved {
            facts: contract::EVENTS
                .iter()
                .map(|shape| shape.fact)
                .chain([casework::closed::CASE_SEEN])
                .map(str::to_owned)
                .collect(),
            streams: CORE_STREAMS.iter().map(|kind| (*kind).to_owned()).collect(),
        },
        citations: laws::table().clone(),
        ..Catalogue::default()
    }
}

fn bodies() -> Vec<BodySpec> {
    BODIES
        .iter()
        .map(|body| {
            let mut spec = BodySpec::new(body.key, body.name());
            if let Some(sitting) = body.sitting {
                spec.quorum = Some(sitting.quorum);
                spec.majority = Some((sitting.majority, sitting.counted));
                spec.notice = (sitting.notice_days > 0)
                    .then_some(Value::Period(Period::Days(sitting.notice_days)));
                spec.law = Some(sitting.law.to_owned());
            }
            spec
        })
        .collect()
}

fn posts() -> Vec<PostSpec> {
    BODIES
        .iter()
        .flat_map(|body| body.posts)
        .map(|post| PostSpec::new(post.key, post.name()))
        .chain([PostSpec::resident("villager", Text::new("村民", "Villager"))])
        .collect()
}

fn event(name: &str, fields: Vec<EventField>) -> ContractEvent {
    ContractEvent::new(name, &fact_of(name), fields)
}

fn voted(name: &str, law: &str, after: &[&str]) -> ContractEvent {
    ContractEvent {
        needs_vote: true,
        needs_quorum: true,
        only_after: after.iter().map(|name| (*name).to_owned()).collect(),
        law: Some(law.to_owned()),
        ..event(name, Vec::new())
    }
}

fn after(mut event: ContractEvent, law: &str, names: &[&str]) -> ContractEvent {
    event.only_after = names.iter().map(|name| (*name).to_owned()).collect();
    event.law = Some(law.to_owned());
    event
}

fn events() -> Vec<ContractEvent> {
    let public = |name: &str, kind| EventField::new(name, kind, Class::Public);
    let optional = |name: &str, kind| EventField::optional(name, kind, Class::Public);
    let tabled = event(
        "ProposalTabled",
        vec![
            public("matter", TypeSpec::MatterType),
            public("title", TypeSpec::Text),
            public("grounds", TypeSpec::Text),
            optional("limit", TypeSpec::Money),
            optional(consultation::KIND, TypeSpec::Ref(consultation::KIND.to_owned())),
            EventField {
                optional: true,
                ..EventField::party("interested", Class::Public, Class::Sealed)
            },
        ],
    );
    let adopted = ContractEvent {
        needs_notice: true,
        ..voted(
            "ResolutionAdopted",
            "OLVC 28",
            &["ProposalEndorsedByParty", "ProposalConsulted", "ProposalReviewed", "MeetingCalled"],
        )
    };
    let posted = |name, before: &[&str]| ContractEvent {
        needs_window: true,
        ..after(event(name, Vec::new()), "OLVC 35", before)
    };
    vec![
        tabled,
        event("ProposalRevised", vec![optional("limit", TypeSpec::Money)]),
        voted("ProposalEndorsedByParty", "OLVC 28", &["ProposalTabled"]),
        event("ProposalReturnedByParty", Vec::new()),
        voted("ProposalConsulted", "local rules", &["ProposalEndorsedByParty"]),
        event("ProposalReturnedByCommittees", Vec::new()),
        event("ProposalReviewedBySupervision", Vec::new()),
        event("MaterialsSentToMembers", Vec::new()),
        ContractEvent {
            needs_notice: true,
            ..voted("ProposalReviewed", "PBR 11", &["ProposalConsulted"])
        },
        event("ProposalRejectedByMembers", Vec::new()),
        event("PartyMeetingInquorate", Vec::new()),
        after(
            event("MeetingCalled", vec![public("held_on", TypeSpec::Date)]),
            "OLVC 25",
            &["ProposalReviewed"],
        ),
        event("MeetingCalledAgain", vec![public("held_on", TypeSpec::Date)]),
        adopted,
        event("ResolutionRejected", Vec::new()),
        event("MeetingInquorate", Vec::new()),
        posted("ResolutionPublished", &["ResolutionAdopted"]),
        event("NoticePostedAnew", Vec::new()),
        event("ResolutionDisplayEnded", Vec::new()),
        event("ObjectionFiled", vec![public("objection", TypeSpec::Text)]),
        event("ObjectionAnswered", vec![public("note", TypeSpec::Text)]),
        after(
            event("ExecutionReported", vec![public("note", TypeSpec::Text)]),
            "OLVC 35",
            &["ResolutionPublished"],
        ),
        ContractEvent {
            four_eyes_with: vec!["ExecutionReported".to_owned()],
            ..after(event("ResultAccepted", Vec::new()), "OLVC 37", &["ExecutionReported"])
        },
        posted("ResultPublished", &["ResultAccepted"]),
        event("ResultDisplayEnded", Vec::new()),
        event("ProposalWithdrawn", vec![public("note", TypeSpec::Text)]),
        after(
            event("ResolutionAnnulled", vec![public("grounds", TypeSpec::Text)]),
            "OLVC 41",
            &["ResolutionAdopted"],
        ),
        event("DisclosureOverdue", Vec::new()),
        event("AnswerOverdue", Vec::new()),
        event("ResultOverdue", Vec::new()),
    ]
}

/// The bodies of villages, and of the levels above: for pages that let somebody choose.
pub fn bodies_at(level: Level) -> impl Iterator<Item = &'static crate::bodies::Body> {
    BODIES.iter().filter(move |body| body.levels.contains(&level) && !body.posts.is_empty())
}
