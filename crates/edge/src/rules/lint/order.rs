//! Rules beside one another: those that never match, and calls that come in batches.

use super::finding::Found;
use crate::rules::overlap::covers;
use crate::rules::rule::{Rule, Rules};

pub(super) fn check(rules: &Rules, at: usize, rule: &Rule, found: &mut Found<'_>) {
    let before = &rules.rules[..at];
    if let Some(earlier) = before.iter().find(|earlier| covers(&earlier.path, &rule.path)) {
        found.error(
            &rule.places.path,
            format!("the rule never matches: `{}` stands before it and has all of its paths", earlier.path),
            "put the narrower rule first",
        );
    }
    if before.iter().any(|earlier| earlier.name == rule.name)
        && !before.iter().any(|earlier| earlier.path == rule.path)
    {
        found.warn(
            &rule.places.rule,
            format!("there are two rules `{}`", rule.name),
            "give one another `name`",
        );
    }
    let path = rule.path.as_str();
    if rules.batches.is_none() && path.contains("/trpc/") && rule.is_cacheable() {
        found.warn(
            &rule.places.path,
            "clients of tRPC put calls together, `/trpc/a,b?batch=1`, and no rule is of such a path",
            format!(
                "say where batches are: `batches = \"{}\"` at the top of the file; then a batch is kept when all of its \
                 calls are, for the shortest of their times. Unbatched public queries are kept best: each batch has a \
                 key of its own",
                path.split("/trpc/").next().map(|before| format!("{before}/trpc")).unwrap_or_default()
            ),
        );
    }
    if path.contains(',') && !path.contains('{') {
        found.warn(
            &rule.places.path,
            "the rule is for one batch of calls in one order, and clients make others",
            "write a rule for each call, and `batches = \"/api/trpc\"` at the top of the file",
        );
    }
}
