//! All cases beside the definitions; and that each guard, taken out, makes one of them fail.
mod assets;
mod village;

use definitions::{
    Definition, Definitions, PostSpec, Step,
    cases::{Case, CaseLine, parse_cases},
    mutate,
};
use engines::{
    cases::{CaseHost, Done, Failure, run_cases},
    rehearsal::{Rehearsed, Role, rehearse},
};
use funds_oversight::{Ask, catalogue, facts::accounts, facts::voucher::Template, funds::EMBEDDED};
use kernel::{Actor, Answer, Command, Date, Deadline, Event, StreamId, Timestamp, Verdict};
use serde_json::{Map, Value, json};
use village::*;

const CASES: [&str; 8] = [
    include_str!("../definitions/payment.cases.toml"),
    include_str!("../definitions/month-close.cases.toml"),
    include_str!("../definitions/supervision-query.cases.toml"),
    include_str!("../definitions/warning.cases.toml"),
    include_str!("../definitions/asset.cases.toml"),
    include_str!("../definitions/lease.cases.toml"),
    include_str!("../definitions/allocation.cases.toml"),
    include_str!("../definitions/earmarked-fund.cases.toml"),
];

#[derive(Clone)]
struct Host {
    village: Village,
    on: Option<String>,
    invoices: u32,
    /// The month is over: what comes now happens in April.
    is_april: bool,
    /// What the township offered.
    offer: Option<String>,
    /// The commands sent under each key: who repeats a key sends the same bytes.
    sent: std::collections::BTreeMap<String, Ask>,
}

/// A set in which this text stands in place of the embedded file of the same stream.
fn set_with(definition: &Definition) -> Definitions {
    let others = EMBEDDED.iter().filter(|(file, _)| *file != definition.file);
    let mut texts: Vec<(&str, &str)> = others.copied().collect();
    texts.push((&definition.file, &definition.text));
    checked(&texts)
}

fn checked(texts: &[(&str, &str)]) -> Definitions {
    Definitions::check(texts, &lenient()).unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

impl Host {
    fn new() -> Self {
        Self {
            village: Village::new(),
            on: None,
            invoices: 100,
            is_april: false,
            offer: None,
            sent: Default::default(),
        }
    }

    /// The step as a command: fields as the file's types say, what is missing filled in with something ordinary.
    fn body(&mut self, definition: &Definition, step: &str, line: &CaseLine) -> Ask {
        let of = definition.step(step).unwrap_or_else(|| panic!("no step {step}"));
        let mut fields = Map::new();
        for name in of.takes.iter().filter(|name| *name != "same_invoice") {
            let Some(text) = line.value(name) else { continue };
            let value = match text.split_once(':') {
                Some((kind @ ("person" | "organisation"), who)) => json!({ kind: who }),
                _ => json!(text),
            };
            fields.insert(name.clone(), value);
        }
        let fact = of.events.first().map(|e| e.fact.as_str()).unwrap_or_default();
        if matches!(fact, "payment-requested.v1" | "payment-corrected.v1") {
            self.invoices += 1;
            for (name, value) in Village::request("300.00", self.invoices) {
                fields.entry(name).or_insert(value);
            }
        }
        if fact == "query-raised.v1"
            && !fields.contains_key("voucher")
            && !fields.contains_key("item")
        {
            fields.insert("item".into(), format!("{VILLAGE}.g5.2026-03").into());
            fields.entry("text").or_insert("什么时候公开".into());
        }
        assets::ordinary(fact, &mut fields, self.offer.as_deref());
        let starts = matches!(
            fact,
            "payment-requested.v1"
                | "query-raised.v1"
                | "asset-registered.v1"
                | "listing-published.v1"
                | "fund-allocated.v1"
                | "grant-taken.v1"
        );
        let on = if starts { None } else { self.on.clone() };
        let Ask::Take(mut take) = self.village.step(&definition.id, step, on.as_deref(), fields)
        else {
            unreachable!()
        };
        take.act.outcome = line.value("outcome").map(str::to_owned);
        Ask::Take(take)
    }

    fn turn_the_page(&mut self) {
        if self.is_april {
            self.village.now = self.village.now.max(noon("2026-04-02"));
        }
    }

    fn actor(line: &CaseLine) -> Actor {
        match line.by() {
            Some(("resident", id)) => Actor::Resident(id.to_owned()),
            Some(("system", name)) => Actor::System(name.to_owned()),
            Some((post, name)) if post != "nobody" => actor(post, name),
            _ => Actor::System("nobody".to_owned()),
        }
    }

    /// Where the cases of a definition happen: money is given at the township.
    fn place(definition: &Definition) -> kernel::Place {
        match definition.stream.as_str() {
            "allocation" => at_township(),
            _ => place(),
        }
    }
}

impl CaseHost for Host {
    fn reset(&mut self, definition: &Definition) {
        self.village = Village::under(set_with(definition));
        self.on = None;
        self.sent.clear();
        self.village.start("200000.00");
        if definition.stream == "item" {
            self.on = Some(format!("{VILLAGE}.g5.2026-03"));
            self.village.both(Ask::SignPeriodOpening { month: month("2026-04") });
        }
        self.is_april = definition.stream == "item";
        if definition.stream == "contract" {
            self.village.registered("ZC-001");
        }
        if definition.stream == "grant" {
            self.offer = Some(self.village.offered("SM-2026-1", "60000.00"));
        }
    }

    fn given(&mut self, definition: &Definition, line: &CaseLine) -> Result<(), String> {
        if line.what != "Paid" {
            self.turn_the_page();
        }
        let word = |index: usize| line.words.get(index).cloned().unwrap_or_default();
        match line.what.as_str() {
            "PeriodOpened" => {
                let ask = Ask::SignPeriodOpening { month: month(&word(0)) };
                self.village.try_both(ask).map_err(|v| v.to_string())?;
            }
            "PeriodClosed" => {
                self.village.now = noon("2026-04-02");
                let ask = Ask::SignPeriodClosing { month: month(&word(0)) };
                self.village.try_both(ask).map_err(|v| v.to_string())?;
            }
            "ResolutionPublished" => {
                let limit = line.value("limit").unwrap_or("1.00").to_owned();
                self.village.resolved(&word(0), &limit);
            }
            "ResolutionAnnulled" => {
                let data = json!({"resolution": word(0)});
                self.village.hear(VILLAGE, "resolution-annulled.v1", data);
            }
            "ConflictDeclared" => {
                let (a, b) = (format!("n-{}", word(0)), format!("n-{}", word(1)));
                let pair = json!({"party_a": a, "party_b": b, "degree": "close-kin"});
                self.village.hear(VILLAGE, "conflict-declared.v1", pair);
                let filed = json!({"party": a, "pairs": 1});
                self.village.hear(VILLAGE, "declaration-filed.v1", filed);
            }
            "CashLimitTightened" => {
                let text =
                    definition.text.replace("is = \"1000.00\"", &format!("is = \"{}\"", word(0)));
                let mut texts: Vec<(&str, &str)> = EMBEDDED.to_vec();
                texts.retain(|(file, _)| *file != definition.file);
                texts.push((&definition.file, &text));
                self.village = Village::under(checked(&texts));
                self.village.start("200000.00");
            }
            "Warned" => {
                let severity = line.value("severity").ok_or("say how grave it is")?;
                let concerns = line.value("concerns").map(|name| format!("h-{name}"));
                self.on = Some(self.village.warned(severity, concerns.as_slice(), &[]));
            }
            "AnotherPayment" | "Another" => self.on = None,
            "Day" => {
                self.village.now = noon(&word(0));
                self.village.log.pass(self.village.now);
            }
            "Paid" => {
                self.invoices += 1;
                let mut fields = Village::request("1.00", self.invoices);
                fields.insert("amount".into(), word(0).into());
                let requested = self.village.pay_step(who("Li"), "request", None, fields);
                let events = requested.map_err(|v| v.to_string())?;
                let id = events[0].stream.key().to_owned();
                self.village
                    .pay_step(who("Wang"), "approve", Some(&id), Map::new())
                    .map_err(|v| v.to_string())?;
                let mut paid = Village::bank();
                paid.insert("on".into(), "2026-03-02".into());
                self.village
                    .pay_step(who("Zhao"), "pay", Some(&id), paid)
                    .map_err(|v| v.to_string())?;
            }
            "Receipt" => {
                let entry = Template::Receipt {
                    into: accounts::AccountCode::BANK,
                    from: accounts::AccountCode::parse("501").unwrap(),
                    amount: yuan(&word(0)),
                    bank_account: None,
                };
                let body =
                    Ask::PostVoucher { entry, date: day(&word(1)), summary: "租金".into() };
                self.village.ask(who("Guo"), body).map_err(|v| v.to_string())?;
            }
            event => {
                let fact = definition
                    .steps
                    .iter()
                    .flat_map(|s| s.events.iter().map(move |e| (s, e)))
                    .find(|(_, e)| e.event == event)
                    .map(|(step, e)| (step.id.clone(), e.outcome.clone(), step.events.len()));
                let (step, outcome, outcomes) =
                    fact.ok_or_else(|| format!("nothing brings about `{event}`"))?;
                let mut body = self.body(definition, &step, line);
                if let Ask::Take(take) = &mut body
                    && outcomes > 1
                {
                    take.act.outcome = Some(outcome);
                }
                let place = Self::place(definition);
                let events = self
                    .village
                    .ask_at(place, Self::actor(line), body)
                    .map_err(|v| v.to_string())?;
                self.on = Some(events[0].stream.key().to_owned());
            }
        }
        Ok(())
    }

    fn act(
        &mut self,
        definition: &Definition,
        line: &CaseLine,
        key: &str,
    ) -> Result<Done, Verdict> {
        self.turn_the_page();
        let body = match self.sent.get(key) {
            Some(body) => body.clone(),
            None => self.body(definition, &line.what, line),
        };
        self.sent.insert(key.to_owned(), body.clone());
        let actor = Self::actor(line);
        let command = Command {
            principal: actor.to_string(),
            key: key.to_owned(),
            actor,
            place: Self::place(definition),
            seen: None,
            causation: None,
            body,
        };
        let answer = self.village.log.execute(&command, self.village.now)?;
        let already = matches!(answer, Answer::AlreadyDone(_));
        Ok(Done { already, events: self.village.of_receipt(&answer) })
    }

    fn wait(&mut self, _: &Definition, until: Timestamp) -> Vec<Event> {
        let before = self.village.log.events().len();
        // A moment after midnight, when whoever looks sees what fell due by then.
        self.village.log.pass(until.plus_micros(2));
        self.village.log.events()[before..].to_vec()
    }

    fn shows(&self, event: &Event, name: &str, value: &str) -> Option<bool> {
        if name == "by" {
            return Some(event.actor == value.replacen(':', "/h-", 1));
        }
        let lines = event.data.get("lines")?.as_array()?;
        if name == "amount" {
            let fen = yuan(value).fen();
            return Some(lines.iter().all(|l| l["debit"] == fen || l["credit"] == fen));
        }
        ["debit", "credit"].contains(&name).then(|| {
            lines.iter().filter(|line| !line[name].is_null()).any(|line| {
                let code = accounts::AccountCode::parse(line["account"].as_str().unwrap());
                accounts::account(code.unwrap()).is_some_and(|a| a.name.zh == value)
            })
        })
    }
}

impl Rehearsed for Host {
    fn written(&self) -> &[Event] {
        self.village.log.events()
    }

    fn open(&self) -> Vec<(StreamId, Deadline)> {
        self.village.log.open().map(|(stream, deadline)| (stream.clone(), deadline)).collect()
    }

    fn somebody(&self, post: &PostSpec) -> Role {
        let Some((name, unit, body, _)) = PEOPLE.iter().find(|(.., key)| *key == post.key) else {
            // A post that the core knows and nobody holds here.
            return Role::new(format!("{}:Nobody", post.key), []);
        };
        let level = if *unit == TOWNSHIP { "township" } else { "village" };
        let both = ["branch-committee", "village-committee"].contains(body);
        let both = both.then_some("two-committees");
        let is = [post.key.as_str(), body, level].into_iter().chain(both);
        Role::new(format!("{}:{name}", post.key), is.map(str::to_owned))
    }

    fn complete(&self, _: &Definition, _: &Step, _: &mut CaseLine) {}

    fn today(&self) -> Date {
        self.village.now.date()
    }

    fn refuses(&self, guard: &str) -> Vec<String> {
        let also = (guard == "covered-by-resolution").then_some("resolution-needed");
        [guard].into_iter().chain(also).map(str::to_owned).collect()
    }
}

fn cases(file: &str, text: &str) -> Vec<Case> {
    parse_cases(file, text).unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

fn told(failures: &[Failure]) -> String {
    failures.iter().map(|f| format!("{} ({}): {}\n", f.case, f.line, f.what)).collect()
}

#[test]
fn every_case_holds() {
    let set = Definitions::check(&EMBEDDED, &catalogue()).unwrap();
    for ((file, text), cases_text) in EMBEDDED.iter().zip(CASES) {
        let definition = set.iter().find(|d| d.text == *text).unwrap();
        let failures = run_cases(definition, &cases(file, cases_text), &mut Host::new());
        assert!(failures.is_empty(), "{file}\n{}", told(&failures));
    }
}

/// From every state that the cases reach: each step by each role, each accepted step twice, each deadline let pass.
#[test]
fn every_definition_is_rehearsed() {
    let set = Definitions::check(&EMBEDDED, &catalogue()).unwrap();
    let posts = catalogue().posts;
    for ((file, text), cases_text) in EMBEDDED.iter().zip(CASES) {
        let definition = set.iter().find(|d| d.text == *text).unwrap();
        let all = cases(file, cases_text);
        let rehearsal = rehearse(definition, &all, &posts, &mut Host::new());
        assert!(rehearsal.failures.is_empty(), "{file} {}", told(&rehearsal.failures));
        assert!(rehearsal.accepted > 0, "{file}: nothing was accepted");
    }
}

#[test]
fn each_guard_taken_out_makes_a_case_fail() {
    let (file, text) = EMBEDDED[0];
    let all = cases(file, CASES[0]);
    let guards = mutate::guards(text);
    assert_eq!(guards.len(), funds_oversight::rules::GUARDS.len(), "{guards:?}");
    for guard in guards {
        let mut without = mutate::without_guard(text, &guard).unwrap();
        if guard == "cash-limit" {
            // Nothing reads the parameter then.
            without = without
                .lines()
                .filter(|l| !l.starts_with("cash_limit"))
                .collect::<Vec<_>>()
                .join("\n");
        }
        let set = checked(&[(file, &without)]);
        let definition = set.iter().next().unwrap();
        let failures = run_cases(definition, &all, &mut Host::new());
        let of_guard = failures
            .iter()
            .any(|f| f.what.contains(&guard) || f.what.contains("resolution-needed"));
        assert!(of_guard, "without {guard}: {}", told(&failures));
    }
}

#[test]
fn names_of_steps_and_files_mean_nothing() {
    for ((file, text), cases_text) in EMBEDDED.iter().zip(CASES) {
        let (text, cases_text) = mutate::rename_ids(text, cases_text, &catalogue()).unwrap();
        let set = checked(&[(file, &text)]);
        let definition = set.iter().next().unwrap();
        let failures = run_cases(definition, &cases(file, &cases_text), &mut Host::new());
        assert!(failures.is_empty(), "{file}\n{}", told(&failures));
    }
}

#[test]
fn what_nobody_did_is_written_by_the_core_even_if_a_file_forgets_it() {
    // Without the file's deadline the question still goes to the township on the day after its last.
    let text = EMBEDDED[2].1;
    let without: String = text
        .lines()
        .filter(|line| !line.starts_with("missed"))
        .collect::<Vec<_>>()
        .join("\n")
        .replace(", within = \"answer\"", "")
        .replace(", within = \"10 days\"", "")
        .replace(", \"answer.missed\"", "");
    let without = without
        .lines()
        .filter(|line| !line.starts_with("answer = {"))
        .collect::<Vec<_>>()
        .join("\n");
    let without = without.replace("[[local]]\nevent  = \"JudgementOverdue\"\nfields = []\n", "");
    let without = without.replace("[[local]]\nevent  = \"SettlementOverdue\"\nfields = []\n", "");
    let mut texts: Vec<(&str, &str)> = EMBEDDED[..2].to_vec();
    texts.push(("supervision-query.toml", &without));
    let mut village = Village::under(checked(&texts));
    village.start("1000.00");
    let fields: Value = json!({"item": format!("{VILLAGE}.g5.2026-03"), "text": "何时公开"});
    let ask = village.step("supervision-query", "raise", None, fields.as_object().unwrap().clone());
    let events = village.ask(who("Zhou"), ask).unwrap();
    let until = day(events[0].data["answer_by"].as_str().unwrap());
    assert!(until <= day("2026-03-17"));
    village.log.pass(Timestamp::end_of(until));
    assert!(!village.log.events().iter().any(|e| e.fact() == "query-escalated.v1"));
    village.log.pass(Timestamp::end_of(until).plus_micros(1));
    let last = village.log.events().last().unwrap();
    assert_eq!(last.fact(), "query-escalated.v1");
    assert_eq!(last.stream, StreamId::of("query", events[0].stream.key()));
}
