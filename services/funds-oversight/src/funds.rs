//! The decisions of funds-oversight over [`kernel::Domain`]. Pure: the same states, command and instant give the same
//! events.

use std::sync::Arc;

use definitions::{Definition, Definitions, Finding, RunningMode, Watch};
use kernel::{
    Actor, Claim, Command, Context, Deadline, Decision, Domain, Draft, Event, Loaded, Place,
    StreamId, UnitId, Verdict,
};

use crate::{
    ask::{Ask, Take},
    catalogue::catalogue,
    facts::{
        allocation, asset, bank, bookkeeping,
        bookkeeping::Entry,
        contract,
        funding::{self, Grant},
        item, payment,
        proposal::{self, PaymentProposed},
        query, rent, reserve, warning,
    },
    procedures::{self, Seen, Subject},
    rules::{citations, four_eyes, seat_held},
    scene::{Scene, copy},
    state::State,
};

/// The definitions that the program brings along: file name and text.
pub const EMBEDDED: [(&str, &str); 8] = [
    ("payment.toml", include_str!("../definitions/payment.toml")),
    ("month-close.toml", include_str!("../definitions/month-close.toml")),
    ("supervision-query.toml", include_str!("../definitions/supervision-query.toml")),
    ("warning.toml", include_str!("../definitions/warning.toml")),
    ("asset.toml", include_str!("../definitions/asset.toml")),
    ("lease.toml", include_str!("../definitions/lease.toml")),
    ("allocation.toml", include_str!("../definitions/allocation.toml")),
    ("earmarked-fund.toml", include_str!("../definitions/earmarked-fund.toml")),
];

/// The cases beside them: file name and text.
pub const CASES: &[(&str, &str)] = &[
    ("payment.cases.toml", include_str!("../definitions/payment.cases.toml")),
    ("month-close.cases.toml", include_str!("../definitions/month-close.cases.toml")),
    ("supervision-query.cases.toml", include_str!("../definitions/supervision-query.cases.toml")),
    ("warning.cases.toml", include_str!("../definitions/warning.cases.toml")),
    ("asset.cases.toml", include_str!("../definitions/asset.cases.toml")),
    ("lease.cases.toml", include_str!("../definitions/lease.cases.toml")),
    ("allocation.cases.toml", include_str!("../definitions/allocation.cases.toml")),
    ("earmarked-fund.cases.toml", include_str!("../definitions/earmarked-fund.cases.toml")),
];

/// Who may keep books.
const BOOKKEEPERS: [&str; 2] = ["bookkeeper", "agency-accountant"];
/// Who may sign for months and opening balances.
const SIGNERS: [&str; 4] =
    ["bookkeeper", "agency-accountant", "agency-reviewer", "legal-representative"];

/// The service's decisions under a set of definitions.
#[derive(Debug, Clone)]
pub struct Funds {
    definitions: Definitions,
    watches: Arc<Vec<Watch>>,
}

impl Funds {
    /// With these definitions, checked before against [`catalogue`].
    pub fn new(definitions: Definitions) -> Self {
        Self { definitions, watches: Arc::default() }
    }

    /// With these watches over its books, checked before too.
    #[must_use]
    pub fn watched_by(self, watches: Vec<Watch>) -> Self {
        Self { watches: Arc::new(watches), ..self }
    }

    /// The watches in use.
    pub fn watches(&self) -> &Arc<Vec<Watch>> {
        &self.watches
    }

    /// With the embedded definitions.
    ///
    /// # Errors
    /// What the checker finds.
    pub fn embedded() -> Result<Self, Vec<Finding>> {
        let definitions = Definitions::check(&EMBEDDED, &catalogue())?;
        Ok(Self::new(definitions).watched_by(crate::watching::embedded()?))
    }

    /// The definitions in use.
    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// The fact that a procedure's deadline brings about when it passes now.
    fn brings(&self, state: &State, deadline: &Deadline, context: &Context<'_>) -> Option<String> {
        let history = state.history()?;
        let definition = self.definitions.by_reference(history.definition.as_ref()?)?;
        (deadline.due_at <= context.now)
            .then(|| engines::procedure::lapse(definition, history, deadline, context.calendar))
            .flatten()
            .map(|outcome| outcome.fact)
    }

    /// The stream of the thing that a step is taken on.
    fn stream_of(&self, unit: &UnitId, take: &Take) -> Option<StreamId> {
        let definition = self.definitions.get(&take.act.procedure)?;
        let id = take.on.clone().or_else(|| procedures::natural_id(definition, unit, take))?;
        Some(StreamId::of(&definition.stream, id))
    }

    /// The definition that governs a step: what began under a version ends under it when the new one says so.
    fn governing(&self, scene: &Scene<'_>, take: &Take) -> Result<&Definition, Verdict> {
        let unknown = || {
            kernel::Refusal::field(
                "procedure",
                kernel::Text::new("没有这个程序", "There is no such procedure"),
                kernel::Text::new("请从办理页面进入", "Start from the page of the matter"),
            )
        };
        let current = self.definitions.get(&take.act.procedure).ok_or_else(unknown)?;
        let history = take.on.as_deref().and_then(|id| procedures::history(scene, current, id));
        let began = history.and_then(|h| h.began_under.as_ref());
        if current.running.mode == RunningMode::Keep
            && let Some(earlier) = began.and_then(|r| self.definitions.by_reference(r))
        {
            return Ok(earlier);
        }
        if scene.is_in_force(current) {
            Ok(current)
        } else {
            Err(Verdict::not_known(("已采用的办事规则", "the adoption of"), &current.reference))
        }
    }

    fn take(
        &self,
        context: &mut Context<'_>,
        command: &Command<Ask>,
        take: &Take,
        loaded: &Loaded<State>,
    ) -> Result<Decision, Verdict> {
        let scene = Scene {
            loaded,
            place: &command.place,
            today: context.now.date(),
            taken: context.taken,
        };
        scene.unit_known(scene.unit())?;
        if take.on.as_deref().is_some_and(|id| !crate::facts::is_id(id)) {
            return Err(kernel::Refusal::field(
                "on",
                kernel::Text::new("编号不对", "This is not an id"),
                kernel::Text::new("请从清单里打开要办理的事项", "Open it from the list"),
            )
            .into());
        }
        if let Some(own) = self.own(take) {
            return self.take_case(context, command, take, (own, scene));
        }
        let definition = self.governing(&scene, take)?;
        // What was heard from another unit is recorded by nobody in office.
        let by = match &command.actor {
            kernel::Actor::System(cause) => cause,
            actor => four_eyes::holder(actor)?,
        };
        if definition.stream == "warning" {
            let id = take.on.as_deref().unwrap_or_default();
            let case = procedures::warning_case(&scene, id)?;
            let finding = warning::opened(&case.core, take.opened.get(warning::FINDING));
            warning::unconcerned(&scene, &case.core, finding.as_ref(), &command.actor)?;
        }
        let history = take.on.as_deref().and_then(|id| procedures::history(&scene, definition, id));
        let outcome = engines::procedure::decide(
            definition,
            citations(),
            history,
            &take.act,
            &command.actor,
            &Seen { scene, take },
            context.now,
            context.calendar,
        )?;
        let fresh;
        let id = match &take.on {
            Some(id) => id.as_str(),
            None => {
                let natural = procedures::natural_id(definition, scene.unit(), take);
                fresh = natural.unwrap_or_else(|| context.entropy.opaque());
                &fresh
            }
        };
        let events = procedures::events(&scene, &Subject { id, by }, take, outcome, definition)?;
        let asked = [
            "payment-requested.v1",
            "payment-corrected.v1",
            "contract-signed.v1",
            "fund-allocated.v1",
        ];
        let claims = command.body.claims().into_iter();
        let mut numbers = claims.filter(|c| ["contract-number", "document"].contains(&c.kind));
        if let Some(number) = numbers.find(|c| context.taken.contains(c)) {
            return Err(used(&number).into());
        }
        let claims = if events.iter().any(|draft| asked.contains(&draft.kind.as_str())) {
            command.body.claims().into_iter().filter(|c| !context.taken.contains(c)).collect()
        } else {
            Vec::new()
        };
        Ok(Decision { events, claims })
    }
}

/// The deadlines that are the core's, not a definition's.
fn is_core(state: &State, name: &str) -> bool {
    match state {
        State::Contract(case) => case.core.deadlines().iter().any(|due| due.name == name),
        _ => [
            item::PUBLISH_BY,
            item::DISPLAY,
            query::ANSWER_BY,
            warning::ANSWER_BY,
            warning::RESULT_BY,
        ]
        .contains(&name),
    }
}

impl Domain for Funds {
    type Command = Ask;
    type State = State;

    const SERVICE: &'static str = "funds";
    const STATE_FORMAT: i32 = 1;

    fn reads(&self, command: &Command<Ask>, loaded: &Loaded<State>) -> Vec<StreamId> {
        let place = &command.place;
        let nothing = std::collections::HashSet::new();
        let scene = Scene { loaded, place, today: kernel::Date::MIN, taken: &nothing };
        let mut streams = vec![bookkeeping::stream(&place.unit)];
        for unit in scene.chain() {
            streams.extend(["unit", "seats", "conflicts"].map(|kind| copy(kind, &unit)));
        }
        let mut headrooms: Vec<String> = Vec::new();
        let mut resolutions: Vec<String> = Vec::new();
        match &command.body {
            Ask::Take(take) => {
                streams.push(copy("definition", &take.act.procedure));
                streams.extend(self.stream_of(&place.unit, take));
                if let Some(own) = self.own(take) {
                    streams.extend(self.read_by_case(own, take));
                    return streams;
                }
                headrooms.extend(take.text("reserve").map(str::to_owned));
                resolutions.extend(take.text("resolution").map(str::to_owned));
                streams.extend(take.text("item").map(item::stream));
                streams.extend(take.text("bank_account").map(bank::stream));
                if let Some(case) = take.on.as_deref().and_then(|id| scene.warning(id)) {
                    streams.extend(case.core.holds.iter().map(|id| payment::stream(id)));
                }
                let granted = self.stream_of(&place.unit, take).filter(|s| s.kind() == "grant");
                if let Some(id) = granted.as_ref().map(StreamId::key) {
                    streams.push(allocation::stream(id));
                    headrooms.push(id.to_owned());
                }
                streams.extend(take.text("asset").map(asset::stream));
                streams.extend(take.text("renews").map(contract::stream));
                if let Some(case) = take.on.as_deref().and_then(|id| scene.contract(id)) {
                    streams.push(asset::stream(&case.core.listing.asset));
                    resolutions.extend(case.core.resolution.clone());
                }
                if let Some(case) = take.on.as_deref().and_then(|id| scene.payment(id)) {
                    headrooms.extend(case.core.request.draws.iter().cloned());
                    resolutions.push(case.core.request.covered_by.clone());
                }
            }
            Ask::AdoptBudget { reserve, resolution, .. } => {
                headrooms.push(reserve.clone());
                resolutions.push(resolution.clone());
            }
            Ask::ReceiveGrant { reserve, resolution, bank_account, .. } => {
                headrooms.push(reserve.clone());
                resolutions.extend(resolution.iter().cloned());
                streams.push(bank::stream(bank_account));
            }
            Ask::AnswerProposal { proposal, proposed } => {
                streams.push(proposal::stream(proposal));
                headrooms.push(proposed.reserve.clone());
            }
            Ask::RecordBankAccount { account, .. } => streams.push(bank::stream(account)),
            Ask::SignOpeningBalances { month, .. } | Ask::SignPeriodOpening { month } => {
                streams.push(item::stream(&item::item_id(&place.unit, *month)));
            }
            Ask::RaiseWarning { warning, finding, holds } => {
                streams.extend(warning.iter().map(|id| warning::stream(id)));
                streams.extend(holds.iter().map(|id| payment::stream(id)));
                let watch = finding.watch.split('@').next().unwrap_or_default();
                streams.push(copy("definition", watch));
                let own = self.dealing().map(|(definition, _)| copy("definition", &definition.id));
                streams.extend(own);
            }
            Ask::SignPeriodClosing { .. }
            | Ask::PostVoucher { .. }
            | Ask::ReverseVoucher { .. } => {}
        }
        // A resolution has a headroom of its own, and a headroom has a resolution behind it.
        headrooms.extend(resolutions.iter().map(|id| reserve::id_of_resolution(id)));
        for id in &headrooms {
            resolutions.extend(scene.reserve(id).and_then(|r| r.resolution.clone()));
        }
        streams.extend(headrooms.iter().map(|id| reserve::stream(id)));
        streams.extend(resolutions.iter().map(|id| copy("resolution", id)));
        streams
    }

    fn claims(&self, command: &Ask) -> Vec<Claim> {
        match command {
            Ask::Take(take) => match self.own(take) {
                Some(own) => Self::claims_of_case(own, take),
                None => command.claims(),
            },
            _ => command.claims(),
        }
    }

    fn decide(
        &self,
        context: &mut Context<'_>,
        command: &Command<Ask>,
        loaded: &Loaded<State>,
    ) -> Result<Decision, Verdict> {
        if let Ask::Take(take) = &command.body {
            return self.take(context, command, take, loaded);
        }
        let scene = Scene {
            loaded,
            place: &command.place,
            today: context.now.date(),
            taken: context.taken,
        };
        if let Ask::RaiseWarning { warning, finding, holds } = &command.body {
            return self.raise(context, command, (warning.as_deref(), finding, holds), scene);
        }
        let claims = command.body.claims();
        if let Some(claim) = claims.iter().find(|claim| context.taken.contains(claim)) {
            return Err(used(claim).into());
        }
        if let Ask::AnswerProposal { proposal, proposed } = &command.body {
            return answer(&scene, &command.actor, proposal, proposed, claims);
        }
        Ok(Decision { events: act(&scene, command)?, claims })
    }

    fn beside(state: &State) -> Vec<StreamId> {
        match state {
            // What falls due is booked in the same decision.
            State::Contract(case) => vec![bookkeeping::stream(&case.core.unit)],
            _ => Vec::new(),
        }
    }

    fn lapse(
        &self,
        context: &mut Context<'_>,
        stream: &StreamId,
        deadline: &Deadline,
        loaded: &Loaded<State>,
    ) -> Vec<Draft> {
        let Some(state) = loaded.state(stream) else { return Vec::new() };
        if let State::Matter(case) = state {
            return vec![self.case_lapses(context, stream, case, deadline)];
        }
        let Some(place) = state.place() else { return Vec::new() };
        let scene = Scene { loaded, place, today: context.now.date(), taken: context.taken };
        let id = stream.key();
        if is_core(state, &deadline.name) {
            if let State::Contract(case) = state {
                return rent::arise(&scene, id, &case.core).unwrap_or_default();
            }
            let draft = match state {
                State::Item(case) => case.core.lapse(id, &deadline.name).and_then(Result::ok),
                State::Query(case) => query::escalate(id, &case.core).ok(),
                State::Warning(case) => warning::lapse(id, &case.core, &deadline.name),
                _ => None,
            };
            let mut drafts: Vec<Draft> = draft.into_iter().collect();
            // The procedure's own clock for the same fact has run out with it: it is stopped, not fired once more.
            for same in state.history().iter().flat_map(|h| h.deadlines()) {
                let brings = self.brings(state, same, context);
                if drafts.first().is_some_and(|first| brings.as_ref() == Some(&first.kind)) {
                    procedures::stop(&mut drafts, &same.name);
                }
            }
            return drafts;
        }
        let Some(history) = state.history() else { return Vec::new() };
        let definition = history.definition.as_ref().and_then(|r| self.definitions.by_reference(r));
        let outcome = definition
            .and_then(|d| engines::procedure::lapse(d, history, deadline, context.calendar));
        procedures::lapsed(&scene, stream, &deadline.name, history, outcome)
    }

    fn deadlines(state: &State) -> Vec<Deadline> {
        state.deadlines()
    }

    fn place(state: &State) -> Option<Place> {
        state.place().cloned()
    }

    fn evolve(state: Option<State>, event: &Event) -> Option<State> {
        State::evolve(state, event)
    }
}

/// Bookkeeping that no procedure orders: by whoever holds a post for it, with two signatures where two persons must sign.
fn act(scene: &Scene<'_>, command: &Command<Ask>) -> Result<Vec<Draft>, Verdict> {
    let posts: &[&str] = match &command.body {
        Ask::SignOpeningBalances { .. }
        | Ask::SignPeriodOpening { .. }
        | Ask::SignPeriodClosing { .. } => &SIGNERS,
        _ => &BOOKKEEPERS,
    };
    let by = seat_held::check(scene, &command.actor, posts)?;
    let (book, unit, today) = (scene.book(), scene.unit(), scene.today);
    match &command.body {
        Ask::Take(_) | Ask::RaiseWarning { .. } | Ask::AnswerProposal { .. } => Ok(Vec::new()),
        Ask::SignOpeningBalances { month, lines } => with_due(
            scene,
            bookkeeping::sign_opening_balances(book, unit, *month, lines.clone(), by, today)?,
            *month,
        ),
        Ask::SignPeriodOpening { month } => with_due(
            scene,
            bookkeeping::sign_period_opening(book, unit, *month, by, today)?,
            *month,
        ),
        Ask::SignPeriodClosing { month } => {
            bookkeeping::sign_period_closing(book, unit, *month, by, today)
        }
        Ask::PostVoucher { entry, date, summary } => {
            let lines = entry.clone().build()?;
            let entry = Entry { date: *date, summary, payment: None, reverses: None };
            Ok(vec![bookkeeping::post(book, unit, lines, &entry, today)?.1])
        }
        Ask::ReverseVoucher { original, reason } => {
            bookkeeping::reverse(book, unit, original, reason, today)
        }
        Ask::RecordBankAccount { account, kind, held_by, number } => {
            if scene.account(account).is_some() || !crate::facts::is_id(account) {
                return Err(kernel::Refusal::field(
                    "account",
                    kernel::Text::new("账户编号已有或不对", "This id is taken or malformed"),
                    kernel::Text::new("请换一个编号", "Choose another id"),
                )
                .into());
            }
            bank::open(unit, account, *kind, *held_by, number)
        }
        Ask::AdoptBudget { reserve, line, year, amount, resolution } => {
            funding::adopt_budget(scene, reserve, *line, *year, *amount, resolution)
        }
        Ask::ReceiveGrant {
            reserve,
            reference,
            from_unit,
            amount,
            resolution,
            bank_account,
            summary,
        } => {
            let grant = Grant {
                reference,
                from_unit,
                amount: *amount,
                resolution: resolution.as_deref(),
                bank_account,
                summary,
            };
            funding::receive(scene, reserve, &grant)
        }
    }
}

/// Answers what another service proposed: only what was heard comes to this.
fn answer(
    scene: &Scene<'_>,
    actor: &Actor,
    id: &str,
    proposed: &PaymentProposed,
    claims: Vec<Claim>,
) -> Result<Decision, Verdict> {
    if !matches!(actor, Actor::System(_)) {
        return Err(kernel::Refusal::new(
            "not-competent",
            kernel::Text::new("费用申请由系统答复", "A proposal is answered by itself"),
            kernel::Text::new("请另行申请付款", "Request a payment instead"),
        )
        .by_law(crate::rules::law("RCEO 26(7)"))
        .into());
    }
    let unit = scene.unit_known(scene.unit())?;
    if unit.keeper != scene.place.keeper {
        return Err(Verdict::not_known(("单位", "unit"), scene.unit()));
    }
    let (before, reserve) = (scene.proposal(id), scene.reserve(&proposed.reserve));
    let event = proposal::answer(id, before, proposed, scene.unit(), reserve)?;
    Ok(Decision { events: vec![event], claims })
}

/// When a month opens, its sheet becomes due.
fn with_due(
    scene: &Scene<'_>,
    mut drafts: Vec<Draft>,
    month: crate::facts::month::Month,
) -> Result<Vec<Draft>, Verdict> {
    if drafts.iter().any(|draft| draft.kind == "period-opened.v1") {
        drafts.push(item::due(scene.unit(), &scene.place.keeper, month)?);
    }
    Ok(drafts)
}

fn used(claim: &Claim) -> kernel::Refusal {
    let (zh, en) = match claim.kind {
        "voucher-reversal" => ("这张凭证已经冲销", "This voucher was taken back before"),
        "grant" => ("这笔专项资金已经登记", "This grant was entered before"),
        "proposal" => ("这件费用申请已经答复", "This proposal was answered before"),
        "document" => ("这个文号已经用过", "This document's number was used before"),
        "contract-number" => ("这个合同编号已经用过", "This contract's number was used before"),
        _ => ("这个账号已经登记", "This account was recorded before"),
    };
    kernel::Refusal::new(
        "used-before",
        kernel::Text::new(zh, en),
        kernel::Text::new("不要重复登记", "Enter it once"),
    )
    .by_law(crate::rules::law("ACC-2023"))
}
