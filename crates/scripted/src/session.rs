//! A script's way from a file to something that can be run: compiled, its options settled, its thresholds understood.
//!
//! Everything that can be wrong is found here, before a single request goes out.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use loadline_client::ClientConfig;
use loadline_config::{EdgeSection, Project, Workload};
use loadline_edge::observed::Outcomes;
use loadline_measure::{DEFAULT_TAG_SET_LIMIT, Origin, Producer, Schema, ThresholdText, WorkloadId};
use loadline_runner::{
    Ending, Ends, Failure, Interrupts, define_database, define_scraped, is_of_database, origin,
};
use loadline_script::compile::OwnRealm;
use loadline_script::modules::{HttpDefaults, Kept, Log, Process, RequestPace};
use loadline_script::options::{Options, Settled, Size, Tiers, settle};
use loadline_script::program::{Fault, INIT_LIMIT, LoadError, Script, VusPerRealm};
use loadline_script::vm::{RealmSettings, StopWhen};
use loadline_secrets::masked;
use loadline_verdict::{Budgets, first_of};

use crate::source::Source;

/// The most bytes of a script's files and shared arrays unless told otherwise.
const MOST_DATA: u64 = 1 << 30;

/// A script that can be run.
pub struct Session {
    /// The script, compiled and loaded once.
    pub script: Script,
    /// Its options as all sources together say.
    pub settled: Settled,
    /// What the run is judged by.
    pub budgets: Budgets,
    /// What all of its users share.
    pub process: Arc<Process>,
    /// What the script's clients share, and scrapes with them.
    pub client: Arc<loadline_client::Shared>,
    /// Metrics and tags of the run.
    pub schema: Arc<Schema>,
    /// What is run, and when what starts; who runs it adds the rest.
    pub origin: Origin,
}

impl Session {
    /// Loads the script, settles its options, reads its thresholds.
    pub fn prepare(source: &Source, log: &Arc<dyn Log>, interrupts: &Interrupts) -> Result<Self, Failure> {
        let schema = Schema::with_tag_set_limit(tag_set_limit(&source.variables)?);
        let realms = first_realm(source)?;
        let (mut script, kept) = load(source, &schema, log, realms.clone(), interrupts)?;
        let settled = settle(&Tiers {
            config_file: source.config.as_ref().map(|(path, text)| (path.as_str(), text.as_str())),
            script: script.options().map(|options| (script.entry(), options)),
            environment: &source.variables,
            flags: &source.flags,
        })
        .ends(Ending::Configuration)?;
        has_functions(&script, &settled)?;
        may_share(&script, &settled)?;
        script.set_realms(realm_settings(&settled.options, &realms));

        define_scraped(&schema, &source.scraped)
            .context("a metric of the script has the name of one that is scraped")
            .ends(Ending::Configuration)?;
        if source.database {
            define_database(&schema)
                .context("a metric of the script has the name of one of the database's cost")
                .ends(Ending::Configuration)?;
        }
        let EdgeSection { rules, region, .. } = source.edge.clone();
        let caches = Outcomes::new(&schema, rules, region).ends(Ending::Configuration)?;
        let mut selectors = settled.thresholds.iter().map(|text| text.selector.as_str());
        if !source.database && selectors.any(is_of_database) {
            // Such a threshold has no data then, unless a metric of the script is called so.
            let _ = define_database(&schema);
        }
        // Tags are recorded without secrets, so that is how they are selected.
        let thresholds: Vec<ThresholdText> = settled
            .thresholds
            .iter()
            .map(|text| ThresholdText { selector: masked(&text.selector).into_owned(), ..text.clone() })
            .collect();
        let mut budgets = Budgets::parse(script.entry(), &thresholds, &schema).ends(Ending::Configuration)?;
        budgets.allow_no_data = source.allow_no_data;
        budgets.as_k6 = source.as_k6;
        budgets.register(&schema);

        let client = loadline_client::Shared::new(settled.client_config(default_client()))
            .ends(Ending::Configuration)?;
        let mut process = Process::new(
            Arc::clone(&schema),
            source.environment.clone(),
            Arc::clone(&client),
            Arc::clone(log),
        )
        .ends(Ending::Configuration)?;
        process.kept = kept;
        process.caches = Some(caches);
        process.http = http_defaults(&settled.options);
        process.system_tags = settled.system_tags();
        process.set_options_json(&settled.json);
        let origin = Origin {
            workload: WorkloadId::new(Producer::Script, origin::hash(script.sources(), &settled.json)),
            plan: origin::plan(&settled.plan),
            ..Origin::default()
        };
        Ok(Self { script, settled, budgets, process: Arc::new(process), client, schema, origin })
    }

    /// Adds what the project and the working directory know: budgets, the target, the commit.
    pub fn judge_by(&mut self, project: &Project, source: &Source) {
        if self.options().no_thresholds.unwrap_or(false) {
            self.budgets.endpoints = project.endpoints.clone();
        } else {
            let workload = Workload { name: self.script.entry(), request: None };
            project.judges(&workload, &mut self.budgets, &self.schema);
        }
        self.budgets.register(&self.schema);
        origin::add_target(&mut self.origin, project);
        if let (true, Some(url)) = (self.origin.target.is_empty(), source.environment.get("BASE_URL")) {
            self.origin.target.clone_from(url);
        }
        origin::add_commit(&mut self.origin);
    }

    /// The options that apply.
    pub fn options(&self) -> &Options {
        &self.settled.options
    }

    /// How many virtual users share a realm.
    pub fn sharing(&self) -> VusPerRealm {
        self.settled.options.vus_per_realm.map_or(VusPerRealm::Automatic, VusPerRealm::Exactly)
    }
}

/// What requests do unless the script says otherwise.
fn http_defaults(options: &Options) -> HttpDefaults {
    let usual = HttpDefaults::default();
    HttpDefaults {
        throw: options.throw.unwrap_or(usual.throw),
        discard_response_bodies: options.discard_response_bodies.unwrap_or(usual.discard_response_bodies),
        max_redirects: options.max_redirects.unwrap_or(usual.max_redirects),
        batch: options.batch.unwrap_or(usual.batch),
        batch_per_host: options.batch_per_host.unwrap_or(usual.batch_per_host),
        no_cookies_reset: options.no_cookies_reset.unwrap_or(usual.no_cookies_reset),
        no_vu_connection_reuse: options.no_vu_connection_reuse.unwrap_or(usual.no_vu_connection_reuse),
        pace: options.rps.and_then(RequestPace::per_second),
        debug: options.http_debug,
    }
}

fn default_client() -> ClientConfig {
    ClientConfig {
        user_agent: concat!("loadline/", env!("CARGO_PKG_VERSION")).to_owned(),
        ..ClientConfig::default()
    }
}

/// The realm in which the options are found out: a flag or a variable can set its limits, the script cannot.
fn first_realm(source: &Source) -> Result<RealmSettings, Failure> {
    let memory = source.text_of("memoryPerRealm").and_then(|text| Size::parse(&text));
    Ok(RealmSettings {
        memory_limit_bytes: memory.map_or_else(loadline_runner::memory_of_a_realm, limit),
        init_limit: init_limit(&source.variables)?,
        share_packages: false,
        stop_init: StopWhen::never(),
        ..RealmSettings::default()
    })
}

/// The realms of the run.
fn realm_settings(options: &Options, first: &RealmSettings) -> RealmSettings {
    RealmSettings {
        memory_limit_bytes: options.memory_per_realm.map_or(first.memory_limit_bytes, limit),
        share_packages: options.share_packages.unwrap_or(first.share_packages),
        stop_init: StopWhen::never(),
        ..first.clone()
    }
}

/// 0 is no limit.
fn limit(size: Size) -> Option<usize> {
    usize::try_from(size.bytes).ok().filter(|bytes| *bytes > 0)
}

/// The script, and the data that its init code has opened and made.
fn load(
    source: &Source,
    schema: &Arc<Schema>,
    log: &Arc<dyn Log>,
    realms: RealmSettings,
    interrupts: &Interrupts,
) -> Result<(Script, Arc<Kept>), Failure> {
    let client = loadline_client::Shared::new(default_client()).ends(Ending::CouldNotRun)?;
    let mut process = Process::new(Arc::clone(schema), source.environment.clone(), client, Arc::clone(log))
        .ends(Ending::CouldNotRun)?;
    let kept = Arc::new(Kept::limited(data_limit(&source.variables)?));
    process.kept = Arc::clone(&kept);
    let files = Arc::clone(&source.files);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let loaded = Script::load_aside(
        files,
        &source.entry,
        &source.folder,
        Arc::new(process),
        realms,
        interrupts.first(),
    );
    let script = runtime.block_on(loaded);
    let script =
        script.map_err(|error| Failure { ending: ending_of(&error, source), error: error.into() })?;
    Ok((script, kept))
}

fn ending_of(error: &LoadError, source: &Source) -> Ending {
    match error {
        // A script that is not there is a mistake of the caller; one that is broken, of its author.
        LoadError::Compile(_) if source.files.read(&source.folder.join(&source.entry)).is_err() => {
            Ending::Configuration
        }
        LoadError::Init { fault: Fault::Aborted(_), .. } => Ending::Aborted,
        LoadError::Init { fault: Fault::Interrupted, .. } => Ending::Signal,
        LoadError::Compile(_) | LoadError::Init { .. } => Ending::ScriptException,
        LoadError::Schema(_) => Ending::Configuration,
    }
}

/// The limit applies while the script's own options are still unknown, so it can only come from the environment.
fn init_limit(variables: &[(String, String)]) -> Result<Duration, Failure> {
    let of = |name: &str| variables.iter().find(|(variable, _)| variable == name).map(|(_, value)| value);
    let Some(text) = of("LOADLINE_INIT_TIMEOUT") else { return Ok(INIT_LIMIT) };
    loadline_units::parse_duration_or_ms(text)
        .context("in the variable `LOADLINE_INIT_TIMEOUT`")
        .ends(Ending::Configuration)
}

/// Users are not put together into a realm by force when their script is known to need one for each.
///
/// Promises are no such reason: what they cannot do together is refused when a user does it.
fn may_share(script: &Script, settled: &Settled) -> Result<(), Failure> {
    let (Some(number @ 2..), Some(reason)) = (settled.options.vus_per_realm, script.own_realm()) else {
        return Ok(());
    };
    if *reason == OwnRealm::Promises {
        return Ok(());
    }
    let text = format!(
        "{number} users cannot share a JavaScript realm (`--vus-per-realm`, `vusPerRealm`), because the script {reason}\n  \
         --> {}\nhint: leave the option out, and each user gets a realm of its own",
        script.entry()
    );
    Err(Failure::new(Ending::Configuration, text))
}

/// So many scenarios are told of.
const NAMED: usize = 10;

/// How much the files that `open` reads and the shared arrays may take together. They are made before the script's
/// options are known, so this too comes from the environment. Otherwise a quarter of the memory, and no more than a
/// gigabyte.
fn data_limit(variables: &[(String, String)]) -> Result<Option<u64>, Failure> {
    const NAME: &str = "LOADLINE_DATA_LIMIT";
    let Some((_, text)) = variables.iter().find(|(variable, value)| variable == NAME && !value.is_empty())
    else {
        return Ok(Some(
            loadline_runner::memory_of_a_realm().map_or(MOST_DATA, |bytes| MOST_DATA.min(bytes as u64)),
        ));
    };
    let size = Size::parse(text).with_context(|| {
        format!("the variable `{NAME}` is `{text}`, which is not a size\nhint: write one such as `512MiB`, or 0 for no limit")
    });
    Ok(Some(size.ends(Ending::Configuration)?.bytes).filter(|bytes| *bytes > 0))
}

/// How many combinations of tags are told apart; the schema is there before the script's options are.
fn tag_set_limit(variables: &[(String, String)]) -> Result<usize, Failure> {
    const NAME: &str = "LOADLINE_TAG_SET_LIMIT";
    let Some((_, text)) = variables.iter().find(|(variable, _)| variable == NAME) else {
        return Ok(DEFAULT_TAG_SET_LIMIT);
    };
    let limit = text.trim().parse().ok().filter(|limit| (1..=1_000_000).contains(limit));
    limit.ok_or_else(|| {
        let problem = format!(
            "`{text}` in the variable `{NAME}` is not a number of tag sets\nhint: use a whole number from 1 to 1000000"
        );
        Failure::new(Ending::Configuration, problem)
    })
}

/// Every scenario names a function that the script exports.
fn has_functions(script: &Script, settled: &Settled) -> Result<(), Failure> {
    let missing = settled.plan.scenarios.iter().filter(|scenario| !script.has_function(&scenario.exec));
    let problems: Vec<String> = missing
        .map(|scenario| {
            let others: Vec<String> = script
                .functions()
                .iter()
                .filter(|name| !["setup", "teardown", "handleSummary"].contains(&name.as_str()))
                .map(|name| format!("`{name}`"))
                .collect();
            let hint = if others.is_empty() {
                format!("add `export {} function () {{ … }}`", scenario.exec)
            } else {
                format!("it exports {}", first_of(&others, NAMED, ", "))
            };
            format!(
                "scenario `{}` runs the function `{}`, which the script does not export\n  --> {}\nhint: {hint}",
                scenario.name,
                scenario.exec,
                script.entry()
            )
        })
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    let more = problems.len().saturating_sub(NAMED);
    let mut text = problems[..problems.len() - more].join("\nerror: ");
    if more > 0 {
        text += &format!("\n\nand {more} more");
    }
    Err(Failure::new(Ending::Configuration, text))
}
