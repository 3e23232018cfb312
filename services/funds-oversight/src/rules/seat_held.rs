//! Whether somebody holds, today, the seat in which they act, in this unit or one above it (county-finance).

use kernel::{Actor, Level, Refusal, Seat, Text, Verdict};

use super::{four_eyes, law};
use crate::scene::Scene;

/// Whether the seat is held today by its holder in the unit or one above, as that post, as a member of that body, or,
/// for `township` and `county`, at that level.
pub fn holds(scene: &Scene<'_>, seat: &Seat, post_or_body: &str) -> bool {
    if !scene.chain().contains(&seat.unit) {
        return false;
    }
    let level = match post_or_body {
        "township" => Some(Level::Township),
        "county" => Some(Level::County),
        _ => None,
    };
    let fits = |body: &str, post: &str| {
        body == seat.body
            && post == seat.post
            && (post == post_or_body
                || body == post_or_body
                || post_or_body == "two-committees"
                    && matches!(body, "branch-committee" | "village-committee")
                || level.is_some() && level == scene.level(&seat.unit))
    };
    scene
        .seats(&seat.unit)
        .is_some_and(|seats| seats.held(&seat.holder, scene.today).any(|s| fits(&s.body, &s.post)))
}

/// The holder, when the actor holds one of these posts today.
///
/// # Errors
/// When they hold none, or nothing is known of the unit's seats yet.
pub fn check<'a>(scene: &Scene<'_>, actor: &'a Actor, posts: &[&str]) -> Result<&'a str, Verdict> {
    let holder = four_eyes::holder(actor)?;
    let Actor::Official(seat) = actor else { return Ok(holder) };
    scene.unit_known(scene.unit())?;
    if posts.iter().any(|post| holds(scene, seat, post)) {
        return Ok(holder);
    }
    Err(Refusal::new(
        "seat-not-held",
        Text::new("您现在没有办理这件事的职务", "You do not hold a post that may do this now"),
        Text::new(format!("由{}办理", posts.join("、")), format!("Done by: {}", posts.join(", "))),
    )
    .by_law(law("county-finance"))
    .into())
}
