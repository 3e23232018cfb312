//! The paths of a procedure: what can follow what. Knows only steps, outcomes and their order.

use std::collections::{BTreeSet, VecDeque};

use crate::model::{Definition, INQUORATE, MISSED, Step};

/// An outcome of a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) step: &'a Step,
    pub(crate) outcome: &'a str,
}

impl Node<'_> {
    /// Whether it moves the procedure on.
    pub(crate) fn moves(&self) -> bool {
        self.step.is_main() && self.outcome != INQUORATE && self.outcome != MISSED
    }

    /// `step` or `step.outcome`, as files write it.
    pub(crate) fn label(&self) -> String {
        if self.step.events.len() == 1 && self.outcome != MISSED {
            self.step.id.clone()
        } else {
            format!("{}.{}", self.step.id, self.outcome)
        }
    }
}

/// All outcomes, and which may follow which.
pub(crate) struct Graph<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) follow: Vec<Vec<usize>>,
    pub(crate) starts: Vec<usize>,
}

impl<'a> Graph<'a> {
    pub(crate) fn new(definition: &'a Definition) -> Self {
        let mut nodes = Vec::new();
        for step in &definition.steps {
            for event in &step.events {
                nodes.push(Node { step, outcome: &event.outcome });
            }
            if step.missed.is_some() {
                nodes.push(Node { step, outcome: MISSED });
            }
        }
        let mut graph = Self { follow: vec![Vec::new(); nodes.len()], nodes, starts: Vec::new() };
        for (index, node) in graph.nodes.iter().enumerate() {
            if definition.is_first(node.step) {
                graph.starts.push(index);
            }
            let mut before: BTreeSet<usize> = BTreeSet::new();
            for item in node.step.after.iter().chain(&node.step.during) {
                before.extend(find(&graph.nodes, definition, item));
            }
            if let Some(answers) = &node.step.answers {
                before.extend(find(&graph.nodes, definition, answers));
            }
            for from in before {
                graph.follow[from].push(index);
            }
        }
        graph
    }

    /// The nodes that `step` or `step.outcome` means.
    pub(crate) fn find(&self, definition: &Definition, item: &str) -> BTreeSet<usize> {
        find(&self.nodes, definition, item)
    }

    /// All nodes that can be reached from these without entering a barred one.
    pub(crate) fn reach(
        &self,
        from: impl IntoIterator<Item = usize>,
        barred: &BTreeSet<usize>,
    ) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut queue: VecDeque<usize> =
            from.into_iter().filter(|node| !barred.contains(node)).collect();
        while let Some(node) = queue.pop_front() {
            if seen.insert(node) {
                queue.extend(self.follow[node].iter().filter(|next| !barred.contains(next)));
            }
        }
        seen
    }

    /// A shortest path to a goal without entering a barred node, for messages.
    pub(crate) fn path(
        &self,
        from: &[usize],
        barred: &BTreeSet<usize>,
        goal: impl Fn(usize) -> bool,
    ) -> Option<String> {
        let mut before: Vec<Option<usize>> = vec![None; self.nodes.len()];
        let mut seen = BTreeSet::new();
        let mut queue: VecDeque<usize> =
            from.iter().copied().filter(|node| !barred.contains(node)).collect();
        seen.extend(queue.iter().copied());
        while let Some(node) = queue.pop_front() {
            if goal(node) {
                let mut labels = vec![self.nodes[node].label()];
                let mut at = node;
                while let Some(previous) = before[at] {
                    labels.push(self.nodes[previous].label());
                    at = previous;
                }
                labels.reverse();
                return Some(labels.join(" → "));
            }
            for next in &self.follow[node] {
                if !barred.contains(next) && seen.insert(*next) {
                    before[*next] = Some(node);
                    queue.push_back(*next);
                }
            }
        }
        None
    }

    /// Whether the procedure ends with this outcome: no main step may follow.
    pub(crate) fn is_end(&self, node: usize) -> bool {
        self.nodes[node].moves()
            && !self.follow[node].iter().any(|next| self.nodes[*next].step.is_main())
    }

    /// Whether every path to `node` passes one of `through`.
    pub(crate) fn always_after(&self, node: usize, through: &BTreeSet<usize>) -> bool {
        !through.contains(&node)
            && !self.reach(self.starts.iter().copied(), through).contains(&node)
            || through.contains(&node)
    }

    /// The fields that are surely known when a step is taken: its own, and those of steps on every path to it.
    pub(crate) fn known_fields(&self, step: &Step) -> BTreeSet<&'a str> {
        let mut known: BTreeSet<&'a str> = BTreeSet::new();
        let own: BTreeSet<usize> =
            (0..self.nodes.len()).filter(|index| self.nodes[*index].step.id == step.id).collect();
        for node in &self.nodes {
            let of_step: BTreeSet<usize> = (0..self.nodes.len())
                .filter(|index| self.nodes[*index].step.id == node.step.id)
                .collect();
            let before = node.step.id == step.id
                || own.iter().all(|target| self.always_after(*target, &of_step));
            if before {
                known.extend(node.step.takes.iter().map(String::as_str));
            }
        }
        known
    }
}

fn find(nodes: &[Node<'_>], definition: &Definition, item: &str) -> BTreeSet<usize> {
    let pairs = definition.expand(item);
    nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| pairs.iter().any(|(s, o)| *s == node.step.id && *o == node.outcome))
        .map(|(index, _)| index)
        .collect()
}
