//! A finished span, before it is written in a collector's terms.

use std::sync::Arc;

use crate::{
    LoadTest,
    outgoing::OutgoingInner,
    query::QueryInner,
    record::{Ending, MethodIndex},
};

/// What was done, from when to when.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) trace: u128,
    pub(crate) id: u64,
    /// 0 when it is the first of its trace.
    pub(crate) parent: u64,
    pub(crate) trace_state: String,
    /// Nanoseconds since 1970.
    pub(crate) begin_ns: u64,
    /// Nanoseconds since 1970.
    pub(crate) end_ns: u64,
    pub(crate) detail: Detail,
}

/// What kind of work it was.
#[derive(Debug)]
pub(crate) enum Detail {
    /// A request that was answered.
    Server {
        method: MethodIndex,
        route: Option<Box<str>>,
        path: Box<str>,
        ending: Ending,
        load_test: LoadTest,
    },
    /// A query of the database.
    Query { query: Arc<QueryInner>, failed: bool },
    /// A request to another service.
    Client { target: Arc<OutgoingInner>, method: MethodIndex, ending: Ending },
}
