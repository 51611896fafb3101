//! The figures of a run that comparisons, baselines and histories are about: those that the run itself says are worth
//! comparing ([`ComparedFigures`](loadline_measure::ComparedFigures)).

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use loadline_measure::{
    Figure, FigureSpec, Quantity, RESPONSE_TIME, Run, Series, Sink, Subject, TagSet, TagSetId,
};

use crate::answers::response_time_name;
use crate::endpoint::Endpoints;
use crate::gathered::Gathered;
use crate::missing::Missing;
use crate::router::Router;
use crate::untold::Known;

/// The figures of a run, subject by subject in the order of the run's list. Subjects without a value have none, nor
/// those whose values the run cannot tell from others, or does not have all of.
pub fn figures(run: &Run, endpoints: &Endpoints) -> Vec<Figure> {
    measured(run, endpoints).into_iter().map(|measured| measured.figure).collect()
}

/// A figure, and what it was made of.
pub(crate) struct Measured<'r> {
    pub(crate) figure: Figure,
    pub(crate) spec: &'r FigureSpec,
    pub(crate) values: Rc<Values>,
}

/// The values of one metric and one subject.
#[derive(Default)]
pub(crate) struct Values {
    pub(crate) series: Vec<Series>,
    pub(crate) gathered: Gathered,
}

impl Measured<'_> {
    /// Whether it is of everything together.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.spec.subject, Subject::All(_))
    }

    /// Its subject and quantity, which tell it from the others of a run.
    pub(crate) fn name(&self) -> (&str, &str) {
        (&self.figure.subject, &self.figure.quantity)
    }
}

/// Whether a run would know of values like those that a figure of another run is made of: one that has none then had
/// none, and has not just folded them away.
pub(crate) fn would_know(run: &Run, endpoints: &Endpoints, other: &Measured<'_>) -> bool {
    let known = Known::of(run, endpoints);
    if Missing::of(run)
        .words(metric_name(run, other.spec), &tags_of(other.spec, &other.figure.subject))
        .is_some()
    {
        return false;
    }
    match &other.spec.subject {
        Subject::All(_) => true,
        Subject::Endpoint => {
            known.untold_endpoint(metric_name(run, other.spec), &other.figure.subject).is_none()
        }
        Subject::Tag(key) => !run.series().any(|(_, tags, _)| tags.has_folded(key)),
    }
}

/// Figures by their names.
pub(crate) fn by_name<'m, 'r>(measured: &'m [Measured<'r>]) -> HashMap<(&'m str, &'m str), &'m Measured<'r>> {
    measured.iter().map(|one| (one.name(), one)).collect()
}

/// As [`figures`], with what each was made of.
pub(crate) fn measured<'r>(run: &'r Run, endpoints: &Endpoints) -> Vec<Measured<'r>> {
    let specs = &run.meta.figures.0;
    let cuts = Cuts::of(run, endpoints);
    let missing = Missing::of(run);
    let mut done: Vec<&Subject> = Vec::new();
    let mut all = Vec::new();
    for subject in specs.iter().map(|spec| &spec.subject) {
        if done.contains(&subject) {
            continue;
        }
        done.push(subject);
        let of_subject: Vec<&FigureSpec> = specs.iter().filter(|spec| spec.subject == *subject).collect();
        for name in cuts.names(subject, endpoints) {
            let figures = of_subject.iter().filter_map(|spec| {
                if missing.words(metric_name(run, spec), &tags_of(spec, &name)).is_some() {
                    return None;
                }
                let metric = run.schema().metric(run.schema().find(metric_name(run, spec))?);
                let values = cuts.values(spec, &name).cloned().unwrap_or_else(|| Rc::new(Values::of(run)));
                // Of what there was, but nothing of this, there was none: nobody answered.
                let counts = matches!(spec.quantity, Quantity::Rate | Quantity::Count);
                let none = || (counts && !run.duration.is_zero()).then_some((0.0, 0));
                let (value, count) = values.gathered.figure(spec.quantity).or_else(none)?;
                let (quantity, scale) = (spec.label(), spec.scale(&metric));
                let figure = Figure { subject: name.clone(), quantity, value, scale, values: count };
                Some(Measured { figure, spec, values })
            });
            all.extend(figures);
        }
    }
    all
}

/// The values of a run, cut by what its figures are of.
struct Cuts<'r> {
    cuts: Vec<Cut<'r>>,
}

/// The values of one metric, by subject.
struct Cut<'r> {
    spec: &'r FigureSpec,
    values: BTreeMap<String, Rc<Values>>,
}

impl<'r> Cuts<'r> {
    fn of(run: &'r Run, endpoints: &Endpoints) -> Self {
        let router = Router::new(endpoints);
        let known = Known::of(run, endpoints);
        // What two figures are made of alike is gathered once.
        let mut cuts: Vec<(&FigureSpec, BTreeMap<String, Values>)> = Vec::new();
        for spec in &run.meta.figures.0 {
            if !cuts.iter().any(|(other, _)| is_cut_alike(other, spec)) {
                cuts.push((spec, BTreeMap::new()));
            }
        }
        let metrics: Vec<_> =
            cuts.iter().map(|(spec, _)| run.schema().find(metric_name(run, spec))).collect();
        let mut names: HashMap<TagSetId, Vec<&str>> = HashMap::new();
        for (series, tags, sink) in run.series() {
            for ((spec, cut), _) in
                cuts.iter_mut().zip(&metrics).filter(|(_, metric)| **metric == Some(series.metric))
            {
                if !tags.matches(&spec.tags) {
                    continue;
                }
                let mut add = |name: &str| {
                    if !cut.contains_key(name) {
                        cut.insert(name.to_owned(), Values::of(run));
                    }
                    cut.get_mut(name).into_iter().for_each(|values| values.add(run, series, sink));
                };
                match &spec.subject {
                    Subject::All(name) => add(name),
                    Subject::Endpoint => {
                        let names = names.entry(series.tags).or_insert_with(|| router.of_tags(tags));
                        for name in names.iter() {
                            add(name);
                        }
                    }
                    Subject::Tag(key) => value_of(tags, key).into_iter().for_each(&mut add),
                }
            }
        }
        // What one of an endpoint's metrics cannot tell is left out of all: half an endpoint is another one.
        let of_endpoints: Vec<&str> = cuts
            .iter()
            .filter(|(spec, _)| spec.subject == Subject::Endpoint)
            .map(|(spec, _)| metric_name(run, spec))
            .collect();
        let told = |spec: &FigureSpec, name: &str| {
            spec.subject != Subject::Endpoint
                || of_endpoints.iter().all(|metric| known.untold_endpoint(metric, name).is_none())
        };
        let cuts = cuts.into_iter().map(|(spec, values)| Cut {
            spec,
            values: values
                .into_iter()
                .filter(|(name, _)| told(spec, name))
                .map(|(name, values)| (name, Rc::new(values)))
                .collect(),
        });
        Self { cuts: cuts.collect() }
    }

    /// The names of what has values of a subject, in the order they are shown in.
    fn names(&self, subject: &Subject, endpoints: &Endpoints) -> Vec<String> {
        let cuts = || self.cuts.iter().filter(|cut| cut.spec.subject == *subject);
        if *subject == Subject::Endpoint {
            let names = endpoints.iter().map(|endpoint| &endpoint.name);
            return names.filter(|name| cuts().any(|cut| cut.values.contains_key(*name))).cloned().collect();
        }
        let mut names: Vec<String> = cuts().flat_map(|cut| cut.values.keys().cloned()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn values(&self, spec: &FigureSpec, name: &str) -> Option<&Rc<Values>> {
        self.cuts.iter().find(|cut| is_cut_alike(cut.spec, spec))?.values.get(name)
    }
}

impl Values {
    fn of(run: &Run) -> Self {
        Self { series: Vec::new(), gathered: Gathered::over(run.duration) }
    }

    fn add(&mut self, run: &Run, series: Series, sink: &Sink) {
        self.series.push(series);
        self.gathered.add(sink);
        for (_, level) in run.gauge(series) {
            self.gathered.add_level(*level);
        }
    }
}

/// The tags that the values of a figure have.
fn tags_of(spec: &FigureSpec, name: &str) -> Vec<(String, String)> {
    let of_subject = match &spec.subject {
        Subject::Tag(key) => Some((key.clone(), name.to_owned())),
        Subject::All(_) | Subject::Endpoint => None,
    };
    spec.tags.iter().cloned().chain(of_subject).collect()
}

/// Which of the figures that a run should have it has not, because it misses values of them: a line for each reason.
pub fn figures_missed(run: &Run) -> Vec<String> {
    let missing = Missing::of(run);
    let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for spec in &run.meta.figures.0 {
        let Some(why) = missing.words(metric_name(run, spec), &spec.tags) else { continue };
        let of = match &spec.subject {
            Subject::All(name) => format!("{} of {name}", spec.label()),
            Subject::Endpoint => format!("{} of endpoints", spec.label()),
            Subject::Tag(key) => format!("{} by `{key}`", spec.label()),
        };
        by_reason.entry(why).or_default().push(of);
    }
    by_reason
        .into_iter()
        .map(|(why, of)| format!("{}: no data for part of the run: {why}", of.join(", ")))
        .collect()
}

/// The value of a tag, unless it is not known.
fn value_of<'t>(tags: &'t TagSet, key: &str) -> Option<&'t str> {
    tags.get(key).filter(|_| !tags.has_folded(key))
}

/// What the metric of a figure is called in a run.
fn metric_name<'s>(run: &Run, spec: &'s FigureSpec) -> &'s str {
    if spec.metric == RESPONSE_TIME { response_time_name(run.schema()) } else { &spec.metric }
}

/// Whether two figures are made of the same values.
fn is_cut_alike(one: &FigureSpec, other: &FigureSpec) -> bool {
    (&one.subject, &one.metric, &one.tags) == (&other.subject, &other.metric, &other.tags)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use loadline_measure::{
        Better, ComparedFigures, FigureUnit, MetricKind, Quantity, Recorder, RunMeta, Schema, Unit,
    };

    use super::*;

    /// Two caches, one of which hits three times in four, and replicas that go from 2 to 4.
    fn run(figures: Vec<FigureSpec>) -> Run {
        let schema = Schema::new();
        let hits = schema.define("cache_hits", MetricKind::Rate, Unit::Plain).unwrap();
        let replicas = schema.define("replicas", MetricKind::Gauge, Unit::Plain).unwrap();
        let mut recorder = Recorder::new(Arc::clone(&schema));
        let meta = RunMeta { figures: ComparedFigures(figures), ..RunMeta::default() };
        let mut run = Run::new(meta, schema);
        let [edge, local] =
            ["edge", "local"].map(|cache| recorder.tags(TagSetId::EMPTY, &[("cache", cache)]));
        for second in 0..3 {
            for hit in [1.0, 1.0, 1.0, 0.0] {
                recorder.record(hits, hit, edge);
            }
            recorder.record(hits, 0.0, local);
            recorder.record(replicas, second as f64 + 2.0, TagSetId::EMPTY);
            run.push(second, recorder.take_window());
        }
        run
    }

    #[test]
    fn a_run_says_itself_what_is_worth_comparing() {
        let each = Subject::Tag("cache".to_owned());
        let all = Subject::All("the service".to_owned());
        let run = run(vec![
            FigureSpec::new(each, "cache_hits", Quantity::Share, Better::Higher).called("hits"),
            FigureSpec::new(all.clone(), "replicas", Quantity::Average, Better::Lower).of("replicas"),
            FigureSpec::new(all, "cache_hits", Quantity::Share, Better::Higher).called("hits"),
            FigureSpec::new(Subject::Endpoint, "unheard_of", Quantity::Count, Better::Lower),
        ]);
        let figures = figures(&run, &Endpoints::default());
        let told: Vec<(&str, &str, f64, u64)> = figures
            .iter()
            .map(|figure| (figure.subject.as_str(), figure.quantity.as_str(), figure.value, figure.values))
            .collect();
        assert_eq!(
            told,
            [
                ("edge", "hits", 0.75, 12),
                ("local", "hits", 0.0, 3),
                ("the service", "avg", 3.0, 3),
                ("the service", "hits", 0.6, 15),
            ]
        );
        assert_eq!(figures[0].scale.better, Better::Higher);
        assert_eq!(figures[2].scale.unit, FigureUnit::Of("replicas".to_owned()));
    }

    #[test]
    fn only_values_with_the_tags_count() {
        let all = Subject::All("edge alone".to_owned());
        let mut spec = FigureSpec::new(all, "cache_hits", Quantity::Share, Better::Higher);
        spec.tags.push(("cache".to_owned(), "edge".to_owned()));
        let run = run(vec![spec]);
        assert_eq!(figures(&run, &Endpoints::default())[0].value.to_bits(), 0.75_f64.to_bits());
    }
}
