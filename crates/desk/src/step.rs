//! A step on pages: form, check, send. The key is made when the form is shown and goes along, so that sending twice is one
//! act. Knows no mechanism.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, Uri, header::LOCATION},
    response::{IntoResponse, Response},
};
use engines::procedure::Act;
use kernel::{Receipt, Verdict};
use pages::{BeforeYouStart, Cannot, Component, Field, FormPage, Lang, Link, Markup, Prefs, ReviewPage, SummaryList, SummaryRow};
use web::{IdempotencyKey, Problem};

use crate::{
    Desk, Submission, Upload, Visitor,
    ask::{self, Choices},
    case::{Case, Rolls, Where, input_of, seat_value},
    paths,
    read::Wrong,
    refused::{self, Again, Frame},
    show,
    terms::{Terms, said},
    typed::{ABOUT, KEPT, KEY, SEAT, SEEN, STAGE, Typed},
    words,
};

/// Which step of which procedure.
#[derive(Clone, Copy)]
pub(crate) struct Which<'a> {
    pub(crate) procedure: &'a str,
    pub(crate) step: &'a str,
}

/// A step with all that its pages need.
struct Desked<'a> {
    desk: &'a Desk,
    prefs: Prefs,
    uri: &'a Uri,
    terms: Terms,
    case: Case,
    choices: Choices,
    rolls: Option<Rolls>,
}

/// The form, or the page to check where nothing is asked.
pub(crate) async fn get(desk: &Desk, prefs: Prefs, request: Request<Body>, which: Which<'_>, at: Where<'_>) -> Response {
    let uri = request.uri().clone();
    let visitor = match desk.visitor(request.headers()).await {
        Ok(visitor) => visitor,
        Err(problem) => return refused::page(desk, Frame { prefs, uri: &uri, visitor: None, place: None }, &problem, None),
    };
    let desked = match load(desk, prefs, &uri, visitor.clone(), which, at).await {
        Ok(desked) => desked,
        Err(problem) => return refused::page(desk, Frame { prefs, uri: &uri, visitor: Some(&visitor), place: None }, &problem, None),
    };
    let mut typed = Typed::default();
    typed.put(KEY, desk.fresh_key());
    if let Some((_, thing)) = &desked.case.thing {
        typed.put(SEEN, thing.version.to_string());
    }
    if let Some(about) = query(&uri, "about") {
        typed.put(ABOUT, about);
    }
    if desked.asks_nothing() && desked.cannot().is_none() {
        let (act, wrong) = desked.case.act(prefs.lang, &typed, None);
        if wrong.is_empty() {
            return desked.review(&typed, &act);
        }
    }
    desked.form(&typed, &Wrong::new(), StatusCode::OK)
}

/// What was sent: to be checked, changed again, or done.
pub(crate) async fn post(desk: &Desk, prefs: Prefs, request: Request<Body>, which: Which<'_>, at: Where<'_>) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let bare = Frame { prefs, uri: &uri, visitor: None, place: None };
    let mut typed = match Typed::read(request).await {
        Ok(typed) => typed,
        Err(problem) => return refused::page(desk, bare, &problem, None),
    };
    let stage = typed.get(STAGE).to_owned();
    let retry = if stage == "send" { "send" } else { "review" };
    let visitor = match desk.visitor(&headers).await {
        Ok(visitor) => visitor,
        Err(problem) => return refused::page(desk, bare, &problem, Some(&Again { typed: &typed, stage: retry })),
    };
    let frame = Frame { visitor: Some(&visitor), ..bare };
    let desked = match load(desk, prefs, &uri, visitor.clone(), which, at).await {
        Ok(desked) => desked,
        Err(problem) => {
            let again = Again { typed: &typed, stage: retry };
            let again = problem.status.is_server_error().then_some(&again);
            return refused::page(desk, frame, &problem, again);
        }
    };
    if let Err(problem) = desked.case.may_act(desk) {
        return desked.refuse(&problem, None);
    }
    let mut wrong = desked.receive(&mut typed).await;
    if typed.get(KEY).is_empty() || IdempotencyKey::parse(typed.get(KEY)).is_err() {
        typed.put(KEY, desk.fresh_key());
    }
    let (act, more) = desked.case.act(prefs.lang, &typed, desked.rolls.as_ref());
    wrong.extend(more);
    if let Err(text) = desked.case.seat(&typed) {
        wrong.insert(0, (SEAT.to_owned(), said(prefs.lang, &text)));
    }
    match stage.as_str() {
        "edit" => desked.form(&typed, &Wrong::new(), StatusCode::OK),
        _ if !wrong.is_empty() => desked.form(&typed, &wrong, StatusCode::UNPROCESSABLE_ENTITY),
        "send" => desked.send(&typed, act).await,
        _ => desked.review(&typed, &act),
    }
}

async fn load<'a>(desk: &'a Desk, prefs: Prefs, uri: &'a Uri, visitor: Visitor, which: Which<'_>, at: Where<'_>) -> Result<Desked<'a>, Problem> {
    let case = Case::load(desk, visitor, which.procedure, which.step, at).await?;
    let choices = case.choices(desk).await?;
    let rolls = case.rolls(desk).await?;
    Ok(Desked { desk, prefs, uri, terms: desk.terms(), case, choices, rolls })
}

fn query(uri: &Uri, name: &str) -> Option<String> {
    let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)?;
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)).then(|| value.to_owned())
}

impl Desked<'_> {
    fn lang(&self) -> Lang {
        self.prefs.lang
    }

    fn asks_nothing(&self) -> bool {
        self.case.step.takes.is_empty()
            && ask::outcomes(&self.case.step).is_empty()
            && self.rolls.is_none()
            && self.case.fitting().len() < 2
    }

    fn shell(&self, title: String) -> pages::Shell {
        let lang = self.lang();
        let case = &self.case;
        let mut shell = self.desk.shell(self.prefs, self.uri, title, Some(&case.visitor), Some(&case.place));
        let service = self.desk.office.service();
        shell.breadcrumb = vec![
            Link::new(lang.pick("我的办公桌", "My desk"), self.desk.home()),
            Link::new(said(lang, &case.definition.term), paths::list(service, &case.place.place.unit, &case.definition.id)),
        ];
        if let Some((id, thing)) = &case.thing {
            shell.breadcrumb.push(Link::new(said(lang, &thing.title), paths::thing(service, &case.definition.id, id)));
        }
        shell.facts = self.desk.around.burden.clone().map(|burden| pages::Facts { burden: Some(burden), ..pages::Facts::default() });
        shell
    }

    /// Keeps the files that came along; what stands for them goes on with the form.
    async fn receive(&self, typed: &mut Typed) -> Wrong {
        let lang = self.lang();
        let mut wrong = Wrong::new();
        let mut first: Vec<String> = Vec::new();
        for (name, upload) in std::mem::take(&mut typed.files) {
            let Upload { name: file, .. } = &upload;
            let file = file.clone();
            // A new file takes the place of those sent before.
            if !first.contains(&name) {
                typed.remove(&format!("{name}{KEPT}"));
                first.push(name.clone());
            }
            match self.desk.office.attach(&self.case.visitor, &self.case.place.place.unit, upload).await {
                Ok(kept) => typed.add(format!("{name}{KEPT}"), serde_json::to_string(&kept).unwrap_or_default()),
                Err(verdict) => {
                    let problem = Problem::from(verdict);
                    let text = format!("{file}{}{} {}", lang.pick("：", ": "), said(lang, &problem.detail), said(lang, &problem.remedy));
                    wrong.push((name, text));
                }
            }
        }
        wrong
    }

    /// Why the form cannot be sent by this visitor now.
    fn cannot(&self) -> Option<Cannot> {
        let lang = self.lang();
        let case = &self.case;
        let why = match &case.open {
            None => match lang {
                Lang::Zh => format!("现在还没有轮到“{}”，或者它已经办过了。", case.step.name.zh),
                Lang::En => format!("“{}” is not open now: its turn has not come, or it was done.", case.step.name.en),
            },
            Some(open) => words::why_not(lang, &self.terms, open, &case.near, &case.place, self.desk.now())?,
        };
        Some(Cannot { why, article: words::article(lang, &self.terms, &case.definition, &case.step) })
    }

    fn groups(&self, typed: &Typed) -> Vec<(String, Vec<Field>)> {
        let lang = self.lang();
        let case = &self.case;
        let mut first = Vec::new();
        let fitting = case.fitting();
        if fitting.len() > 1 {
            let choices = fitting.iter().map(|seat| {
                let body = said(lang, &self.terms.who(&seat.body));
                pages::Choice::new(seat_value(seat), said(lang, &self.terms.who(&seat.post))).hint(body)
            });
            first.push(Field::radio(SEAT, lang.pick("以哪个职务办理", "In which seat you act"), typed.get(SEAT), choices.collect()));
        }
        first.extend(ask::fields(lang, &self.terms, &case.definition, &case.step, &self.choices, typed));
        let mut groups = Vec::new();
        if !first.is_empty() {
            groups.push((String::new(), first));
        }
        if let Some(rolls) = &self.rolls {
            groups.extend(rolls.table(&case.step).groups(lang, &self.terms, typed));
        }
        groups
    }

    fn form(&self, typed: &Typed, wrong: &Wrong, status: StatusCode) -> Response {
        let lang = self.lang();
        let case = &self.case;
        let mut groups = self.groups(typed);
        let errors = ask::mark(&mut groups, wrong);
        let shown: Vec<String> = groups.iter().flat_map(|(_, fields)| fields).map(|field| field.name.clone()).collect();
        let hidden = typed.hidden().into_iter().filter(|(name, _)| !shown.contains(name));
        let form = FormPage {
            before: self.before(wrong.is_empty()),
            action: self.uri.path().to_owned(),
            groups,
            hidden: hidden.chain([(STAGE.to_owned(), "review".to_owned())]).collect(),
            errors,
            button: lang.pick("继续，先核对", "Continue: check first").to_owned(),
            cannot: self.cannot(),
            beside: None,
            quiet: false,
        };
        let mut shell = self.shell(said(lang, &case.step.name));
        shell.has_errors = form.has_errors();
        let mut body = Vec::new();
        if let Some((_, thing)) = &case.thing {
            shell.lead = Some(said(lang, &thing.title));
            if !form.has_errors() {
                body.extend(self.known().map(|known| known.render(lang)));
            }
        }
        body.push(form.render(lang));
        shell.page_with_status(status, &Markup::join(body)).into_response()
    }

    /// What is known of the thing so far.
    fn known(&self) -> Option<SummaryList> {
        let lang = self.lang();
        let (_, thing) = self.case.thing.as_ref()?;
        let rows = show::facts(lang, &self.terms, &self.case.definition, &thing.known(), &thing.called());
        show::summary(lang.pick("这件事到现在为止", "The matter so far"), rows)
    }

    fn before(&self, first_look: bool) -> Option<BeforeYouStart> {
        let lang = self.lang();
        let case = &self.case;
        let next = case.step.next_of(&case.step.events.first()?.outcome)?;
        if !first_look || case.thing.is_some() {
            return None;
        }
        let files = case.definition.form(&case.step).into_iter().filter(|field| {
            matches!(field.kind, definitions::FieldType::Attachment | definitions::FieldType::Photo)
                && field.optional == definitions::Optional::No
        });
        let today = self.desk.now().date();
        let known_who = self.terms.catalogue().post(&next.who).is_some() || self.terms.catalogue().body(&next.who).is_some();
        let before = BeforeYouStart {
            papers: files.map(|field| said(lang, &show::label(field))).collect(),
            minutes: 0,
            who_decides: if known_who { said(lang, &self.terms.who(&next.who)) } else { said(lang, &next.text) },
            how_long: next.within.as_ref().and_then(|within| words::within(lang, &case.definition, within, today)).unwrap_or_default(),
        };
        Some(before)
    }

    fn review(&self, typed: &Typed, act: &Act) -> Response {
        let lang = self.lang();
        let case = &self.case;
        let mut mine = self.typed_rows(typed, act);
        let seat = case.seat(typed).ok();
        if let Some(seat) = seat {
            mine.push(SummaryRow::text(lang.pick("以谁的身份", "In the seat of"), self.terms.seat(lang, seat, Some(&case.place))));
        }
        let mut groups = vec![SummaryList::new(lang.pick("您要提交的", "What you are about to send"), mine)];
        groups.extend(self.sitting(typed, act));
        if case.step.signs.is_empty() {
            groups.extend(self.known());
        } else {
            groups.push(self.signed(act));
        }
        let seat_name = seat.map(|seat| said(lang, &self.terms.who(&seat.post))).unwrap_or_default();
        let declares = match (lang, case.step.signs.is_empty()) {
            (Lang::Zh, true) => format!("按下按钮，即以{seat_name}的身份办理“{}”。记录进入公开日志，不能删改，只能再记更正。", case.step.name.zh),
            (Lang::Zh, false) => format!("按下按钮，即以{seat_name}的身份签署以上内容并办理“{}”。签的就是您看到的这些；记录不能删改。", case.step.name.zh),
            (Lang::En, true) => format!("By pressing the button you act as {seat_name}: “{}”. The record enters the public log; it can be corrected by another record, never changed.", case.step.name.en),
            (Lang::En, false) => format!("By pressing the button you sign the above as {seat_name}: “{}”. You sign what you see; the record cannot be changed.", case.step.name.en),
        };
        let page = ReviewPage {
            groups,
            declares: Some(declares),
            action: self.uri.path().to_owned(),
            hidden: typed.hidden().into_iter().chain([(STAGE.to_owned(), "send".to_owned())]).collect(),
            button: String::new(),
        };
        let mut shell = self.shell(match lang {
            Lang::Zh => format!("请核对：{}", case.step.name.zh),
            Lang::En => format!("Check before sending: {}", case.step.name.en),
        });
        shell.lead = case.thing.as_ref().map(|(_, thing)| said(lang, &thing.title));
        let mut body = vec![page.render(lang)];
        if !self.asks_nothing() {
            body.push(Again { typed, stage: "edit" }.form(lang, self.uri).render(lang));
        }
        shell.page(&Markup::join(body)).into_response()
    }

    /// What was typed, as it is understood.
    fn typed_rows(&self, typed: &Typed, act: &Act) -> Vec<SummaryRow> {
        let lang = self.lang();
        let case = &self.case;
        let decision = act.outcome.as_ref().map(|outcome| {
            SummaryRow::text(lang.pick("决定", "Decision"), said(lang, &self.terms.value("outcome", outcome)))
        });
        let fields = case.definition.form(&case.step).into_iter().filter_map(|field| {
            let value = act.fields.get(&field.name)?;
            let kept = crate::read::kept(typed, &field.name);
            if !kept.is_empty() {
                let names: Vec<String> = kept.into_iter().map(|kept| kept.name).collect();
                return Some(SummaryRow::text(said(lang, &show::label(field)), names.join("\n")));
            }
            let list = self.choices.get(&field.name).map(Vec::as_slice).unwrap_or_default();
            Some(show::row(lang, &self.terms, &case.definition, field, value, list))
        });
        decision.into_iter().chain(fields).collect()
    }

    /// The sitting as it was typed.
    fn sitting(&self, typed: &Typed, act: &Act) -> Option<SummaryList> {
        let (rolls, sitting) = (self.rolls.as_ref()?, act.sitting.as_ref()?);
        Some(rolls.table(&self.case.step).summary(self.lang(), &self.terms, sitting, typed))
    }

    /// What is signed: the fields whose hash goes into the record, typed now or known from before.
    fn signed(&self, act: &Act) -> SummaryList {
        let lang = self.lang();
        let before = self.case.before();
        let rows = self.case.step.signs.iter().map(|name| {
            let value = act.fields.get(name).or_else(|| before.get(name));
            match (self.case.definition.fields.get(name), value) {
                (Some(field), Some(value)) => {
                    let mut list = self.choices.get(name).cloned().unwrap_or_default();
                    list.extend(self.case.thing.iter().flat_map(|(_, thing)| thing.called()));
                    show::row(lang, &self.terms, &self.case.definition, field, value, &list)
                }
                (field, _) => SummaryRow::text(field.map_or_else(|| name.clone(), |field| said(lang, &show::label(field))), ""),
            }
        });
        SummaryList::new(lang.pick("您要签署的", "What you sign"), rows.collect())
    }

    async fn send(&self, typed: &Typed, act: Act) -> Response {
        let lang = self.lang();
        let case = &self.case;
        let seat = match case.seat(typed) {
            Ok(seat) => seat,
            Err(text) => {
                let wrong = vec![(SEAT.to_owned(), said(lang, &text))];
                return self.form(typed, &wrong, StatusCode::UNPROCESSABLE_ENTITY);
            }
        };
        let submission = Submission {
            visitor: &case.visitor,
            seat,
            place: &case.place.place,
            act,
            thing: case.id(),
            key: typed.get(KEY).to_owned(),
            seen: web::etag::parse(typed.get(SEEN)),
        };
        match self.desk.office.submit(submission).await {
            Ok(answer) => self.done(answer.receipt()),
            Err(verdict) => self.not_done(typed, verdict),
        }
    }

    /// Leads to the receipt, whose address keeps working.
    fn done(&self, receipt: &Receipt) -> Response {
        let office = &self.desk.office;
        let id = self.case.id().map(str::to_owned).or_else(|| office.thing_of(&self.case.definition, receipt));
        let own = |id: &str| {
            let of_thing = receipt.events.iter().find(|event| event.stream.as_ref().is_some_and(|stream| stream.key() == id));
            of_thing.or(receipt.events.first()).map(|event| event.id.clone())
        };
        let to = match id.as_deref().and_then(|id| Some((id, own(id)?))) {
            Some((id, event)) => paths::receipt(office.service(), &self.case.definition.id, id, &event),
            None => self.desk.home(),
        };
        let to = HeaderValue::try_from(to).unwrap_or(HeaderValue::from_static("/"));
        (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
    }

    fn not_done(&self, typed: &Typed, verdict: Verdict) -> Response {
        let lang = self.lang();
        if let Verdict::Changed { .. } = &verdict {
            return self.changed(typed, &Problem::from(verdict));
        }
        if let Verdict::Refused(refusal) = &verdict
            && let Some(input) = input_of(refusal, &self.case, self.rolls.as_ref())
        {
            let parts = [&refusal.what, &refusal.remedy].map(|text| refused::sentence(lang, &said(lang, text)));
            let mut text = parts.join(lang.pick("", " "));
            if let Some(law) = &refusal.law {
                let law = said(lang, &law.name);
                text.push_str(&match lang {
                    Lang::Zh => format!("（{law}）"),
                    Lang::En => format!(" ({law})"),
                });
            }
            let status = Problem::from(verdict.clone()).status;
            return self.form(typed, &vec![(input, text)], status);
        }
        let stage = match &verdict {
            Verdict::NotKnownYet(_) | Verdict::Unavailable(_) | Verdict::Unknown => "send",
            _ => "edit",
        };
        let mut typed = typed.clone();
        if verdict == Verdict::KeyReused {
            typed.put(KEY, self.desk.fresh_key());
        }
        self.refuse(&Problem::from(verdict), Some(&Again { typed: &typed, stage }))
    }

    fn refuse(&self, problem: &Problem, again: Option<&Again<'_>>) -> Response {
        let frame = Frame { prefs: self.prefs, uri: self.uri, visitor: Some(&self.case.visitor), place: Some(&self.case.place) };
        refused::page(self.desk, frame, problem, again)
    }

    /// It has changed meanwhile: how it is now, and what was typed, to be checked against it.
    fn changed(&self, typed: &Typed, problem: &Problem) -> Response {
        let lang = self.lang();
        let (act, _) = self.case.act(lang, typed, self.rolls.as_ref());
        let mine = show::summary(lang.pick("您刚才填的", "What you filled in"), self.typed_rows(typed, &act));
        let now = self.known();
        let last = self.case.thing.as_ref().and_then(|(_, thing)| thing.history.happened.last().map(|last| {
            let what = said(lang, &self.terms.happened(&self.case.definition, &last.fact));
            let who = last.post.as_deref().map(|post| said(lang, &self.terms.who(post))).unwrap_or_default();
            let at = pages::long_time(lang, last.at.micros());
            Markup::paragraph(&match lang {
                Lang::Zh => format!("最近一次变动：{at}，{who}，{what}。"),
                Lang::En => format!("The last change: {what}, {who}, {at}."),
            })
        }));
        let mut typed = typed.clone();
        if let Some((_, thing)) = &self.case.thing {
            typed.put(SEEN, thing.version.to_string());
        }
        let mut shell = self.shell(lang.pick("有人先改过了", "Somebody was faster").to_owned());
        let kept = lang.pick("您的提交没有生效，填的内容还在。", " What you sent did not take effect; it is kept.");
        shell.lead = Some(format!("{}{kept}", refused::sentence(lang, &said(lang, &problem.detail))));
        let sides: Vec<Markup> = [now, mine, self.sitting(&typed, &act)].into_iter().flatten().map(|list| list.render(lang)).collect();
        let body = Markup::join(
            last.into_iter()
                .chain([Markup::side_by_side(&sides), Again { typed: &typed, stage: "review" }.form(lang, self.uri).render(lang)])
        );
        let mut response = shell.page_with_status(problem.status, &body).into_response();
        if let Some(version) = problem.version {
            response.headers_mut().insert(axum::http::header::ETAG, web::etag(version));
        }
        response
    }
}
