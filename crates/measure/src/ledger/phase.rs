//! What a request goes through, as its client sees it.

use std::time::Duration;

use crate::request::Phases;

/// How many there are.
pub(crate) const PHASES: usize = 12;

/// What a request goes through.
///
/// In an open model whoever waits for the answer waits for all of it. In a closed model the response time begins when
/// there is a connection, and what was before is told apart: the `Before…` ones, which are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The iteration started later than it was due.
    LateStart,
    /// Waiting for a connection: for a free one, and whatever comes before a new one.
    Connection,
    /// Looking up the name.
    Lookup,
    /// Opening the TCP connection.
    Connecting,
    /// The TLS handshake.
    Tls,
    /// Writing the request.
    Sending,
    /// From the last byte written until the first byte of the answer: the network, and the server.
    Waiting,
    /// From the first byte of the answer until the last.
    Receiving,
    /// As `Connection`, in a closed model.
    BeforeConnection,
    /// As `Lookup`, in a closed model.
    BeforeLookup,
    /// As `Connecting`, in a closed model.
    BeforeConnecting,
    /// As `Tls`, in a closed model.
    BeforeTls,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; PHASES] = [
        Self::LateStart,
        Self::Connection,
        Self::Lookup,
        Self::Connecting,
        Self::Tls,
        Self::Sending,
        Self::Waiting,
        Self::Receiving,
        Self::BeforeConnection,
        Self::BeforeLookup,
        Self::BeforeConnecting,
        Self::BeforeTls,
    ];

    /// Those that come to the response time.
    pub const COUNTED: [Self; 8] = [
        Self::LateStart,
        Self::Connection,
        Self::Lookup,
        Self::Connecting,
        Self::Tls,
        Self::Sending,
        Self::Waiting,
        Self::Receiving,
    ];

    /// Whether it is part of the response time.
    pub fn is_counted(self) -> bool {
        (self as usize) < Self::COUNTED.len()
    }

    /// What it is called, such as `waiting for a connection`.
    pub fn words(self) -> &'static str {
        match self {
            Self::LateStart => "late start",
            Self::Connection | Self::BeforeConnection => "waiting for a connection",
            Self::Lookup | Self::BeforeLookup => "DNS",
            Self::Connecting | Self::BeforeConnecting => "connecting",
            Self::Tls | Self::BeforeTls => "TLS",
            Self::Sending => "sending",
            Self::Waiting => "waiting",
            Self::Receiving => "receiving",
        }
    }
}

/// How long one request was in each phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestTimes {
    nanoseconds: [i64; PHASES],
}

impl RequestTimes {
    /// Of a request's phases. `late` is how late it was when it began, in an open model; `None` in a closed one.
    #[inline]
    pub fn new(phases: &Phases, late: Option<Duration>) -> Self {
        let blocked = whole(phases.blocked);
        let of_new = [phases.looking_up, phases.connecting, phases.tls_handshaking].map(whole);
        // Whatever the clocks say, these four come to `blocked`.
        let connection = blocked - of_new[0] - of_new[1] - of_new[2];
        let before = [connection, of_new[0], of_new[1], of_new[2]];
        let mut nanoseconds = [0; PHASES];
        let first = if late.is_some() { Phase::Connection } else { Phase::BeforeConnection } as usize;
        nanoseconds[first..first + before.len()].copy_from_slice(&before);
        nanoseconds[Phase::LateStart as usize] = late.map_or(0, whole);
        nanoseconds[Phase::Sending as usize] = whole(phases.sending);
        nanoseconds[Phase::Waiting as usize] = whole(phases.waiting);
        nanoseconds[Phase::Receiving as usize] = whole(phases.receiving);
        Self { nanoseconds }
    }

    /// What a phase took, in nanoseconds.
    pub fn phase(&self, phase: Phase) -> i64 {
        self.nanoseconds[phase as usize]
    }

    /// The response time in nanoseconds.
    pub fn total(&self) -> i64 {
        self.nanoseconds[..Phase::COUNTED.len()].iter().sum()
    }

    pub(crate) fn nanoseconds(&self) -> [i64; PHASES] {
        self.nanoseconds
    }
}

/// Nanoseconds; a time of three centuries is none.
#[inline]
fn whole(duration: Duration) -> i64 {
    (duration.as_secs().min(i64::MAX as u64 / 4_000_000_000) * 1_000_000_000) as i64
        + i64::from(duration.subsec_nanos())
}
