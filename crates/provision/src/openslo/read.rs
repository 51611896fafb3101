//! Objectives in `OpenSLO`'s form, read as budgets.
//!
//! One that we wrote says in its annotations which budget it was. Of others the target is the share that has to be
//! good, and the query of a histogram's bucket says within which time: `target: 0.95` of `…_seconds_bucket{le="0.5"}`
//! is `p95 = "500ms"`. A ratio without buckets is one of failures. What says neither is not guessed at.

use loadline_yaml::{Node, documents};
use regex_lite::Regex;

use super::names::{BUDGET, ENDPOINT, ROUTE};
use crate::document::number;

/// An objective, and what it is as a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What it is called there.
    pub name: String,
    /// The endpoint, or what it is called for want of one.
    pub endpoint: String,
    /// The endpoint's route, where it is known.
    pub route: Option<String>,
    /// `p95` and `500ms`, or why it is no budget.
    pub budget: Result<(String, String), String>,
}

/// Why a file is none of objectives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenSloError {
    /// It does not read.
    #[error("the document in line {line} is not YAML: {message}")]
    NotYaml {
        /// Where it begins.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// There is none in it.
    #[error("there is no `kind: SLO` of `apiVersion: openslo/v1` in it")]
    Nothing,
}

/// The objectives of a file, in their order.
///
/// # Errors
/// Where it does not read, or has none.
pub fn imported(text: &str) -> Result<Vec<Imported>, OpenSloError> {
    let mut all = Vec::new();
    for (line, document) in documents(text) {
        let node: Node = serde_saphyr::from_str(&document).map_err(|error| OpenSloError::NotYaml {
            line,
            message: error.without_snippet().to_string().lines().next().unwrap_or_default().to_owned(),
        })?;
        all.push(node);
    }
    let is = |node: &&Node, kind: &str| {
        said(node, &["kind"]) == Some(kind) && said(node, &["apiVersion"]) == Some("openslo/v1")
    };
    let indicators: Vec<&Node> = all.iter().filter(|node| is(node, "SLI")).collect();
    let objectives: Vec<Imported> =
        all.iter().filter(|node| is(node, "SLO")).flat_map(|slo| of(slo, &indicators)).collect();
    if objectives.is_empty() { Err(OpenSloError::Nothing) } else { Ok(objectives) }
}

/// The budgets of an objective: one for each target.
fn of(slo: &Node, indicators: &[&Node]) -> Vec<Imported> {
    let name = said(slo, &["metadata", "name"]).unwrap_or("objective").to_owned();
    let annotation = |name: &str| said(slo, &["metadata", "annotations", name]);
    let endpoint = annotation(ENDPOINT).map_or_else(|| name.clone(), str::to_owned);
    let route = annotation(ROUTE).map(str::to_owned);
    let one =
        |budget| Imported { name: name.clone(), endpoint: endpoint.clone(), route: route.clone(), budget };
    if let Some((quantity, limit)) = annotation(BUDGET).and_then(|budget| budget.split_once('<')) {
        let limit = limit.strip_prefix('=').map_or_else(|| format!("<{limit}"), str::to_owned);
        let percent = quantity.strip_prefix('p').and_then(|percent| percent.parse::<f64>().ok());
        if quantity != "errors" && !percent.is_some_and(|percent| percent > 0.0 && percent < 100.0) {
            return vec![one(Err(format!("its annotation `{BUDGET}` is none of Loadline's")))];
        }
        return vec![one(Ok((quantity.to_owned(), limit)))];
    }
    let wrong = |why: &str| vec![one(Err(why.to_owned()))];
    let Some(spec) = slo.get("spec") else { return wrong("it has no `spec`") };
    if said(spec, &["budgetingMethod"]).is_some_and(|method| method != "Occurrences") {
        return wrong("it counts time slices, and a budget counts requests");
    }
    let inline = spec.get("indicator");
    let named = said(spec, &["indicatorRef"]).map(|wanted| {
        indicators.iter().find(|node| said(node, &["metadata", "name"]) == Some(wanted)).copied()
    });
    let Some(indicator) = inline.or(named.flatten()) else {
        return wrong("its indicator is not in this file");
    };
    let Some(ratio) = indicator.get("spec").and_then(|spec| spec.get("ratioMetric")) else {
        return wrong("it is no ratio of requests");
    };
    let query = ["good", "bad", "total"].into_iter().find_map(|part| {
        let spec = ratio.get(part)?.get("metricSource")?.get("spec")?;
        said(spec, &["query"])
    });
    let Some(query) = query else { return wrong("it has no `query` of a Prometheus") };
    let Some(Node::List(targets)) = spec.get("objectives") else { return wrong("it has no target") };
    targets.iter().map(|target| one(budget(target, query))).collect()
}

fn budget(target: &Node, query: &str) -> Result<(String, String), String> {
    let read = |name: &str| said(target, &[name]).and_then(|text| text.parse::<f64>().ok());
    let share = read("target").or_else(|| read("targetPercent").map(|percent| percent / 100.0));
    let share =
        share.filter(|share| *share > 0.0 && *share < 1.0).ok_or("its target is none between 0 and 1")?;
    let Some((bound, is_ms)) = bound(query) else {
        return Ok(("errors".to_owned(), format!("{}%", number((1.0 - share) * 100.0))));
    };
    let limit_ms = if is_ms { bound } else { bound * 1000.0 };
    Ok((format!("p{}", number(share * 100.0)), format!("{}ms", number(limit_ms))))
}

/// The bound of a bucket in a query, and whether it is in milliseconds.
fn bound(query: &str) -> Option<(f64, bool)> {
    let pattern =
        Regex::new(r#"([A-Za-z_:][A-Za-z0-9_:]*)_bucket\s*\{[^}]*\ble\s*=~?\s*"([0-9]+(?:\.[0-9]+)?)"#)
            .ok()?;
    let found = pattern.captures(query)?;
    let is_ms = found[1].ends_with("_ms") || found[1].ends_with("_milliseconds");
    Some((found[2].parse().ok()?, is_ms))
}

/// A text or number at the end of a path of fields.
fn said<'n>(node: &'n Node, path: &[&str]) -> Option<&'n str> {
    match path.iter().try_fold(node, |node, name| node.get(name))? {
        Node::Text(text) | Node::Plain(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEIRS: &str = r#"
apiVersion: openslo/v1
kind: SLI
metadata: { name: latency }
spec:
  ratioMetric:
    counter: true
    good: { metricSource: { type: Prometheus, spec: { query: 'sum(http_duration_seconds_bucket{job="shop",le="0.25"})' } } }
    total: { metricSource: { type: Prometheus, spec: { query: sum(http_duration_seconds_count) } } }
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: fast }
spec:
  indicatorRef: latency
  budgetingMethod: Occurrences
  objectives: [{ target: 0.95 }, { targetPercent: 99.9 }]
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: works }
spec:
  indicator:
    spec:
      ratioMetric:
        bad: { metricSource: { spec: { query: 'sum(http_requests_total{code=~"5.."})' } } }
  objectives: [{ target: 0.999 }]
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: slices }
spec: { budgetingMethod: Timeslices }
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: elsewhere }
spec: { indicatorRef: gone }
"#;

    #[test]
    fn others_objectives_are_budgets_where_they_say_what_they_count() {
        let told: Vec<String> = imported(THEIRS)
            .unwrap()
            .into_iter()
            .map(|one| match one.budget {
                Ok((quantity, limit)) => format!("{} {quantity} {limit}", one.endpoint),
                Err(why) => format!("{}: {why}", one.name),
            })
            .collect();
        assert_eq!(
            told,
            [
                "fast p95 250ms",
                "fast p99.9 250ms",
                "works errors 0.1%",
                "slices: it counts time slices, and a budget counts requests",
                "elsewhere: its indicator is not in this file",
            ]
        );
    }

    #[test]
    fn what_is_none_says_so() {
        assert_eq!(imported("kind: Pod\n"), Err(OpenSloError::Nothing));
        assert_eq!(imported(""), Err(OpenSloError::Nothing));
        assert!(matches!(imported("a: 1\n---\nb: [\n"), Err(OpenSloError::NotYaml { line: 3, .. })));
    }
}
