//! Form fields and the form page: label, hint, error, input; knows no command.

use askama::Template;

use crate::lang::Lang;
use crate::markup::{Component, Markup, run};
use crate::money::{parse_signed_money_input, rmb_upper};
use crate::shell::Link;
use crate::words::{Word, fill, t};

/// How wide an input is: its width tells how much to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Width {
    /// About 6 characters.
    Short,
    /// About 12.
    Medium,
    /// The whole line.
    #[default]
    Full,
}

impl Width {
    fn class(self) -> &'static str {
        match self {
            Width::Short => "w-short",
            Width::Medium => "w-medium",
            Width::Full => "w-full",
        }
    }
}

/// One of several answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// A plain line below it.
    pub hint: Option<String>,
}

impl Choice {
    /// An answer.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), hint: None }
    }

    /// With a plain line below.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What is asked, with what was typed before (kept as typed, also when it is wrong).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// A line; `inputmode` is `text`, `numeric`, `tel`, `email`; `autocomplete` an HTML token or empty.
    Text { value: String, width: Width, inputmode: &'static str, autocomplete: &'static str },
    /// A password; never filled in again.
    Password { autocomplete: &'static str },
    /// An amount in yuan, as typed.
    Money { value: String },
    /// A day, as typed.
    Date { value: String },
    /// One of the choices: radio buttons, or a list to pick from when `select`.
    Choice { value: String, choices: Vec<Choice>, select: bool },
    /// Any of the choices.
    Checks { values: Vec<String>, choices: Vec<Choice> },
    /// Several lines.
    Area { value: String, rows: u32 },
    /// Files; `sent` names those already received, `accept` as in HTML.
    File { accept: String, multiple: bool, sent: Vec<String> },
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Name in the form; also the id.
    pub name: String,
    /// Label.
    pub label: String,
    /// Hint.
    pub hint: Option<String>,
    /// Why it is needed, from the definition.
    pub why: Option<String>,
    /// What is wrong and what would be right, with the article.
    pub error: Option<String>,
    /// May be left empty.
    pub optional: bool,
    /// What is asked.
    pub kind: FieldKind,
}

impl Field {
    fn of(name: impl Into<String>, label: impl Into<String>, kind: FieldKind) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            hint: None,
            why: None,
            error: None,
            optional: false,
            kind,
        }
    }

    /// A line of text.
    pub fn text(
        name: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        let kind = FieldKind::Text {
            value: value.into(),
            width: Width::Full,
            inputmode: "text",
            autocomplete: "",
        };
        Self::of(name, label, kind)
    }

    /// Digits that are no amount: telephone, code, number of people.
    pub fn digits(
        name: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        let kind = FieldKind::Text {
            value: value.into(),
            width: Width::Medium,
            inputmode: "numeric",
            autocomplete: "",
        };
        Self::of(name, label, kind)
    }

    /// A password.
    pub fn password(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::of(name, label, FieldKind::Password { autocomplete: "current-password" })
    }

    /// An amount in yuan; read it with [`crate::parse_money_input`].
    pub fn money(
        name: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self::of(name, label, FieldKind::Money { value: value.into() })
    }

    /// A day; read it with [`crate::parse_date_input`].
    pub fn date(
        name: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self::of(name, label, FieldKind::Date { value: value.into() })
    }

    /// One of a few answers, all visible.
    pub fn radio(
        name: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<String>,
        choices: Vec<Choice>,
    ) -> Self {
        Self::of(name, label, FieldKind::Choice { value: value.into(), choices, select: false })
    }

    /// One of many answers.
    pub fn select(
        name: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<String>,
        choices: Vec<Choice>,
    ) -> Self {
        Self::of(name, label, FieldKind::Choice { value: value.into(), choices, select: true })
    }

    /// Any of the answers.
    pub fn checks(
        name: impl Into<String>,
        label: impl Into<String>,
        values: Vec<String>,
        choices: Vec<Choice>,
    ) -> Self {
        Self::of(name, label, FieldKind::Checks { values, choices })
    }

    /// Several lines of text.
    pub fn area(
        name: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self::of(name, label, FieldKind::Area { value: value.into(), rows: 5 })
    }

    /// Files.
    pub fn file(
        name: impl Into<String>,
        label: impl Into<String>,
        accept: impl Into<String>,
    ) -> Self {
        Self::of(
            name,
            label,
            FieldKind::File { accept: accept.into(), multiple: false, sent: Vec::new() },
        )
    }

    /// With a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With the reason why it is asked.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// With an error.
    #[must_use]
    pub fn error(mut self, error: impl Into<String>) -> Self {
        self.error = Some(error.into());
        self
    }

    /// May be left empty.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// With another width (lines of text only).
    #[must_use]
    pub fn width(mut self, new: Width) -> Self {
        if let FieldKind::Text { width, .. } = &mut self.kind {
            *width = new;
        }
        self
    }

    /// With an `inputmode` and an `autocomplete` token (lines of text only).
    #[must_use]
    pub fn input(mut self, mode: &'static str, token: &'static str) -> Self {
        if let FieldKind::Text { inputmode, autocomplete, .. } = &mut self.kind {
            *inputmode = mode;
            *autocomplete = token;
        }
        self
    }

    fn is_group(&self) -> bool {
        matches!(self.kind, FieldKind::Choice { select: false, .. } | FieldKind::Checks { .. })
    }

    /// A day without a hint of its own: the form of a date is shown instead.
    fn is_bare_date(&self) -> bool {
        self.hint.is_none() && matches!(self.kind, FieldKind::Date { .. })
    }

    fn described(&self) -> Option<String> {
        let parts: Vec<String> = [
            (self.hint.is_some() || self.is_bare_date()).then_some("hint"),
            self.why.as_ref().map(|_| "why"),
            self.error.as_ref().map(|_| "error"),
        ]
        .into_iter()
        .flatten()
        .map(|part| format!("{}-{part}", self.name))
        .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// Where the error summary leads: the first choice of a group, else the input.
    fn anchor(&self) -> String {
        if self.is_group() { format!("{}-0", self.name) } else { self.name.clone() }
    }

    fn echo(&self) -> String {
        match &self.kind {
            FieldKind::Money { value } => {
                parse_signed_money_input(value).map(rmb_upper).unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    fn attributes(&self) -> Markup {
        let mut out = String::new();
        if let Some(described) = self.described() {
            out.push_str(&format!(" aria-describedby=\"{}\"", Markup::text(&described)));
        }
        if self.error.is_some() {
            out.push_str(" aria-invalid=\"true\"");
        }
        Markup::trusted(out)
    }
}

#[derive(Template)]
#[template(path = "field.html")]
struct FieldTemplate<'a> {
    f: &'a Field,
    l: Lang,
}

impl Component for Field {
    fn render(&self, lang: Lang) -> Markup {
        run(&FieldTemplate { f: self, l: lang })
    }
}

/// All errors of a form on top, each a link to its field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorSummary {
    /// Error text and the id of its field (empty: the whole form).
    pub errors: Vec<(String, String)>,
}

impl ErrorSummary {
    /// From the fields of a form.
    pub fn of_fields<'a>(fields: impl IntoIterator<Item = &'a Field>) -> Self {
        let errors =
            fields.into_iter().filter_map(|f| Some((f.error.clone()?, f.anchor()))).collect();
        Self { errors }
    }

    fn title(&self, lang: Lang) -> String {
        match self.errors.len() {
            1 => t(lang, Word::ErrorsTitleOne).to_owned(),
            n => fill(lang, Word::ErrorsTitle, &[("n", &n.to_string())]),
        }
    }
}

#[derive(Template)]
#[template(
    source = r##"{% if !c.errors.is_empty() %}<div class="error-summary" role="alert" tabindex="-1" autofocus><h2>{{ c.title(*l) }}</h2><ul>{% for (text, id) in c.errors %}<li>{% if id.is_empty() %}{{ text }}{% else %}<a href="#{{ id }}">{{ text }}</a>{% endif %}</li>{% endfor %}</ul></div>{% endif %}"##,
    ext = "html"
)]
struct ErrorSummaryTemplate<'a> {
    c: &'a ErrorSummary,
    l: Lang,
}

impl Component for ErrorSummary {
    fn render(&self, lang: Lang) -> Markup {
        run(&ErrorSummaryTemplate { c: self, l: lang })
    }
}

/// What to know before starting.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BeforeYouStart {
    /// Papers to have at hand.
    pub papers: Vec<String>,
    /// Minutes it takes.
    pub minutes: u32,
    /// Who decides.
    pub who_decides: String,
    /// When there is an answer.
    pub how_long: String,
}

/// Why the form cannot be sent, instead of a greyed button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cannot {
    /// Why not, in a sentence.
    pub why: String,
    /// The article.
    pub article: Option<Link>,
}

/// A form: one question a page for residents, one screen for staff. The component is the part
/// below the title; set [`crate::Shell::has_errors`] from [`FormPage::has_errors`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormPage {
    /// Shown on the first page only.
    pub before: Option<BeforeYouStart>,
    /// Where it is posted.
    pub action: String,
    /// Groups of fields with their heading (may be empty).
    pub groups: Vec<(String, Vec<Field>)>,
    /// Hidden fields: CSRF token, idempotency key, version seen.
    pub hidden: Vec<(String, String)>,
    /// Errors of the whole form.
    pub errors: Vec<String>,
    /// Text of the button; empty means 继续.
    pub button: String,
    /// Instead of the button.
    pub cannot: Option<Cannot>,
    /// A link beside the button, like 存为草稿.
    pub beside: Option<Link>,
    /// The button is the lesser of two on the page: 返回修改 below 确认提交.
    pub quiet: bool,
}

impl FormPage {
    /// A form that posts its fields to `action`.
    pub fn new(action: impl Into<String>, fields: Vec<Field>) -> Self {
        Self { action: action.into(), groups: vec![(String::new(), fields)], ..Self::default() }
    }

    /// Another group of fields.
    #[must_use]
    pub fn group(mut self, title: impl Into<String>, fields: Vec<Field>) -> Self {
        self.groups.push((title.into(), fields));
        self
    }

    /// A hidden field.
    #[must_use]
    pub fn hidden(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.hidden.push((name.into(), value.into()));
        self
    }

    /// True when any error is shown.
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
            || self.groups.iter().flat_map(|(_, f)| f).any(|f| f.error.is_some())
    }

    fn summary(&self) -> ErrorSummary {
        let mut all = ErrorSummary {
            errors: self.errors.iter().map(|e| (e.clone(), String::new())).collect(),
        };
        all.errors.extend(ErrorSummary::of_fields(self.groups.iter().flat_map(|(_, f)| f)).errors);
        all
    }

    fn multipart(&self) -> bool {
        self.groups.iter().flat_map(|(_, f)| f).any(|f| matches!(f.kind, FieldKind::File { .. }))
    }

    fn minutes(&self, lang: Lang, n: u32) -> String {
        fill(lang, Word::MinutesCount, &[("n", &n.to_string())])
    }
}

#[derive(Template)]
#[template(path = "form.html")]
struct FormTemplate<'a> {
    c: &'a FormPage,
    l: Lang,
}

impl Component for FormPage {
    fn render(&self, lang: Lang) -> Markup {
        run(&FormTemplate { c: self, l: lang })
    }
}
