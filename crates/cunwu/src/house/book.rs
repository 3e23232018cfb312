//! The book of rules: the definitions that a process runs, those built in and a region's own beside them, proved together.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use definitions::{
    Catalogue, Definition, Definitions, FigureCatalogue, Finding, RunningMode, Shown, Watch,
    names::nearest,
};
use funds_oversight::Funds;
use kernel::DefinitionRef;
use organisation::{Organisation, staff::Offer};

use super::{
    builtin::{Room, rooms},
    figures,
    hears::grants_of_organisation,
    open::{Kind, RecordsOpenings},
    own,
};

/// A definition file, with the cases that lie beside it.
#[derive(Debug, Clone)]
pub struct Given {
    /// Its file name.
    pub name: String,
    /// What it says.
    pub text: String,
    /// The file of cases beside it: name and text.
    pub cases: Option<(String, String)>,
}

/// What came of reading and proving files.
#[derive(Default)]
pub struct Examined {
    /// The sound sets, by service.
    pub sets: BTreeMap<&'static str, Definitions>,
    /// All findings.
    pub findings: Vec<Finding>,
    /// Which service each file belongs to.
    pub homes: BTreeMap<String, &'static str>,
}

/// Reads and proves these files, each in the service that it belongs to, together with what is built in there.
pub fn examine(rooms: &[Room], files: &[Given]) -> Examined {
    let mut examined = Examined::default();
    let mut read: Vec<(&Given, Option<Definition>)> = Vec::new();
    for file in files {
        let head = Definitions::glance(&file.name, &file.text);
        let is_built_in = head.as_ref().is_some_and(|head| {
            head.region.is_none() && rooms.iter().any(|room| room.has(&head.id))
        });
        if let Some(head) = head.as_ref().filter(|_| !is_built_in) {
            examined.findings.append(&mut own::findings(rooms, head));
        }
        let service = head.as_ref().and_then(|head| named(rooms, head.service.as_deref()?));
        let home = head
            .as_ref()
            .filter(|_| is_built_in)
            .and_then(|head| rooms.iter().find(|room| room.has(&head.id)).map(|room| room.service));
        let service = home.or(service).unwrap_or_else(|| belongs(&file.text, rooms));
        examined.homes.insert(file.name.clone(), service);
        read.push((file, head));
    }
    for room in rooms {
        let here: Vec<_> =
            read.iter().filter(|(file, _)| examined.homes[&file.name] == room.service).collect();
        let given =
            |id: &str| here.iter().any(|(_, head)| head.as_ref().is_some_and(|head| head.id == id));
        // a built-in file that is given anew is checked in its own place
        let built_in = room.files.iter().filter(|(name, text)| {
            Definitions::glance(name, text).is_none_or(|definition| !given(&definition.id))
        });
        let texts: Vec<(&str, &str)> = built_in
            .copied()
            .chain(here.iter().map(|(file, _)| (file.name.as_str(), file.text.as_str())))
            .collect();
        match Definitions::check(&texts, &room.catalogue) {
            Ok(set) => {
                examined.sets.insert(room.service, set);
            }
            Err(mut found) => examined.findings.append(&mut found),
        }
    }
    Finding::sort(&mut examined.findings);
    examined
}

/// The service by its name in files.
fn named(rooms: &[Room], name: &str) -> Option<&'static str> {
    rooms.iter().find(|room| room.named == name).map(|room| room.service)
}

/// The service whose core offers most of the events and guards that the file names.
fn belongs(text: &str, rooms: &[Room]) -> &'static str {
    let names = |word: &str| text.contains(&format!("\"{word}\""));
    rooms
        .iter()
        .rev()
        .max_by_key(|room| {
            let events = room.catalogue.events.iter().filter(|event| names(&event.name)).count();
            let guards = room.catalogue.guards.iter().filter(|guard| names(&guard.key)).count();
            2 * events + guards
        })
        .map_or("services", |room| room.service)
}

impl Room {
    /// Whether a built-in definition of this service has that id.
    pub fn has(&self, id: &str) -> bool {
        self.ids().any(|own| own == id)
    }

    /// The ids of its built-in definitions.
    pub fn ids(&self) -> impl Iterator<Item = String> + '_ {
        self.files
            .iter()
            .filter_map(|(name, text)| Definitions::glance(name, text).map(|head| head.id))
    }

    /// The ids of its built-in reports and indicators.
    pub fn shown_ids(&self) -> impl Iterator<Item = String> + '_ {
        let read = |(name, text): &(&str, &str)| Shown::read_unproved(name, text);
        self.shown.iter().filter_map(read).map(|one| one.head().id.clone())
    }
}

/// The definition files of these paths: files as named, folders with all that lies in them.
///
/// # Errors
/// When one cannot be read, or a folder holds none.
pub fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<Given>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut inside: Vec<PathBuf> = std::fs::read_dir(path)
                .with_context(|| format!("reading {}", path.display()))?
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| is_definition(path))
                .collect();
            inside.sort();
            anyhow::ensure!(!inside.is_empty(), "{} holds no definition (*.toml)", path.display());
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    files
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("reading {}", path.display()))?;
            let name = name_of(&path);
            let beside = path.with_extension("cases.toml");
            let cases = beside
                .is_file()
                .then(|| std::fs::read_to_string(&beside))
                .transpose()
                .with_context(|| format!("reading {}", beside.display()))?
                .map(|text| (name_of(&beside), text));
            Ok(Given { name, text, cases })
        })
        .collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_definition(path: &Path) -> bool {
    let name = name_of(path);
    name.ends_with(".toml") && !name.ends_with(".cases.toml") && !name.starts_with('.')
}

/// What is wrong with a folder of definitions, and what the files say.
#[derive(Debug)]
pub struct Flaws {
    /// All findings.
    pub findings: Vec<Finding>,
    /// The files.
    pub files: Vec<Given>,
}

/// What is adopted on record: an id, a version, a hash.
pub struct Adoptable<'a> {
    pub id: &'a str,
    pub version: u32,
    pub reference: &'a DefinitionRef,
    /// What a new version means for what is under way.
    pub running: RunningMode,
    /// The text of what is not built in: it is kept with the record.
    pub text: Option<&'a str>,
}

impl<'a> From<&'a Definition> for Adoptable<'a> {
    fn from(one: &'a Definition) -> Self {
        let text = one.region.as_ref().map(|_| one.text.as_str());
        Self {
            id: &one.id,
            version: one.version,
            reference: &one.reference,
            running: one.running.mode,
            text,
        }
    }
}

impl<'a> From<&'a Shown> for Adoptable<'a> {
    fn from(one: &'a Shown) -> Self {
        // nothing of a report is under way: what was shown under a version stays as it was adopted
        let head = one.head();
        Self {
            id: &head.id,
            version: head.version,
            reference: &head.reference,
            running: RunningMode::Keep,
            text: head.region.as_ref().map(|_| head.text.as_str()),
        }
    }
}

/// A report or an indicator that is sound, and the service that keeps its text.
pub type Kept = (&'static str, Shown);

/// Reads and proves reports and indicators; those of a folder are a region's own and lie with the books.
pub fn shown(
    rooms: &[Room],
    files: &[Given],
    sets: &BTreeMap<&'static str, Definitions>,
) -> (Vec<Kept>, Vec<Finding>) {
    let (mut sound, mut findings) = (Vec::new(), Vec::new());
    let mut names: BTreeMap<&str, FigureCatalogue> = BTreeMap::new();
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for file in files {
        let built_in = |room: &&Room| room.shown.iter().any(|(name, _)| *name == file.name);
        let keeps = |room: &&Room| !room.figures.is_empty();
        let room = rooms.iter().find(built_in).or_else(|| rooms.iter().find(keeps));
        let Some(room) = room else { continue };
        let catalogue = names
            .entry(room.service)
            .or_insert_with(|| figures::catalogue(rooms, sets, &room.catalogue.citations));
        let mut found = match Shown::check(&file.name, &file.text, catalogue) {
            Ok(one) => {
                let wrong = own::of_shown(rooms, &one);
                let known = taken.insert(one.head().id.clone(), file.name.clone());
                let wrong = wrong.into_iter().chain(known.map(|known| own::twice(&one, &known)));
                let wrong: Vec<Finding> = wrong.collect();
                if wrong.is_empty() {
                    sound.push((room.service, one));
                }
                wrong
            }
            Err(found) => found,
        };
        found.iter_mut().for_each(|finding| finding.aim(&file.text));
        findings.append(&mut found);
    }
    (sound, findings)
}

/// The reports and indicators that are built in, as files.
pub fn built_in_shown(rooms: &[Room]) -> Vec<Given> {
    let of_room = |room: &Room| {
        let cases = room.cases.clone();
        room.shown.clone().into_iter().map(move |(name, text)| {
            let beside = name.replace(".toml", ".cases.toml");
            let found = cases.iter().find(|(name, _)| *name == beside);
            Given {
                name: name.to_owned(),
                text: text.to_owned(),
                cases: found.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
            }
        })
    };
    rooms.iter().flat_map(of_room).collect()
}

impl<'a> From<&'a Watch> for Adoptable<'a> {
    fn from(one: &'a Watch) -> Self {
        // a warning that was raised under a version is dealt with by its own procedure
        Self {
            id: &one.id,
            version: one.version,
            reference: &one.reference,
            running: RunningMode::Keep,
            text: None,
        }
    }
}

/// The watches that the program brings along, proved, by service.
pub fn watches(rooms: &[Room]) -> (BTreeMap<&'static str, Vec<Watch>>, Vec<Finding>) {
    let (mut sound, mut findings) = (BTreeMap::new(), Vec::new());
    for room in rooms {
        for (file, text) in &room.watches {
            match Watch::check(file, text, &room.watched) {
                Ok(watch) => sound.entry(room.service).or_insert_with(Vec::new).push(watch),
                Err(mut found) => findings.append(&mut found),
            }
        }
    }
    (sound, findings)
}

/// The definitions of all services, proved.
pub struct Rulebook {
    rooms: Vec<Room>,
    sets: BTreeMap<&'static str, Definitions>,
    shown: Vec<Kept>,
    watches: BTreeMap<&'static str, Vec<Watch>>,
}

impl Rulebook {
    /// What is built in, alone.
    ///
    /// # Errors
    /// When it has findings, which a test excludes.
    pub fn built_in() -> anyhow::Result<Self> {
        Self::load(None)?.map_err(|flaws| {
            let lines: Vec<String> = flaws.findings.iter().map(ToString::to_string).collect();
            anyhow::anyhow!("the built-in definitions have findings:\n{}", lines.join("\n"))
        })
    }

    /// What is built in, and a region's own in this folder.
    ///
    /// # Errors
    /// When the folder cannot be read; inside: when something is wrong with what it holds. Then nothing of it is used.
    pub fn load(folder: Option<&Path>) -> anyhow::Result<Result<Self, Flaws>> {
        let rooms = rooms();
        let files = match folder {
            Some(folder) => {
                anyhow::ensure!(
                    folder.is_dir(),
                    "{} is no folder of definitions",
                    folder.display()
                );
                read(&[folder.to_owned()])?
            }
            None => Vec::new(),
        };
        let (of_shown, of_procedures): (Vec<Given>, Vec<Given>) =
            files.iter().cloned().partition(|file| Shown::is_meant(&file.text));
        let Examined { sets, mut findings, .. } = examine(&rooms, &of_procedures);
        let all = [built_in_shown(&rooms), of_shown].concat();
        let (shown, mut wrong) = shown(&rooms, &all, &sets);
        findings.append(&mut wrong);
        let (watches, mut wrong) = watches(&rooms);
        findings.append(&mut wrong);
        for file in &of_procedures {
            let id = Definitions::glance(&file.name, &file.text).map(|head| head.id);
            if let Some(id) = id.filter(|id| rooms.iter().any(|room| room.has(id))) {
                findings.push(own::built_in_already(file, &id));
            }
        }
        Ok(if findings.is_empty() {
            Ok(Self { rooms, sets, shown, watches })
        } else {
            Err(Flaws { findings, files })
        })
    }

    /// The definitions of a service.
    pub fn of(&self, service: &str) -> Definitions {
        self.sets.get(service).cloned().unwrap_or_default()
    }

    /// What the definitions of a service may name.
    pub fn catalogue(&self, service: &str) -> Catalogue {
        let room = self.rooms.iter().find(|room| room.service == service);
        room.map(|room| room.catalogue.clone()).unwrap_or_default()
    }

    /// All definitions with their services.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Definition)> {
        self.sets.iter().flat_map(|(service, set)| set.iter().map(|one| (*service, one)))
    }

    /// All that is adopted on record.
    pub fn adoptable(&self) -> impl Iterator<Item = Adoptable<'_>> {
        let procedures = self.iter().map(|(_, one)| Adoptable::from(one));
        let watches = self.watches.values().flatten().map(Adoptable::from);
        procedures.chain(self.shown.iter().map(|(_, one)| Adoptable::from(one))).chain(watches)
    }

    /// A definition by its id; else the nearest id.
    ///
    /// # Errors
    /// A sentence with the remedy.
    pub fn find(&self, id: &str) -> anyhow::Result<(&'static str, &Definition)> {
        self.iter().find(|(_, one)| one.id == id).with_context(|| {
            let ids: Vec<&str> = self.iter().map(|(_, one)| one.id.as_str()).collect();
            match nearest(id, ids.iter().copied()) {
                Some(near) => format!("there is no definition `{id}`. Did you mean `{near}`?"),
                None => format!("there is no definition `{id}`; there are: {}", ids.join(", ")),
            }
        })
    }

    /// What a region offers: definitions that govern once two persons have adopted them.
    pub fn offers(&self) -> Vec<Offer> {
        let procedures =
            self.iter().filter(|(_, one)| one.region.is_some()).map(|(service, one)| {
                Offer::procedure(service, one.clone(), self.catalogue(service).into())
            });
        let own = self.shown.iter().filter(|(_, one)| one.head().region.is_some());
        let shown = own.map(|(service, one)| Offer::shown(service, one, &figures::Offered));
        procedures.chain(shown).collect()
    }

    /// (reference, text) of a service's definitions.
    fn texts(&self, service: &str) -> Vec<(String, String)> {
        let pair = |one: &Definition| (one.reference.to_string(), one.text.clone());
        self.of(service).iter().map(pair).collect()
    }

    fn watch_texts(&self, service: &str) -> impl Iterator<Item = (String, String)> + '_ {
        let of = self.watches.get(service).into_iter().flatten();
        of.map(|one| (one.reference.to_string(), one.text.clone()))
    }

    fn shown_texts<'a>(&'a self, service: &'a str) -> impl Iterator<Item = (String, String)> + 'a {
        let of = self.shown.iter().filter(move |(keeper, _)| *keeper == service);
        of.map(|(_, one)| (one.head().reference.to_string(), one.head().text.clone()))
    }

    /// Organisation's decisions, definitions and grants.
    pub fn organisation(&self) -> Kind<Organisation> {
        Kind {
            definitions: texts(
                self.texts("organisation"),
                self.shown_texts("organisation").chain(self.watch_texts("organisation")),
            ),
            domain: Organisation::new(self.of("organisation"), organisation::laws::table().clone()),
            grants: grants_of_organisation(),
            keep_keys: false,
            openings: openings(),
        }
    }

    /// Funds-oversight's decisions and definitions.
    pub fn funds(&self) -> Kind<Funds> {
        Kind {
            definitions: texts(
                self.texts("funds"),
                self.shown_texts("funds").chain(self.watch_texts("funds")),
            ),
            domain: Funds::new(self.of("funds"))
                .watched_by(self.watches.get("funds").cloned().unwrap_or_default()),
            grants: Vec::new(),
            keep_keys: true,
            openings: None,
        }
    }

    /// The decisions, definitions and grants of services.
    pub fn services(&self) -> Kind<services::Domain> {
        Kind {
            definitions: self.texts("services"),
            domain: services::domain(self.of("services")),
            grants: services::grants(),
            keep_keys: false,
            openings: openings(),
        }
    }

    /// The decisions, definitions and grants of disputes.
    pub fn disputes(&self) -> Kind<disputes::Domain> {
        Kind {
            definitions: self.texts("disputes"),
            domain: disputes::domain(self.of("disputes")),
            grants: disputes::grants(),
            keep_keys: false,
            openings: openings(),
        }
    }
}

fn texts(
    of_procedures: Vec<(String, String)>,
    others: impl Iterator<Item = (String, String)>,
) -> Vec<(String, String)> {
    of_procedures.into_iter().chain(others).collect()
}

/// Where a service says in its own log who opened what is sealed in it.
fn openings<D: casework::KeepsOpenings>() -> Option<Arc<dyn RecordsOpenings<D>>> {
    Some(Arc::new(casework::Openings::<D>::default()))
}
