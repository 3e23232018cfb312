//! What is planted: values of persons, and where each may be all the same.

use sealed::canary::Canary;

/// Ids of the register of persons: who declares, whom, and who is paid.
pub const DECLARER: &str = "zq7wd3k9xm4zc2vt";
pub const RELATIVE: &str = "yj5xs8h2ct6qb4ne";
pub const PAYEE: &str = "xw4uf7p3ks9mz6dh";
pub const INVOICE: &str = "033001977777:87654321";
pub const NUMBER: &str = "660198000077123400";
pub const PURPOSE: &str = "亓官砚秋代领";
const PURPOSE_GBK: &[u8] = &[216, 193, 185, 217, 209, 226, 199, 239, 180, 250, 193, 236];
pub const REASON: &str = "东方朔月口头说明";
const REASON_GBK: &[u8] =
    &[182, 171, 183, 189, 203, 183, 212, 194, 191, 218, 205, 183, 203, 181, 195, 247];
/// A party to a mediation, by id, and what it says; who writes a petition, and about what; who applies for aid.
pub const PARTY: &str = "mq2wk8t6xz5hc9dr";
pub const OTHER_PARTY: &str = "rb7yn3f5vq4jt8ms";
pub const QUARREL: &str = "微生怀素借钱不还";
const QUARREL_GBK: &[u8] =
    &[206, 162, 201, 250, 187, 179, 203, 216, 189, 232, 199, 174, 178, 187, 187, 185];
pub const WRITER: &str = "鲜于望岚";
const WRITER_GBK: &[u8] = &[207, 202, 211, 218, 205, 251, 225, 176];
pub const MATTER: &str = "鲜于望岚写信问鱼塘承包费";
const MATTER_GBK: &[u8] = &[
    207, 202, 211, 218, 205, 251, 225, 176, 208, 180, 208, 197, 206, 202, 211, 227, 204, 193, 179,
    208, 176, 252, 183, 209,
];
pub const APPLICANT: &str = "梁丘星野";
const APPLICANT_GBK: &[u8] = &[193, 186, 199, 240, 208, 199, 210, 176];
/// An organisation that is paid: public, and so found wherever the others must not be. It shows that the search finds.
pub const CONTROL: &str = "控制样本有限公司";

/// The services that keep what they were granted of the closed log: to see kinship at a payment, a vote, a mediation.
const GRANTED: &[&str] = &["funds.sqlite", "services.sqlite", "disputes.sqlite"];

/// A planted value, and where it may be all the same.
pub struct Planted {
    pub what: &'static str,
    pub canary: Canary,
    /// Files of the data folder: copies that a grant allows. Not even the owner's own database has it in plain.
    pub files: &'static [&'static str],
    /// Whether anyone may read it, on pages that ask the owner.
    pub shown: bool,
}

pub fn planted() -> Vec<Planted> {
    let one = |what, text: &str, gbk: &[u8], files, shown| Planted {
        what,
        canary: Canary::new(text, gbk),
        files,
        shown,
    };
    let ascii = |what, text: &str, files| one(what, text, text.as_bytes(), files, false);
    vec![
        ascii("declarer", DECLARER, GRANTED),
        ascii("relative", RELATIVE, GRANTED),
        ascii("payee", PAYEE, &[]),
        ascii("invoice", INVOICE, &[]),
        ascii("bank account", NUMBER, &[]),
        ascii("party", PARTY, &[]),
        ascii("other party", OTHER_PARTY, &[]),
        one("quarrel", QUARREL, QUARREL_GBK, &[], false),
        one("writer", WRITER, WRITER_GBK, &[], false),
        one("matter", MATTER, MATTER_GBK, &[], false),
        one("applicant", APPLICANT, APPLICANT_GBK, &[], false),
        one("purpose", PURPOSE, PURPOSE_GBK, &[], true),
        one("reason", REASON, REASON_GBK, &[], true),
    ]
}

pub fn control() -> Canary {
    Canary::new(CONTROL, CONTROL.as_bytes())
}

/// The ciphertext of a sealed part: it lies in its owner's database alone.
pub fn ciphertext(what: &'static str, bytes: &[u8], files: &'static [&'static str]) -> Planted {
    Planted { what, canary: Canary::of_bytes(bytes), files, shown: false }
}
