//! A step on pages: form, check, send. The key is made when the form is shown and goes along, so that sending twice is one
//! act. Knows no mechanism.

mod review;
mod send;

use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use pages::{
    BeforeYouStart, Cannot, Component, Field, FormPage, Lang, Link, Markup, Prefs, SummaryList,
};
use web::{IdempotencyKey, Problem};

use crate::{
    Desk, Upload, Visitor,
    ask::{self, Choices},
    case::{Case, Rolls, Where, seat_value},
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
pub(crate) async fn get(
    desk: &Desk,
    prefs: Prefs,
    request: Request<Body>,
    which: Which<'_>,
    at: Where<'_>,
) -> Response {
    let uri = request.uri().clone();
    let visitor = match desk.visitor(request.headers()).await {
        Ok(visitor) => visitor,
        Err(problem) => {
            return refused::page(
                desk,
                Frame { prefs, uri: &uri, visitor: None, place: None },
                &problem,
                None,
            );
        }
    };
    let desked = match load(desk, prefs, &uri, visitor.clone(), which, at).await {
        Ok(desked) => desked,
        Err(problem) => {
            return refused::page(
                desk,
                Frame { prefs, uri: &uri, visitor: Some(&visitor), place: None },
                &problem,
                None,
            );
        }
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
pub(crate) async fn post(
    desk: &Desk,
    prefs: Prefs,
    request: Request<Body>,
    which: Which<'_>,
    at: Where<'_>,
) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let bare = Frame { prefs, uri: &uri, visitor: None, place: None };
    let mut typed = match Typed::read(request).await {
        Ok(typed) => typed,
        Err(problem) => return refused::page(desk, bare, &problem, None),
    };
    let mut stage = typed.get(STAGE).to_owned();
    let retry = if stage == "send" { "send" } else { "review" };
    let visitor = match desk.visitor(&headers).await {
        Ok(visitor) => visitor,
        Err(problem) => {
            return refused::page(
                desk,
                bare,
                &problem,
                Some(&Again { typed: &typed, stage: retry }),
            );
        }
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
    if let Some((_, thing)) = &desked.case.thing
        && web::etag::parse(typed.get(SEEN)).is_none()
    {
        // Which version was seen is not known: it is checked against the present one first.
        typed.put(SEEN, thing.version.to_string());
        if stage == "send" {
            "review".clone_into(&mut stage);
        }
    }
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

async fn load<'a>(
    desk: &'a Desk,
    prefs: Prefs,
    uri: &'a Uri,
    visitor: Visitor,
    which: Which<'_>,
    at: Where<'_>,
) -> Result<Desked<'a>, Problem> {
    let case = Case::load(desk, visitor, which.procedure, which.step, at).await?;
    let choices = case.choices(desk).await?;
    let rolls = case.rolls(desk).await?;
    Ok(Desked { desk, prefs, uri, terms: desk.terms(), case, choices, rolls })
}

fn query(uri: &Uri, name: &str) -> Option<String> {
    let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)?;
    value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        .then(|| value.to_owned())
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
        let mut shell =
            self.desk.shell(self.prefs, self.uri, title, Some(&case.visitor), Some(&case.place));
        let service = self.desk.office.service();
        shell.breadcrumb = vec![
            Link::new(lang.pick("我的办公桌", "My desk"), self.desk.home()),
            Link::new(
                said(lang, &case.definition.term),
                paths::list(service, &case.place.place.unit, &case.definition.id),
            ),
        ];
        if let Some((id, thing)) = &case.thing {
            shell.breadcrumb.push(Link::new(
                said(lang, &thing.title),
                paths::thing(service, &case.definition.id, id),
            ));
        }
        shell.facts = self
            .desk
            .around
            .burden
            .clone()
            .map(|burden| pages::Facts { burden: Some(burden), ..pages::Facts::default() });
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
            match self
                .desk
                .office
                .attach(&self.case.visitor, &self.case.place.place.unit, upload)
                .await
            {
                Ok(kept) => typed
                    .add(format!("{name}{KEPT}"), serde_json::to_string(&kept).unwrap_or_default()),
                Err(verdict) => {
                    let problem = Problem::from(verdict);
                    let text = format!(
                        "{file}{}{} {}",
                        lang.pick("：", ": "),
                        said(lang, &problem.detail),
                        said(lang, &problem.remedy)
                    );
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
                Lang::En => format!(
                    "“{}” is not open now: its turn has not come, or it was done.",
                    case.step.name.en
                ),
            },
            Some(open) => {
                words::why_not(lang, &self.terms, open, &case.near, &case.place, self.desk.now())?
            }
        };
        let article = words::article(lang, &self.terms, &case.definition, &case.step);
        let why = match (article, lang) {
            (Some(article), Lang::Zh) => format!("{why}依据：{}。", article.text),
            (Some(article), Lang::En) => format!("{why} Basis: {}.", article.text),
            (None, _) => why,
        };
        Some(Cannot { why, article: None })
    }

    fn groups(&self, typed: &Typed) -> Vec<(String, Vec<Field>)> {
        let lang = self.lang();
        let case = &self.case;
        let mut first = Vec::new();
        let fitting = case.fitting();
        if fitting.len() > 1 {
            let choices = fitting.iter().map(|seat| {
                let body = said(lang, &self.terms.who(&seat.body));
                pages::Choice::new(seat_value(seat), said(lang, &self.terms.who(&seat.post)))
                    .hint(body)
            });
            first.push(Field::radio(
                SEAT,
                lang.pick("以哪个职务办理", "In which seat you act"),
                typed.get(SEAT),
                choices.collect(),
            ));
        }
        first.extend(ask::fields(
            lang,
            &self.terms,
            &case.definition,
            &case.step,
            &self.choices,
            typed,
        ));
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
        let cannot = self.cannot();
        // What cannot be sent is not asked for; what was sent all the same is shown with its errors.
        let mut groups =
            if cannot.is_some() && wrong.is_empty() { Vec::new() } else { self.groups(typed) };
        let errors = ask::mark(&mut groups, wrong);
        let shown: Vec<String> =
            groups.iter().flat_map(|(_, fields)| fields).map(|field| field.name.clone()).collect();
        let hidden = typed.hidden().into_iter().filter(|(name, _)| !shown.contains(name));
        let form = FormPage {
            before: self.before(wrong.is_empty() && cannot.is_none()),
            action: self.uri.path().to_owned(),
            groups,
            hidden: hidden.chain([(STAGE.to_owned(), "review".to_owned())]).collect(),
            errors,
            button: lang.pick("继续，先核对", "Continue: check first").to_owned(),
            cannot,
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
        let rows =
            show::facts(lang, &self.terms, &self.case.definition, &thing.known(), &thing.called());
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
        let known_who = self.terms.catalogue().post(&next.who).is_some()
            || self.terms.catalogue().body(&next.who).is_some();
        let before = BeforeYouStart {
            papers: files.map(|field| said(lang, &show::label(field))).collect(),
            minutes: 0,
            who_decides: if known_who {
                said(lang, &self.terms.who(&next.who))
            } else {
                said(lang, &next.text)
            },
            how_long: next
                .within
                .as_ref()
                .and_then(|within| words::within(lang, &case.definition, within, today))
                .unwrap_or_default(),
        };
        Some(before)
    }
}
