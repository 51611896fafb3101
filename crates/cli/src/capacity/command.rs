//! From arguments to what is searched, a script or a URL.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use loadline_capacity::live::{Load, Scale};
use loadline_hit::{ArrivalRate, Hit, HitSettings};
use loadline_report::Users;
use loadline_runner::{Ending, Ends, Failure, Interrupts, Subject, Voice};
use loadline_scripted::Source;
use url::Url;

use super::arguments::CapacityArguments;
use super::search::Search;
use crate::common::{Screen, ScreenSettings, database, find, sampling};
use crate::run::{OptionArguments, OutputArguments, source};

/// Finds the load line of a script or a URL.
pub(crate) fn capacity(arguments: &CapacityArguments) -> Result<Ending, Failure> {
    loadline_runner::raise_descriptor_limit();
    let settings = ScreenSettings {
        quiet: true,
        no_color: arguments.answer.no_color,
        latency: None,
        users: Users::Vus,
        ..ScreenSettings::default()
    };
    let screen = Arc::new(Screen::new(settings));
    let voice: Arc<dyn Voice> = Arc::clone(&screen) as Arc<dyn Voice>;
    let interrupts = Interrupts::listen(&voice).ends(Ending::CouldNotRun)?;
    let mut found = find(&arguments.project).ends(Ending::Configuration)?;
    arguments.sampling.database.take_place_in(&mut found);
    let mut sampled = sampling(&arguments.sampling).ends(Ending::Configuration)?;
    database::follow(&mut sampled, &found).ends(Ending::Configuration)?;
    let search = Search {
        wanted: &arguments.search,
        answer: &arguments.answer,
        screen: &screen,
        voice: &voice,
        interrupts: &interrupts,
        sampling: &sampled,
        project: &found,
        can_resume: true,
        meaning: None,
    };
    if let Some(path) = arguments.script() {
        return search.script(&source_of(&search, arguments, &path, None)?);
    }
    let (mut hit, url) = hit_of(&search, arguments, &arguments.target)?;
    let scale = Scale::of(&hit.terms().plan).map(|scale| scale.counted_in(Load::Requests));
    let scale = scale.ok_or_else(|| Failure::new(Ending::CouldNotRun, "there is nothing to scale"))?;
    search.look(&mut hit, &scale, Some(&url))
}

/// What a script is prepared from. `url` is where it finds its server, if that is known here.
pub(crate) fn source_of(
    search: &Search<'_>,
    arguments: &CapacityArguments,
    path: &Path,
    url: Option<&str>,
) -> Result<Source, Failure> {
    let options = OptionArguments { env: arguments.env.clone(), ..OptionArguments::default() };
    let mut source = source(path, &options, &OutputArguments::default())?;
    source.scraped.clone_from(&search.sampling.metrics);
    source.database = search.sampling.database.is_some();
    source.edge = search.project.project.edge.clone();
    if let Some(url) = url {
        source.environment.insert("BASE_URL".to_owned(), url.to_owned());
    } else if let Some(url) = &search.project.project.target.url {
        source.environment.entry("BASE_URL".to_owned()).or_insert_with(|| url.clone());
    }
    Ok(source)
}

/// The request of a URL, at a rate, and where it goes.
pub(crate) fn hit_of(
    search: &Search<'_>,
    arguments: &CapacityArguments,
    url: &str,
) -> Result<(Hit, Url), Failure> {
    let settings = request(arguments, url).ends(Ending::Configuration)?;
    let (mut hit, _) = Hit::prepare(&settings, &search.project.project).ends(Ending::Configuration)?;
    hit.came_from(arguments.answer.history.target_version.as_deref());
    Ok((hit, settings.url))
}

/// The settings of that request.
fn request(arguments: &CapacityArguments, text: &str) -> Result<HitSettings> {
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = loadline_client::parse_url(&full)
        .with_context(|| format!("`{text}` is neither a script nor a URL"))?;
    let mut settings = HitSettings::new(url);
    settings.timeout = arguments.timeout;
    settings.connections = arguments.connections;
    settings.rate = Some(ArrivalRate::per_second(1));
    settings.insecure = arguments.insecure;
    settings.budgets.clone_from(&arguments.search.budgets);
    arguments.request.enter(&mut settings)?;
    Ok(settings)
}
