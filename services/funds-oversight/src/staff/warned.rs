//! Who may know of a warning (预警知情范围): nobody whom it concerns, nor their kin, as far as can be known; of what is red nobody in the
//! village. For everybody else among the staff it is there; for these it is not.

use desk::{PlaceShown, Visitor};
use host::Host;
use kernel::{Actor, Loaded, Seat, Verdict};

use crate::{
    Funds, State,
    facts::warning::{self, Finding, Warning},
    scene::{Scene, copy},
    shows::{away, records},
};

/// A warning with what was found, and the seats of its unit and those above, as they are known now.
pub(crate) struct Known {
    pub(crate) finding: Finding,
    warning: Warning,
    loaded: Loaded<State>,
}

/// A warning, opened for who decides whom it is shown to; `None` where what was found is gone.
///
/// # Errors
/// When the database or the keys are out of reach.
pub(crate) async fn known(
    host: &Host<Funds>,
    place: &PlaceShown,
    id: &str,
) -> Result<Option<Known>, Verdict> {
    let stream = warning::stream(id);
    let (_, state) = host.store.state::<State>(&stream).await.map_err(away)?;
    let Some(State::Warning(case)) = state else { return Ok(None) };
    let (finding, _) = records::finding(host, id).await?;
    let Some(finding) = finding else { return Ok(None) };
    let mut loaded: Loaded<State> = Loaded::default();
    for unit in place.path.iter().chain([&place.place.unit]) {
        for kind in ["unit", "seats", "conflicts"] {
            let stream = copy(kind, unit);
            let (version, state) = host.store.state::<State>(&stream).await.map_err(away)?;
            loaded.put(stream, version, state);
        }
    }
    Ok(Some(Known { finding, warning: case.core, loaded }))
}

impl Known {
    fn is_for(&self, host: &Host<Funds>, place: &PlaceShown, seat: &Seat) -> bool {
        let taken = std::collections::HashSet::new();
        let today = host.committer.now().date();
        let scene = Scene { loaded: &self.loaded, place: &place.place, today, taken: &taken };
        let actor = Actor::Official(seat.clone());
        warning::unconcerned(&scene, &self.warning, Some(&self.finding), &actor).is_ok()
    }

    /// Whether somebody may know of it: in one of their seats, and concerned in none.
    pub(crate) fn may_know(
        &self,
        host: &Host<Funds>,
        visitor: &Visitor,
        place: &PlaceShown,
    ) -> bool {
        let seats = visitor.seats(host.committer.now());
        let concerned = seats.iter().any(|seat| self.finding.concerns.contains(&seat.holder));
        !concerned && seats.iter().any(|seat| self.is_for(host, place, seat))
    }

    /// The office holders of the unit and those above it for whom it is not there.
    pub(crate) fn barred(&self, host: &Host<Funds>, place: &PlaceShown) -> Vec<String> {
        let mut barred = self.finding.concerns.clone();
        for unit in place.path.iter().chain([&place.place.unit]) {
            let Some(State::Known(crate::hears::Known::Seats(seats))) =
                self.loaded.state(&copy("seats", unit))
            else {
                continue;
            };
            let seats = seats.seats.values().map(|held| Seat {
                unit: unit.clone(),
                body: held.body.clone(),
                post: held.post.clone(),
                holder: held.holder.clone(),
            });
            barred.extend(
                seats.filter(|seat| !self.is_for(host, place, seat)).map(|seat| seat.holder),
            );
        }
        barred.sort();
        barred.dedup();
        barred
    }
}
