//! The sitting as it will be recorded, to be checked before it is sent.

use engines::procedure::{Count, Sitting};
use pages::{Lang, SummaryList, SummaryRow};

use super::{Table, VOTES, name_of, names_of};
use crate::{
    terms::{Terms, said},
    typed::Typed,
};

impl Table<'_> {
    /// The sitting as it will be recorded.
    pub(crate) fn summary(
        &self,
        lang: Lang,
        terms: &Terms,
        sitting: &Sitting,
        typed: &Typed,
    ) -> SummaryList {
        let names = |holders: &[String]| {
            let all: Vec<&str> = holders.iter().map(|holder| name_of(self.roll, holder)).collect();
            all.join(lang.pick("、", ", "))
        };
        let day = |date: &kernel::Date| {
            pages::parse_date_input(&date.to_string())
                .map_or_else(|_| date.to_string(), |day| day.long(lang))
        };
        let mut rows = vec![
            SummaryRow::text(lang.pick("开会日期", "Day of the sitting"), day(&sitting.held_on)),
            SummaryRow::text(lang.pick("开会地点", "Where"), sitting.place.clone()),
        ];
        if let Some(noticed) = &sitting.noticed_on {
            rows.push(SummaryRow::text(lang.pick("通知日期", "Day of the notice"), day(noticed)));
        }
        rows.push(SummaryRow::text(
            lang.pick("应到会人数", "Should attend"),
            sitting.should_attend.to_string(),
        ));
        rows.push(SummaryRow::text(
            lang.pick("实到会人数", "Present"),
            sitting.attendance.len().to_string(),
        ));
        for channel in self.channels() {
            let came: Vec<String> = sitting
                .attendance
                .iter()
                .filter(|a| a.channel == channel)
                .map(|a| a.holder.clone())
                .collect();
            if !came.is_empty() {
                rows.push(SummaryRow::text(
                    said(lang, &terms.value("channel", channel.word())),
                    names(&came),
                ));
            }
        }
        for (list, zh, en) in [
            (&sitting.recused, "回避", "Recused"),
            (&sitting.left_before_vote, "表决前离场", "Left before the vote"),
        ] {
            if !list.is_empty() {
                rows.push(SummaryRow::text(lang.pick(zh, en), names(list)));
            }
        }
        if self.step.vote.is_some() {
            rows.extend(self.count_rows(lang, terms, sitting));
        }
        if let Some(ballot) = &sitting.ballot {
            rows.push(SummaryRow::text(
                lang.pick("表决方式", "How votes were given"),
                said(lang, &terms.value("ballot", ballot)),
            ));
        }
        if let Some(difference) = &sitting.difference {
            rows.push(SummaryRow::text(
                lang.pick("不符的原因", "Why they differ"),
                difference.clone(),
            ));
        }
        if let Some(witness) = &sitting.witness {
            rows.push(SummaryRow::text(
                lang.pick("现场监督", "Witness"),
                name_of(self.witnesses, witness),
            ));
        }
        if sitting.minutes.is_some() {
            rows.push(SummaryRow::text(
                lang.pick("会议记录", "Minutes"),
                names_of(typed, "minutes").join("\n"),
            ));
        }
        SummaryList::new(lang.pick("会议情况", "The sitting"), rows)
    }

    fn count_rows(&self, lang: Lang, terms: &Terms, sitting: &Sitting) -> Vec<SummaryRow> {
        let sum = |pick: fn(&Count) -> u32| -> u64 {
            sitting.votes.values().map(|count| u64::from(pick(count))).sum()
        };
        let channels = sitting.votes.len();
        let split = |pick: fn(&Count) -> u32| -> String {
            let parts: Vec<String> = sitting
                .votes
                .iter()
                .map(|(channel, count)| {
                    format!(
                        "{} {}",
                        said(lang, &terms.value("channel", channel.word())),
                        pick(count)
                    )
                })
                .collect();
            match lang {
                Lang::Zh => format!("（{}）", parts.join("，")),
                Lang::En => format!(" ({})", parts.join(", ")),
            }
        };
        let picks: [fn(&Count) -> u32; 4] = [
            |count| count.for_,
            |count| count.against,
            |count| count.abstain,
            |count| count.spoilt,
        ];
        VOTES
            .iter()
            .zip(picks)
            .map(|((_, zh, en), pick)| {
                let detail = if channels > 1 { split(pick) } else { String::new() };
                SummaryRow::text(lang.pick(zh, en), format!("{}{detail}", sum(pick)))
            })
            .collect()
    }
}
