//! All tiers as one: what runs, what is measured, what it is judged by.
//!
//! Each tier overrides those below it, option by option. The four options that say what runs are one choice
//! in several forms, so a tier that sets any of `duration`, `iterations`, `stages` and `scenarios` replaces
//! all four of the tiers below; two forms in one tier contradict each other, but for `iterations` with a
//! `duration`, which limits them.

use loadline_client::{ClientCertificate, ClientConfig};
use loadline_load::{
    ConstantVus, Executor, PerVuIterations, Plan, RampingVus, Scenario, Segment, SharedIterations,
};
use loadline_measure::{SystemTags, ThresholdText};

use crate::options::problem::{Findings, OptionsError, Problem};
use crate::options::scenario::{MAX_DURATION, Scenarios};
use crate::options::segment;
use crate::options::size::Size;
use crate::options::system_tags::TagNames;
use crate::options::table::Options;
use crate::options::tier::{Tier, Tiers};

/// The options of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// All options, defaults included; `scenarios` is what the short forms stand for, too.
    pub options: Options,
    /// What runs; each scenario's tags include those of the whole run.
    pub plan: Plan,
    /// This process's part of it.
    pub segment: Segment,
    /// What the run is judged by; empty with `noThresholds`.
    pub thresholds: Vec<ThresholdText>,
    /// What is odd, but does not keep the run from starting.
    pub warnings: Vec<String>,
    /// The options as JSON, as a script would write them; without secrets.
    pub json: String,
}

/// Merges the tiers.
///
/// ```
/// use loadline_script::options::{Tiers, settle};
///
/// let script = r#"{ "vus": 10, "duration": "1m" }"#;
/// let flags = [("iterations", "100".to_owned())];
/// let settled = settle(&Tiers { script: Some(("main.ts", script)), flags: &flags, ..Tiers::default() })?;
/// assert_eq!((settled.options.vus, settled.options.duration), (Some(10), None));
///
/// let script = r#"{ "stages": [{ "duration": "1m", "target": "50x" }] }"#;
/// let error = settle(&Tiers { script: Some(("main.ts", script)), ..Tiers::default() }).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`stages[0].target` is `\"50x\"`, but takes a whole number from 0\n  --> script main.ts"
/// );
/// # Ok::<(), loadline_script::options::OptionsError>(())
/// ```
///
/// # Errors
/// Everything that is wrong in any tier; if nothing is, everything that is wrong with the plan.
pub fn settle(tiers: &Tiers<'_>) -> Result<Settled, OptionsError> {
    let tiers = tiers.read();
    let mut options = Options::defaults();
    let mut problems: Vec<Problem> = Vec::new();
    let mut warnings: Vec<Problem> = Vec::new();
    // The tier that says what runs, and the highest that says how many.
    let mut execution: Option<&Tier> = None;
    let mut vus: Option<&Tier> = None;
    for tier in &tiers {
        problems.extend(tier.findings.problems.iter().cloned());
        warnings.extend(tier.findings.warnings.iter().cloned());
        let set = tier.options.execution();
        if let Some(replaced) = replaced(&options, tier, &set) {
            warnings.push(replaced);
            options.clear_execution();
        }
        if !set.is_empty() {
            options.clear_execution();
            execution = Some(tier);
        }
        if tier.options.vus.is_some() {
            vus = Some(tier);
        }
        options.overlay(&tier.options);
        problems.extend(contradiction(tier, &set));
        problems.extend(no_time(tier));
        problems.extend(nobody(tier));
    }
    if !problems.is_empty() {
        // What is misspelt is often why something else is missing.
        let misspelt =
            |warning: &&Problem| warning.hint.as_ref().is_some_and(|hint| hint.starts_with("did you mean"));
        problems.extend(warnings.iter().filter(misspelt).cloned());
        return Err(OptionsError { problems });
    }
    // No stages are none, as in k6; those below are replaced all the same.
    if options.stages.as_ref().is_some_and(Vec::is_empty) {
        options.stages = None;
        if let (true, Some(tier)) = (options.execution().is_empty(), execution) {
            let mut findings = Findings::new(tier.findings.origin.clone());
            findings.warning("stages", "is empty, so each VU makes one iteration", None);
            warnings.append(&mut findings.warnings);
        }
    }
    if let (["scenarios"], Some(tier)) = (options.execution().as_slice(), vus) {
        warnings.push(ignored_vus(tier));
    }
    let (segment, odd) =
        segment::part(&options, &tiers).map_err(|problem| OptionsError { problems: vec![problem] })?;
    warnings.extend(odd);
    let origin = execution.or(vus).map_or_else(String::new, |tier| tier.findings.origin.clone());
    let shorthand = options.scenarios.is_none();
    let mut plan = Plan { scenarios: scenarios(&options) };
    if let Err(error) = plan.check() {
        let problems = error.problems.into_iter().map(|problem| Problem {
            origin: origin.clone(),
            path: match (shorthand, problem.scenario.as_str()) {
                (true, _) | (_, "") => short_name(&problem.option).to_owned(),
                (false, scenario) => format!("scenarios.{scenario}.{}", problem.option),
            },
            message: format!("is wrong: {}", problem.message),
            hint: None,
        });
        return Err(OptionsError { problems: problems.collect() });
    }
    options.scenarios = Some(Scenarios(plan.scenarios.clone()));
    for (name, value) in options.tags.iter().flatten() {
        for scenario in &mut plan.scenarios {
            if !scenario.tags.iter().any(|(own, _)| own == name) {
                scenario.tags.push((name.clone(), value.clone()));
            }
        }
    }
    let thresholds = match (&options.thresholds, options.no_thresholds) {
        (Some(thresholds), None | Some(false)) => thresholds.0.clone(),
        _ => Vec::new(),
    };
    let warnings = warnings.iter().map(ToString::to_string).collect();
    let json = options.to_json().to_string();
    Ok(Settled { options, plan, segment, thresholds, warnings, json })
}

impl Settled {
    /// The tags which the engine adds by itself.
    pub fn system_tags(&self) -> SystemTags {
        self.options.system_tags.as_ref().map(TagNames::switches).unwrap_or_default()
    }

    /// How connections are made: what the options say, and `base` where they say nothing.
    pub fn client_config(&self, base: ClientConfig) -> ClientConfig {
        let options = &self.options;
        let mut config = base;
        let set = |target: &mut String, value: &Option<String>| {
            if let Some(value) = value {
                target.clone_from(value);
            }
        };
        set(&mut config.user_agent, &options.user_agent);
        if let Some(off) = options.no_connection_reuse {
            config.reuse_connections = !off;
        }
        if let Some(size) = options.max_body {
            config.body_limit = limit(size);
            // Whoever asks for one so large has room for one so large.
            config.bodies_limit = config.bodies_limit.max(config.body_limit);
        }
        if let Some(size) = options.max_bodies {
            config.bodies_limit = limit(size);
        }
        if let Some(insecure) = options.insecure_skip_tls_verify {
            config.tls.insecure_skip_verify = insecure;
        }
        if let Some(versions) = options.tls_version {
            config.tls.minimum_version = versions.min;
            config.tls.maximum_version = versions.max;
        }
        if let Some(suites) = &options.tls_cipher_suites {
            config.tls.cipher_suites.clone_from(suites);
        }
        if let Some(all) = &options.tls_auth {
            config.tls.client_certificates = all
                .iter()
                .map(|auth| ClientCertificate {
                    domains: auth.domains.clone(),
                    certificate_pem: auth.cert.clone().into_bytes(),
                    key_pem: auth.key.clone().into_bytes(),
                })
                .collect();
        }
        if let Some(dns) = options.dns {
            config.dns = dns;
        }
        if let Some(hosts) = &options.hosts {
            config.hosts = hosts.iter().map(|(name, address)| (name.clone(), address.clone())).collect();
        }
        if let Some(networks) = &options.blacklist_ips {
            config.blacklist_ips.clone_from(networks);
        }
        if let Some(names) = &options.block_hostnames {
            config.block_hostnames.clone_from(names);
        }
        if let Some(addresses) = &options.local_ips {
            config.local_addresses.clone_from(addresses);
        }
        config
    }
}

/// 0 is no limit.
fn limit(size: Size) -> u64 {
    if size.bytes == 0 { u64::MAX } else { size.bytes }
}

/// `vus` that nothing makes use of.
fn ignored_vus(tier: &Tier) -> Problem {
    Problem {
        origin: tier.findings.origin.clone(),
        path: "vus".to_owned(),
        message: "is ignored: each scenario says how many it has".to_owned(),
        hint: Some(
            "set `vus` in the scenarios, or give a `duration`, `iterations` or `stages` with it".to_owned(),
        ),
    }
}

/// Scenarios of the tiers below that this one does away with by a short form; k6 takes `vus` alone for one, too.
fn replaced(below: &Options, tier: &Tier, set: &[&'static str]) -> Option<Problem> {
    let first = match set {
        [] if tier.options.vus.is_some() => "vus",
        [first, ..] if *first != "scenarios" => first,
        _ => return None,
    };
    let scenarios = below.scenarios.as_ref().filter(|scenarios| !scenarios.0.is_empty())?;
    let names =
        scenarios.0.iter().map(|scenario| format!("`{}`", scenario.name)).collect::<Vec<_>>().join(", ");
    Some(Problem {
        origin: tier.findings.origin.clone(),
        path: first.to_owned(),
        message: format!("replaces the scenarios {names}: what runs is one scenario, `default`"),
        hint: Some("leave it out to run the scenarios".to_owned()),
    })
}

/// Realms without a user.
fn nobody(tier: &Tier) -> Option<Problem> {
    (tier.options.vus_per_realm == Some(0)).then(|| Problem {
        origin: tier.findings.origin.clone(),
        path: "vusPerRealm".to_owned(),
        message: "is 0, but a realm has at least one user".to_owned(),
        hint: Some("leave it out for as many as the script allows".to_owned()),
    })
}

/// Phases that would be over before they begin.
fn no_time(tier: &Tier) -> Vec<Problem> {
    let options = &tier.options;
    [("setupTimeout", options.setup_timeout), ("teardownTimeout", options.teardown_timeout)]
        .into_iter()
        .filter(|(_, limit)| limit.is_some_and(|limit| limit.is_zero()))
        .map(|(path, _)| Problem {
            origin: tier.findings.origin.clone(),
            path: path.to_owned(),
            message: "is `0s`, but takes a duration above zero".to_owned(),
            hint: None,
        })
        .collect()
}

/// Two ways of saying what runs, in one tier.
fn contradiction(tier: &Tier, set: &[&str]) -> Option<Problem> {
    let empty = tier.options.stages.as_ref().is_some_and(Vec::is_empty);
    let set: Vec<&str> = set.iter().copied().filter(|name| !(empty && *name == "stages")).collect();
    let first = match set.as_slice() {
        [] | [_] | ["duration", "iterations"] => return None,
        [first, ..] => *first,
    };
    let list = set.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Some(Problem {
        origin: tier.findings.origin.clone(),
        path: first.to_owned(),
        message: format!("contradicts another option: {list} each say what runs"),
        hint: Some("keep one of them; only `iterations` and `duration` go together".to_owned()),
    })
}

/// The scenarios, or the one that the short forms stand for.
fn scenarios(options: &Options) -> Vec<Scenario> {
    if let Some(scenarios) = &options.scenarios {
        return scenarios.0.clone();
    }
    let vus = options.vus.unwrap_or(1);
    let executor = match (options.iterations, options.duration, &options.stages) {
        (Some(iterations), duration, _) => Executor::SharedIterations(SharedIterations {
            vus,
            iterations,
            max_duration: duration.unwrap_or(MAX_DURATION),
        }),
        (None, Some(duration), _) => Executor::ConstantVus(ConstantVus { vus, duration }),
        (None, None, Some(stages)) => Executor::RampingVus(RampingVus {
            start_vus: vus,
            stages: stages.clone(),
            graceful_ramp_down: Scenario::DEFAULT_GRACE,
        }),
        (None, None, None) => {
            Executor::PerVuIterations(PerVuIterations { vus, iterations: 1, max_duration: MAX_DURATION })
        }
    };
    vec![Scenario::new("default", executor)]
}

/// What an option of the executor is called in the short form.
fn short_name(option: &str) -> &str {
    match option {
        "startVUs" => "vus",
        "maxDuration" => "duration",
        other => other,
    }
}
