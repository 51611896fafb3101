//! In which order modules are evaluated, and which of them import each other in a circle.

use rustc_hash::FxHashSet;

use crate::compile::graph::{Graph, Link};
use crate::compile::resolve::Asked;

/// The order of evaluation.
pub(crate) struct Order {
    /// For each module: whether it reaches itself through imports or `require`.
    pub(crate) cyclic: Vec<bool>,
    /// For each module: the circle it is in; modules of different circles have different numbers.
    pub(crate) circle: Vec<usize>,
    /// For the entry and each ES module that something asks for while the script runs: what is evaluated
    /// with it, dependencies first, itself last.
    pub(crate) plans: Vec<Option<Vec<Step>>>,
}

/// A step of an evaluation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// The imports of a module in a circle come next; whatever asks for it until it runs gets it unfinished.
    Enter(usize),
    Run(usize),
}

pub(crate) fn order(graph: &Graph<'_>) -> Order {
    let circle = circles(graph);
    let count = graph.nodes.len();
    let mut members = vec![0; count];
    for &number in &circle {
        members[number] += 1;
    }
    let cyclic: Vec<bool> = (0..count)
        .map(|module| members[circle[module]] > 1 || edges(graph, module, false).any(|other| other == module))
        .collect();
    let mut plans = vec![None; count];
    plans[0] = Some(plan(graph, &cyclic, 0));
    for node in &graph.nodes {
        let Some(code) = node.code() else { continue };
        for (request, link) in code.survey.requests.iter().zip(&node.links) {
            if let &Link::Module(target) = link
                && request.asked != Asked::Import
                && plans[target].is_none()
            {
                plans[target] = Some(plan(graph, &cyclic, target));
            }
        }
    }
    Order { cyclic, circle, plans }
}

/// The modules that `module` asks for before it runs, or (`imports_only` false) at any time but `import()`.
fn edges<'g>(graph: &'g Graph<'_>, module: usize, imports_only: bool) -> impl Iterator<Item = usize> + 'g {
    let node = &graph.nodes[module];
    let requests = node.code().map(|code| code.survey.requests.as_slice()).unwrap_or_default();
    requests.iter().zip(&node.links).filter_map(move |(request, link)| match (request.asked, link) {
        (Asked::Import, &Link::Module(target)) => Some(target),
        (Asked::Require, &Link::Module(target)) if !imports_only => Some(target),
        _ => None,
    })
}

/// Post-order over the static imports, as Evaluate of ECMA-262 walks them.
fn plan(graph: &Graph<'_>, cyclic: &[bool], root: usize) -> Vec<Step> {
    fn visit(
        graph: &Graph<'_>,
        cyclic: &[bool],
        module: usize,
        seen: &mut FxHashSet<usize>,
        plan: &mut Vec<Step>,
    ) {
        if !seen.insert(module) {
            return;
        }
        if cyclic[module] && graph.nodes[module].is_es() {
            plan.push(Step::Enter(module));
        }
        for other in edges(graph, module, true) {
            visit(graph, cyclic, other, seen, plan);
        }
        plan.push(Step::Run(module));
    }
    let mut plan = Vec::new();
    visit(graph, cyclic, root, &mut FxHashSet::default(), &mut plan);
    plan
}

/// Tarjan's strongly connected components; each module gets the number of one member of its component.
fn circles(graph: &Graph<'_>) -> Vec<usize> {
    struct Search<'g, 'a> {
        graph: &'g Graph<'a>,
        index: Vec<Option<usize>>,
        low: Vec<usize>,
        stack: Vec<usize>,
        circle: Vec<usize>,
        next: usize,
    }
    impl Search<'_, '_> {
        fn visit(&mut self, module: usize) {
            let index = self.next;
            self.next += 1;
            self.index[module] = Some(index);
            self.low[module] = index;
            self.stack.push(module);
            for other in edges(self.graph, module, false).collect::<Vec<_>>() {
                match self.index[other] {
                    None => {
                        self.visit(other);
                        self.low[module] = self.low[module].min(self.low[other]);
                    }
                    Some(at) if self.stack.contains(&other) => {
                        self.low[module] = self.low[module].min(at);
                    }
                    Some(_) => {}
                }
            }
            if self.low[module] == index {
                while let Some(member) = self.stack.pop() {
                    self.circle[member] = module;
                    if member == module {
                        break;
                    }
                }
            }
        }
    }
    let count = graph.nodes.len();
    let mut search = Search {
        graph,
        index: vec![None; count],
        low: vec![0; count],
        stack: Vec::new(),
        circle: vec![0; count],
        next: 0,
    };
    for module in 0..count {
        if search.index[module].is_none() {
            search.visit(module);
        }
    }
    search.circle
}
