//! Who may record what (登记权限): seats, set-up, counts, accounts. The gate says who may see and address a unit; this says
//! whose business it is, with the article. Decides from seats alone.

use access::{Action, Administrator, Principal, Resource};
use desk::Visitor;
use kernel::{Class, Level, Refusal, Seat, Text};
use web::Problem;

use super::{Service, trouble};
use crate::{
    SERVICE, bodies,
    laws::law,
    shows::{seats, units::UnitRow},
};

/// Posts of the township that record who sits in its villages' bodies: the result of the election, the filing of the
/// party organisation (备案).
const TOWNSHIP: &[&str] = &["township-head", "township-officer"];
/// Posts of the village that record its own figures.
const VILLAGE: &[&str] = &[
    "party-secretary",
    "branch-member",
    "village-director",
    "deputy-director",
    "committee-member",
];

/// What is to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// A seat filled, suspended, given up.
    Seat,
    /// The size of the bodies and the lists.
    Figures,
    /// One's own relatives in office.
    OwnDeclaration,
    /// An account of somebody who holds a seat here.
    Account,
}

impl Service {
    fn may(&self, visitor: &Visitor, action: &Action, unit: &UnitRow) -> bool {
        let resource =
            Resource::new(unit.place.unit.clone(), unit.path.clone(), SERVICE, Class::Staff);
        self.gate.may(&visitor.principal, action, &resource, self.now()).is_ok()
    }

    /// Whether the gate lets somebody see a unit's staff pages: those on duty there or above, and the administrator who
    /// keeps accounts. For everybody else it is not there.
    ///
    /// # Errors
    /// 404.
    pub fn sees(&self, visitor: &Visitor, unit: &UnitRow) -> Result<(), Problem> {
        let sees = self.may(visitor, &Action::Read, unit)
            || self.may(visitor, &Action::Act, unit)
            || self.may(visitor, &Action::Secure, unit);
        if sees { Ok(()) } else { Err(Problem::not_found()) }
    }

    /// The seat in which somebody records something about a unit.
    ///
    /// # Errors
    /// 404 where the unit is not shown; 409 with the article where it is somebody else's business.
    pub async fn competent(
        &self,
        visitor: &Visitor,
        unit: &UnitRow,
        matter: Matter,
    ) -> Result<Seat, Problem> {
        self.sees(visitor, unit)?;
        let mine = visitor.seats(self.now());
        let above = unit.parent.as_ref();
        let in_township = || {
            mine.iter()
                .find(|seat| Some(&seat.unit) == above && TOWNSHIP.contains(&seat.post.as_str()))
        };
        let here = |posts: &[&str]| {
            mine.iter()
                .find(|seat| seat.unit == unit.place.unit && posts.contains(&seat.post.as_str()))
        };
        let found = match matter {
            Matter::Seat | Matter::Account if unit.level == Level::Village => in_township(),
            Matter::Seat | Matter::Account => None,
            Matter::Figures => here(VILLAGE).or_else(in_township),
            Matter::OwnDeclaration => mine.iter().find(|seat| seat.unit == unit.place.unit),
        };
        if let Some(seat) = found {
            return Ok(seat.clone());
        }
        let by_administrator = match matter {
            Matter::OwnDeclaration | Matter::Figures => false,
            Matter::Seat | Matter::Account if unit.level != Level::Village => true,
            // the first ones: while the township has nobody who could
            Matter::Seat | Matter::Account => !self.township_has_somebody(unit).await?,
        };
        if by_administrator && let Some(seat) = self.security_seat(visitor).await? {
            return Ok(seat);
        }
        Err(not_yours(unit, matter, by_administrator).into())
    }

    async fn township_has_somebody(&self, unit: &UnitRow) -> Result<bool, Problem> {
        let Some(township) = &unit.parent else { return Ok(false) };
        let today = self.now().date();
        seats::somebody(&self.host.store, township, TOWNSHIP, today).await.map_err(trouble)
    }

    /// The seat of the security administrator, for the one who holds it.
    async fn security_seat(&self, visitor: &Visitor) -> Result<Option<Seat>, Problem> {
        let Principal::Administrator { account, office: Administrator::Security } =
            &visitor.principal
        else {
            return Ok(None);
        };
        let Some(holder) = self.holder_of(account).await? else { return Ok(None) };
        let now = self.now();
        let rows = seats::of_holder(&self.host.store, &holder).await.map_err(trouble)?;
        let seat = rows.iter().map(seats::SeatRow::held).find(|held| {
            held.is_effective(now)
                && Administrator::of_post(&held.seat.post) == Some(Administrator::Security)
        });
        Ok(seat.map(|held| held.seat))
    }
}

fn posts(keys: &[&str]) -> (String, String) {
    let names: Vec<Text> =
        keys.iter().filter_map(|key| bodies::find_post(key)).map(|(_, post)| post.name()).collect();
    let zh: Vec<&str> = names.iter().map(|name| name.zh.as_str()).collect();
    let en: Vec<&str> = names.iter().map(|name| name.en.as_str()).collect();
    (zh.join("、"), en.join(", "))
}

/// Whose business it is instead.
fn not_yours(unit: &UnitRow, matter: Matter, by_administrator: bool) -> Refusal {
    let (township_zh, township_en) = posts(TOWNSHIP);
    let (village_zh, village_en) = posts(VILLAGE);
    let name = &unit.name;
    let (article, what, remedy) = match matter {
        Matter::OwnDeclaration => (
            "OLVC 37",
            Text::new(
                format!("您在{name}没有任职，不需要在此申报亲属。"),
                format!("You hold no post in {name}: there is nothing to declare here."),
            ),
            Text::new("请在您任职的单位申报。", "Declare in the unit where you hold a post."),
        ),
        Matter::Figures => (
            "OLVC 17",
            Text::new(
                format!("{name}的定员和名册人数，由本村{village_zh}或所属乡镇登记。"),
                format!(
                    "The figures of {name} are recorded by its {village_en}, or by its township."
                ),
            ),
            Text::new("请由他们办理。", "Let one of them do it."),
        ),
        Matter::Seat | Matter::Account if by_administrator => (
            "province-rules",
            Text::new(
                format!("{name}的任职和账号由安全管理员登记。"),
                format!("Posts and accounts of {name} are recorded by the security administrator."),
            ),
            Text::new(
                "请把任职文件交安全管理员。",
                "Give the paper of appointment to the security administrator.",
            ),
        ),
        Matter::Seat | Matter::Account => (
            "OLVC 14",
            Text::new(
                format!(
                    "{name}的任职由所属乡镇的{township_zh}依当选结果或任命文件登记，任何人不得自行登记。"
                ),
                format!(
                    "Posts of {name} are recorded by its township ({township_en}) from the result of the election or the paper of appointment; nobody records their own."
                ),
            ),
            Text::new(
                "请把当选结果或任命文件交所属乡镇。",
                "Give the result or the paper to the township.",
            ),
        ),
    };
    Refusal::new("not-competent", what, remedy).by_law(law(article))
}
