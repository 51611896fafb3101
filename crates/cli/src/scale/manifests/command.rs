//! From a policy to manifests: tried, written, and read again.

use anyhow::{Context, Result, bail, ensure};
use loadline_report::plain;
use loadline_runner::{Ending, Ends, Failure};
use loadline_scale::manifests::{DeclaredKind, Intended, Manifests, Pods, Written, write};
use loadline_scale::simulation::Scenario;
use serde_json::{Value, json};

use super::super::foreseen::caution;
use super::super::judged::{self, Judged, judged};
use super::super::policy::{self, Tried};
use super::super::sweep::{candidates, search, sweep_answer};
use super::super::{contradictions, scenario, words};
use super::arguments::ManifestsArguments;
use super::files::write as write_files;
use super::files::{Place, places, shown};
use super::why::{Grounds, whys};
use crate::common::{json_text, print, told};

/// A policy that keeps the budgets, and what came of it.
struct Chosen {
    tried: Tried,
    scenario: Scenario,
    judged: Judged,
    /// What a sweep says of it.
    beside: Option<String>,
}

/// Writes the manifests of a policy that keeps the budgets.
pub(crate) fn manifests(arguments: &ManifestsArguments) -> Result<Ending, Failure> {
    judged::check(&arguments.judging).ends(Ending::Configuration)?;
    let (mut tried, deployed) =
        policy::declared(&arguments.manifests, &arguments.policy).ends(Ending::Configuration)?;
    if arguments.keda {
        tried.kind = DeclaredKind::Scaled(tried.as_keda().ends(Ending::Configuration)?);
    }
    contradictions::check(&tried, deployed.as_ref(), arguments.scenario.cpu_request)
        .ends(Ending::Configuration)?;
    let name = workload(&tried, arguments).ends(Ending::Configuration)?;
    let mut scenario = scenario::scenario(&arguments.scenario, deployed.as_ref())?;
    tried.autoscaler(&scenario).ends(Ending::Configuration)?;
    scenario.initial =
        arguments.scenario.initial.unwrap_or_else(|| tried.initial(&scenario, deployed.as_ref()));
    let chosen = if arguments.sweep.is_empty() {
        caution(&tried, &scenario);
        let judged = judged(&tried, &scenario, &arguments.judging).ends(Ending::CouldNotRun)?;
        if judged.fails() {
            let answer = words::answer(&judged, &scenario, &arguments.judging);
            return nothing(&format!("{answer}; nothing is written"), arguments.json);
        }
        Chosen { tried, scenario, judged, beside: None }
    } else {
        let initial = arguments.scenario.initial;
        let candidates = candidates(&arguments.sweep, initial, &tried, &scenario, deployed.as_ref())
            .ends(Ending::Configuration)?;
        let swept = search(&candidates, &arguments.judging).ends(Ending::CouldNotRun)?;
        let answer = sweep_answer(&swept);
        let Some((candidate, judged)) = swept.into_chosen() else {
            return nothing(&format!("{answer}; nothing is written"), arguments.json);
        };
        let beside = Some(format!("Of a sweep: {answer}."));
        Chosen { tried: candidate.tried, scenario: candidate.scenario, judged, beside }
    };
    let whys = whys(&Grounds {
        kind: &chosen.tried.kind,
        scenario: &chosen.scenario,
        judged: &chosen.judged,
        judging: &arguments.judging,
        beside: chosen.beside.as_deref(),
    });
    let pods = Pods {
        request_milli: chosen.scenario.request_milli,
        ready_s: chosen.scenario.pods.ready_s,
        accepts_s: chosen.scenario.pods.accepts_s,
        grace_s: chosen.scenario.pods.grace_s,
        image: arguments.image.clone(),
        port: arguments.port,
        probe: arguments.probe.clone(),
    };
    let intended = Intended {
        name: &name,
        policy: &chosen.tried.kind,
        declared: chosen.tried.declared.as_ref(),
        deployed: deployed.as_ref(),
        pods: &pods,
        whys: &whys,
    };
    let files = write(&intended).ends(Ending::Configuration)?;
    read_back(&files, &chosen.tried.kind, &pods).ends(Ending::CouldNotRun)?;
    hand_over(&files, &chosen, arguments)
}

/// The name of what is scaled.
fn workload(tried: &Tried, arguments: &ManifestsArguments) -> Result<String> {
    let named = tried.target().map(|target| target.strip_prefix("Deployment/").ok_or(target));
    match (named, &arguments.workload) {
        (Some(Ok(name)), Some(other)) if name != other => {
            bail!(
                "the manifest scales `{name}`, and `--workload` says `{other}`\nhint: leave `--workload` out"
            )
        }
        (Some(Ok(name)), _) => Ok(name.to_owned()),
        (Some(Err(target)), _) => {
            bail!("the manifest scales {target}: manifests are written for Deployments alone")
        }
        (None, Some(name)) => Ok(name.clone()),
        (None, None) => {
            bail!("the workload has no name\nhint: say it with `--workload search`, or name its manifests")
        }
    }
}

/// Prints them, or writes them into their folder.
fn hand_over(files: &[Written], chosen: &Chosen, arguments: &ManifestsArguments) -> Result<Ending, Failure> {
    let kept = words::answer(&chosen.judged, &chosen.scenario, &arguments.judging);
    let places = match &arguments.output {
        Some(folder) => places(folder, files, arguments.overwrite).ends(Ending::OutputNotWritten)?,
        None => Vec::new(),
    };
    write_files(&places, files).ends(Ending::OutputNotWritten)?;
    let answer = match places.iter().filter(|place| !place.is_there).count() {
        _ if places.is_empty() => kept,
        0 => format!("all {} manifests are as they should be: {kept}", places.len()),
        written => format!("{written} of {} manifests written: {kept}", places.len()),
    };
    let text = if arguments.json {
        let all: Vec<Value> =
            files.iter().map(|file| json!({"name": file.name, "text": file.text})).collect();
        json_text(&json!({"answer": answer, "policy": chosen.tried.what, "files": all}))
            .ends(Ending::CouldNotRun)?
    } else if places.is_empty() {
        let all: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
        plain(&format!("{}---\n# {answer}\n", all.join("---\n")))
    } else {
        let lines: Vec<String> = places.iter().map(|place| format!("  {}\n", told_of(place))).collect();
        let lines = lines.concat();
        plain(&format!("\n{lines}\n{answer}\n"))
    };
    Ok(told(print(text.as_bytes()), Ending::Passed))
}

fn told_of(place: &Place) -> String {
    let what = if place.is_there { "unchanged" } else { "written" };
    format!("{}  {what}", shown(&place.path))
}

/// No policy is good enough.
fn nothing(answer: &str, is_json: bool) -> Result<Ending, Failure> {
    let text = if is_json {
        json_text(&json!({"answer": answer, "policy": null, "files": []})).ends(Ending::CouldNotRun)?
    } else {
        plain(&format!("{answer}\n"))
    };
    Ok(told(print(text.as_bytes()), Ending::Failed))
}

/// Whether what is written says what was tried, which nobody has to take on trust.
fn read_back(files: &[Written], kind: &DeclaredKind, pods: &Pods) -> Result<()> {
    let mut manifests = Manifests::default();
    for file in files {
        manifests.add(file.name, &file.text).context("what was written does not read")?;
    }
    let declared = manifests.autoscaler(None, "what was written")?;
    ensure!(declared.kind == *kind, "what was written is another policy than was tried");
    let Some(deployed) = manifests.deployment_of(declared) else {
        bail!("what was written scales another workload than it describes")
    };
    let same = deployed.request_milli == Some(pods.request_milli)
        && deployed.ready_s == Some(pods.ready_s)
        && deployed.accepts_s == Some(pods.accepts_s)
        && deployed.grace_s == Some(pods.grace_s);
    ensure!(
        same,
        "containers of the Deployment say different things: its manifest would not be what was tried\nhint: leave out \
         `--ready` and `--cpu-request`, or change its manifest"
    );
    Ok(())
}
