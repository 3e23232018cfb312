//! The pages of petitions: the form, the receipt, the question for a code, and how far it has come. Knows no command.

use axum::{
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use casework::own::{Own, show_code};
use definitions::FieldType;
use desk::{Member, Office, PlaceShown};
use engines::procedure::Open;
use kernel::{Refusal, Text, Timestamp, Verdict};
use pages::{
    Cell, Choice, Column, Component, DataTable, Field, FormPage, Lang, Markup, Prefs, Shell,
    SummaryList, SummaryRow,
};

use super::{Front, PETITION, QUERY, Typed, first_step, typed};

fn said(lang: Lang, text: &Text) -> String {
    lang.pick(text.zh.as_str(), text.en.as_str()).to_owned()
}

impl Front {
    fn shell(&self, prefs: Prefs, uri: &Uri, title: &str) -> Shell {
        let mut shell = Shell::new(prefs, uri.path(), title);
        shell.banner = self.around.banner.as_ref().map(|banner| said(prefs.lang, banner));
        shell
    }

    fn fresh_code(&self) -> String {
        let entropy = &self.around.entropy;
        entropy.lock().unwrap_or_else(std::sync::PoisonError::into_inner).code()
    }

    /// The office holders of a unit, to choose from.
    pub(super) async fn officials(&self, place: &PlaceShown) -> Result<Vec<Member>, Verdict> {
        let mut all: Vec<Member> = Vec::new();
        for body in &self.office.catalogue().bodies {
            for member in self.office.roll(&place.place.unit, &body.key).await? {
                if !all.iter().any(|known| known.holder == member.holder) {
                    all.push(member);
                }
            }
        }
        Ok(all)
    }

    fn post(&self, lang: Lang, post: &str) -> String {
        let catalogue = self.office.catalogue();
        catalogue.post(post).map_or_else(|| post.to_owned(), |post| said(lang, &post.name))
    }

    /// The fields of a step, as somebody without an account fills them in.
    fn fields(&self, lang: Lang, step: &str, sent: &Typed, officials: &[Member]) -> Vec<Field> {
        let definitions = self.office.definitions();
        let Some(definition) = definitions.get(PETITION) else { return Vec::new() };
        let Some(step) = definition.step(step) else { return Vec::new() };
        let form = definition.form(step).into_iter();
        form.map(|field| {
            let (label, before) = (said(lang, &field.label), typed(sent, &field.name));
            let shown = match &field.kind {
                FieldType::Holder => {
                    let nobody =
                        Choice::new("", lang.pick("不涉及具体干部", "nobody in particular"));
                    let choices = officials.iter().map(|member| {
                        let post = self.post(lang, &member.post);
                        Choice::new(member.holder.clone(), format!("{} {post}", member.name))
                    });
                    Field::select(
                        &field.name,
                        label,
                        before,
                        [nobody].into_iter().chain(choices).collect(),
                    )
                }
                FieldType::Text { most, .. } if *most > 200 => {
                    Field::area(&field.name, label, before)
                }
                _ => Field::text(&field.name, label, before),
            };
            let optional = field.optional != definitions::Optional::No;
            if optional { shown.optional() } else { shown }
        })
        .collect()
    }

    /// The form; the code that its receipt will show is made with it, so that sending it twice is one petition.
    pub(super) fn form(
        &self,
        prefs: Prefs,
        uri: &Uri,
        place: &PlaceShown,
        officials: &[Member],
        sent: &Typed,
        refusal: Option<&Refusal>,
    ) -> Response {
        let lang = prefs.lang;
        let step = first_step(self).unwrap_or_default();
        let code = match typed(sent, "code") {
            "" => self.fresh_code(),
            code => code.to_owned(),
        };
        let mut form = FormPage::new(uri.path(), self.fields(lang, &step, sent, officials))
            .hidden("code", code);
        form.button = lang.pick("提交", "Send").to_owned();
        form.errors.extend(refusal.map(|refusal| sentence(lang, refusal)));
        let mut shell = self.shell(prefs, uri, lang.pick("写信访件", "Write a petition"));
        shell.place = said(lang, &place.name);
        shell.place_above = said(lang, &place.above);
        shell.has_errors = refusal.is_some();
        shell.lead = Some(
            lang.pick(
                "不用登录，可以不写姓名。信访件由上一级受理，本村看不到，也不会转给所反映的人。",
                "No log-in, and no name if you prefer. The level above receives it; the village does not see it, nor does anybody it is about.",
            )
            .to_owned(),
        );
        let status =
            if refusal.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        shell.page_with_status(status, &form.render(lang)).into_response()
    }

    /// The receipt: the code, once.
    pub(super) fn receipt(
        &self,
        prefs: Prefs,
        uri: &Uri,
        place: &PlaceShown,
        code: &str,
        at: Timestamp,
    ) -> Response {
        let lang = prefs.lang;
        let mut shell = self.shell(prefs, uri, lang.pick("已收到", "Received"));
        shell.place = said(lang, &place.name);
        shell.lead = Some(
            lang.pick(
                "请抄下或者拍下查询码：系统不保存它，丢了找不回来。",
                "Write the query code down: it is kept nowhere here, and cannot be found again.",
            )
            .to_owned(),
        );
        let rows = vec![
            SummaryRow::text(lang.pick("查询码", "Query code"), show_code(code)),
            SummaryRow::text(lang.pick("收到时间", "Received"), pages::table_time(at.micros())),
        ];
        let body = Markup::join([
            SummaryList::new(lang.pick("回执", "Receipt"), rows).render(lang),
            Markup::link(
                QUERY,
                lang.pick("凭查询码查看办理情况", "See how far it has come, with the code"),
            ),
        ]);
        shell.page(&body).into_response()
    }

    /// The question for a code; the same answer to a wrong one as to none.
    pub(super) fn ask(&self, prefs: Prefs, uri: &Uri, wrong: Option<()>) -> Response {
        let lang = prefs.lang;
        let mut form =
            FormPage::new(QUERY, vec![Field::text("code", lang.pick("查询码", "Query code"), "")]);
        form.button = lang.pick("查询", "Look it up").to_owned();
        if wrong.is_some() {
            let text =
                lang.pick("没有查到。请核对查询码。", "Nothing was found. Check the query code.");
            form.errors.push(text.to_owned());
        }
        let mut shell = self.shell(prefs, uri, lang.pick("查信访件", "Look a petition up"));
        shell.has_errors = wrong.is_some();
        let status = if wrong.is_some() { StatusCode::NOT_FOUND } else { StatusCode::OK };
        shell.page_with_status(status, &form.render(lang)).into_response()
    }

    /// How far it has come, who has looked at it, and what its writer may do.
    pub(super) fn state(
        &self,
        prefs: Prefs,
        uri: &Uri,
        code: &str,
        own: &Own,
        refusal: Option<&Refusal>,
    ) -> Response {
        let lang = prefs.lang;
        let mut shell = self.shell(prefs, uri, lang.pick("您的信访件", "Your petition"));
        shell.has_errors = refusal.is_some();
        shell.lead = Some(match (&own.next, own.ended) {
            (_, true) => lang.pick("已经办结。", "It has ended.").to_owned(),
            (Some(open), _) => self.next(lang, open),
            (None, _) => lang.pick("等您决定。", "It waits for you.").to_owned(),
        });
        let columns =
            vec![Column::date(lang.pick("时间", "When")), Column::text(lang.pick("情况", "What"))];
        let course = own.told.iter().fold(
            DataTable::new(lang.pick("办理过程", "Its course"), columns),
            |table, (at, text)| {
                let when = Cell::text(pages::table_time(at.micros()));
                table.row(vec![when, Cell::text(said(lang, text))])
            },
        );
        let columns = vec![
            Column::date(lang.pick("时间", "When")),
            Column::text(lang.pick("职务", "Post")),
            Column::text(lang.pick("姓名", "Name")),
        ];
        let looks = own.looks.iter().fold(
            DataTable::new(lang.pick("谁查看过", "Who has looked at it"), columns),
            |table, look| {
                table.row(vec![
                    Cell::text(pages::table_time(look.at.micros())),
                    Cell::text(self.post(lang, &look.post)),
                    Cell::text(look.name.clone()),
                ])
            },
        );
        let mut body = Vec::new();
        body.extend(refusal.map(|refusal| Markup::paragraph(&sentence(lang, refusal))));
        body.push(course.render(lang));
        if own.looks.is_empty() {
            body.push(Markup::paragraph(
                lang.pick("还没有人查看过。", "Nobody has looked at it yet."),
            ));
        } else {
            body.push(looks.render(lang));
        }
        for open in &own.may {
            let mut form =
                FormPage::new("/petitions/act", self.fields(lang, &open.step, &Typed::new(), &[]))
                    .hidden("code", code)
                    .hidden("take", open.step.clone())
                    .hidden("seen", own.version.to_string());
            form.button = said(lang, &open.name);
            body.push(Markup::section(&open.step, &said(lang, &open.name), form.render(lang)));
        }
        shell.page(&Markup::join(body)).into_response()
    }

    fn next(&self, lang: Lang, open: &Open) -> String {
        let who: Vec<String> = open.who.iter().map(|post| self.post(lang, post)).collect();
        let (who, name) = (who.join(lang.pick("、", ", ")), said(lang, &open.name));
        let by = open.due.map(|due| pages::table_date(due.micros()));
        match (lang, by, open.paused) {
            (Lang::Zh, _, Some(_)) => format!("接下来：{who}{name}；期限现在中止。"),
            (Lang::En, _, Some(_)) => format!("Next: {name}, by {who}; its time stands still."),
            (Lang::Zh, Some(by), _) => format!("接下来：{who}{name}，{by}前。"),
            (Lang::En, Some(by), _) => format!("Next: {name}, by {who}, until {by}."),
            (Lang::Zh, None, _) => format!("接下来：{who}{name}。"),
            (Lang::En, None, _) => format!("Next: {name}, by {who}."),
        }
    }
}

fn sentence(lang: Lang, refusal: &Refusal) -> String {
    let law = refusal.law.as_ref().map(|law| said(lang, &law.name));
    let parts = [said(lang, &refusal.what), said(lang, &refusal.remedy)];
    let text = parts.join(lang.pick("。", ". "));
    match (lang, law) {
        (Lang::Zh, Some(law)) => format!("{text}（{law}）"),
        (Lang::En, Some(law)) => format!("{text} ({law})"),
        (_, None) => text,
    }
}
