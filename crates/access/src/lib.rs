//! Access: who somebody is, and whether they may see or address a unit. Knows no service, no HTTP framework, no database.
//!
//! Log-in (passwords, second factor, one-time codes, signed tokens, cookies) proves who asks; the [`Gate`] decides, by policies that
//! anyone can read, whether this role may see or address this unit and class. Whether a step is lawful is not asked
//! here: a definition's `by` and guards decide it. Time, salts and codes are arguments.

pub mod attempts;
pub mod code;
pub mod cookie;
pub mod door;
pub mod gate;
pub mod grants;
pub mod matrix;
pub mod password;
pub mod principal;
pub mod scope;
pub mod second_factor;
pub mod session;
pub mod token;

pub use attempts::Attempts;
pub use code::OneTimeCode;
pub use cookie::SessionCookie;
pub use door::Door;
pub use gate::{Action, Gate, Resource};
pub use grants::{Duty, Grants, HeldSeat};
pub use password::{PasswordError, Passwords};
pub use principal::{Administrator, Person, Principal};
pub use scope::Scope;
pub use second_factor::SecondFactor;
pub use session::Session;
pub use token::{Claims, Issuer, Revoked, TokenError, Verifier};

/// The body that may act for a village directly below its unit (乡镇经管机构), where a definition's `by` names it.
pub const TOWNSHIP_AGENCY: &str = "township-agency";
/// The body of those who run the system (系统运行机构). Its seats see and do nothing of the villages' business.
pub const OPERATIONS: &str = "operations";
