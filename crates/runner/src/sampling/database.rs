//! The database that is followed while a run goes on: how it is asked for, and how a run's requests get to it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use loadline_config::DatabaseSection;
use loadline_measure::{
    MetricId, RunMeta, Schema, SchemaError, Sink, TagSet, TagSetId, Window, response_time,
};
use loadline_pg::cost::{CostMetrics, DatabaseCost, METRICS, Requests, descriptions, figures};
use loadline_pg::live::{Address, DatabaseSampler, DatabaseSettings};
use loadline_verdict::{Budgets, Router, Subject};

use super::typed::SamplingError;
use crate::ending::Ending;
use crate::failure::{Ends, Failure};
use crate::project::learn_password;
use crate::voice::Voice;

/// What requests are called that have neither endpoint nor name.
const UNNAMED: &str = "requests";
/// Metrics of what sessions make the database as a whole count.
const WHOLE: [&str; 4] = ["db_commits", "db_rollbacks", "db_deadlocks", "db_temp_files"];

/// Understands which database is to be followed: the one that was typed, or the project's.
///
/// # Errors
/// What is wrong with the URLs.
pub fn database_settings(
    typed: Option<&str>,
    section: &DatabaseSection,
) -> Result<Option<DatabaseSettings>, SamplingError> {
    let Some(url) = typed.or(section.url.as_deref()) else { return Ok(None) };
    let address = |text: &str, what: &str| {
        learn_password(text);
        let read = text.parse::<Address>();
        read.map_err(|error| SamplingError::new(format!("the {what}'s URL {error}")))
    };
    let mut settings = DatabaseSettings::new(address(url, "database")?);
    if let Some(pooler) = &section.pgbouncer {
        settings.pgbouncer = Some(address(pooler, "pooler")?);
    }
    if let Some(top) = section.top {
        settings.top = usize::try_from(top).unwrap_or(settings.top);
    }
    settings.plans = section.plans.unwrap_or(true);
    Ok(Some(settings))
}

/// Defines the metrics of a database's cost, so that thresholds and budgets can be on them.
///
/// # Errors
/// When a metric of a script has the name of one of them.
pub fn define_database(schema: &Schema) -> Result<(), SchemaError> {
    CostMetrics::define(schema).map(|_| ())
}

/// Whether a selector is of a metric of a database's cost: one that has no data where no database is followed.
pub fn is_of_database(selector: &str) -> bool {
    let name = selector.split('{').next().unwrap_or_default().trim();
    METRICS.iter().any(|(known, ..)| *known == name)
}

/// Says in a Run what its figures of a database are.
pub(crate) fn describe(meta: &mut RunMeta) {
    meta.figures.0.extend(figures());
    meta.descriptions.extend(descriptions());
}

/// Whether something is judged by what the database as a whole counts, which its sessions report late.
fn is_on_the_whole(budgets: &Budgets) -> bool {
    let of_project = budgets.project.iter().filter_map(|budget| match &budget.subject {
        Subject::Metric(selector) => Some(selector),
        Subject::Endpoint(_) | Subject::Part { .. } => None,
    });
    let selectors = budgets.budgets.iter().map(|budget| &budget.selector).chain(of_project);
    selectors.into_iter().any(|selector| WHOLE.contains(&selector.metric.as_str()))
}

/// A database that is followed.
pub(crate) struct Database<'e> {
    sampler: DatabaseSampler,
    requests: Counted<'e>,
}

/// Requests by endpoint.
struct Counted<'e> {
    router: Router<'e>,
    schema: Arc<Schema>,
    sent: Option<MetricId>,
    answered: Option<MetricId>,
    names: HashMap<TagSetId, Vec<String>>,
}

impl<'e> Database<'e> {
    /// Starts to follow it.
    pub(crate) fn start(
        settings: &DatabaseSettings,
        schema: &Arc<Schema>,
        budgets: &'e Budgets,
        voice: &Arc<dyn Voice>,
    ) -> Result<Self, Failure> {
        let endpoints = &budgets.endpoints;
        let known = endpoints.clone();
        let endpoint = Arc::new(move |said: &str| {
            if known.contains(said) {
                return Some(said.to_owned());
            }
            let found = Router::new(&known).of_request("", said).first().map(|name| (*name).to_owned());
            // What has no name in the project is called as requests to it are.
            found.or_else(|| Some(said.to_owned()))
        });
        let told = Arc::clone(voice);
        let settings = DatabaseSettings { whole: is_on_the_whole(budgets), ..settings.clone() };
        let sampler = DatabaseSampler::start(
            &settings,
            schema,
            endpoint,
            Arc::new(move |text: &str| told.warn(&loadline_verdict::brief_lines(text))),
        )
        .ends(Ending::CouldNotRun)?;
        let requests = Counted {
            router: Router::new(endpoints),
            schema: Arc::clone(schema),
            sent: schema.find("http_reqs"),
            answered: response_time(schema),
            names: HashMap::new(),
        };
        Ok(Self { sampler, requests })
    }

    /// Begins anew, with the load: what was counted until now was for its preparation.
    pub(crate) fn begin(&self) {
        self.sampler.begin();
    }

    /// A second is over, with what was measured in it. What was recorded since the last time.
    pub(crate) fn second(&mut self, second: u64, window: &Window) -> Window {
        self.sampler.second(second, self.requests.of(window));
        self.sampler.take_window()
    }

    /// Ends it, whatever it waits for.
    pub(crate) fn finish(self) -> Option<(Window, DatabaseCost)> {
        self.sampler.finish()
    }
}

impl Counted<'_> {
    fn of(&mut self, window: &Window) -> Vec<(String, Requests)> {
        let mut all: BTreeMap<&str, Requests> = BTreeMap::new();
        for (series, _) in window.iter() {
            if Some(series.metric) == self.sent && !self.names.contains_key(&series.tags) {
                let names = names(&self.router, &self.schema.tag_set(series.tags));
                self.names.insert(series.tags, names);
            }
        }
        for (series, sink) in window.iter() {
            let counted = match sink {
                Sink::Counter(counter) if Some(series.metric) == self.sent => {
                    Requests { requests: counter.sum, ..Requests::default() }
                }
                Sink::Trend(trend) if Some(series.metric) == self.answered => {
                    Requests { answered: trend.count() as f64, time_ms: trend.sum(), ..Requests::default() }
                }
                _ => continue,
            };
            for name in self.names.get(&series.tags).into_iter().flatten() {
                all.entry(name).or_default().add(&counted);
            }
        }
        all.into_iter().map(|(name, requests)| (name.to_owned(), requests)).collect()
    }
}

/// The endpoints of requests with these tags: those of the project, or else what the script calls them.
fn names(router: &Router<'_>, tags: &TagSet) -> Vec<String> {
    let of_project = router.of_tags(tags);
    if !of_project.is_empty() {
        return of_project.into_iter().map(str::to_owned).collect();
    }
    let said = ["endpoint", "name", "url"].into_iter().find_map(|key| tags.get(key));
    vec![said.map_or_else(|| UNNAMED.to_owned(), path)]
}

/// A URL's path, so that queries are not endpoints; other names are as they are.
fn path(name: &str) -> String {
    let Some((_, rest)) = name.split_once("://") else { return name.to_owned() };
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    path.split(['?', '#']).next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use loadline_measure::{Counter, MetricKind, Series, Unit};

    use super::*;

    #[test]
    fn requests_are_called_as_the_project_does_or_as_they_call_themselves() {
        let schema = Schema::new();
        let sent = schema.define("http_reqs", MetricKind::Counter, Unit::Plain).unwrap();
        let endpoints = loadline_verdict::Endpoints::of_texts(&[("show".into(), "GET /shows/:id".into())]);
        let mut counted = Counted {
            router: Router::new(&endpoints),
            schema: Arc::clone(&schema),
            sent: Some(sent),
            answered: None,
            names: HashMap::new(),
        };
        let mut window = Window::default();
        for (tags, sum) in [
            (vec![("method", "GET"), ("url", "http://h/shows/7"), ("name", "http://h/shows/7")], 2.0),
            (vec![("method", "GET"), ("url", "http://h/shows/8"), ("name", "http://h/shows/8")], 3.0),
            (vec![("method", "GET"), ("url", "http://h/a?x=1"), ("name", "http://h/a?x=1")], 4.0),
            (vec![("endpoint", "own")], 5.0),
            (vec![], 6.0),
        ] {
            let tags = schema.intern(TagSetId::EMPTY, &tags);
            window.add(Series { metric: sent, tags }, Sink::Counter(Counter { sum, count: 1 }));
        }
        let of: Vec<(String, f64)> =
            counted.of(&window).into_iter().map(|(name, requests)| (name, requests.requests)).collect();
        let named = |name: &str, number: f64| (name.to_owned(), number);
        assert_eq!(of, [named("/a", 4.0), named("own", 5.0), named("requests", 6.0), named("show", 5.0)]);
    }

    #[test]
    fn a_url_that_is_none_is_said_without_its_password() {
        let error = database_settings(Some("postgres://me:hunter2@h:port/x"), &DatabaseSection::default());
        let error = error.unwrap_err().to_string();
        assert!(error.contains("database's URL") && !error.contains("hunter2"), "{error}");
        assert!(database_settings(None, &DatabaseSection::default()).unwrap().is_none());
    }
}
