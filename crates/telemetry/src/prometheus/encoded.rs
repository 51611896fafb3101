//! Series as the bytes of a message, in version 2, and those bytes in version 1.

use bytes::Bytes;
use prost::Message as _;
use rustc_hash::FxHashMap;
use snap::raw::{Decoder, Encoder};

use super::identity::Text;
use super::points::{Point, Values};
use super::wire::{Type, v1, v2};

/// The name of the label that has the name.
const NAME: &str = "__name__";

/// A message of version 2 that grows.
pub(super) struct Draft {
    request: v2::Request,
    symbols: FxHashMap<Text, u32>,
    pub(super) points: u64,
}

impl Draft {
    pub(super) fn new() -> Self {
        // The first symbol is the empty one, as the specification wants.
        let request = v2::Request { symbols: vec![String::new()], timeseries: Vec::new() };
        Self { request, symbols: FxHashMap::from_iter([("".into(), 0)]), points: 0 }
    }

    /// Adds a series.
    pub(super) fn add(&mut self, point: Point<'_>) {
        let mut labels_refs = Vec::with_capacity(2 * point.labels.len() + 2);
        let mut is_named = false;
        for (name, value) in point.labels {
            if !is_named && **name > *NAME {
                is_named = true;
                self.name(&mut labels_refs, point.name);
            }
            labels_refs.push(self.symbol(name));
            labels_refs.push(self.symbol(value));
        }
        if !is_named {
            self.name(&mut labels_refs, point.name);
        }
        let unit_ref = if point.unit.is_empty() { 0 } else { self.symbol(&point.unit.into()) };
        let metadata = Some(v2::Metadata { kind: point.kind.into(), unit_ref });
        let (samples, histograms) = match point.values {
            Values::Numbers(samples) => (samples, Vec::new()),
            Values::Histograms(histograms) => (Vec::new(), histograms),
        };
        self.points += (samples.len() + histograms.len()) as u64;
        self.request.timeseries.push(v2::TimeSeries { labels_refs, samples, histograms, metadata });
    }

    fn name(&mut self, labels_refs: &mut Vec<u32>, name: &Text) {
        labels_refs.push(self.symbol(&NAME.into()));
        labels_refs.push(self.symbol(name));
    }

    fn symbol(&mut self, text: &Text) -> u32 {
        if let Some(place) = self.symbols.get(text) {
            return *place;
        }
        let place = self.request.symbols.len() as u32;
        self.request.symbols.push(text.as_ref().to_owned());
        self.symbols.insert(text.clone(), place);
        place
    }

    /// Its bytes.
    pub(super) fn finish(self, is_version_1: bool) -> Bytes {
        if is_version_1 { compressed(&version_1(self.request)) } else { compressed(&self.request) }
    }
}

/// The same message in version 1, and without native histograms if these are not wanted; with how many values it has.
/// `None` when nothing is left of it.
pub(super) fn again(body: &[u8], is_version_1: bool, to_1: bool, histograms: bool) -> Option<(Bytes, u64)> {
    // What was compressed here is read here.
    let bytes = Decoder::new().decompress_vec(body).ok()?;
    let mut request = if is_version_1 {
        v1::Request::decode(&*bytes).ok()?
    } else {
        let mut request = v2::Request::decode(&*bytes).ok()?;
        if !histograms {
            request.timeseries.retain(|series| series.histograms.is_empty());
        }
        if !to_1 {
            let points =
                request.timeseries.iter().map(|series| series.samples.len() + series.histograms.len());
            let points = points.sum::<usize>() as u64;
            return (points > 0).then(|| (compressed(&request), points));
        }
        version_1(request)
    };
    if !histograms {
        request.timeseries.retain(|series| series.histograms.is_empty());
    }
    let points = request.timeseries.iter().map(|series| series.samples.len() + series.histograms.len());
    let points = points.sum::<usize>() as u64;
    (points > 0).then(|| (compressed(&request), points))
}

fn compressed(message: &impl prost::Message) -> Bytes {
    // It refuses only what is larger than 4 GiB, which no message is.
    Encoder::new().compress_vec(&message.encode_to_vec()).map(Bytes::from).unwrap_or_default()
}

fn version_1(request: v2::Request) -> v1::Request {
    let v2::Request { symbols, timeseries } = request;
    let text = |place: u32| symbols.get(place as usize).cloned().unwrap_or_default();
    let mut metadata: Vec<v1::Metadata> = Vec::new();
    let series = timeseries.into_iter().map(|series| {
        let labels: Vec<v1::Label> = series
            .labels_refs
            .chunks_exact(2)
            .map(|pair| v1::Label { name: text(pair[0]), value: text(pair[1]) })
            .collect();
        let name = labels.iter().find(|label| label.name == NAME).map(|label| label.value.clone());
        let about = series.metadata.unwrap_or_default();
        metadata.push(v1::Metadata {
            kind: Type::try_from(about.kind).unwrap_or(Type::Unspecified).into(),
            metric_family_name: name.unwrap_or_default(),
            unit: text(about.unit_ref),
        });
        v1::TimeSeries { labels, samples: series.samples, histograms: series.histograms }
    });
    let timeseries = series.collect();
    metadata.sort_unstable();
    metadata.dedup();
    v1::Request { timeseries, metadata }
}
