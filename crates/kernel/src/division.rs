//! Administrative divisions (行政区划): the 12-digit statistical code, levels and kinds of village.
//!
//! Source: 国统字〔2009〕91号 for the 12 digits (2 province, 2 prefecture, 2 county, 3 township, 3 village), GB/T 2260 for
//! the first six. In digits 10 to 12 residents' committees have 001–199, villagers' committees 200–399; 400–599 are made
//! by the statistical office alone and are not governed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A level of the hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// 省、自治区、直辖市
    Province,
    /// 地级市、自治州
    Prefecture,
    /// 县、县级市、区
    County,
    /// 乡、镇、街道
    Township,
    /// 村、社区
    Village,
}

impl Level {
    /// The name used in files and events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Prefecture => "prefecture",
            Self::County => "county",
            Self::Township => "township",
            Self::Village => "village",
        }
    }

    /// How many leading digits of the code this level fills.
    pub const fn digits(self) -> usize {
        match self {
            Self::Province => 2,
            Self::Prefecture => 4,
            Self::County => 6,
            Self::Township => 9,
            Self::Village => 12,
        }
    }

    /// From the name used in files.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Province, Self::Prefecture, Self::County, Self::Township, Self::Village]
            .into_iter()
            .find(|level| level.name() == name)
    }
}

/// What stands behind a code at village level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VillageKind {
    /// 村民委员会: a village.
    Village,
    /// 居民委员会: a community.
    Community,
    /// A purely statistical area (400–599): kept, not governed.
    Statistical,
}

/// A 12-digit code. Compared by whole levels, never by text prefix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DivisionCode([u8; 12]);

impl DivisionCode {
    /// Exactly twelve ASCII digits, the first two not `00`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bytes: [u8; 12] = text.as_bytes().try_into().map_err(|_| {
            format!("a code has 12 digits, this one has {} characters", text.chars().count())
        })?;
        if !bytes.iter().all(u8::is_ascii_digit) {
            return Err("a code has digits only".to_owned());
        }
        if &bytes[..2] == b"00" {
            return Err("no province has the code 00".to_owned());
        }
        Ok(Self(bytes))
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The digits of one level alone: `pp`, `cc`, `aa`, `ttt` or `vvv`; all zeros where absent.
    pub fn part(&self, level: Level) -> &str {
        let from = match level {
            Level::Province => 0,
            Level::Prefecture => 2,
            Level::County => 4,
            Level::Township => 6,
            Level::Village => 9,
        };
        &self.as_str()[from..level.digits()]
    }

    /// The deepest level whose digits are not all zero.
    pub fn deepest(&self) -> Level {
        [Level::Village, Level::Township, Level::County, Level::Prefecture]
            .into_iter()
            .find(|level| self.part(*level).bytes().any(|b| b != b'0'))
            .unwrap_or(Level::Province)
    }

    /// This code with everything below the level set to zero.
    pub fn at(&self, level: Level) -> Self {
        let mut digits = self.0;
        digits[level.digits()..].fill(b'0');
        Self(digits)
    }

    /// What stands behind the last three digits; `None` above village level or outside the known ranges.
    pub fn village_kind(&self) -> Option<VillageKind> {
        match self.part(Level::Village).parse::<u16>().ok()? {
            1..=199 => Some(VillageKind::Community),
            200..=399 => Some(VillageKind::Village),
            400..=599 => Some(VillageKind::Statistical),
            _ => None,
        }
    }

    /// The five tokens of a NATS subject, `_` where a level is absent.
    pub fn tokens(&self) -> [&str; 5] {
        [Level::Province, Level::Prefecture, Level::County, Level::Township, Level::Village].map(
            |level| {
                let part = self.part(level);
                if part.bytes().all(|b| b == b'0') { "_" } else { part }
            },
        )
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for DivisionCode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<DivisionCode> for String {
    fn from(code: DivisionCode) -> Self {
        code.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_tokens() {
        let code = DivisionCode::parse("330102001203").unwrap();
        assert_eq!(code.tokens(), ["33", "01", "02", "001", "203"]);
        assert_eq!(code.at(Level::County).as_str(), "330102000000");
        assert_eq!(code.at(Level::County).deepest(), Level::County);
        assert_eq!(code.village_kind(), Some(VillageKind::Village));
        // Dongguan has no counties: its townships hang on the prefecture.
        let dongguan = DivisionCode::parse("441900003000").unwrap();
        assert_eq!(dongguan.tokens(), ["44", "19", "_", "003", "_"]);
        assert_eq!(dongguan.deepest(), Level::Township);
    }

    #[test]
    fn refuses_with_the_reason() {
        assert!(DivisionCode::parse("3301").unwrap_err().contains("4 characters"));
        assert!(DivisionCode::parse("33010200100x").unwrap_err().contains("digits only"));
    }
}
