//! How budgets stand, for machines.

use loadline_watch::{Burn, BurnState, Objective, Standing, Watched, burn_words, fact_words, left_words};
use serde_json::{Value, json};

use super::stands::Stands;
use super::words::answer;

/// One document.
pub(super) fn json(stands: &Stands) -> Value {
    let (passed, answer) = answer(stands);
    let budgets: Vec<Value> =
        stands.all.iter().zip(&stands.around).map(|(pair, around)| one(stands, pair, around)).collect();
    let unwatched: Vec<Value> = stands
        .unwatched
        .iter()
        .map(|unwatched| json!({ "budget": unwatched.budget, "why": unwatched.why }))
        .collect();
    json!({
        "version": 1,
        "at": stands.at.to_string(),
        "prometheus": stands.server,
        "passed": passed,
        "answer": answer,
        "budgets": budgets,
        "unwatched": unwatched,
        "remarks": stands.remarks,
    })
}

fn one(stands: &Stands, (objective, watched): &(Objective, Watched), around: &[String]) -> Value {
    let (standing, severity) = match watched.standing {
        Standing::Burning(severity) => ("burning", Some(severity.name())),
        Standing::Keeps => ("keeps", None),
        Standing::TooFew => ("too_few_requests", None),
        Standing::NoData => ("no_data", None),
    };
    let fact = &watched.fact;
    json!({
        "endpoint": objective.endpoint,
        "condition": objective.condition,
        "standing": standing,
        "severity": severity,
        "fails": stands.fails(objective, watched),
        // Without what a difference of floating point leaves behind.
        "permitted": (objective.permitted * 1e12).round() / 1e12,
        "fact": {
            "window_s": fact.length_s,
            "known_s": fact.known_s,
            "bad": fact.bad,
            "give_or_take": fact.doubt,
            "requests": fact.total,
            "is_beyond": fact.is_beyond,
            "certainty": fact.inference.map(|inference| inference.certainty),
            "more_s": fact.inference.and_then(|inference| inference.more),
            "words": fact_words(objective, fact),
        },
        "around": around,
        "error_budget": watched.left.as_ref().map(|left| json!({
            "left": left.share,
            "burn": left.burn,
            "gone_in_s": left.gone_in_s,
            "known_s": left.known_s,
            "words": left_words(left),
        })),
        "burns": watched.burns.iter().map(burn).collect::<Vec<_>>(),
    })
}

fn burn(burn: &Burn) -> Value {
    let state = match burn.state {
        BurnState::Never => "never",
        BurnState::NoData => "no_data",
        BurnState::TooFew { .. } => "too_few_requests",
        BurnState::Quiet => "quiet",
        BurnState::Burning => "burning",
    };
    json!({
        "long_s": burn.window.long_s,
        "short_s": burn.window.short_s,
        "factor": burn.window.factor,
        "severity": burn.window.severity.name(),
        "state": state,
        // Infinite where nothing is permitted, which JSON has no number for.
        "long": burn.long.filter(|rate| rate.is_finite()),
        "short": burn.short.filter(|rate| rate.is_finite()),
        "words": burn_words(burn),
    })
}
