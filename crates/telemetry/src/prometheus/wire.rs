//! The messages of remote write, as far as they are sent here: field numbers as in Prometheus' `types.proto` of
//! `io.prometheus.write.v2`, and of `prometheus` for version 1.

/// A number at a time.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(super) struct Sample {
    #[prost(double, tag = "1")]
    pub(super) value: f64,
    /// Milliseconds since 1970 UTC.
    #[prost(int64, tag = "2")]
    pub(super) timestamp: i64,
}

/// A native histogram at a time, with whole counts.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Histogram {
    /// One of two in the specification, and present when it is zero.
    #[prost(uint64, optional, tag = "1")]
    pub(super) count_int: Option<u64>,
    #[prost(double, tag = "3")]
    pub(super) sum: f64,
    #[prost(sint32, tag = "4")]
    pub(super) schema: i32,
    #[prost(double, tag = "5")]
    pub(super) zero_threshold: f64,
    #[prost(uint64, optional, tag = "6")]
    pub(super) zero_count_int: Option<u64>,
    #[prost(message, repeated, tag = "8")]
    pub(super) negative_spans: Vec<Span>,
    #[prost(sint64, repeated, tag = "9")]
    pub(super) negative_deltas: Vec<i64>,
    #[prost(message, repeated, tag = "11")]
    pub(super) positive_spans: Vec<Span>,
    #[prost(sint64, repeated, tag = "12")]
    pub(super) positive_deltas: Vec<i64>,
    /// Milliseconds since 1970 UTC.
    #[prost(int64, tag = "15")]
    pub(super) timestamp: i64,
}

/// Buckets that follow each other.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(super) struct Span {
    /// From the end of the span before, or from bucket 0.
    #[prost(sint32, tag = "1")]
    pub(super) offset: i32,
    #[prost(uint32, tag = "2")]
    pub(super) length: u32,
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum Type {
    /// Nothing is known.
    Unspecified = 0,
    /// It only grows.
    Counter = 1,
    /// It goes up and down.
    Gauge = 2,
    /// A distribution.
    Histogram = 3,
}

/// Version 2: texts stand once, and are named by their place.
pub(super) mod v2 {
    use super::{Histogram, Sample};

    /// `io.prometheus.write.v2.Request`.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(in crate::prometheus) struct Request {
        #[prost(string, repeated, tag = "4")]
        pub(in crate::prometheus) symbols: Vec<String>,
        #[prost(message, repeated, tag = "5")]
        pub(in crate::prometheus) timeseries: Vec<TimeSeries>,
    }

    /// A series.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(in crate::prometheus) struct TimeSeries {
        #[prost(uint32, repeated, tag = "1")]
        pub(in crate::prometheus) labels_refs: Vec<u32>,
        #[prost(message, repeated, tag = "2")]
        pub(in crate::prometheus) samples: Vec<Sample>,
        #[prost(message, repeated, tag = "3")]
        pub(in crate::prometheus) histograms: Vec<Histogram>,
        #[prost(message, optional, tag = "5")]
        pub(in crate::prometheus) metadata: Option<Metadata>,
    }

    /// What a series is.
    #[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
    pub(in crate::prometheus) struct Metadata {
        #[prost(enumeration = "super::Type", tag = "1")]
        pub(in crate::prometheus) kind: i32,
        #[prost(uint32, tag = "4")]
        pub(in crate::prometheus) unit_ref: u32,
    }
}

/// Version 1.
pub(super) mod v1 {
    use super::{Histogram, Sample};

    /// `prometheus.WriteRequest`.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(in crate::prometheus) struct Request {
        #[prost(message, repeated, tag = "1")]
        pub(in crate::prometheus) timeseries: Vec<TimeSeries>,
        #[prost(message, repeated, tag = "3")]
        pub(in crate::prometheus) metadata: Vec<Metadata>,
    }

    /// A series.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(in crate::prometheus) struct TimeSeries {
        #[prost(message, repeated, tag = "1")]
        pub(in crate::prometheus) labels: Vec<Label>,
        #[prost(message, repeated, tag = "2")]
        pub(in crate::prometheus) samples: Vec<Sample>,
        #[prost(message, repeated, tag = "4")]
        pub(in crate::prometheus) histograms: Vec<Histogram>,
    }

    /// A label.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(in crate::prometheus) struct Label {
        #[prost(string, tag = "1")]
        pub(in crate::prometheus) name: String,
        #[prost(string, tag = "2")]
        pub(in crate::prometheus) value: String,
    }

    /// What the series of a name are.
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, prost::Message)]
    pub(in crate::prometheus) struct Metadata {
        #[prost(enumeration = "super::Type", tag = "1")]
        pub(in crate::prometheus) kind: i32,
        #[prost(string, tag = "2")]
        pub(in crate::prometheus) metric_family_name: String,
        #[prost(string, tag = "5")]
        pub(in crate::prometheus) unit: String,
    }
}
