//! A warning begins (预警提出): what the service's own watches found, under the definition that says how warnings are dealt with.
//! Pure. Nobody else raises warnings, and a watch governs once it was adopted.

use definitions::{Definition, Step};
use engines::procedure::{Act, decide};
use kernel::{Actor, Command, Context, Decision, Period, Refusal, Text, Verdict};
use serde_json::Map;

use crate::{
    Funds,
    ask::{Ask, Take},
    facts::warning::{self, Finding, WarningRaised},
    procedures::{self, Seen},
    rules::{citations, law},
    scene::Scene,
};

impl Funds {
    /// The definition by which warnings are dealt with, and its step that raises them.
    pub(crate) fn dealing(&self) -> Option<(&Definition, &Step)> {
        self.definitions().iter().find_map(|definition| {
            let raises = |step: &&Step| step.events.iter().any(|e| e.fact == warning::RAISED);
            Some((definition, definition.steps.iter().find(raises)?))
        })
    }

    /// Raises a warning; while one of the same thing is open, notes that it was found once more.
    pub(crate) fn raise(
        &self,
        context: &mut Context<'_>,
        command: &Command<Ask>,
        (known, finding, holds): (Option<&str>, &Finding, &[String]),
        scene: Scene<'_>,
    ) -> Result<Decision, Verdict> {
        if !matches!(command.actor, Actor::System(_)) {
            return Err(not_a_watch().into());
        }
        scene.unit_known(scene.unit())?;
        if !is_adopted(&scene, &finding.watch) {
            let what = ("已采用的预警规则", "the adoption of");
            return Err(Verdict::not_known(what, &finding.watch));
        }
        let before = known.and_then(|id| scene.warning(id)).map(|case| &case.core);
        if let (Some(id), Some(open)) = (known, before.filter(|warning| warning.ended.is_none())) {
            let events = warning::repeat(id, open, finding, holds, &scene)?;
            return Ok(Decision { events, claims: Vec::new() });
        }
        let what = ("已采用的办事规则", "the adoption of");
        let (definition, step) =
            self.dealing().ok_or_else(|| Verdict::not_known(what, "warnings"))?;
        if !scene.is_in_force(definition) {
            return Err(Verdict::not_known(what, &definition.reference));
        }
        let act = Act::new(&definition.id, &step.id, Map::new());
        let take = Take { on: None, act, shown: None, opened: Default::default() };
        let outcome = decide(
            definition,
            citations(),
            None,
            &take.act,
            &command.actor,
            &Seen { scene, take: &take },
            context.now,
            context.calendar,
        )?;
        let by = |days: u16| context.calendar.due(context.now, Period::WorkingDays(days)).at.date();
        let (answer_by, result_by) = (by(finding.found.answer_in), by(finding.found.result_in));
        let raised = WarningRaised {
            warning: context.entropy.opaque(),
            severity: finding.found.severity,
            holds: holds.to_vec(),
            answer_by,
            result_by,
            keeper: command.place.keeper.clone(),
            again_after: before.and(known).map(str::to_owned),
        };
        let mut events = warning::raise(&raised, finding, &scene)?;
        let stream = warning::stream(&raised.warning);
        let subject = format!("warning-{}", raised.warning);
        procedures::complete(&mut events, outcome, &scene, &stream, &subject);
        Ok(Decision { events, claims: Vec::new() })
    }
}

fn is_adopted(scene: &Scene<'_>, watch: &str) -> bool {
    let (id, hash) = watch.split_once('@').unwrap_or((watch, ""));
    scene.adopted(id).is_some_and(|adopted| {
        adopted.versions.values().any(|(of, from)| of == hash && *from <= scene.today)
    })
}

fn not_a_watch() -> Refusal {
    Refusal::new(
        "watches-only",
        Text::new("预警由系统按规则提出", "Warnings are raised by watches alone"),
        Text::new("有线索请向纪检监察机关反映", "Tell discipline inspection what you know"),
    )
    .by_law(law("county-finance"))
}
