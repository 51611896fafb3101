//! Which modules the users of a realm may have in common: those of packages.
//!
//! A package's instance that all users share must not reach anything that belongs to one of them. So a module of
//! `node_modules` is shareable only if everything it can ask for is, at whatever time it asks.

use crate::compile::graph::{Graph, Link};

/// For each module: whether it can live once per realm.
pub(crate) fn shareable(graph: &Graph<'_>) -> Vec<bool> {
    let mut shareable: Vec<bool> = graph.nodes.iter().map(|node| node.package.is_some()).collect();
    // The entry is what a user is made of, wherever it lies.
    if let Some(entry) = shareable.first_mut() {
        *entry = false;
    }
    let mut askers = vec![Vec::new(); graph.nodes.len()];
    for (index, node) in graph.nodes.iter().enumerate() {
        for link in &node.links {
            if let &Link::Module(asked) = link {
                askers[asked].push(index);
            }
        }
    }
    let mut private: Vec<usize> = (0..shareable.len()).filter(|&index| !shareable[index]).collect();
    while let Some(index) = private.pop() {
        for &asker in &askers[index] {
            if std::mem::replace(&mut shareable[asker], false) {
                private.push(asker);
            }
        }
    }
    shareable
}
