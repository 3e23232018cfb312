//! Indicators (指标): one number of a village over its latest closed months, and the band in which it lies.
//!
//! ```toml
//! [indicator]
//! id = "answers-in-time"  term = { zh, en }  version = 1  law = "…"  capabilities = [40, 75]
//! dimension  = { zh = "乡风文明", en = "Civility" }   # under what it stands
//! owner      = "county"                # who settles it: province, prefecture, county, township
//! visibility = "public"                # or "staff"
//! months     = 12                      # closed months that it looks at
//! smallest   = 3                       # below this number of things nothing is said
//! [[figure]]                           # what it counts, see `figure`
//! [value]
//! unit = "share"                       # or "count", "money"
//! is   = "answered"                    # the value; of a share its upper part
//! of   = "asked"                       # of a share its lower part
//! things = "asked"                     # the number of things it rests on
//! [[band]]                             # from the highest down; the last has no `from`
//! id = "steady"  from = "9/10"  zh, en  meaning = { zh, en }
//! ```
//!
//! A village is told its own number and why; others are told bands. Nothing here ranks, and no figure is about a person.

mod check;
mod read;

use kernel::Text;

use crate::{
    figure::{Figure, FigureCatalogue},
    finding::Finding,
    formula::{Ast, Ratio, Unit, Words},
    head::Head,
    read::Reader,
};

/// An indicator as its file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    /// What it is called, on what it rests, whose it is.
    pub head: Head,
    /// Under what it stands.
    pub dimension: Text,
    /// Which level settles it.
    pub owner: String,
    /// Whether everybody may see it; else staff alone.
    pub public: bool,
    /// How many closed months it looks at.
    pub months: u8,
    /// Below this number of things nothing is said.
    pub smallest: i64,
    /// What the file counts itself.
    pub figures: Vec<Figure>,
    /// Share, count or money.
    pub unit: Unit,
    /// The value; of a share its upper part.
    pub is: Ast,
    /// Of a share its lower part.
    pub of: Option<Ast>,
    /// The number of things it rests on.
    pub things: Ast,
    /// Line of `[value]`.
    pub line: usize,
    /// From the highest down.
    pub bands: Vec<Band>,
}

/// A band (档).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// Its id.
    pub id: String,
    /// From which value on; the last holds whatever is below.
    pub from: Option<Ratio>,
    /// The same as the file writes it.
    pub written: Option<String>,
    /// What it is called.
    pub name: Text,
    /// What it means, in a sentence.
    pub meaning: Text,
    /// Line in the file.
    pub line: usize,
}

/// The levels that may settle an indicator.
pub const OWNERS: [&str; 4] = ["province", "prefecture", "county", "township"];

impl Indicator {
    /// Reads and proves an indicator.
    ///
    /// # Errors
    /// All findings, sorted by line.
    pub fn check(
        file: &str,
        text: &str,
        catalogue: &FigureCatalogue,
    ) -> Result<Self, Vec<Finding>> {
        Reader::proved(file, text, read::indicator, |one| check::indicator(one, catalogue))
    }

    /// Reads an indicator and proves nothing: for a reader that shows what its owner has adopted. `None`: not an indicator,
    /// or not to be read.
    pub fn read_unproved(file: &str, text: &str) -> Option<Self> {
        let mut reader = Reader::new(file, text);
        read::indicator(&mut reader, file, text).filter(|_| reader.findings.is_empty())
    }

    /// Whether a text is meant as an indicator.
    pub fn is_meant(text: &str) -> bool {
        text.lines().any(|line| line.trim() == "[indicator]")
    }

    /// What it says, line by line; `called` names the figures that services offer.
    pub fn told(&self, called: &dyn Words) -> Vec<Text> {
        let names = Called { figures: &self.figures, others: called };
        let is = self.is.sentence(&names);
        let mut lines: Vec<Text> = self.figures.iter().map(Figure::told).collect();
        lines.push(match self.of.as_ref().map(|of| of.sentence(&names)) {
            Some(of) => Text::new(
                format!("数值：“{}”占“{}”的比例", is.zh, of.zh),
                format!("Value: {} as a share of {}", is.en, of.en),
            ),
            None => Text::new(format!("数值：{}", is.zh), format!("Value: {}", is.en)),
        });
        lines.push(Text::new(
            format!("看最近{}个已结账的月；不足{}件的不评", self.months, self.smallest),
            format!(
                "Over the latest {} closed months; nothing is said below {} things",
                self.months, self.smallest
            ),
        ));
        for band in &self.bands {
            let Text { zh, en } = &band.name;
            lines.push(match &band.written {
                Some(from) => Text::new(
                    format!("{zh}：{from}以上，{}", band.meaning.zh),
                    format!("{en}: from {from}, {}", band.meaning.en),
                ),
                None => Text::new(
                    format!("{zh}：{}", band.meaning.zh),
                    format!("{en}: {}", band.meaning.en),
                ),
            });
        }
        lines
    }
}

/// What figures are called: those of the file by their own names.
pub struct Called<'a> {
    /// What the file counts.
    pub figures: &'a [Figure],
    /// All others.
    pub others: &'a dyn Words,
}

impl Words for Called<'_> {
    fn name(&self, name: &str) -> Text {
        let own = self.figures.iter().find(|figure| figure.id == name);
        own.map_or_else(|| self.others.name(name), |figure| figure.name.clone())
    }
}
