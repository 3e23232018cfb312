//! The kit of all pages: frame, components, money and dates in words; it knows no service.
//!
//! Every component is a struct with [`Component::render`]; a page is a [`Shell`] around their
//! [`Markup`]. Texts of components are plain strings in the language of the page: they are always
//! escaped. Pages are complete without script and load nothing from elsewhere.
//! The rules behind the looks are in the crate's README.

mod assets;
mod bars;
pub mod dates;
mod figures;
mod flow;
mod form;
mod lang;
mod markup;
mod matters;
pub mod money;
mod notice;
mod prefs;
mod problem;
mod proof;
mod reading;
mod shell;
mod stepper;
mod summary;
mod table;
mod tag;
mod tree;
mod words;

use axum::Router;

pub use assets::{asset_text, asset_url, assets};
pub use bars::{Bar, Bars};
pub use dates::{
    DateInputError, Day, deadline, long_date, long_time, parse_date_input, table_date, table_time,
};
pub use figures::{Bank, EquationStrip, MoneyFigure};
pub use flow::{ReceiptPage, ReviewPage};
pub use form::{BeforeYouStart, Cannot, Choice, ErrorSummary, Field, FieldKind, FormPage, Width};
pub use lang::{Bilingual, Lang};
pub use markup::{Component, Markup, safe_href};
pub use matters::{MatterLine, MatterList};
pub use money::{
    headline, parse_money_input, parse_signed_money_input, percent, rmb_upper, yuan, yuan_with_unit,
};
pub use notice::{NoticeSheet, Paper};
pub use prefs::{Prefs, Size, Theme, local_path, query_encode};
pub use problem::ProblemPage;
pub use proof::{ProofBox, qr_svg, short_hash};
pub use reading::{Exchange, Exchanges, Reading, Said, Views};
pub use shell::{AsOf, CONTENT_POLICY, Facts, Link, NavItem, Page, Shell, SignedIn};
pub use stepper::{NextAct, StateLine, Step, StepState, Stepper};
pub use summary::{SummaryList, SummaryRow, SummaryValue};
pub use table::{Cell, CellValue, Column, DataTable, Kind, Pager, Sorted};
pub use tag::{EmptyState, EmptyWhy, Tag, Tone};
pub use tree::{SearchBox, TreeList, TreeNode};
pub use words::{Word, fill, t};

/// What every server of pages mounts: `/assets/*` and `/prefs`.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    assets().merge(prefs::routes())
}
