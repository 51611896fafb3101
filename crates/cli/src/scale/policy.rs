//! From arguments and manifests to who decides.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use loadline_scale::autoscaler::{Autoscaler, Hpa, Keda};
use loadline_scale::cluster::Signal;
use loadline_scale::drive::Decider;
use loadline_scale::hpa::{Flags, Metric, Policy, Rules, Source, Target, Version};
use loadline_scale::manifests::{Declared, DeclaredKind, Deployed, Manifests, Scaled, Trigger};
use loadline_scale::simulation::Scenario;

use super::arguments::{ClusterArguments, PolicyArguments};
use crate::common::input;

/// The most bytes of a manifest.
const LARGEST_MANIFEST: u64 = 64 << 20;

/// A policy that can be tried again and again.
#[derive(Debug, Clone)]
pub(super) struct Tried {
    /// What it is of, in words.
    pub(super) what: String,
    pub(super) kind: DeclaredKind,
    /// The manifest that it is of, if there is one.
    pub(super) declared: Option<Declared>,
    /// Whether the manifests have any Deployment.
    pub(super) has_deployments: bool,
    cluster: ClusterArguments,
}

/// What manifests and arguments say: who decides, and how the pods are.
pub(super) fn declared(files: &[PathBuf], arguments: &PolicyArguments) -> Result<(Tried, Option<Deployed>)> {
    let (mut tried, deployed) = said(files, arguments)?;
    if !arguments.cron.is_empty() {
        let mut scaled = tried.as_keda()?;
        for times in &arguments.cron {
            tried.what += &format!(", {} at times", times.replicas);
            scaled.triggers.push(Trigger::Cron(Box::new(times.clone())));
        }
        tried.kind = DeclaredKind::Scaled(scaled);
    }
    Ok((tried, deployed))
}

fn said(files: &[PathBuf], arguments: &PolicyArguments) -> Result<(Tried, Option<Deployed>)> {
    let (manifests, names) = read(files)?;
    let cluster = &arguments.cluster;
    let own = arguments.target.is_some() && manifests.autoscalers.is_empty();
    if files.is_empty() || own {
        let Some(target) = arguments.target else {
            bail!("there is no policy\nhint: name a manifest, or say `--target 70 --min 2 --max 20`")
        };
        let policy = Policy {
            min: arguments.min.unwrap_or(1),
            max: arguments.max.context("a policy without a manifest needs `--max`")?,
            metrics: vec![cpu(target)],
            behavior: None,
        };
        let tried = Tried {
            what: format!("target {target} %, {} to {} replicas", policy.min, policy.max),
            kind: DeclaredKind::Hpa(policy),
            declared: None,
            has_deployments: !manifests.deployments.is_empty(),
            cluster: cluster.clone(),
        };
        return Ok((tried, manifests.deployments.first().cloned()));
    }
    let found: &Declared = manifests.autoscaler(cluster.name.as_deref(), &names)?;
    let deployed = manifests.deployment_of(found).cloned();
    let mut tried = Tried {
        what: found.what.clone(),
        kind: found.kind.clone(),
        declared: Some(found.clone()),
        has_deployments: !manifests.deployments.is_empty(),
        cluster: cluster.clone(),
    };
    tried.change(arguments)?;
    Ok((tried, deployed))
}

/// What several manifests say, and their names.
pub(super) fn read(files: &[PathBuf]) -> Result<(Manifests, String)> {
    let mut manifests = Manifests::default();
    let mut names = Vec::new();
    for path in files {
        let name = path.display().to_string();
        let bytes = input::bytes(path, LARGEST_MANIFEST)
            .with_context(|| format!("cannot read the manifest `{name}`"))?;
        let text = String::from_utf8(bytes).with_context(|| format!("the manifest `{name}` is no text"))?;
        manifests.add(&name, &text)?;
        names.push(name);
    }
    Ok((manifests, names.join("`, `")))
}

fn cpu(target: i32) -> Metric {
    let source = Source::Resource { name: "cpu".to_owned(), container: None };
    Metric { name: "cpu".to_owned(), source, target: Some(Target::Utilization(target)) }
}

impl Tried {
    /// The same with what is said in place of what its manifest says.
    pub(super) fn change(&mut self, arguments: &PolicyArguments) -> Result<()> {
        if let Some(target) = arguments.target {
            self.set_target(target)?;
        }
        let (min, max) = match &mut self.kind {
            DeclaredKind::Hpa(policy) => (&mut policy.min, &mut policy.max),
            DeclaredKind::Scaled(scaled) => (&mut scaled.min, &mut scaled.max),
        };
        *min = arguments.min.unwrap_or(*min);
        *max = arguments.max.unwrap_or(*max);
        Ok(())
    }

    /// The most replicas that it lets be.
    pub(super) fn max(&self) -> i32 {
        match &self.kind {
            DeclaredKind::Hpa(policy) => policy.max,
            DeclaredKind::Scaled(scaled) => scaled.max,
        }
    }

    fn set_target(&mut self, percent: i32) -> Result<()> {
        let changed = match &mut self.kind {
            DeclaredKind::Hpa(policy) => {
                let cpu = policy
                    .metrics
                    .iter_mut()
                    .find(|metric| matches!(metric.target, Some(Target::Utilization(_))));
                cpu.map(|metric| metric.target = Some(Target::Utilization(percent)))
            }
            DeclaredKind::Scaled(scaled) => scaled.triggers.iter_mut().find_map(|trigger| match trigger {
                Trigger::Cpu(target) => {
                    *target = percent;
                    Some(())
                }
                _ => None,
            }),
        };
        changed.context("the policy has no target in percent, which `--target` would be in place of")
    }

    /// For how long it holds on to what was asked for before it scales down, in milliseconds.
    pub(super) fn set_down_window_ms(&mut self, window_ms: i64) {
        let behavior = match &mut self.kind {
            DeclaredKind::Hpa(policy) => &mut policy.behavior,
            DeclaredKind::Scaled(scaled) => &mut scaled.behavior,
        };
        behavior.get_or_insert_with(loadline_scale::hpa::Behavior::defaults).down.window_ms = Some(window_ms);
    }

    /// What KEDA needs to do the same.
    pub(super) fn as_keda(&self) -> Result<Scaled> {
        Ok(match &self.kind {
            DeclaredKind::Hpa(policy) => Scaled::of_policy(policy)?,
            DeclaredKind::Scaled(scaled) => scaled.clone(),
        })
    }

    /// What it scales, as its manifest says: `Deployment/search`.
    pub(super) fn target(&self) -> Option<&str> {
        self.declared.as_ref().map(|declared| declared.target.as_str())
    }

    /// The release that it is carried out by.
    pub(super) fn kubernetes(&self) -> Version {
        self.cluster.kubernetes
    }

    /// Who decides by it on real replicas, from a time in milliseconds since 1970 UTC on.
    pub(super) fn decider(&self, started_unix_ms: i64) -> Result<Decider> {
        let (flags, rules) = (Flags::default(), Rules::of(self.cluster.kubernetes));
        let signal = |name: &str| self.signal(name);
        let decider = match &self.kind {
            DeclaredKind::Hpa(policy) => {
                Hpa::new(policy.clone(), flags, rules, signal).map(|hpa| Decider::Hpa(Box::new(hpa)))
            }
            DeclaredKind::Scaled(scaled) => Keda::new(scaled.clone(), flags, rules, started_unix_ms, signal)
                .map(|keda| Decider::Keda(Box::new(keda))),
        };
        decider.with_context(|| self.what.clone())
    }

    /// What a metric is: as was said, or else by its name.
    fn signal(&self, name: &str) -> Option<Signal> {
        let said = self.cluster.metric.iter().find(|(metric, _)| metric == name).map(|(_, signal)| *signal);
        said.or_else(|| guessed(name))
    }

    /// Who decides by it.
    pub(super) fn autoscaler(&self, scenario: &Scenario) -> Result<Box<dyn Autoscaler>> {
        Ok(self.decider(scenario.traffic.started_unix_ms)?.slowed(1.0))
    }

    /// How many replicas it has when it begins with the first second's traffic.
    pub(super) fn initial(&self, scenario: &Scenario, deployed: Option<&Deployed>) -> i32 {
        let (min, max, percent) = match &self.kind {
            DeclaredKind::Hpa(policy) => {
                let percent = policy.metrics.iter().find_map(|metric| match metric.target {
                    Some(Target::Utilization(percent)) => Some(percent),
                    _ => None,
                });
                (policy.min, policy.max, percent)
            }
            DeclaredKind::Scaled(Scaled { min, max, .. }) => (*min, *max, None),
        };
        let needed = match percent {
            Some(percent) => {
                let service = &scenario.service;
                let used = scenario.traffic.at(0) * service.time.mean_s() * service.processor_share * 1000.0;
                (used * 100.0 / (scenario.request_milli as f64 * f64::from(percent))).ceil() as i32
            }
            None => deployed.and_then(|deployed| deployed.replicas).unwrap_or(min),
        };
        needed.clamp(min, max.max(min))
    }
}

/// What a metric most probably is, by its name; only where there is no doubt.
fn guessed(name: &str) -> Option<Signal> {
    let name = name.to_ascii_lowercase();
    let per_second = name.contains("requests_per_second") || name == "rps" || name == "http_requests";
    per_second.then_some(Signal::Requests)
}
