//! Units, villages, seats, accounts, adopted definitions and what is heard from funds, on the real domain.

mod village;

use kernel::{
    Actor, Command, Domain, Event, LogKind, Money, Refusal, StreamId, Timestamp, UnitId, Verdict,
};
use organisation::{
    Ask, Organisation, State,
    facts::{
        account::{AccountAsk, AskAccount, Owner},
        conflict::{Degree, FileDeclaration, Relative},
        definition::{AdoptDefinition, ProposeDefinition, Running},
        divisions::{Plan, Register},
        seat::{self, FillSeat, Leaving, PauseSeat, VacateSeat},
        unit::{self, FormUnit, RenameUnit},
        village::{ElectorateCounted, VillageSetUp},
    },
    hears::funds,
};
use serde_json::{Value, json};
use village::{TOWNSHIP, VILLAGE, Village, day, embedded, fill, morning, person, place};

fn refused(village: &mut Village, ask: Ask) -> Refusal {
    match village.try_ask(ask) {
        Err(Verdict::Refused(refusal)) => {
            assert!(refusal.what.is_complete() && refusal.remedy.is_complete(), "{refusal:?}");
            refusal
        }
        other => panic!("should be refused: {other:?}"),
    }
}

fn expect(village: &mut Village, ask: Ask, code: &str, article: &str) {
    let refusal = refused(village, ask);
    let law = refusal.law.as_ref().map(|law| law.article.as_str());
    assert_eq!((refusal.code.as_str(), law), (code, Some(article)), "{refusal:?}");
}

fn vacate(seat: &str) -> Ask {
    Ask::VacateSeat(VacateSeat {
        unit: VILLAGE.into(),
        seat: seat.into(),
        on: day("2026-03-01"),
        cause: Leaving::Resigned,
    })
}

fn as_person(mut ask: FillSeat, person_of: &str) -> FillSeat {
    ask.person = person(person_of);
    ask
}

#[test]
fn a_single_post_has_one_holder() {
    let mut village = Village::new(embedded());
    let ask = || Ask::FillSeat(fill("village-committee", "village-director", "Neu", true));
    expect(&mut village, ask(), "post-held", "OLVC 8");
    village.must(vacate("seat-village-director-Wang"));
    village.must(ask());
    // the next term may be filled ahead
    let mut next = fill("village-committee", "village-director", "Nachfolger", true);
    next.from = day("2031-01-01");
    next.to = day("2035-12-31");
    village.must(Ask::FillSeat(next));
}

#[test]
fn incompatible_seats_are_never_together() {
    let mut village = Village::new(embedded());
    village.must(vacate("seat-supervision-member-Jin"));
    village.must(vacate("seat-bookkeeper-Bao"));
    village.must(vacate("seat-deputy-director-Deng"));
    let supervision = |holder: &str| {
        Ask::FillSeat(fill("supervision-committee", "supervision-member", holder, true))
    };
    for holder in ["Wang", "Zhao", "Li"] {
        expect(&mut village, supervision(holder), "incompatible-seats", "OLVC 37");
    }
    let bookkeeper =
        |holder: &str| Ask::FillSeat(fill("finance-office", "bookkeeper", holder, true));
    expect(&mut village, bookkeeper("Zhao"), "incompatible-seats", "ACL 35");
    expect(&mut village, bookkeeper("Shi"), "incompatible-seats", "county-finance");
    let director = Ask::FillSeat(fill("village-committee", "deputy-director", "Jian", true));
    expect(&mut village, director, "incompatible-seats", "OLVC 37");
    // the party secretary may be director too: 一肩挑
    village.must(vacate("seat-village-director-Wang"));
    village.must(Ask::FillSeat(fill("village-committee", "village-director", "Shi", true)));
}

#[test]
fn one_person_is_one_holder() {
    let mut village = Village::new(embedded());
    village.must(vacate("seat-supervision-member-Jin"));
    // the director under another id
    let ask = as_person(fill("supervision-committee", "supervision-member", "Alias", true), "Wang");
    expect(&mut village, Ask::FillSeat(ask), "holder-person", "OLVC 37");
    // another person under the chair's id
    let ask = as_person(fill("supervision-committee", "supervision-member", "Jian", true), "Else");
    let refusal = refused(&mut village, Ask::FillSeat(ask));
    assert!(["holder-person", "post-held"].contains(&refusal.code.as_str()), "{refusal:?}");
}

#[test]
fn close_kin_are_kept_apart_and_nobody_sits_undeclared() {
    let mut village = Village::new(embedded());
    village.must(vacate("seat-supervision-member-Jin"));
    let ask = |relatives: Option<Vec<Relative>>| {
        let mut ask = fill("supervision-committee", "supervision-member", "Neu", true);
        ask.relatives = relatives;
        Ask::FillSeat(ask)
    };
    let kin = |degree| Some(vec![Relative { person: person("Wang"), degree }]);
    expect(&mut village, ask(None), "declaration-missing", "OLVC 37");
    expect(&mut village, ask(kin(Degree::CloseKin)), "kin-apart", "OLVC 37");
    // nothing of a refused command remains
    assert!(village.memory.events().iter().all(|e| e.fact() != "conflict-declared.v1"));
    village.must(ask(kin(Degree::Kin)));

    // declared from the other side it holds as well
    village.must(vacate("seat-supervision-member-Neu"));
    village.must(Ask::FileDeclaration(FileDeclaration {
        unit: VILLAGE.into(),
        party: person("Wang"),
        relatives: vec![Relative { person: person("Other"), degree: Degree::CloseKin }],
    }));
    let other = fill("supervision-committee", "supervision-member", "Other", true);
    expect(&mut village, Ask::FillSeat(other), "kin-apart", "OLVC 37");
}

/// Close kin declared when both are in office already: the supervisor's seat is suspended with the day since when what was
/// done in it is in question; it is not resumed while both hold office; no event names a relative.
#[test]
fn a_late_conflict_suspends_the_seat_and_marks_what_it_did() {
    let mut village = Village::new(embedded());
    let declare = |party: &str, relatives: &[(&str, Degree)]| {
        let relatives = relatives
            .iter()
            .map(|(holder, degree)| Relative { person: person(holder), degree: *degree });
        Ask::FileDeclaration(FileDeclaration {
            unit: VILLAGE.into(),
            party: person(party),
            relatives: relatives.collect(),
        })
    };
    let suspended = |village: &Village| -> Vec<Value> {
        let events = village.memory.events().iter();
        let events = events.filter(|event| event.fact() == "seat-suspended.v1");
        events.map(|event| Value::Object(event.data.clone())).collect()
    };
    // distant kin and kin in offices that may be held together change nothing
    village.must(declare("Wang", &[("Jian", Degree::Kin), ("Shi", Degree::CloseKin)]));
    assert!(suspended(&village).is_empty());
    // the director's close kin chairs the supervision committee: the chair gives way, whoever declares
    village.must(declare("Wang", &[("Jian", Degree::CloseKin)]));
    let found = suspended(&village);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["holder"], &found[0]["post"], &found[0]["law"]),
        (&json!("Jian"), &json!("supervision-chair"), &json!("OLVC 37"))
    );
    let since = found[0]["since"].as_str().unwrap().to_owned();
    assert_eq!(day(&since), day("2026-01-01"), "since both were in office");
    assert!(!found[0].to_string().contains("person-") && !found[0].to_string().contains("Wang"));
    // declared again, it is suspended already
    village.must(declare("Jian", &[("Wang", Degree::CloseKin)]));
    assert_eq!(suspended(&village).len(), 1);
    let resume = Ask::ResumeSeat(PauseSeat {
        unit: VILLAGE.into(),
        seat: "seat-supervision-chair-Jian".into(),
    });
    expect(&mut village, resume.clone(), "kin-apart", "OLVC 37");
    // once the other has left, nothing keeps them apart
    village.must(vacate("seat-village-director-Wang"));
    village.must(resume);
    // of two of one body the later one gives way
    let mut later = fill("village-committee", "village-director", "Neu", true);
    later.from = day("2026-03-01");
    village.must(Ask::FillSeat(later));
    village.must(declare("Neu", &[("Deng", Degree::CloseKin)]));
    let found = suspended(&village);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((&found[1]["holder"], &found[1]["law"]), (&json!("Neu"), &json!("OLVC 8")));
    assert_eq!(found[1]["since"], json!("2026-03-01"));
}

#[test]
fn kinship_lies_in_the_closed_log_and_persons_in_no_open_event() {
    let village = Village::new(embedded());
    let mut closed = 0;
    for event in village.memory.events() {
        let text = String::from_utf8(event.encode().unwrap()).unwrap();
        if event.log.as_str().ends_with("-closed") {
            closed += 1;
        } else {
            assert!(!text.contains("person-"), "{text}");
        }
    }
    assert!(closed > 50);
    assert_eq!(LogKind::Closed, conflict_log());
}

fn conflict_log() -> LogKind {
    let ask = FileDeclaration { unit: "v".into(), party: "p".into(), relatives: Vec::new() };
    organisation::facts::conflict::file(&ask, None).unwrap().events[0].log
}

#[test]
fn terms_bodies_levels_and_own_seats() {
    let mut village = Village::new(embedded());
    village.must(vacate("seat-supervision-member-Jin"));
    let base = || fill("supervision-committee", "supervision-member", "Neu", true);
    let long = FillSeat { to: day("2031-01-02"), ..base() };
    expect(&mut village, Ask::FillSeat(long), "term-too-long", "OLVC 14");
    let before = FillSeat { to: day("2025-12-31"), ..base() };
    assert_eq!(refused(&mut village, Ask::FillSeat(before)).field.as_deref(), Some("/to"));
    let unknown = FillSeat { body: "council".into(), ..base() };
    assert_eq!(refused(&mut village, Ask::FillSeat(unknown)).field.as_deref(), Some("/body"));
    let unknown = FillSeat { post: "king".into(), ..base() };
    assert_eq!(refused(&mut village, Ask::FillSeat(unknown)).field.as_deref(), Some("/post"));
    let level = FillSeat { unit: TOWNSHIP.into(), ..base() };
    assert_eq!(refused(&mut village, Ask::FillSeat(level)).field.as_deref(), Some("/body"));
    let nowhere = FillSeat { unit: "nowhere".into(), ..base() };
    expect(&mut village, Ask::FillSeat(nowhere), "no-such-unit", "STAT-2009");
    let nameless = FillSeat { name: " ".into(), ..base() };
    assert_eq!(refused(&mut village, Ask::FillSeat(nameless)).field.as_deref(), Some("/name"));
    let mut own = village.command(Ask::FillSeat(base()));
    own.actor = village::seated("supervision-chair", "Neu");
    match village.memory.execute(&own, village.now) {
        Err(Verdict::Refused(refusal)) => assert_eq!(refusal.code, "own-seat"),
        other => panic!("{other:?}"),
    }
    village.must(Ask::FillSeat(base()));
    expect(
        &mut village,
        Ask::FillSeat(fill("supervision-committee", "supervision-member", "Zuviel", true)),
        "body-full",
        "OLVC 37",
    );
}

#[test]
fn suspended_is_not_competent_and_a_term_ends_by_itself() {
    let mut village = Village::new(embedded());
    let pause = || PauseSeat { unit: VILLAGE.into(), seat: "seat-village-director-Wang".into() };
    let today = village.now.date();
    assert_eq!(village.roll("village-committee", today).len(), 5);
    village.must(Ask::SuspendSeat(pause()));
    assert_eq!(village.roll("village-committee", today).len(), 4);
    expect(&mut village, Ask::SuspendSeat(pause()), "seat-unchanged", "OLVC 22");
    village.must(Ask::ResumeSeat(pause()));
    let end = Timestamp::end_of(day("2030-12-31"));
    village.memory.pass(end);
    let ended: Vec<&Event> =
        village.memory.events().iter().filter(|e| e.fact() == "seat-vacated.v1").collect();
    let seats: usize = village::seats().iter().map(|(_, _, holders)| holders.len()).sum();
    assert_eq!(ended.len(), seats);
    assert!(ended.iter().all(|e| e.data["cause"] == json!("term-ended")));
    // a village's and a township's things lie in the county's log
    assert!(ended.iter().all(|e| e.log.as_str() == "county-open"));
    assert!(village.roll("village-committee", day("2031-01-01")).is_empty());
}

#[test]
fn a_village_is_set_up_within_the_law() {
    let mut village = Village::bare(embedded());
    village.form_units();
    let set_up = |committee, supervision, board| {
        Ask::SetUpVillage(VillageSetUp {
            unit: VILLAGE.into(),
            committee,
            supervision,
            board,
            groups: 6,
        })
    };
    expect(&mut village, set_up(2, 3, None), "body-size", "OLVC 8");
    expect(&mut village, set_up(8, 3, None), "body-size", "OLVC 8");
    expect(&mut village, set_up(5, 6, None), "body-size", "OLVC 37");
    expect(&mut village, set_up(5, 3, Some(4)), "body-size", "RCEO 29");
    village.must(set_up(7, 5, Some(5)));
    let count = |adults, households, party_members| {
        Ask::CountElectorate(ElectorateCounted {
            unit: VILLAGE.into(),
            adults,
            households,
            party_members,
            capable_members: None,
            on: day("2026-02-01"),
        })
    };
    expect(&mut village, count(0, 0, 0), "count-impossible", "OLVC 26");
    expect(&mut village, count(10, 11, 0), "count-impossible", "OLVC 26");
    expect(&mut village, count(4_000_000, 11, 0), "count-impossible", "OLVC 26");
    village.must(count(1250, 450, 60));
    assert_eq!(village.roll("villagers-meeting", day("2026-03-01")).len(), 1250);
    // a list that nobody counted is unknown, never empty
    assert!(village.roll("members-assembly", day("2026-03-01")).is_empty());
}

fn form(unit: &str, code: &str, level: kernel::Level, parent: Option<&str>) -> FormUnit {
    FormUnit {
        unit: unit.into(),
        code: kernel::DivisionCode::parse(code).unwrap(),
        name: format!("{unit}名"),
        level,
        parent: parent.map(UnitId::from),
        from: day("2026-01-01"),
    }
}

#[test]
fn units_have_one_parent_and_a_code_of_their_own() {
    use kernel::Level::{County, Province, Village as V};
    let mut village = Village::bare(embedded());
    village.form_units();
    let ask = |form: FormUnit| Ask::Divisions { form: vec![form], rename: Vec::new() };
    let dup = form("v2", "330102001203", V, Some(TOWNSHIP));
    expect(&mut village, ask(dup), "code-taken", "STAT-2009");
    let again = form(VILLAGE, "330102001204", V, Some(TOWNSHIP));
    expect(&mut village, ask(again), "unit-exists", "STAT-2009");
    let elsewhere = form("v3", "330103001203", V, Some(TOWNSHIP));
    expect(&mut village, ask(elsewhere), "wrong-parent", "STAT-2009");
    let too_high = form("v4", "330102001204", V, Some("county"));
    expect(&mut village, ask(too_high), "wrong-parent", "STAT-2009");
    let level = form("v5", "330102001204", County, Some("prefecture"));
    expect(&mut village, ask(level), "code-level", "STAT-2009");
    let orphan = form("v6", "340000000000", Province, Some("province"));
    expect(&mut village, ask(orphan), "wrong-parent", "STAT-2009");
    let refusal = refused(
        &mut village,
        Ask::Divisions {
            form: vec![
                form("v7", "330102001204", V, Some(TOWNSHIP)),
                form("v8", "330102001204", V, Some(TOWNSHIP)),
            ],
            rename: Vec::new(),
        },
    );
    assert_eq!(refusal.field.as_deref(), Some("/form/1/code"), "all or none: {refusal:?}");
    assert!(village.memory.state(&unit::stream(&"v7".into())).is_none());
    let same =
        RenameUnit { unit: VILLAGE.into(), name: "青禾村".into(), from: day("2026-02-01") };
    let rename = |r: RenameUnit| Ask::Divisions { form: Vec::new(), rename: vec![r] };
    expect(&mut village, rename(same), "name-unchanged", "STAT-2009");
    let new =
        RenameUnit { unit: VILLAGE.into(), name: "新禾村".into(), from: day("2026-02-01") };
    village.must(rename(new));
    let Some(State::Unit(unit)) = village.memory.state(&unit::stream(&VILLAGE.into())) else {
        panic!("a unit");
    };
    assert_eq!(unit.formed.name, "新禾村");
    assert_eq!(unit.earlier_names[0].0, "青禾村");
    // divisions lie in the province's log
    let divisions = village.memory.events().iter().filter(|e| e.stream.kind() == "unit");
    assert!(divisions.into_iter().all(|e| e.log.as_str() == "province-open"));
}

#[test]
fn a_register_goes_through_the_domain_and_the_second_time_says_nothing() {
    let register =
        Register::parse(include_bytes!("../samples/divisions-direct-county.csv")).unwrap();
    let mut entropy = kernel::Entropy::from_seed([5; 32]);
    let plan = Plan::against(&register, [], day("2026-01-01"), &mut entropy);
    let mut village = Village::bare(embedded());
    let units = plan.form.len();
    let asks: Vec<Ask> = plan.asks(5).collect();
    assert_eq!(asks.len(), units.div_ceil(5));
    for ask in asks {
        village.must(ask);
    }
    assert_eq!(village.memory.events().len(), units);
    let again = Ask::Divisions { form: Vec::new(), rename: Vec::new() };
    assert_eq!(refused(&mut village, again).field.as_deref(), Some("/form"));
}

#[test]
fn one_account_a_person_and_no_credentials_in_events() {
    let mut village = Village::new(embedded());
    let ask = |account: &str, ask| Ask::Account(AskAccount { account: account.into(), ask });
    let open =
        |holder: &str| AccountAsk::Open { owner: Owner::Holder(holder.into()), person: None };
    expect(&mut village, ask("a-wang", open("Li")), "account-exists", "PIPL 51");
    expect(&mut village, ask("a-2", open("Wang")), "owner-has-account", "PIPL 51");
    expect(&mut village, ask("a-9", AccountAsk::Close), "no-such-account", "PIPL 51");
    village.must(ask("a-wang", AccountAsk::Suspend));
    expect(&mut village, ask("a-wang", AccountAsk::Suspend), "account-unchanged", "PIPL 51");
    village.must(ask("a-wang", AccountAsk::Close));
    expect(&mut village, ask("a-wang", AccountAsk::Resume), "account-closed", "PIPL 51");
    let resident = AccountAsk::Open {
        owner: Owner::Resident("r-1".into()),
        person: Some("person-villager".into()),
    };
    village.must(ask("a-r", resident));
    let opened = village.memory.events().last().unwrap();
    assert!(opened.commitment("person").is_some());
    assert!(!String::from_utf8(opened.encode().unwrap()).unwrap().contains("person-villager"));
}

fn officer(village: &mut Village, holder: &str, ask: Ask) -> Command<Ask> {
    let mut command = village.command(ask);
    command.place = place("province", "330000000000", "province");
    command.actor = Actor::Official(kernel::Seat {
        unit: "province".into(),
        body: "rules-office".into(),
        post: "rules-officer".into(),
        holder: holder.into(),
    });
    command
}

#[test]
fn a_text_is_adopted_by_two_persons_for_the_future() {
    let mut village = Village::new(embedded());
    village.adopt_definitions();
    let hash = "c".repeat(64);
    let adopt = |from: &str, hash: &str| {
        Ask::AdoptDefinition(AdoptDefinition {
            definition: "decision".into(),
            version: 2,
            hash: hash.into(),
            persons: None,
            from: day(from),
            running: Running::AtNextStep,
            text: None,
        })
    };
    let propose = Ask::ProposeDefinition(ProposeDefinition {
        definition: "decision".into(),
        version: 2,
        hash: hash.clone(),
        text: None,
    });
    let run = |village: &mut Village, holder: &str, ask: Ask| {
        let command = officer(village, holder, ask);
        match village.memory.execute(&command, village.now) {
            Ok(_) => "done".to_owned(),
            Err(Verdict::Refused(refusal)) => refusal.code,
            Err(other) => panic!("{other:?}"),
        }
    };
    assert_eq!(run(&mut village, "Ren", adopt("2026-04-01", &hash)), "not-proposed");
    assert_eq!(run(&mut village, "Rui", propose), "done");
    assert_eq!(run(&mut village, "Rui", adopt("2026-04-01", &hash)), "two-persons");
    assert_eq!(run(&mut village, "Ren", adopt("2026-02-01", &hash)), "adopted-backwards");
    assert_eq!(run(&mut village, "Ren", adopt("2026-04-01", &"d".repeat(64))), "not-proposed");
    assert_eq!(run(&mut village, "Ren", adopt("2026-04-01", "xyz")), "malformed");
    assert_eq!(run(&mut village, "Ren", adopt("2026-04-01", &hash)), "done");
    assert_eq!(run(&mut village, "Ren", adopt("2026-04-01", &hash)), "version-not-newer");
    let Some(State::Definition(known)) =
        village.memory.state(&StreamId::of("definition", "decision"))
    else {
        panic!("a definition");
    };
    assert_eq!(known.in_force(day("2026-03-31")).unwrap().version, 1);
    assert_eq!(known.in_force(day("2026-04-01")).unwrap().version, 2);
    assert_ne!(known.adopted[1].persons[0], known.adopted[1].persons[1]);
}

fn heard(kind: &str, data: Value) -> Event {
    Event {
        id: "e1".into(),
        source: "/funds".into(),
        kind: format!("cn.cunwu.funds.{kind}"),
        time: morning(day("2026-06-01")),
        log: "l".into(),
        index: 0,
        unit: VILLAGE.into(),
        village: kernel::DivisionCode::parse("330102001203").unwrap(),
        villageseq: 1,
        stream: StreamId::of("payment", "pay1"),
        version: 1,
        actor: "cashier/Zhao".into(),
        definition: None,
        causation: None,
        data: data.as_object().unwrap().clone(),
    }
}

#[test]
fn an_executed_payment_becomes_a_drawing_on_its_resolution() {
    let requested = heard(
        "payment-requested.v1",
        json!({ "payment": "pay1", "amount": 5, "resolution": "p1" }),
    );
    let without = heard("payment-requested.v1", json!({ "payment": "pay1", "amount": 5 }));
    let executed = heard(
        "payment-executed.v1",
        json!({ "payment": "pay1", "amount": 5, "voucher": "v", "on": "2026-06-01" }),
    );
    assert!(funds::copy(&without).is_none() && funds::copy(&executed).is_none());
    let (stream, copy) = funds::copy(&requested).unwrap();
    assert!(stream.is_foreign());
    assert_eq!(funds::needs(&executed), Some(stream));
    assert!(funds::reaction(&executed, None).is_none());
    let ask = funds::reaction(&executed, Some(&copy)).unwrap();
    assert_eq!((ask.resolution.as_str(), ask.amount), ("p1", Money::from_fen(5)));
    let mut village = Village::new(embedded());
    expect(&mut village, Ask::RecordDrawing(ask), "no-such-proposal", "OLVC 28");
}

/// State comes from events alone: folding them anew gives the same, with every sealed part absent.
#[test]
fn folding_all_events_anew_gives_the_same_states() {
    let village = Village::new(embedded());
    let mut states: std::collections::BTreeMap<StreamId, State> = Default::default();
    for event in village.memory.events() {
        let bytes = event.encode().unwrap();
        let event = Event::decode(&bytes).unwrap();
        let before = states.remove(&event.stream);
        if let Some(after) = Organisation::evolve(before, &event) {
            let text = serde_json::to_string(&after).unwrap();
            states.insert(event.stream.clone(), serde_json::from_str(&text).unwrap());
        }
    }
    assert!(states.len() >= 8);
    for (stream, state) in &states {
        assert_eq!(village.memory.state(stream), Some(state), "{stream}");
    }
    assert!(states.contains_key(&seat::stream(&VILLAGE.into())));
}
