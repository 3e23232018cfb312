//! From a step of a procedure to events of the core. The definition says who, when and in which order; what happens to
//! the money is the core's, whatever the definition says.

use definitions::Definition;
use engines::procedure::{Facts, GuardInput, History, Outcome, Roll};
use kernel::{Date, Draft, Refusal, Seat, StreamId, Text, Verdict};
use serde_json::{Map, Value, json};

pub use crate::steps::natural_id;
use crate::{
    ask::Take,
    facts::{
        bookkeeping, fact,
        item::{self, Item, MonthSubmitted, SheetDrawnUp},
        month::Month,
        party::Opened,
        paying::{self, Paid},
        payment::{Payment, Request, ReturnCode},
        query::{self, About, QueryRaised},
        warning::{self, Ended},
    },
    rules::{self, Asked, law, limits},
    scene::Scene,
    state::Case,
    steps,
};

/// What the engine is told, over the loaded states.
pub struct Seen<'a> {
    /// The scene.
    pub scene: Scene<'a>,
    /// The step asked for.
    pub take: &'a Take,
}

impl Seen<'_> {
    fn asked<'b>(&'b self, input: &GuardInput<'b>) -> Result<Asked<'b>, Verdict> {
        let known = self.take.on.as_deref().and_then(|id| self.scene.payment(id));
        let payment = known.map(|case| &case.core);
        let cash_limit = match input.parameters.get("cash_limit") {
            Some(definitions::Value::Money(limit)) => Some(*limit),
            _ => None,
        };
        let on = text(input.fields, "on").and_then(|day| day.parse().ok());
        let holder = input.actor.holder();
        let row = input.tier.and_then(|row| input.definition.tiers.get(row));
        let needs_resolution = row.is_some_and(|t| t.needs.iter().any(|n| n == "resolution"));
        let asked = match payment.filter(|p| !p.is_returned()) {
            Some(payment) => Asked {
                payment: Some(payment),
                amount: payment.request.amount,
                method: payment.request.method,
                account: payment.request.account,
                reserve: payment.request.reserve.clone(),
                resolution: payment.request.resolution.clone(),
                needs_resolution,
                payee: payment.payee(self.take.opened.get("payee")),
                claim: None,
                on: on.unwrap_or(self.scene.today),
                bank_account: text(input.fields, "bank_account").map(str::to_owned),
                holder,
                cash_limit,
            },
            None => {
                let request = requested(input.fields, self.take)?;
                let same = paying::is_same_invoice(payment, &request);
                let meant = request.month.map_or(self.scene.today, |month| {
                    if month.contains(self.scene.today) { self.scene.today } else { month.last() }
                });
                Asked {
                    payment: None,
                    amount: request.amount,
                    method: request.method,
                    account: request.account,
                    reserve: request.reserve,
                    resolution: request.resolution,
                    needs_resolution,
                    payee: Some(request.payee),
                    claim: (!same).then(|| request.invoice.claim()),
                    on: meant,
                    bank_account: None,
                    holder,
                    cash_limit,
                }
            }
        };
        Ok(asked)
    }
}

impl Facts for Seen<'_> {
    fn roll(&self, body: &str) -> Option<Roll> {
        self.scene.roll(body)
    }

    fn holds(&self, seat: &Seat, post_or_body: &str) -> bool {
        rules::seat_held::holds(&self.scene, seat, post_or_body)
    }

    fn guard(&self, key: &str, input: &GuardInput<'_>) -> Result<Value, Verdict> {
        if key == rules::tenant_not_kin::KEY {
            let contract = self.take.on.as_deref().and_then(|id| self.scene.contract(id));
            let typed = input.fields.get("tenant").cloned().unwrap_or(Value::Null);
            let tenant = serde_json::from_value(typed).map_err(|e| malformed(&e))?;
            let contract = contract.map(|case| &case.core);
            return rules::tenant_not_kin::check(
                &self.scene,
                contract,
                &tenant,
                input.actor.holder(),
            );
        }
        rules::run(key, &self.scene, &self.asked(input)?)
    }

    fn conflicted(&self, holder: &str, with: &Value) -> Option<bool> {
        let payee = with.get("payee")?;
        if payee.get("organisation").is_some() {
            return Some(false);
        }
        let shown = || {
            let payment = self.scene.payment(self.take.on.as_deref()?)?;
            payment.core.payee(self.take.opened.get("payee"))
        };
        let person = match payee.get("person").and_then(Value::as_str) {
            Some(person) => person.to_owned(),
            None => shown()?.person()?.to_owned(),
        };
        self.scene.conflicted(holder, &person)
    }
}

fn text<'m>(fields: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    fields.get(name).and_then(Value::as_str)
}

fn malformed(error: &serde_json::Error) -> Refusal {
    Refusal::field(
        "fields",
        Text::new(format!("填写有误：{error}"), format!("A field is malformed: {error}")),
        Text::new("请检查填写的内容", "Check what was typed"),
    )
}

/// A request from typed fields.
fn requested(fields: &Map<String, Value>, take: &Take) -> Result<Request, Verdict> {
    let mut fields = fields.clone();
    fields.remove("same_invoice");
    fields.retain(|_, value| !value.is_null());
    let mut request: Request =
        serde_json::from_value(Value::Object(fields)).map_err(|e| malformed(&e))?;
    request.same_invoice = take.opened.get("invoice").cloned();
    Ok(request)
}

/// The case of a step: its id and what is known of it.
pub struct Subject<'a> {
    /// The id of the payment, item or question.
    pub id: &'a str,
    /// Who acts.
    pub by: &'a str,
}

/// What the engine decided, turned into events. The first draft is the procedure's own.
///
/// # Errors
/// What the core refuses whatever the definition says.
pub fn events(
    scene: &Scene<'_>,
    subject: &Subject<'_>,
    take: &Take,
    outcome: Outcome,
    definition: &Definition,
) -> Result<Vec<Draft>, Verdict> {
    let Subject { id, by } = *subject;
    let stream = StreamId::of(&definition.stream, id);
    let fields = all_fields(&outcome);
    let mut drafts = match outcome.fact.as_str() {
        "payment-requested.v1" => paying::request(scene, id, &requested(&fields, take)?)?,
        "payment-corrected.v1" => {
            paying::correct(scene, id, payment(scene, id)?, &requested(&fields, take)?)?
        }
        "payment-approved.v1" => {
            let shown = take.shown.as_deref().unwrap_or_default();
            paying::approve(scene, id, payment(scene, id)?, shown, by)?
        }
        "payment-executed.v1" => {
            let nothing = Opened { value: Value::Null, salt: String::new() };
            let paid = Paid {
                on: day(&fields, "on")?.unwrap_or(scene.today),
                bank_account: text(&fields, "bank_account"),
                purpose: take.opened.get("purpose").unwrap_or(&nothing),
            };
            paying::execute(scene, id, payment(scene, id)?, &paid, by)?
        }
        "payment-returned.v1" => {
            let code = fields.get("code").cloned().unwrap_or(Value::Null);
            let code: ReturnCode = serde_json::from_value(code).map_err(|e| malformed(&e))?;
            let reason = text(&fields, "reason").unwrap_or_default();
            paying::hand_back(scene, id, payment(scene, id)?, code, reason)?
        }
        "month-submitted.v1" => submit(scene, id, &item_case(scene, id)?.core, by)?,
        "sheet-drawn-up.v1" => draw_up(scene, id, &item_case(scene, id)?.core, by)?,
        "item-published.v1" => {
            let typed = fields.get("days").and_then(Value::as_u64);
            let least = limits::display_days(scene.today);
            let days = typed.map_or(least, |days| u16::try_from(days).unwrap_or(u16::MAX));
            // The definition's window may end later: longer by its parameter, or moved off a rest day (CC 203).
            let days = days.max(window_days(&outcome, scene.today));
            vec![item::publish(id, &item_case(scene, id)?.core, scene.book(), days, scene.today)?]
        }
        "query-raised.v1" => vec![raise(scene, id, &fields, &outcome)?],
        "query-answered.v1" => {
            let words = text(&fields, "text").unwrap_or_default();
            vec![query::answer(id, &query_case(scene, id)?.core, words, by)?]
        }
        "query-accepted.v1" => vec![query::accept(id, &query_case(scene, id)?.core)?],
        "query-referred.v1" => vec![query::refer(id, &query_case(scene, id)?.core)?],
        kind @ ("explanation-asked.v1" | "warning-taken-up.v1") => {
            vec![warning::take_up(id, &warning_case(scene, id)?.core, kind)?]
        }
        "warning-verified.v1" => {
            let result = fields.get("result").cloned().unwrap_or(Value::Null);
            let result: Ended = serde_json::from_value(result).map_err(|e| malformed(&e))?;
            vec![warning::verify(id, &warning_case(scene, id)?.core, result)?]
        }
        "warning-cleared.v1" => warning::clear(id, &warning_case(scene, id)?.core, by, scene)?,
        _ if outcome.local => {
            known(scene, definition, id)?;
            return Ok(vec![outcome.into_draft(stream, &format!("{}-{id}", definition.stream))]);
        }
        other => match steps::events(scene, subject, other, &fields)? {
            Some(drafts) => drafts,
            None => return Err(not_a_step(other).into()),
        },
    };
    complete(&mut drafts, outcome, scene, &stream, &format!("{}-{id}", definition.stream));
    Ok(drafts)
}

fn not_a_step(other: &str) -> Refusal {
    Refusal::new(
        "not-a-step",
        Text::new(
            format!("“{other}”不能由这个程序直接记录"),
            format!("`{other}` cannot be recorded by this procedure"),
        ),
        Text::new("请检查规则文件", "Check the definition"),
    )
    .by_law(law("province"))
}

/// Every field that was typed, plain and sealed, in the engine's normal form.
fn all_fields(outcome: &Outcome) -> Map<String, Value> {
    let mut fields = outcome.data.clone();
    fields.extend(outcome.sealed.iter().map(|part| (part.field.clone(), part.value.clone())));
    fields
}

/// Whether a procedure runs on streams of this kind.
fn has_a_course(kind: &str) -> bool {
    matches!(
        kind,
        "payment" | "item" | "query" | "warning" | "allocation" | "asset" | "contract" | "grant"
    )
}

/// Puts into the procedure's own event what the engine needs to fold it, what the definition adds to the core's fields,
/// and what was relied on. A field of the core keeps the core's value and class.
pub(crate) fn complete(
    drafts: &mut [Draft],
    outcome: Outcome,
    scene: &Scene<'_>,
    stream: &StreamId,
    subject: &str,
) {
    let reference = outcome.reference.clone();
    for draft in drafts.iter_mut() {
        // What it means for another case, and what follows on the case's own stream, is no part of a course.
        let of_another = draft.stream != *stream && has_a_course(draft.stream.kind());
        let follows = stream.kind() == "contract" && draft.kind != outcome.fact;
        draft.definition = (!of_another && !follows).then(|| reference.clone());
    }
    let Some(own) = drafts.iter_mut().find(|d| d.stream == *stream && d.kind == outcome.fact)
    else {
        return;
    };
    for (key, value) in outcome.data {
        own.data.entry(key).or_insert(value);
    }
    for part in outcome.sealed {
        let there = own.data.contains_key(&part.field)
            || own.sealed.iter().any(|sealed| sealed.field == part.field);
        if !there {
            own.sealed.push(part.of(subject));
        }
    }
    let seen = serde_json::to_value(scene.relied_on()).unwrap_or(Value::Null);
    match own.data.get_mut("relied_on").and_then(Value::as_object_mut) {
        Some(guards) => {
            guards.insert("positions".to_owned(), seen);
        }
        None => {
            own.data.insert("relied_on".to_owned(), json!({ "positions": seen }));
        }
    }
}

pub(crate) fn unknown(id: &str) -> Verdict {
    Refusal::field(
        "on",
        Text::new(format!("没有“{id}”这一项"), format!("There is no such thing as `{id}` here")),
        Text::new("请从清单里打开要办理的事项", "Open it from the list"),
    )
    .into()
}

fn payment<'a>(scene: &Scene<'a>, id: &str) -> Result<&'a Payment, Verdict> {
    let found = scene.payment(id).filter(|case| case.core.unit == *scene.unit());
    found.map(|case| &case.core).ok_or_else(|| unknown(id))
}

fn item_case<'a>(scene: &Scene<'a>, id: &str) -> Result<&'a Case<Item>, Verdict> {
    scene.item(id).filter(|case| case.core.unit == *scene.unit()).ok_or_else(|| unknown(id))
}

fn query_case<'a>(scene: &Scene<'a>, id: &str) -> Result<&'a Case<query::Query>, Verdict> {
    scene.query(id).filter(|case| case.core.unit == *scene.unit()).ok_or_else(|| unknown(id))
}

/// A warning of this unit.
pub(crate) fn warning_case<'a>(
    scene: &Scene<'a>,
    id: &str,
) -> Result<&'a Case<warning::Warning>, Verdict> {
    scene.warning(id).filter(|case| case.core.unit == *scene.unit()).ok_or_else(|| unknown(id))
}

/// A local event never starts a core stream: the thing must be there.
fn known(scene: &Scene<'_>, definition: &Definition, id: &str) -> Result<(), Verdict> {
    match definition.stream.as_str() {
        "payment" => payment(scene, id).map(|_| ()),
        "item" => item_case(scene, id).map(|_| ()),
        "query" => query_case(scene, id).map(|_| ()),
        "warning" => warning_case(scene, id).map(|_| ()),
        "allocation" | "asset" | "contract" | "grant"
            if history(scene, definition, id).is_some() =>
        {
            Ok(())
        }
        _ => Err(unknown(id)),
    }
}

/// The course so far of the thing that a step is taken on.
pub fn history<'a>(scene: &Scene<'a>, definition: &Definition, id: &str) -> Option<&'a History> {
    match definition.stream.as_str() {
        "payment" => scene.payment(id)?.history.as_ref(),
        "item" => scene.item(id)?.history.as_ref(),
        "query" => scene.query(id)?.history.as_ref(),
        "warning" => scene.warning(id)?.history.as_ref(),
        "allocation" => scene.allocation(id)?.history.as_ref(),
        "grant" => scene.grant(id)?.history.as_ref(),
        "asset" => scene.asset(id)?.history.as_ref(),
        "contract" => scene.contract(id)?.history.as_ref(),
        _ => None,
    }
}

fn day(fields: &Map<String, Value>, name: &str) -> Result<Option<Date>, Refusal> {
    let Some(typed) = text(fields, name) else { return Ok(None) };
    typed.parse().map(Some).map_err(|_| {
        Refusal::field(
            name,
            Text::new("日期格式不对", "This is not a date"),
            Text::new("请写成2026-03-05", "Write it as 2026-03-05"),
        )
    })
}

/// How many days from today the latest clock runs that this step starts.
fn window_days(outcome: &Outcome, today: Date) -> u16 {
    let due = outcome.data.get("due").and_then(Value::as_object);
    let ends = due.into_iter().flat_map(|due| due.values()).filter_map(Value::as_i64).max();
    ends.and_then(|micros| {
        let end = kernel::Timestamp::from_micros(micros).date();
        u16::try_from((end - today).get_days()).ok()
    })
    .unwrap_or(0)
}

/// The bookkeeper hands the month in (报账): the first of the two signatures under its closing.
fn submit(scene: &Scene<'_>, id: &str, item: &Item, by: &str) -> Result<Vec<Draft>, Verdict> {
    let book = bookkeeping::started(scene.book())?;
    let trial_balance = match book.months.get(&item.month) {
        Some(month) if month.closed => month.trial_balance.clone(),
        _ => book.trial_balance(item.month),
    };
    let submitted = MonthSubmitted { item: id.to_owned(), month: item.month, trial_balance };
    let mut drafts = vec![fact(item::stream(id), "month-submitted.v1", &submitted)?];
    drafts.extend(sign_closing(scene, item.month, by)?);
    Ok(drafts)
}

/// The agency closes the month, and its sheet follows from the book (公开表).
fn draw_up(scene: &Scene<'_>, id: &str, item: &Item, by: &str) -> Result<Vec<Draft>, Verdict> {
    let closing = sign_closing(scene, item.month, by)?;
    let mut book = bookkeeping::started(scene.book())?.clone();
    if let Some(closed) = closing.iter().find(|d| d.kind == "period-closed.v1") {
        book.apply_closing(&Value::Object(closed.data.clone()));
    }
    let Some((content, figures)) = item::content(&book, item.month) else {
        return Err(Refusal::new(
            "month-not-submitted",
            Text::new(
                format!("{}还没有由报账员报账", item.month),
                format!("{} was not handed in by the bookkeeper", item.month),
            ),
            Text::new("请报账员先报账", "Let the bookkeeper hand it in first"),
        )
        .by_law(law("ACC-2023"))
        .into());
    };
    let sheet = SheetDrawnUp { item: id.to_owned(), month: item.month, content, figures };
    let mut drafts = vec![fact(item::stream(id), "sheet-drawn-up.v1", &sheet)?];
    drafts.extend(closing);
    Ok(drafts)
}

/// A signature under a month's closing; none when it is closed already.
fn sign_closing(scene: &Scene<'_>, month: Month, by: &str) -> Result<Vec<Draft>, Verdict> {
    let closed = scene.book().and_then(|b| b.months.get(&month)).is_some_and(|m| m.closed);
    if closed {
        return Ok(Vec::new());
    }
    bookkeeping::sign_period_closing(scene.book(), scene.unit(), month, by, scene.today)
}

fn raise(
    scene: &Scene<'_>,
    id: &str,
    fields: &Map<String, Value>,
    outcome: &Outcome,
) -> Result<Draft, Verdict> {
    if scene.query(id).is_some() {
        return Err(unknown(id));
    }
    let about = match (text(fields, "item"), text(fields, "voucher")) {
        (Some(item), None) => About::Item(item.to_owned()),
        (None, Some(voucher)) => About::Voucher(voucher.to_owned()),
        _ => {
            return Err(Refusal::field(
                "about",
                Text::new("请指明一项公开或一张凭证", "Name one item or one voucher"),
                Text::new("两者选一", "One of the two"),
            )
            .into());
        }
    };
    let item_is_known = match &about {
        About::Item(item) => scene.item(item).is_some_and(|case| case.core.unit == *scene.unit()),
        About::Voucher(_) => false,
    };
    let due = outcome.data.get("due").and_then(Value::as_object);
    let first = due.and_then(|due| due.values().filter_map(Value::as_i64).min());
    let days = i64::from(limits::answer_days(scene.today));
    let answer_by = match first {
        Some(micros) => kernel::Timestamp::from_micros(micros).date(),
        None => scene.today.checked_add(jiff::Span::new().days(days)).unwrap_or(scene.today),
    };
    let raised =
        QueryRaised { query: id.to_owned(), about, answer_by, keeper: scene.place.keeper.clone() };
    let words = text(fields, "text").unwrap_or_default();
    query::raise(&raised, words, scene.book(), item_is_known, scene.today)
}

/// What falls due by the definition, as an event. A deadline is consumed whatever the core says of its consequence.
pub fn lapsed(
    scene: &Scene<'_>,
    stream: &StreamId,
    name: &str,
    history: &History,
    outcome: Option<Outcome>,
) -> Vec<Draft> {
    let id = stream.key();
    let mut drafts = match &outcome {
        Some(o) if o.local => return vec![local(o.clone(), stream)],
        Some(o) if o.fact == "query-escalated.v1" => scene
            .query(id)
            .and_then(|case| query::escalate(id, &case.core).ok())
            .into_iter()
            .collect(),
        Some(o) if o.fact == "disclosure-overdue.v1" => scene
            .item(id)
            .filter(|case| !case.core.overdue)
            .and_then(|case| case.core.lapse(id, item::PUBLISH_BY)?.ok())
            .into_iter()
            .collect(),
        Some(o) if o.fact == "display-ended.v1" => scene
            .item(id)
            .filter(|case| !case.core.ended)
            .and_then(|case| case.core.lapse(id, item::DISPLAY)?.ok())
            .into_iter()
            .collect(),
        _ => Vec::new(),
    };
    match outcome {
        Some(outcome) if !drafts.is_empty() => {
            complete(&mut drafts, outcome, scene, stream, &format!("{}-{id}", stream.kind()));
            stop(&mut drafts, name);
        }
        _ => drafts = vec![passed(stream, name, history)],
    }
    drafts
}

/// The record of a deadline that brings nothing about any more: it is consumed, and somebody can look.
pub(crate) fn passed(stream: &StreamId, name: &str, history: &History) -> Draft {
    let mut passed = Draft {
        log: kernel::LogKind::Open,
        place: None,
        stream: stream.clone(),
        kind: "time-passed.v1".to_owned(),
        data: Map::new(),
        sealed: Vec::new(),
        definition: history.definition.clone(),
    };
    passed.data.insert("of".to_owned(), name.into());
    stop(std::slice::from_mut(&mut passed), name);
    passed
}

fn local(outcome: Outcome, stream: &StreamId) -> Draft {
    let subject = format!("{}-{}", stream.kind(), stream.key());
    outcome.into_draft(stream.clone(), &subject)
}

/// Makes sure that the event consumes the deadline.
/// Says in the event that a deadline of the procedure runs no longer.
pub(crate) fn stop(drafts: &mut [Draft], name: &str) {
    let Some(first) = drafts.first_mut() else { return };
    let stops = first.data.entry("stops").or_insert_with(|| json!([]));
    if let Some(list) = stops.as_array_mut()
        && !list.iter().any(|known| known == name)
    {
        list.push(name.into());
    }
}
