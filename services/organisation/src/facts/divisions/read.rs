//! Reads and validates the register's text. Two passes: the lines by themselves, then how they hang together.

use std::collections::HashMap;

use kernel::{DivisionCode, Level, UnitId};

use super::{
    MAX_LINES, Register, Row,
    complaint::{BadLine, Complaints, bad},
};
use crate::facts::{short, unit::level_zh};

const HEADER: [&str; 3] = ["code", "name", "level"];
/// 直辖市: their counties may hang on the province itself when the file has no row for 市辖区 or 县.
const MUNICIPALITIES: [&str; 4] = ["11", "12", "31", "50"];
/// 省（自治区）直辖县级行政区划: a code of the statistical office; some files have a row for it, some do not.
const DIRECTLY_ADMINISTERED: &str = "90";

impl Register {
    /// Reads a register of one province: UTF-8 text with or without a byte order mark, lines ended by LF or CRLF, the
    /// header `code,name,level`, then a unit a line in any order.
    ///
    /// # Errors
    /// Every bad line with its number and the reason in both languages; then nothing of the file is used.
    pub fn parse(bytes: &[u8]) -> Result<Self, Complaints> {
        let mut complaints = Vec::new();
        let rows = lines(bytes, &mut complaints);
        let rows = connect(rows, &mut complaints);
        if complaints.is_empty() {
            return Ok(Self { rows });
        }
        complaints.sort_by_key(|complaint| complaint.line);
        Err(Complaints(complaints))
    }
}

/// The first pass: each line by itself.
fn lines(bytes: &[u8], complaints: &mut Vec<BadLine>) -> Vec<Row> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    let mut rows = Vec::new();
    let mut seen = 0_usize;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            // reading from memory with flexible lengths: nothing else can go wrong, and if it does the file is refused
            Err(fault) => {
                complaints.push(bad(
                    0,
                    "unreadable",
                    format!("文件无法读取：{fault}"),
                    format!("the file cannot be read: {fault}"),
                ));
                break;
            }
        }
        seen += 1;
        let line = record.position().map_or(0, csv::Position::line);
        if seen == 1 {
            header(line, &record, complaints);
            continue;
        }
        if seen > MAX_LINES {
            complaints.push(bad(
                line,
                "too-many-lines",
                format!("文件超过{MAX_LINES}行；一次导入一个省。"),
                format!("the file has more than {MAX_LINES} lines: import one province at a time"),
            ));
            break;
        }
        if let Some(row) = row(line, &record, complaints) {
            rows.push(row);
        }
    }
    if seen == 0 {
        complaints.push(bad(
            0,
            "empty-file",
            "文件为空；第一行应为 code,name,level。",
            "the file is empty: the first line is code,name,level",
        ));
    } else if seen == 1 {
        complaints.push(bad(
            0,
            "no-units",
            "文件只有表头，没有单位。",
            "the file has a header and no units",
        ));
    }
    rows
}

fn header(line: u64, record: &csv::ByteRecord, complaints: &mut Vec<BadLine>) {
    if record.iter().eq(HEADER.iter().map(|name| name.as_bytes())) {
        return;
    }
    let found = record
        .iter()
        .map(|field| String::from_utf8_lossy(field).into_owned())
        .collect::<Vec<_>>()
        .join(",");
    complaints.push(bad(
        line,
        "wrong-header",
        format!("表头是“{}”，应为 code,name,level。", short(&found)),
        format!("the header is `{}`, it must be code,name,level", short(&found)),
    ));
}

fn row(line: u64, record: &csv::ByteRecord, complaints: &mut Vec<BadLine>) -> Option<Row> {
    let before = complaints.len();
    if record.len() != 3 {
        complaints.push(bad(
            line,
            "wrong-columns",
            format!("有{}列，应为3列：代码、名称、级别。", record.len()),
            format!("{} columns; there must be 3: code, name, level", record.len()),
        ));
        return None;
    }
    let mut texts = [""; 3];
    for (at, field) in record.iter().enumerate() {
        match std::str::from_utf8(field) {
            Ok(text) => texts[at] = text,
            Err(_) => complaints.push(bad(
                line,
                "not-utf8",
                format!("第{}列不是UTF-8文字；请将文件另存为UTF-8。", at + 1),
                format!("column {} is not UTF-8 text: save the file as UTF-8", at + 1),
            )),
        }
    }
    if complaints.len() > before {
        return None;
    }
    let [code, name, level] = texts;
    let code = parse_code(line, code, complaints);
    let name = parse_name(line, name, complaints);
    let level = parse_level(line, level, complaints);
    let (code, name, level) = (code?, name?, level?);
    fits(line, code, level, complaints).then_some(Row {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        code,
        name: name.into(),
        level,
        parent: None,
    })
}

fn parse_code(line: u64, text: &str, complaints: &mut Vec<BadLine>) -> Option<DivisionCode> {
    let count = text.chars().count();
    let shown = short(text);
    let complaint = if count != 12 {
        bad(
            line,
            "wrong-length",
            format!("代码“{shown}”有{count}位，应为12位。"),
            format!("the code `{shown}` has {count} characters, a code has 12 digits"),
        )
    } else if !text.bytes().all(|b| b.is_ascii_digit()) {
        bad(
            line,
            "not-digits",
            format!("代码“{shown}”含有数字以外的字符；只能用半角数字0至9。"),
            format!("the code `{shown}` holds other characters than the digits 0 to 9"),
        )
    } else {
        match DivisionCode::parse(text) {
            Ok(code) => return Some(code),
            Err(reason) => bad(
                line,
                "unknown-province",
                format!("代码“{shown}”：没有代码为00的省。"),
                format!("the code `{shown}`: {reason}"),
            ),
        }
    };
    complaints.push(complaint);
    None
}

fn parse_name<'a>(line: u64, text: &'a str, complaints: &mut Vec<BadLine>) -> Option<&'a str> {
    let name = text.trim();
    let complaint = if name.is_empty() {
        bad(line, "empty-name", "名称为空。", "the name is empty")
    } else if name.chars().any(char::is_control) {
        bad(
            line,
            "name-control",
            "名称中含有换行或控制字符；请检查引号是否成对。",
            "the name holds a line break or control character: check that quotation marks come in pairs",
        )
    } else if name.chars().count() > 60 {
        bad(
            line,
            "name-long",
            format!("名称“{}”超过60个字。", short(name)),
            format!("the name `{}` is longer than 60 characters", short(name)),
        )
    } else {
        return Some(name);
    };
    complaints.push(complaint);
    None
}

fn parse_level(line: u64, text: &str, complaints: &mut Vec<BadLine>) -> Option<Level> {
    let level = Level::parse(text);
    if level.is_none() {
        let shown = short(text);
        complaints.push(bad(
            line,
            "unknown-level",
            format!(
                "级别“{shown}”不认识；应为 province、prefecture、county、township 或 village。"
            ),
            format!(
                "the level `{shown}` is not known: write province, prefecture, county, township or village"
            ),
        ));
    }
    level
}

/// Whether the code is one of that level, and, for villages, in a known range.
fn fits(line: u64, code: DivisionCode, level: Level, complaints: &mut Vec<BadLine>) -> bool {
    let deepest = code.deepest();
    if deepest != level {
        complaints.push(bad(
            line,
            "level-unfit",
            format!(
                "代码{code}是{}级代码，级别栏却是{}（{}级）。",
                level_zh(deepest),
                level.name(),
                level_zh(level)
            ),
            format!(
                "the code {code} is of level {}, the line says {}",
                deepest.name(),
                level.name()
            ),
        ));
        return false;
    }
    let gap = match level {
        Level::Village => (code.part(Level::Township) == "000").then_some(Level::Township),
        Level::Township | Level::County => {
            (code.part(Level::Prefecture) == "00").then_some(Level::Prefecture)
        }
        Level::Prefecture | Level::Province => None,
    };
    if let Some(gap) = gap {
        complaints.push(bad(
            line,
            "gap-in-code",
            format!("代码{code}缺少{}级的数字，无法知道上级单位。", level_zh(gap)),
            format!(
                "the code {code} has zeros for its {}: the unit above is not known",
                gap.name()
            ),
        ));
        return false;
    }
    if level == Level::Village && code.village_kind().is_none() {
        complaints.push(bad(
            line,
            "village-range",
            format!(
                "代码{code}的后三位{}不在已知范围内：社区001至199，村200至399，统计用区400至599。",
                code.part(Level::Village)
            ),
            format!(
                "the last three digits {} of {code} are in no known range: communities 001–199, villages 200–399, statistical areas 400–599",
                code.part(Level::Village)
            ),
        ));
        return false;
    }
    true
}

/// The second pass: one province, no code twice, every unit with the unit above it. Orders the rows from the top down.
fn connect(rows: Vec<Row>, complaints: &mut Vec<BadLine>) -> Vec<Row> {
    let mut rows = one_province(rows, complaints);
    // the province first, each level after the one above; within a level the order of the file
    rows.sort_by_key(|row| row.level);
    let mut index: HashMap<DivisionCode, u32> = HashMap::with_capacity(rows.len());
    for at in 0..rows.len() {
        let (code, line) = (rows[at].code, rows[at].line);
        if let Some(first) = index.get(&code).and_then(|first| rows.get(*first as usize)) {
            complaints.push(bad(
                u64::from(line),
                "duplicate-code",
                format!("代码{code}与第{}行（{}）重复。", first.line, first.name),
                format!("the code {code} is on line {} already ({})", first.line, first.name),
            ));
            continue;
        }
        index.insert(code, u32::try_from(at).unwrap_or(u32::MAX));
        if rows[at].level == Level::Province {
            continue;
        }
        match above(code, rows[at].level, &index) {
            Ok(parent) => rows[at].parent = Some(parent),
            // a file without its province says so once
            Err(missing) if missing.deepest() == Level::Province => {}
            Err(missing) => {
                let level = missing.deepest();
                complaints.push(bad(
                    u64::from(line),
                    "missing-parent",
                    format!(
                        "{}（{code}）的上级{missing}（{}级）不在文件中。",
                        rows[at].name,
                        level_zh(level)
                    ),
                    format!(
                        "{} ({code}) belongs to {missing} ({}), which the file does not have",
                        rows[at].name,
                        level.name()
                    ),
                ));
            }
        }
    }
    rows
}

fn one_province(rows: Vec<Row>, complaints: &mut Vec<BadLine>) -> Vec<Row> {
    let Some(province) = rows
        .iter()
        .find(|row| row.level == Level::Province)
        .or_else(|| rows.first())
        .map(|row| row.code.at(Level::Province))
    else {
        return rows;
    };
    if !rows.iter().any(|row| row.level == Level::Province) {
        complaints.push(bad(
            0,
            "no-province",
            format!("文件没有省级的一行（{province}）。"),
            format!("the file has no line of level province ({province})"),
        ));
    }
    rows.into_iter()
        .filter(|row| {
            let same = row.code.at(Level::Province) == province;
            if !same {
                complaints.push(bad(
                    u64::from(row.line),
                    "other-province",
                    format!("{}（{}）不属于{province}；一个文件只能有一个省。", row.name, row.code),
                    format!(
                        "{} ({}) is not in {province}: a file holds one province",
                        row.name, row.code
                    ),
                ));
            }
            same
        })
        .collect()
}

/// The row above, or the code that is missing.
fn above(
    code: DivisionCode,
    level: Level,
    index: &HashMap<DivisionCode, u32>,
) -> Result<u32, DivisionCode> {
    let find = |level: Level| {
        let up = code.at(level);
        index.get(&up).copied().ok_or(up)
    };
    let no_county = code.part(Level::County) == "00";
    match level {
        Level::Village => find(Level::Township),
        // a prefecture without counties (东莞、中山、儋州): its townships hang on it
        Level::Township if no_county => find(Level::Prefecture),
        Level::Township => find(Level::County),
        Level::County => find(Level::Prefecture).or_else(|missing| {
            let may_skip = code.part(Level::Prefecture) == DIRECTLY_ADMINISTERED
                || MUNICIPALITIES.contains(&code.part(Level::Province));
            if may_skip { find(Level::Province) } else { Err(missing) }
        }),
        Level::Prefecture | Level::Province => find(Level::Province),
    }
}

/// A fresh opaque id for a unit.
pub(super) fn fresh(entropy: &mut kernel::Entropy) -> UnitId {
    UnitId::new(entropy.opaque())
}
