//! The page to check: what was typed as it is understood, amounts in capitals, what is signed. Nothing is done here.

use axum::response::{IntoResponse, Response};
use engines::procedure::Act;
use pages::{Component, Lang, Markup, ReviewPage, SummaryList, SummaryRow};

use super::Desked;
use crate::{
    read,
    refused::Again,
    show,
    terms::said,
    typed::{STAGE, Typed},
};

impl Desked<'_> {
    pub(super) fn review(&self, typed: &Typed, act: &Act) -> Response {
        let lang = self.lang();
        let case = &self.case;
        let mut mine = self.typed_rows(typed, act);
        let seat = case.seat(typed).ok();
        if let Some(seat) = seat {
            mine.push(SummaryRow::text(
                lang.pick("以谁的身份", "In the seat of"),
                self.terms.seat(lang, seat, Some(&case.place)),
            ));
        }
        let mut groups =
            vec![SummaryList::new(lang.pick("您要提交的", "What you are about to send"), mine)];
        groups.extend(self.sitting(typed, act));
        if case.step.signs.is_empty() {
            groups.extend(self.known());
        } else {
            groups.push(self.signed(act));
        }
        let seat_name =
            seat.map(|seat| said(lang, &self.terms.who(&seat.post))).unwrap_or_default();
        let declares = match (lang, case.step.signs.is_empty()) {
            (Lang::Zh, true) => format!(
                "按下按钮，即以{seat_name}的身份办理“{}”。记录进入公开日志，不能删改，只能再记更正。",
                case.step.name.zh
            ),
            (Lang::Zh, false) => format!(
                "按下按钮，即以{seat_name}的身份签署以上内容并办理“{}”。签的就是您看到的这些；记录不能删改。",
                case.step.name.zh
            ),
            (Lang::En, true) => format!(
                "By pressing the button you act as {seat_name}: “{}”. The record enters the public log; it can be corrected by another record, never changed.",
                case.step.name.en
            ),
            (Lang::En, false) => format!(
                "By pressing the button you sign the above as {seat_name}: “{}”. You sign what you see; the record cannot be changed.",
                case.step.name.en
            ),
        };
        let page = ReviewPage {
            groups,
            declares: Some(declares),
            action: self.uri.path().to_owned(),
            hidden: typed
                .hidden()
                .into_iter()
                .chain([(STAGE.to_owned(), "send".to_owned())])
                .collect(),
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
    pub(super) fn typed_rows(&self, typed: &Typed, act: &Act) -> Vec<SummaryRow> {
        let lang = self.lang();
        let case = &self.case;
        let decision = act.outcome.as_ref().map(|outcome| {
            SummaryRow::text(
                lang.pick("决定", "Decision"),
                said(lang, &self.terms.outcome(&self.case.step, outcome)),
            )
        });
        let fields = case.definition.form(&case.step).into_iter().filter_map(|field| {
            let value = act.fields.get(&field.name)?;
            let kept = read::kept(typed, &field.name);
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
    pub(super) fn sitting(&self, typed: &Typed, act: &Act) -> Option<SummaryList> {
        let (rolls, sitting) = (self.rolls.as_ref()?, act.sitting.as_ref()?);
        Some(rolls.table(&self.case.step).summary(self.lang(), &self.terms, sitting, typed))
    }

    /// What is signed: the fields whose hash goes into the record, typed now or known from before.
    pub(super) fn signed(&self, act: &Act) -> SummaryList {
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
                (field, _) => SummaryRow::text(
                    field.map_or_else(|| name.clone(), |field| said(lang, &show::label(field))),
                    "",
                ),
            }
        });
        SummaryList::new(lang.pick("您要签署的", "What you sign"), rows.collect())
    }
}
