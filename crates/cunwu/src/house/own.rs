//! What is asked of a region's own definition before it is proved: whose it is, where it runs, and that it stays out of the
//! ways of what is built in.

use definitions::{Definition, Finding, FindingCode as Code, Shown, names::nearest};

use super::{book::Given, builtin::Room};

/// What is wrong with the head of a definition that is not built in.
pub fn findings(rooms: &[Room], head: &Definition) -> Vec<Finding> {
    let line = head.text.lines().position(|line| line.trim() == "[procedure]").map(|at| at + 1);
    let mut found = Vec::new();
    let mut find = |code, what: String, remedy: String| {
        let mut finding = Finding::new(&head.file, line, code, what, remedy);
        finding.aim(&head.text);
        found.push(finding);
    };
    match &head.region {
        None => find(
            Code::MissingKey,
            "`[procedure]` does not say `region`: what is not built in is a region's own."
                .to_owned(),
            format!(
                "Give the region a short name and begin the id with it: `region = \"yl\"`, `id = \"yl-{}\"`.",
                head.id
            ),
        ),
        Some(region) => {
            let taken = rooms.iter().flat_map(Room::ids).find(|id| {
                id == region
                    || id.strip_prefix(region.as_str()).is_some_and(|rest| rest.starts_with('-'))
            });
            if let Some(id) = taken {
                find(
                    Code::BadValue,
                    format!("`{region}` begins the id of the built-in definition `{id}`."),
                    "Choose a short name that begins no built-in id.".to_owned(),
                );
            }
        }
    }
    let named = rooms.iter().map(|room| room.named);
    let all = || named.clone().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match head.service.as_deref() {
        None => find(
            Code::MissingKey,
            "`[procedure]` does not say `service`: where it runs.".to_owned(),
            format!("Write `service = \"services\"`, or another of {}.", all()),
        ),
        Some(service) => match rooms.iter().find(|room| room.named == service) {
            Some(room) if room.lends_its_core => {}
            Some(room) => found.extend(binds(room, head)),
            None => find(
                Code::BadValue,
                format!("`{service}` is no service."),
                match nearest(service, named.clone()) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => format!("Choose from {}.", all()),
                },
            ),
        },
    }
    found
}

/// The event of a core that is its own procedures' alone, bound by a file of others.
fn binds(room: &Room, head: &Definition) -> Option<Finding> {
    let mut events = head.steps.iter().flat_map(|step| &step.events);
    let bound = events.find(|event| room.catalogue.event(&event.event).is_some())?;
    let mut finding = Finding::new(
        &head.file,
        Some(bound.line),
        Code::BadValue,
        format!("`{}` is an event of the core of `{}`: its own procedures alone bind it.", bound.event, room.named),
        "Declare an event of the file's own in `[[local]]`, and cite the core's thing in a field of type `ref`: the procedure \
         stands beside the core and moves no money."
            .to_owned(),
    );
    finding.aim(&head.text);
    Some(finding)
}

/// A folder of a region's own holds a file that has the id of a built-in one.
pub fn built_in_already(file: &Given, id: &str) -> Finding {
    let mut finding = Finding::new(
        &file.name,
        None,
        Code::Duplicate,
        format!("`{id}` is the id of a built-in definition."),
        format!(
            "Take the file out; or replace the built-in one: `extends = \"{id}\"`, under an id of the region's own."
        ),
    );
    finding.aim(&file.text);
    finding
}

/// What is wrong with the head of a report or an indicator that is not built in.
pub fn of_shown(rooms: &[Room], one: &Shown) -> Vec<Finding> {
    let head = one.head();
    let mut files = rooms.iter().flat_map(|room| &room.shown);
    if files.any(|(name, _)| *name == head.file) && head.region.is_none() {
        return Vec::new();
    }
    let find = |code, what: String, remedy: String| {
        vec![Finding::new(&head.file, Some(head.line), code, what, remedy)]
    };
    let Some(region) = &head.region else {
        return find(
            Code::MissingKey,
            format!(
                "`[{}]` does not say `region`: what is not built in is a region's own.",
                one.word()
            ),
            format!(
                "Give the region a short name and begin the id with it: `region = \"yl\"`, `id = \"yl-{}\"`.",
                head.id
            ),
        );
    };
    let ids = rooms.iter().flat_map(Room::ids).chain(rooms.iter().flat_map(Room::shown_ids));
    let begins = |id: &String| id == region || id.starts_with(&format!("{region}-"));
    match ids.into_iter().find(begins) {
        Some(id) => find(
            Code::BadValue,
            format!("`{region}` begins the id of the built-in definition `{id}`."),
            "Choose a short name that begins no built-in id.".to_owned(),
        ),
        None => Vec::new(),
    }
}

/// Two files have one id.
pub fn twice(one: &Shown, known: &str) -> Finding {
    let head = one.head();
    Finding::new(
        &head.file,
        Some(head.line),
        Code::Duplicate,
        format!("`{}` is the id of {known} too.", head.id),
        "Give it another id, or take one of the two out.",
    )
}
