//! Every key of the language, in one list: the reference of `docs/definitions.md` is written from it, and a test reads a
//! file that has them all and finds that the reader asks for these and no others.

/// A key: its name, what is written there, what it means.
pub type Key = (&'static str, &'static str, &'static str);

/// Places of the language with their keys: `step.window` is the table under `window` of a `[[step]]`, `field.*` each entry
/// of `[field]`.
pub const KEYS: &[(&str, &[Key])] = &[
    (
        "",
        &[
            ("procedure", "table", "the head"),
            ("parameters", "table", "numbers with a date and a source, each under its name"),
            ("field", "table", "what forms ask for, each under its name"),
            ("tier", "rows", "which amounts are whose to decide"),
            ("matter", "rows", "kinds of matter with body, notice, quorum and majority"),
            ("step", "rows", "what people do, in the order in which it is usually done"),
            ("local", "rows", "the events that this file declares"),
            ("ledger", "rows", "ledgers of count (points, pieces) on which steps book"),
            ("prove", "rows", "what must hold on every path"),
            ("burden", "table", "only where more is asked than the burden budget allows"),
        ],
    ),
    (
        "procedure",
        &[
            (
                "id",
                "text",
                "its name in addresses; a region's begins with the region: `yl-tool-loan`",
            ),
            (
                "region",
                "text",
                "whose own definition it is: two to twelve letters and digits; only a region's file has it",
            ),
            (
                "service",
                "text",
                "where it runs: `services`, `disputes`, `organisation` or `funds-oversight`; a region's file must say it",
            ),
            ("term", "`{ zh, en }`", "what people call it"),
            ("version", "number", "from 1; a changed text takes the next number"),
            (
                "stream",
                "text",
                "the kind of stream its events lie in; a region's file may leave it out",
            ),
            ("law", "article", "the rule behind order and competence, where a step names none"),
            ("running", "table", "what a new version means for what is under way"),
            (
                "log",
                "`open` or `closed`",
                "`closed`: the whole case is sealed, and only its officers see it",
            ),
            (
                "kept_by",
                "`unit` or `above`",
                "whose log a closed case lies in: its unit's, or that of the level above",
            ),
            (
                "extends",
                "id",
                "the built-in definition that this one replaces; it may only tighten",
            ),
            ("capabilities", "numbers", "which mechanisms of the mission's map it carries"),
            (
                "page",
                "address",
                "the page on which everybody sees it, where it is not the common one",
            ),
        ],
    ),
    (
        "procedure.running",
        &[
            (
                "mode",
                "`keep`, `at next step`, `at once`",
                "what began under a version ends under it; or the new one governs from the next step, or from its day",
            ),
            ("source", "article or `default`", "on what ground"),
        ],
    ),
    ("burden", &[("law", "article", "the law that asks for so much")]),
    (
        "parameters.*",
        &[
            ("type", "`money`, `days`, `working-days`, `count`, `share`", "its unit"),
            ("tighten", "`up` or `down`", "which way is stricter; proved from where it is used"),
            ("law", "article", "what bounds it, where its own source does not"),
            ("values", "rows", "its values by date"),
        ],
    ),
    (
        "parameters.*.values",
        &[
            ("from", "`YYYY-MM-DD`", "in force from this day"),
            ("is", "value", "`15`, `\"500.00\"` (yuan), `\"2/3\"`"),
            ("source", "article or `default`", "where it comes from"),
        ],
    ),
    (
        "field.*",
        &[
            ("type", "a type", "what it is"),
            ("class", "a class, or `{ organisation, person }` for a party", "who may see it"),
            ("label", "`{ zh, en }`", "what the form calls it"),
            ("why", "text", "why it is needed; what has no reason is not asked"),
            (
                "of",
                "list of `{ is, zh, en }`",
                "for `enum`: the values that can be chosen, each with its name",
            ),
            ("to", "text", "for `ref`: the kind of thing it points to"),
            ("written_by", "`official` or `resident`", "for `text`: who writes it"),
            ("most", "number", "for `text`: characters at most (500)"),
            (
                "optional",
                "`true`, `\"!matter.spends\"`",
                "may be left out; or needed only where the matter spends money",
            ),
            ("claim", "`true`", "a number that may be used once"),
            ("keep", "table", "how long the law asks to keep it"),
            (
                "recuse",
                "`true`",
                "whom the matter concerns: who is in conflict with them steps aside",
            ),
            ("whose", "field", "in a closed case: under whose key it is sealed and erased"),
        ],
    ),
    (
        "field.*.of",
        &[
            ("is", "text", "the value as the event has it"),
            ("zh", "text", "what it is called, in Chinese"),
            ("en", "text", "in English"),
        ],
    ),
    (
        "field.*.class",
        &[
            ("organisation", "a class", "for an organisation's name"),
            ("person", "a class", "for a private person"),
        ],
    ),
    (
        "field.*.keep",
        &[("years", "number", "how long"), ("basis", "article", "which law asks for it")],
    ),
    (
        "tier",
        &[
            ("when", "conditions", "`amount < limit and …`: a field and a parameter of one unit"),
            ("needs", "fields", "fields that are needed in this tier"),
        ],
    ),
    (
        "tier.*",
        &[
            ("post", "post or posts", "who is competent in this role: a post"),
            ("body", "body", "a body"),
            ("tier", "role", "as another role of the tier"),
            ("resident", "kind", "a resident"),
            ("system", "cause", "it happens by itself"),
        ],
    ),
    (
        "matter",
        &[
            ("id", "text", "the value of a field of type `matter-type`"),
            ("name", "`{ zh, en }`", "what people call it"),
            ("body", "body", "who decides"),
            ("notice", "length", "between the announcement and the sitting"),
            ("quorum", "share", "of those who should attend"),
            ("majority", "share", "how much passes"),
            ("counted", "`present`, `should-attend`, `all`", "of whom the majority is counted"),
            ("ballot", "`secret` or `show-of-hands`", "how votes are given"),
            ("law", "article", "what says so"),
            ("spends", "`true`", "it spends money"),
        ],
    ),
    (
        "step",
        &[
            ("id", "text", "its name in addresses and in this file; it stands in no event"),
            ("name", "`{ zh, en }`", "what people read"),
            ("event", "event, or a table of outcomes", "the fact that it brings about"),
            ("by", "table", "who may do it"),
            (
                "after",
                "steps",
                "what must have happened last: `step` or `step.outcome`; without it: the step before",
            ),
            ("during", "steps", "it is done beside: while one of these is the last that happened"),
            ("answers", "step", "it answers each event of that step, once"),
            ("pauses", "steps", "the clocks of these stand still from now on"),
            ("resumes", "steps", "the clocks of these go on with what was left"),
            ("lengthens", "table", "a clock gets more time, once for each time that it is done"),
            ("rounds", "number", "how often at most; needed where a path returns"),
            ("takes", "fields", "what its form asks for"),
            ("guard", "guards", "named guards of the service's core"),
            ("require", "rows", "conditions as formulas, each with its article"),
            ("sitting", "table", "a sitting with a quorum and no vote"),
            ("vote", "table", "a vote"),
            ("roll", "table", "how the roll of a sitting is kept"),
            ("notice_before", "length", "between the step before and the sitting"),
            ("window", "table", "a time for objections or questions that opens with it"),
            ("missed", "table", "what is recorded when it is not done in time"),
            ("next", "table, or one for each outcome", "what happens next"),
            ("tell", "rows", "whom the event is told"),
            ("posts", "template", "a posting template of the core"),
            ("books", "rows", "what it books from one account to another"),
            ("reverses", "steps", "the bookings of these are taken back, dated today"),
            ("signs", "fields", "what the one who acts signs"),
            ("power", "text", "the item of the list of small powers"),
            ("law", "article", "what it rests on; without it the head's"),
        ],
    ),
    (
        "step.event.*",
        &[
            ("event", "event", "the fact of this outcome"),
            ("zh", "text", "what people call the outcome, in Chinese"),
            ("en", "text", "in English"),
        ],
    ),
    (
        "step.by",
        &[
            ("post", "post or posts", "an office"),
            ("body", "body", "any member of a body; in a vote: the body"),
            ("tier", "role", "whom the tier names for this role"),
            ("resident", "kind", "a resident"),
            ("system", "cause", "it happens by itself"),
            ("not_also", "steps", "who did one of these may not do this one too (four eyes)"),
            ("otherwise", "post or body", "who acts where all are barred"),
            ("law", "article", "what says so, where it is another than the step's"),
        ],
    ),
    (
        "step.require",
        &[
            ("code", "text", "the code of the refusal: `deposit-too-high`"),
            ("that", "formula", "what must hold: `deposit <= limit`"),
            ("law", "article", "what asks for it"),
            ("zh", "text", "what the refusal says, in Chinese; `{field}` is filled in"),
            ("en", "text", "in English"),
        ],
    ),
    (
        "step.books",
        &[
            ("ledger", "ledger", "a ledger of this file"),
            (
                "from",
                "account",
                "what it leaves; it must have so much, unless it may fall below zero",
            ),
            ("to", "account", "what it comes to"),
            ("amount", "count", "a count field, or a formula: `pieces * price`"),
        ],
    ),
    (
        "step.lengthens",
        &[("step", "step", "whose clock gets more time"), ("by", "length", "how much")],
    ),
    (
        "step.sitting",
        &[
            ("quorum", "share", "of those who should attend"),
            ("of", "`present`, `should-attend`, `all`", "of whom"),
            ("law", "article", "what says so"),
        ],
    ),
    (
        "step.vote",
        &[
            ("quorum", "share", "of those who should attend; `> 1/2`, `>= 2/3`, `matter.quorum`"),
            ("majority", "share", "how much passes"),
            ("of", "`present`, `should-attend`, `all`", "of whom"),
            ("recuse", "`kin-or-interest`", "who has an interest leaves and is not counted"),
            ("ballot", "`secret` or `show-of-hands`", "how votes are given; without it: either"),
            ("law", "article", "what says so"),
        ],
    ),
    (
        "step.roll",
        &[
            ("kept_at", "text", "where it is marked: `table`"),
            ("channels", "`hall`, `paper`, `phone`", "how people may take part"),
            ("witness", "body", "whose member witnesses it"),
        ],
    ),
    (
        "step.window",
        &[
            ("lasts", "length", "how long it is open"),
            ("objections", "step", "the step by which somebody objects or asks"),
            ("answered_within", "length", "within which each is answered"),
            ("restarts_on", "step", "the step that starts it anew"),
            ("closes", "event", "the fact at its end"),
            ("blocks", "`false`", "the next step need not wait for its end"),
        ],
    ),
    (
        "step.missed",
        &[
            ("event", "event", "the fact that it was not done in time: `…Overdue`"),
            ("tell", "posts, bodies", "who hears of it"),
        ],
    ),
    (
        "step.next",
        &[
            ("zh", "text", "what happens next, in Chinese"),
            ("en", "text", "in English"),
            ("who", "post, body or audience", "who acts next"),
            ("within", "length", "by when; the step that comes has `missed`"),
        ],
    ),
    (
        "step.tell",
        &[
            ("who", "post, body or audience", "whom"),
            ("zh", "text", "the message in Chinese; `{field}` is filled in"),
            ("en", "text", "in English"),
        ],
    ),
    (
        "local",
        &[
            ("event", "event", "its name, in the past: `ToolLent`"),
            ("fields", "fields", "what it carries: all that its step takes"),
        ],
    ),
    (
        "ledger",
        &[
            (
                "id",
                "text",
                "its name; each unit keeps one of it. Files of one service may share it",
            ),
            ("unit", "`{ zh, en }`", "what is counted"),
            ("booked", "event", "the fact of a booking: `PointsBooked`"),
            ("reversed", "event", "the fact of one that takes another back: `PointsReversed`"),
            ("law", "article", "the rule behind it; a refusal for want of balance cites it"),
            ("account", "rows", "the accounts on which this file books"),
        ],
    ),
    (
        "ledger.account",
        &[
            ("id", "text", "its name"),
            ("zh", "text", "what people call it, in Chinese"),
            ("en", "text", "in English"),
            ("per", "field", "there is one for each value of this field, of type `ref` or `enum`"),
            (
                "below_zero",
                "`true`",
                "where all comes from; every other account never falls below zero",
            ),
        ],
    ),
    (
        "prove",
        &[
            (
                "never",
                "`A without B`, `A after B`",
                "no path has A unless B came before; or after it",
            ),
            ("always", "`A leads to B or C`", "every path from A comes to one of them"),
        ],
    ),
    (
        "case",
        &[
            ("name", "text", "what the case shows, in a sentence"),
            ("given", "lines", "what happened before"),
            ("when", "line", "what somebody does, or `wait until=YYYY-MM-DD`"),
            ("then", "lines", "the events that come of it"),
            ("refused", "table", "or the refusal"),
        ],
    ),
    (
        "case.refused",
        &[
            ("code", "text", "its code"),
            ("law", "article", "the article it cites"),
            ("warning", "text", "the warning that it raises"),
        ],
    ),
];

/// The reference as a document has it: a table for each place.
pub fn reference() -> String {
    let mut text = String::new();
    for (place, keys) in KEYS {
        let title = if place.is_empty() { "The file".to_owned() } else { format!("`{place}`") };
        text.push_str(&format!("### {title}\n\n| key | takes | meaning |\n| --- | --- | --- |\n"));
        for (key, takes, meaning) in *keys {
            text.push_str(&format!("| `{key}` | {takes} | {meaning} |\n"));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
thread_local! {
    static ASKED: std::cell::RefCell<std::collections::BTreeSet<(String, &'static str)>> =
        const { std::cell::RefCell::new(std::collections::BTreeSet::new()) };
}

/// Notes that the reader asks for a key.
#[cfg(test)]
pub(super) fn note(place: &str, key: &'static str) {
    ASKED.with_borrow_mut(|asked| asked.insert((place.to_owned(), key)));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A file in which every kind of table stands: sound it need not be.
    const EVERYTHING: &str = r#"
        procedure = { id = "x", running = {} }
        parameters = { p = { type = "days", tighten = "up", values = [{}] } }
        burden = {}
        tier = [{ when = "a < b", approve = { post = "x" } }]
        matter = [{}]
        local = [{}]
        prove = [{}]
        ledger = [{ account = [{}] }]
        [field]
        e = { type = "enum", of = [{}], class = {}, keep = {} }
        r = { type = "ref" }
        t = { type = "text" }
        [[step]]
        id = "s"
        event = { done = { } }
        by = {}
        sitting = {}
        vote = {}
        roll = {}
        window = {}
        missed = {}
        next = { zh = "" }
        tell = [{}]
        require = [{}]
        lengthens = {}
        books = [{}]
    "#;

    #[test]
    fn the_list_has_every_key_that_the_reader_asks_for_and_no_other() {
        ASKED.with_borrow_mut(BTreeSet::clear);
        let mut reader = super::super::Reader::new("x.toml", EVERYTHING);
        super::super::definition(&mut reader, "x.toml", EVERYTHING);
        let cases = "[[case]]\nname = \"x\"\nrefused = {}\n";
        assert!(super::super::cases("x.cases.toml", cases).is_err());
        let asked: BTreeSet<(String, &str)> = ASKED.with_borrow(Clone::clone);
        let mut listed: BTreeSet<(String, &str)> = BTreeSet::new();
        for (place, keys) in KEYS {
            for (key, ..) in *keys {
                assert!(listed.insert(((*place).to_owned(), *key)), "{place}.{key} stands twice");
            }
        }
        let asked: BTreeSet<_> = asked
            .into_iter()
            .filter(|(place, key)| !(place.is_empty() && *key == "case"))
            .collect();
        assert_eq!(asked.difference(&listed).collect::<Vec<_>>(), Vec::<&(String, &str)>::new());
        assert_eq!(listed.difference(&asked).collect::<Vec<_>>(), Vec::<&(String, &str)>::new());
    }

    #[test]
    fn the_reference_names_every_key() {
        let text = reference();
        assert!(
            KEYS.iter()
                .flat_map(|(_, keys)| *keys)
                .all(|(key, ..)| text.contains(&format!("`{key}`")))
        );
    }
}
