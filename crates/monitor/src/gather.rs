//! Reads all counters and gives them their names and labels.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use crate::{
    catalogue as about,
    family::{About, Family, Kind, Label, Point, Value},
    monitor::{Inner, lock},
    process::Process,
    query::QueryInner,
    record::{Boundaries, Counts, Ending, Key, MethodIndex, OTHER, QUERIES, REQUESTS},
};

const MS: f64 = 1e6;
const S: f64 = 1e9;

/// All metrics; names without a value are left out, since no data is not 0.
pub(crate) fn gather(monitor: &Inner) -> Vec<Family> {
    let mut families = Vec::from(requests(monitor));
    families.extend(queries(monitor));
    families.extend(waits(monitor));
    families.extend(pools(monitor));
    families.push(outgoing(monitor));
    families.extend(caches(monitor));
    families.extend(process());
    families.extend(own(monitor));
    families.retain(|family| !family.points.is_empty());
    families
}

fn requests(monitor: &Inner) -> [Family; 3] {
    let mut story = Merged::default();
    let mut opentelemetry = Merged::default();
    for endpoint in monitor.endpoints.iter() {
        for series in endpoint.series.iter() {
            let counts = series.durations.counts();
            let method = series.key.method.name();
            if let Some(name) = &endpoint.name {
                let status = match series.key.ending {
                    Ending::Status(0) => Cow::Borrowed(OTHER),
                    ending => ending.story_status().to_string().into(),
                };
                let labels = vec![
                    ("method", method.into()),
                    ("endpoint", name.to_string().into()),
                    ("status", status),
                ];
                story.add(traffic(labels, series.key), &counts);
            }
            if let Some(route) = &endpoint.route {
                let mut labels = vec![("http.request.method", method.into()), ("url.scheme", "http".into())];
                // A request that no route matched has none, says OpenTelemetry; but a label that is sometimes missing is a trap in PromQL.
                labels.push(("http.route", route.to_string().into()));
                if let Some(status) = series.key.ending.sent_status() {
                    labels.push(("http.response.status_code", status.to_string().into()));
                }
                if let Some(error) = series.key.ending.error_type() {
                    labels.push(("error.type", error.into()));
                }
                opentelemetry.add(traffic(labels, series.key), &counts);
            }
        }
    }
    let active = MethodIndex::all().map(|method| (method, monitor.active.get(method)));
    let active = active.filter(|(method, number)| *number != 0 || method.name() == "GET");
    let active = active.map(|(method, number)| {
        let labels = vec![("http.request.method", method.name().into()), ("url.scheme", "http".into())];
        Point::number(labels, number as f64)
    });
    [
        story.family(&about::API_DURATION, &REQUESTS, MS),
        opentelemetry.family(&about::SERVER_DURATION, &REQUESTS, S),
        Family { about: &about::SERVER_ACTIVE, points: active.collect() },
    ]
}

/// Load tests have a label more; users' requests have none, so that their series are those the story names.
fn traffic(mut labels: Vec<Label>, key: Key) -> Vec<Label> {
    if let Some(word) = key.load_test.label() {
        labels.push(("load_test", word.into()));
    }
    labels
}

fn queries(monitor: &Inner) -> [Family; 2] {
    let mut story = Merged::default();
    let mut opentelemetry = Merged::default();
    let all: Vec<Arc<QueryInner>> = lock(&monitor.queries).iter().map(Arc::clone).collect();
    for query in all {
        let counts = query.durations.counts();
        let labels =
            vec![("operation", query.operation.clone().into()), ("model", query.model.clone().into())];
        story.add(labels, &counts);
        let mut labels = vec![
            ("db.operation.name", query.operation.clone().into()),
            ("db.collection.name", query.model.clone().into()),
        ];
        if let Some(system) = monitor.database_system.get() {
            labels.push(("db.system.name", system.clone().into()));
        }
        opentelemetry.add(labels, &counts);
    }
    [
        story.family(&about::QUERY_DURATION, &QUERIES, MS),
        opentelemetry.family(&about::OPERATION_DURATION, &QUERIES, S),
    ]
}

fn waits(monitor: &Inner) -> [Family; 2] {
    let mut story = Merged::default();
    let mut opentelemetry = Merged::default();
    for waits in lock(&monitor.waits).iter() {
        let (counts, pool) = (waits.durations.counts(), || waits.pool.clone().into());
        story.add(vec![("pool", pool())], &counts);
        opentelemetry.add(vec![("db.client.connection.pool.name", pool())], &counts);
    }
    [
        story.family(&about::POOL_WAIT, &QUERIES, MS),
        opentelemetry.family(&about::CONNECTION_WAIT, &QUERIES, S),
    ]
}

fn pools(monitor: &Inner) -> [Family; 3] {
    let (mut count, mut most, mut pending) = (Vec::new(), Vec::new(), Vec::new());
    for (name, read) in lock(&monitor.pools).iter() {
        let levels = read();
        let pool: Label = ("db.client.connection.pool.name", name.clone().into());
        for (state, number) in [("used", levels.in_use), ("idle", levels.idle)] {
            let labels = vec![pool.clone(), ("db.client.connection.state", state.into())];
            count.push(Point::number(labels, number as f64));
        }
        most.push(Point::number(vec![pool.clone()], levels.limit as f64));
        pending.push(Point::number(vec![pool], levels.waiting as f64));
    }
    [
        Family { about: &about::CONNECTIONS, points: count },
        Family { about: &about::CONNECTIONS_MAX, points: most },
        Family { about: &about::CONNECTIONS_PENDING, points: pending },
    ]
}

fn outgoing(monitor: &Inner) -> Family {
    let mut merged = Merged::default();
    for target in lock(&monitor.outgoing).iter() {
        for series in target.series.iter() {
            let mut labels: Vec<Label> = vec![
                ("http.request.method", series.key.method.name().into()),
                ("server.address", target.server_address.clone().into()),
            ];
            if let Some(status) = series.key.ending.sent_status() {
                labels.push(("http.response.status_code", status.to_string().into()));
            }
            if let Some(error) = series.key.ending.client_error_type() {
                labels.push(("error.type", error.into()));
            }
            merged.add(labels, &series.durations.counts());
        }
    }
    merged.family(&about::CLIENT_DURATION, &REQUESTS, S)
}

fn caches(monitor: &Inner) -> [Family; 2] {
    let told = lock(&monitor.told);
    let mut uses: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for endpoint in monitor.endpoints.iter() {
        if let (Some(name), (hits, misses)) = (&endpoint.name, endpoint.cache.get()) {
            let sums = uses.entry(name).or_default();
            *sums = (sums.0 + hits, sums.1 + misses);
        }
    }
    // Who stands in front knows better.
    uses.extend(told.iter().map(|(name, counts)| (name.as_str(), *counts)));
    uses.retain(|_, (hits, misses)| *hits + *misses > 0);
    let name = |name: &str| -> Label { ("endpoint", name.to_owned().into()) };
    let rates = uses.iter().map(|(endpoint, (hits, misses))| {
        Point::number(vec![name(endpoint)], *hits as f64 / (*hits + *misses) as f64)
    });
    let answers = uses.iter().flat_map(|(endpoint, (hits, misses))| {
        [("hit", *hits), ("miss", *misses)].map(|(result, number)| {
            Point::number(vec![name(endpoint), ("result", result.into())], number as f64)
        })
    });
    [
        Family { about: &about::CACHE_HIT_RATE, points: rates.collect() },
        Family { about: &about::CACHE_ANSWERS, points: answers.collect() },
    ]
}

fn process() -> impl Iterator<Item = Family> {
    let process = Process::read();
    [
        (&about::RESIDENT, process.resident_bytes),
        (&about::VIRTUAL, process.virtual_bytes),
        (&about::CPU, process.cpu_s),
        (&about::OPEN_DESCRIPTORS, process.open_descriptors),
        (&about::MOST_DESCRIPTORS, process.most_descriptors),
        (&about::THREADS, process.threads),
        (&about::START, process.start_s),
    ]
    .into_iter()
    .map(|(about, value)| single(about, value))
}

fn single(about: &'static About, value: Option<f64>) -> Family {
    Family { about, points: value.map(|value| Point::number(Vec::new(), value)).into_iter().collect() }
}

/// How the monitor itself fares.
fn own(monitor: &Inner) -> Vec<Family> {
    let mut families = vec![single(&about::OVERFLOW, Some(monitor.endpoints.overflow() as f64))];
    if monitor.tracer.get().is_some() {
        let exports = &monitor.exports;
        let spans = [
            ("sent", exports.spans_sent.load(Ordering::Relaxed)),
            ("dropped", monitor.spans_dropped()),
            ("lost", exports.spans_lost.load(Ordering::Relaxed)),
        ];
        let failures = [("traces", &exports.failed_traces), ("metrics", &exports.failed_metrics)].map(
            |(signal, failed)| {
                Point::number(vec![("signal", signal.into())], failed.load(Ordering::Relaxed) as f64)
            },
        );
        families.push(Family {
            about: &about::SPANS,
            points: spans
                .map(|(outcome, n)| Point::number(vec![("outcome", outcome.into())], n as f64))
                .into(),
        });
        families.push(Family { about: &about::EXPORT_FAILURES, points: failures.into() });
    }
    families
}

/// Series by their labels: those that differ only in what the labels don't show are one.
#[derive(Default)]
struct Merged(BTreeMap<Vec<Label>, Counts>);

impl Merged {
    fn add(&mut self, labels: Vec<Label>, counts: &Counts) {
        if !counts.is_empty() {
            self.0.entry(labels).or_default().add(counts);
        }
    }

    fn family(self, about: &'static About, boundaries: &Boundaries, unit_ns: f64) -> Family {
        let Kind::Histogram(bounds) = about.kind else { unreachable!("durations are shown as histograms") };
        let points = self.0.into_iter().map(|(labels, counts)| Point {
            labels,
            value: Value::Histogram {
                buckets: counts.buckets(boundaries, bounds, unit_ns),
                sum: counts.sum(unit_ns),
            },
        });
        Family { about, points: points.collect() }
    }
}
