//! What is varied, and all policies that come of it.

use anyhow::{Context, Result, bail};
use loadline_scale::manifests::Deployed;
use loadline_scale::simulation::Scenario;
use loadline_units as units;

use super::super::arguments::PolicyArguments;
use super::super::policy::Tried;

/// The most policies of a sweep.
const MOST: usize = 10_000;

/// What is varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Knob {
    Target,
    Min,
    Max,
    DownWindow,
}

/// A policy to try, over its scenario.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// What is varied of it: `target=60 min=2`.
    pub(super) name: String,
    /// The same without its maximum: those of one kin differ in nothing else.
    pub(super) kin: String,
    pub(crate) tried: Tried,
    pub(crate) scenario: Scenario,
}

/// What is varied of a policy, and the same without its maximum.
#[derive(Debug, Clone, Default)]
struct Names {
    name: String,
    kin: String,
}

impl Names {
    fn with(&self, knob: Knob, word: &str) -> Self {
        let and = |text: &str| if text.is_empty() { word.to_owned() } else { format!("{text} {word}") };
        let kin = if knob == Knob::Max { self.kin.clone() } else { and(&self.kin) };
        Self { name: and(&self.name), kin }
    }
}

/// All combinations of what is varied; so many replicas at the beginning, or as many as each policy begins with.
pub(crate) fn candidates(
    sweep: &[String],
    initial: Option<i32>,
    tried: &Tried,
    scenario: &Scenario,
    deployed: Option<&Deployed>,
) -> Result<Vec<Candidate>> {
    let mut candidates = vec![(Names::default(), tried.clone())];
    for text in sweep {
        let (knob, values) = knob(text)?;
        if candidates.len() * values.len() > MOST {
            bail!("these are more than {MOST} policies: leave some values out");
        }
        let mut more = Vec::with_capacity(candidates.len() * values.len());
        for (name, tried) in &candidates {
            for (word, value) in &values {
                let mut tried = tried.clone();
                turn(&mut tried, knob, *value)?;
                more.push((name.with(knob, word), tried));
            }
        }
        candidates = more;
    }
    let mut all = Vec::new();
    for (Names { name, kin }, tried) in candidates {
        let mut scenario = scenario.clone();
        tried.autoscaler(&scenario).with_context(|| format!("the policy `{name}` cannot work"))?;
        if initial.is_none() {
            scenario.initial = tried.initial(&scenario, deployed);
        }
        all.push(Candidate { name, kin, tried, scenario });
    }
    Ok(all)
}

fn turn(tried: &mut Tried, knob: Knob, value: i64) -> Result<()> {
    let mut change = PolicyArguments::default();
    let number = i32::try_from(value).context("the value is too large")?;
    match knob {
        Knob::Target => change.target = Some(number),
        Knob::Min => change.min = Some(number),
        Knob::Max => change.max = Some(number),
        Knob::DownWindow => {
            tried.set_down_window_ms(value);
            return Ok(());
        }
    }
    tried.change(&change)
}

/// What is varied, and each value with its name.
fn knob(text: &str) -> Result<(Knob, Vec<(String, i64)>)> {
    let (name, values) = text.split_once('=').with_context(|| {
        format!("`--sweep {text}` has no values: write `target=50..90:10` or `min=2,4,8`")
    })?;
    let knob = match name.trim() {
        "target" => Knob::Target,
        "min" => Knob::Min,
        "max" => Knob::Max,
        "down-window" => Knob::DownWindow,
        other => bail!("`{other}` cannot be varied: use `target`, `min`, `max` or `down-window`"),
    };
    let mut all = Vec::new();
    for part in values.split(',') {
        match (knob, part.split_once("..")) {
            (Knob::DownWindow, _) => {
                let window = units::parse_duration(part).with_context(|| format!("in `--sweep {text}`"))?;
                all.push((format!("{name}={part}"), window.as_millis() as i64));
            }
            (_, None) => {
                let value = part
                    .trim()
                    .parse()
                    .with_context(|| format!("`{part}` of `--sweep {text}` is no number"))?;
                all.push((format!("{name}={value}"), value));
            }
            (_, Some((from, to))) => {
                let (to, step) = to.split_once(':').unwrap_or((to, "1"));
                let number = |part: &str| {
                    part.trim()
                        .parse::<i64>()
                        .with_context(|| format!("`{part}` of `--sweep {text}` is no number"))
                };
                let (from, to, step) = (number(from)?, number(to)?, number(step)?);
                if step <= 0 || from > to || (to - from) / step >= MOST as i64 {
                    bail!("`--sweep {text}` goes nowhere: write `FROM..TO:STEP`, upwards");
                }
                all.extend(
                    (from..=to).step_by(step as usize).map(|value| (format!("{name}={value}"), value)),
                );
            }
        }
    }
    Ok((knob, all))
}
