//! A definition as people read it: plain sentences (who does what, after what, by when, under which article), and its course
//! as a picture. Knows no page and no service: what posts, bodies and articles are called, it is told.

mod layout;
mod picture;
mod sentences;
mod words;

use kernel::Text;

pub use self::{
    picture::picture,
    sentences::{Told, told},
};
use crate::catalogue::Catalogue;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

impl Language {
    /// One of two languages.
    pub fn of(self, text: &Text) -> &str {
        match self {
            Self::Zh => &text.zh,
            Self::En => &text.en,
        }
    }
}

/// What posts, bodies, audiences and articles are called.
pub trait Called {
    /// A post, a body or an audience.
    fn who(&self, key: &str) -> Text;
    /// An article, where the table has it.
    fn article(&self, article: &str) -> Option<Text>;
}

/// Levels and audiences that any definition may name.
const ABOVE: [(&str, &str, &str); 9] = [
    ("township", "乡镇", "the township"),
    ("township-agency", "乡镇农村经营管理机构", "the township's rural accounting agency"),
    ("county", "县（市、区）", "the county"),
    ("county-agriculture", "县级农业农村部门", "the county's agriculture office"),
    ("discipline", "纪检监察机关", "the discipline inspectors"),
    ("province", "省", "the province"),
    ("resident", "村民", "a villager"),
    ("member", "集体经济组织成员", "a member of the collective"),
    ("followers-of-village", "关注本村的人", "those who follow the village"),
];

impl Called for Catalogue {
    fn who(&self, key: &str) -> Text {
        let above = ABOVE.iter().find(|(name, ..)| *name == key);
        let post = self.post(key).map(|post| post.name.clone());
        post.or_else(|| self.body(key).map(|body| body.name.clone()))
            .or_else(|| above.map(|(_, zh, en)| Text::new(*zh, *en)))
            .unwrap_or_else(|| Text::new(key, key.replace('-', " ")))
    }

    fn article(&self, article: &str) -> Option<Text> {
        self.citations.entry(article).map(|entry| entry.name.clone())
    }
}
