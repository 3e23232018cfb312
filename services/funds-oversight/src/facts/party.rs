//! Payees and invoices (收款人、发票), and the commitments that stand for them in the open log. Knows no payment.

use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Claim, Refusal, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Who receives money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Payee {
    /// A private person (个人), by the id of the register of persons. Sealed.
    Person {
        /// The id in the register of persons.
        person: String,
    },
    /// An organisation (单位), by its registered name. Public.
    Organisation {
        /// Its name.
        organisation: String,
    },
}

impl Payee {
    /// The person, when it is one.
    pub fn person(&self) -> Option<&str> {
        match self {
            Self::Person { person } => Some(person),
            Self::Organisation { .. } => None,
        }
    }

    /// Checks the form.
    ///
    /// # Errors
    /// When a name is empty or too long, or the person's id is none.
    pub fn checked(self) -> Result<Self, Refusal> {
        match &self {
            Self::Person { person } if !super::is_id(person) => Err(Refusal::field(
                "payee/person",
                Text::new("收款人编号不对", "This is not the id of a person"),
                Text::new("请从人员名册里选", "Choose the person from the register"),
            )),
            Self::Organisation { organisation } => {
                super::checked_text("payee/organisation", organisation, 80)?;
                Ok(self)
            }
            Self::Person { .. } => Ok(self),
        }
    }
}

/// What proves the debt: an invoice as `code:number`, a fully digital invoice by its number of 20 digits, or another paper
/// as `sha256:` and the hash of its content. Kept in one spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Invoice(String);

impl Invoice {
    /// As typed; spaces do not make another paper.
    pub fn new(text: &str) -> Self {
        Self(text.chars().filter(|c| !c.is_whitespace()).collect())
    }

    /// The claim: one paper, one payment, in the whole province.
    pub fn claim(&self) -> Claim {
        Claim { kind: "invoice", value: Self::new(&self.0).0 }
    }

    /// Checks the form.
    ///
    /// # Errors
    /// When code and number do not have the lengths of an invoice, or the hash is none.
    pub fn checked(&self) -> Result<Self, Refusal> {
        let tidy = Self::new(&self.0);
        let digits = |text: &str, lengths: &[usize]| {
            lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
        };
        let hash = |text: &str| {
            text.len() == 64
                && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let right = match tidy.0.split_once(':') {
            Some(("sha256", content)) => hash(content),
            Some((code, number)) => digits(code, &[10, 12]) && digits(number, &[8]),
            None => digits(&tidy.0, &[20]),
        };
        if right {
            return Ok(tidy);
        }
        Err(Refusal::field(
            "invoice",
            Text::new(
                "发票代码、号码或单据指纹不对",
                "This is neither an invoice's code and number nor the hash of a paper",
            ),
            Text::new(
                "代码10或12位加号码8位（代码:号码）；数电发票填20位号码；其他单据先上传",
                "Code of 10 or 12 digits and number of 8 (code:number), a number of 20 digits, or upload the paper",
            ),
        ))
    }
}

/// A sealed value opened again, with its salt: what the actor was shown. Never written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The value.
    pub value: Value,
    /// The 32 bytes of its salt, in hexadecimal.
    pub salt: String,
}

impl Opened {
    /// The value, when it is the one that the commitment (base64) stands for.
    pub fn proves(&self, commitment: &str) -> Option<&Value> {
        let salt: [u8; 32] = hex::decode(&self.salt).ok()?.try_into().ok()?;
        let bytes = serde_json::to_vec(&self.value).ok()?;
        let hash = Sha256::new().chain_update(salt).chain_update(bytes).finalize();
        (STANDARD.encode(hash) == commitment).then_some(&self.value)
    }
}

/// The key under which a private person's data of this service are sealed. Says nothing outside.
pub fn subject_of_person(person: &str) -> String {
    let hash = Sha256::digest(format!("funds\n{person}").as_bytes());
    format!("person-{}", hex::encode(hash.get(..10).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_paper_has_one_claim() {
        let paper = Invoice::new;
        assert_eq!(
            paper("033001900104:12345678").claim(),
            paper(" 0330 0190 0104: 12345678").claim()
        );
        assert!(paper("033001900104:12345678").checked().is_ok());
        assert!(paper("24332000000012345678").checked().is_ok());
        assert!(paper(&format!("sha256:{}", "ab".repeat(32))).checked().is_ok());
        for wrong in ["12345678", "033001900104:1234567x", "sha256:ab", ":12345678", ""] {
            assert!(paper(wrong).checked().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_opened_value_proves_itself() {
        let value = serde_json::json!({"person": "n1"});
        let salt = [7_u8; 32];
        let bytes = serde_json::to_vec(&value).unwrap();
        let hash = Sha256::new().chain_update(salt).chain_update(&bytes).finalize();
        let commitment = STANDARD.encode(hash);
        let shown = Opened { value, salt: hex::encode(salt) };
        assert!(shown.proves(&commitment).is_some());
        let other = Opened { value: serde_json::json!({"person": "n2"}), ..shown };
        assert!(other.proves(&commitment).is_none());
    }
}
