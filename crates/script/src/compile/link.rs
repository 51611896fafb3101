//! The text of the `link` function: the linker with the table of this bundle's modules.

use serde_json::{Map, Value, json};

use crate::compile::graph::{Graph, Link, Node};
use crate::compile::order::{Order, Step};
use crate::compile::resolve::Asked;

/// The linker's source, an expression that contains `MODULES` once outside of comments.
const LINKER: &str = include_str!("link.js");

/// The linker for a graph: an expression whose value is the `link` function.
pub(crate) fn link(graph: &Graph<'_>, order: &Order, shareable: &[bool]) -> String {
    let row = |(index, &shareable)| row(graph, order, index, shareable);
    let table: Vec<Value> = shareable.iter().enumerate().map(row).collect();
    let table = Value::from(table).to_string();
    LINKER.replacen("const modules = MODULES;", &format!("const modules = {table};"), 1)
}

fn row(graph: &Graph<'_>, order: &Order, index: usize, shareable: bool) -> Value {
    let node = &graph.nodes[index];
    let mut row = Map::new();
    row.insert("path".to_owned(), json!(node.path.to_string_lossy()));
    row.insert("needs".to_owned(), needs(node));
    let mut flag = |name: &str, on: bool| {
        if on {
            row.insert(name.to_owned(), json!(1));
        }
    };
    flag("as_node", node.strict_interop);
    flag("shareable", shareable);
    flag("commonjs", !node.is_es());
    if node.is_es() {
        flag("async", node.code().is_some_and(|code| code.survey.top_level_await.is_some()));
        if let Some(plan) = &order.plans[index] {
            row.insert("plan".to_owned(), plan.iter().map(step).collect());
        }
    }
    Value::Object(row)
}

/// A number to run a module, its complement to enter it.
fn step(step: &Step) -> Value {
    match *step {
        Step::Run(module) => json!(module),
        Step::Enter(module) => json!(!(module as i64)),
    }
}

/// What the module can ask for while it runs.
fn needs(node: &Node<'_>) -> Value {
    let requests = node.code().map(|code| code.survey.requests.as_slice()).unwrap_or_default();
    let asked = requests.iter().zip(&node.links).filter(|(request, _)| request.asked != Asked::Import);
    asked
        .map(|(request, link)| {
            let target = match link {
                Link::Module(index) => json!(index),
                Link::Builtin(name) => json!(name),
                Link::Nothing => Value::Null,
                Link::Missing(message) => json!({ "missing": message }),
            };
            (request.specifier.clone(), target)
        })
        .collect::<Map<String, Value>>()
        .into()
}
