//! After the form: the page to check answers, and the receipt.

use askama::Template;

use crate::dates;
use crate::lang::Lang;
use crate::markup::{Component, Markup, run};
use crate::stepper::NextAct;
use crate::summary::SummaryList;
use crate::words::{Word, fill};

/// All answers to check before sending; amounts are echoed in capitals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReviewPage {
    /// Answers in groups, each row with a link that changes it.
    pub groups: Vec<SummaryList>,
    /// What the sender declares by sending, in a sentence.
    pub declares: Option<String>,
    /// Where it is posted.
    pub action: String,
    /// Hidden fields: the answers, CSRF token, idempotency key, version seen.
    pub hidden: Vec<(String, String)>,
    /// Text of the button; empty means 确认提交.
    pub button: String,
}

#[derive(Template)]
#[template(
    source = r#"<p class="lead">{{ l.t(Word::ReviewNotSent) }}</p>
{% for g in c.groups %}{{ g.render(*l) }}
{% endfor %}<form class="form" method="post" action="{{ crate::safe_href(c.action) }}">
{% for (name, value) in c.hidden %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}{% if let Some(d) = c.declares %}<p class="declares">{{ d }}</p>{% endif %}
<p class="acts"><button class="button">{% if c.button.is_empty() %}{{ l.t(Word::Submit) }}{% else %}{{ c.button }}{% endif %}</button></p></form>"#,
    ext = "html"
)]
struct ReviewTemplate<'a> {
    c: &'a ReviewPage,
    l: Lang,
}

impl Component for ReviewPage {
    fn render(&self, lang: Lang) -> Markup {
        run(&ReviewTemplate { c: self, l: lang })
    }
}

/// What was sent and what happens next; its address keeps working.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceiptPage {
    /// What was done, like 报账单已提交.
    pub done: String,
    /// Number.
    pub number: String,
    /// Instant of the commit, µs UTC.
    pub sent_at: i64,
    /// What happens next and when, in order.
    pub next: Vec<NextAct>,
    /// What was sent.
    pub details: Option<SummaryList>,
    /// Whom to ask, with telephone.
    pub contact: Option<String>,
    /// By when the record must be in the public log (µs UTC): the signed promise.
    pub include_by: Option<i64>,
}

impl ReceiptPage {
    fn promise(&self, lang: Lang) -> Option<String> {
        let by = dates::long_time(lang, self.include_by?);
        Some(fill(lang, Word::Promise, &[("by", &by)]))
    }

    fn sent(&self, lang: Lang) -> String {
        dates::long_time(lang, self.sent_at)
    }
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptTemplate<'a> {
    c: &'a ReceiptPage,
    l: Lang,
}

impl Component for ReceiptPage {
    fn render(&self, lang: Lang) -> Markup {
        run(&ReceiptTemplate { c: self, l: lang })
    }
}
