//! What has to be said beside how budgets stand: what is estimated, what has no counters, what the server warned of.

use loadline_units::Scale;
use loadline_watch::{BurnState, Objective, Place, Standing, Tally, Watched};

/// Said once for each reason.
pub(super) fn remarks(tally: &Tally, all: &[(Objective, Watched)], warnings: &[String]) -> Vec<String> {
    let names = &tally.settings().names;
    let mut said: Vec<String> =
        warnings.iter().map(|warning| format!("Prometheus warns: {warning}")).collect();
    let ms = |at: f64| Scale::Time.exact(at / names.unit.per_ms());
    let of = |wanted: &dyn Fn(&Objective, &Watched) -> bool| -> Vec<String> {
        all.iter()
            .filter(|(objective, watched)| wanted(objective, watched))
            .map(|(objective, _)| format!("`{}`", objective.key()))
            .collect()
    };
    if !names.native && tally.bounds().is_empty() {
        said.push(format!(
            "there are no series `{}_bucket` of these endpoints; which names are looked for is said by `metrics` of `[watch]`",
            names.histogram
        ));
        return said;
    }
    for (objective, _) in all {
        match tally.place(objective) {
            Some(Place::Between { below, above, .. }) => said.push(format!(
                "`{}` is estimated: the histogram has buckets at {} and {}, and none at the limit",
                objective.key(),
                ms(below),
                ms(above)
            )),
            Some(Place::Beyond) => said.push(format!(
                "`{}` can't be told: the histogram has no bucket as high as the limit",
                objective.key()
            )),
            _ => {}
        }
    }
    let without = of(&|objective, watched| {
        watched.standing == Standing::NoData && tally.place(objective) != Some(Place::Beyond)
    });
    if !without.is_empty() {
        said.push(format!(
            "no requests are counted for {}: `{}` of `{}` has no such value, or none came",
            list(&without),
            names.endpoint,
            names.histogram
        ));
    }
    let never = of(&|_, watched| watched.burns.iter().any(|burn| burn.state == BurnState::Never));
    if !never.is_empty() {
        said.push(format!(
            "{} permits so much that a window of `[watch]` can never burn by it: the factor times what is permitted is more than all requests",
            list(&never)
        ));
    }
    said
}

/// A few of them, and how many more.
fn list(names: &[String]) -> String {
    let mut text = names.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 4 {
        text += &format!(" and {} more", names.len() - 4);
    }
    text
}
