//! A region's own definitions (待启用的办法): offered by whoever runs the system, in force once two administrators have
//! adopted them on record. Knows no page.

use std::sync::Arc;

use access::{Administrator, Principal};
use definitions::{Catalogue, Definition, RunningMode, Shown, formula::Words, plain};
use desk::Visitor;
use kernel::{Actor, Answer, Date, DefinitionRef, Refusal, Seat, Sent, Text};
use web::Problem;

use super::{Service, Submit, no_province, trouble};
use crate::{
    Ask, State,
    facts::definition::{self, AdoptDefinition, AdoptedDefinition, ProposeDefinition, Running},
    laws::law,
    shows::{adopted, seats, units},
};

/// What this installation offers: a procedure, a report, an indicator.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The service that would keep it.
    pub service: &'static str,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// What people call it.
    pub term: Text,
    /// `id@hash`.
    pub reference: DefinitionRef,
    /// The built-in definition that it would replace.
    pub extends: Option<String>,
    /// The text itself.
    pub text: String,
    /// What a new version means for what is under way.
    pub running: Running,
    says: Says,
}

/// What it says, for people to read before they adopt it.
#[derive(Debug, Clone)]
enum Says {
    /// A procedure, step by step, with the words of its service.
    Steps(Box<Definition>, Arc<Catalogue>),
    /// A report or an indicator, line by line.
    Lines(Vec<Text>),
}

/// A part of what an offer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// What it is about; none where all is one.
    pub name: Option<Text>,
    /// Its lines.
    pub lines: Vec<Text>,
    /// On what it rests.
    pub law: Option<Text>,
}

impl Offer {
    /// A procedure, with what its service's definitions may name.
    pub fn procedure(
        service: &'static str,
        definition: Definition,
        catalogue: Arc<Catalogue>,
    ) -> Self {
        let running = match definition.running.mode {
            RunningMode::Keep => Running::Keep,
            RunningMode::AtNextStep => Running::AtNextStep,
            RunningMode::AtOnce => Running::AtOnce,
        };
        Self {
            service,
            id: definition.id.clone(),
            version: definition.version,
            term: definition.term.clone(),
            reference: definition.reference.clone(),
            extends: definition.extends.clone(),
            text: definition.text.clone(),
            running,
            says: Says::Steps(Box::new(definition), catalogue),
        }
    }

    /// A report or an indicator; `called` names the figures that it is made of.
    pub fn shown(service: &'static str, shown: &Shown, called: &dyn Words) -> Self {
        let head = shown.head();
        Self {
            service,
            id: head.id.clone(),
            version: head.version,
            term: head.term.clone(),
            reference: head.reference.clone(),
            extends: None,
            text: head.text.clone(),
            // nothing of it is under way: what was shown under a version stays as it was adopted
            running: Running::Keep,
            says: Says::Lines(shown.told(called)),
        }
    }

    /// SHA-256 of its text, in hexadecimal.
    pub fn hash(&self) -> &str {
        self.reference.as_str().rsplit_once('@').map_or("", |(_, hash)| hash)
    }

    /// What it says, with the values in force on a day.
    pub fn told(&self, on: Date) -> Vec<Passage> {
        match &self.says {
            Says::Steps(definition, catalogue) => {
                let steps = plain::told(definition, catalogue.as_ref(), on).into_iter();
                steps.map(|s| Passage { name: Some(s.name), lines: s.lines, law: s.law }).collect()
            }
            Says::Lines(lines) => {
                vec![Passage { name: None, lines: lines.clone(), law: None }]
            }
        }
    }
}

/// How far an offer has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has proposed it yet.
    Offered,
    /// One person has proposed this text.
    Proposed {
        /// Who.
        holder: String,
    },
    /// It was adopted.
    Adopted {
        /// From which day it governs.
        from: Date,
    },
}

impl Standing {
    /// Its name for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Proposed { .. } => "proposed",
            Self::Adopted { .. } => "adopted",
        }
    }
}

fn standing(offer: &Offer, known: Option<&AdoptedDefinition>) -> Standing {
    let Some(known) = known else { return Standing::Offered };
    if let Some(adopted) = known.adopted.iter().find(|adopted| adopted.hash == offer.hash()) {
        return Standing::Adopted { from: adopted.from };
    }
    match &known.proposed {
        Some(proposed) if proposed.hash == offer.hash() => {
            Standing::Proposed { holder: proposed.holder.clone() }
        }
        _ => Standing::Offered,
    }
}

impl Service {
    /// What is offered, with how far each has come.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn offered(&self) -> Result<Vec<(&Offer, Standing)>, Problem> {
        let mut all = Vec::new();
        for offer in &self.offers {
            let known = self.known_definition(&offer.id).await?;
            all.push((offer, standing(offer, known.as_ref())));
        }
        Ok(all)
    }

    /// One offer.
    ///
    /// # Errors
    /// 404 when nothing of that id is offered.
    pub async fn offer(&self, id: &str) -> Result<(&Offer, Standing), Problem> {
        let offer = self.offers.iter().find(|offer| offer.id == id);
        let offer = offer.ok_or_else(Problem::not_found)?;
        let known = self.known_definition(id).await?;
        Ok((offer, standing(offer, known.as_ref())))
    }

    async fn known_definition(&self, id: &str) -> Result<Option<AdoptedDefinition>, Problem> {
        let stream = definition::stream(id);
        let (_, state) = self.host.committer.state(&stream).await.map_err(trouble)?;
        Ok(match state {
            Some(State::Definition(known)) => Some(known),
            _ => None,
        })
    }

    /// The seat in which somebody may propose and adopt: a rules officer's, or a system or security administrator's.
    ///
    /// # Errors
    /// 409 with whose business it is.
    pub async fn rules_seat(&self, visitor: &Visitor) -> Result<Seat, Problem> {
        let officer = visitor.seats(self.now()).into_iter().find(|s| s.post == "rules-officer");
        if let Some(seat) = officer {
            return Ok(seat);
        }
        if let Principal::Administrator {
            account,
            office: Administrator::System | Administrator::Security,
        } = &visitor.principal
            && let Some(holder) = self.holder_of(account).await?
        {
            let now = self.now();
            let rows = seats::of_holder(&self.host.store, &holder).await.map_err(trouble)?;
            let seat = rows.iter().map(seats::SeatRow::held).find(|held| {
                held.is_effective(now) && Administrator::of_post(&held.seat.post).is_some()
            });
            if let Some(seat) = seat {
                return Ok(seat.seat);
            }
        }
        Err(Refusal::new(
            "not-competent",
            Text::new(
                "办事规则由省里的规则管理员或系统、安全管理员提出和启用。",
                "Rules are proposed and adopted by the province's rules officers, or by the system and the security administrator.",
            ),
            Text::new("请由他们办理。", "Let one of them do it."),
        )
        .by_law(law("province-rules"))
        .into())
    }

    /// Proposes an offer, by somebody competent; `hash` is that of the text that was shown.
    ///
    /// # Errors
    /// A refusal with the rule; the text that was shown is not the one offered any more.
    pub async fn propose(
        &self,
        visitor: &Visitor,
        id: &str,
        hash: &str,
        key: String,
    ) -> Result<Answer, Problem> {
        let (offer, _) = self.offer(id).await?;
        same_text(offer, hash)?;
        let body = Ask::ProposeDefinition(ProposeDefinition {
            definition: id.to_owned(),
            version: offer.version,
            hash: hash.to_owned(),
            text: Some(offer.text.clone()),
        });
        let sent = Sent::of(&format!("{id}/propose"), &hash);
        self.on_rules(visitor, key, (body, sent)).await
    }

    /// Adopts an offer that another person has proposed, from a day on.
    ///
    /// # Errors
    /// As [`Service::propose`].
    pub async fn adopt(
        &self,
        visitor: &Visitor,
        id: &str,
        hash: &str,
        from: Option<Date>,
        key: String,
    ) -> Result<Answer, Problem> {
        let (offer, _) = self.offer(id).await?;
        same_text(offer, hash)?;
        let body = Ask::AdoptDefinition(AdoptDefinition {
            definition: id.to_owned(),
            version: offer.version,
            hash: hash.to_owned(),
            persons: None,
            from: from.unwrap_or_else(|| self.now().date()),
            running: offer.running,
            text: None,
        });
        // A day that nobody named is none of the request: tomorrow it is another.
        let sent = Sent::of(&format!("{id}/adopt"), &(hash, from));
        self.on_rules(visitor, key, (body, sent)).await
    }

    async fn on_rules(
        &self,
        visitor: &Visitor,
        key: String,
        (body, sent): (Ask, Sent),
    ) -> Result<Answer, Problem> {
        let seat = self.rules_seat(visitor).await?;
        let province = units::province(&self.host.store).await.map_err(trouble)?;
        let wanted = Submit {
            principal: visitor.account(),
            key,
            actor: Actor::Official(seat),
            place: province.ok_or_else(no_province)?.place,
            seen: None,
            body,
            sent: Some(sent),
            shown_by: &[adopted::NAME],
        };
        Ok(self.submit(wanted).await?)
    }
}

fn same_text(offer: &Offer, hash: &str) -> Result<(), Problem> {
    if offer.hash() == hash {
        return Ok(());
    }
    Err(Refusal::field(
        "/hash",
        Text::new("所示文本已经变了。", "The text that was shown has changed meanwhile."),
        Text::new(
            "请重新打开这一页，核对新文本。",
            "Open the page again and look at the new text.",
        ),
    )
    .into())
}
