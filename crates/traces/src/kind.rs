//! What kinds of spans there are.

/// What a span is in its trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpanKind {
    /// Within a process, or nobody said.
    #[default]
    Internal,
    /// A process is asked: time in it begins here.
    Server,
    /// Another process is asked.
    Client,
    /// A message is left for another process.
    Producer,
    /// A message is taken: time in a process begins here.
    Consumer,
}

impl SpanKind {
    /// By the number that OTLP gives it.
    pub(crate) fn of_number(number: u64) -> Self {
        match number {
            2 => Self::Server,
            3 => Self::Client,
            4 => Self::Producer,
            5 => Self::Consumer,
            _ => Self::Internal,
        }
    }

    /// By its word: `server`, or `SPAN_KIND_SERVER` as protobuf's JSON has it.
    pub(crate) fn of_word(word: &str) -> Self {
        let word = word.strip_prefix("SPAN_KIND_").unwrap_or(word);
        let kinds = [
            ("server", Self::Server),
            ("client", Self::Client),
            ("producer", Self::Producer),
            ("consumer", Self::Consumer),
        ];
        kinds
            .into_iter()
            .find(|(known, _)| word.eq_ignore_ascii_case(known))
            .map_or(Self::Internal, |(_, kind)| kind)
    }

    /// Whether a process is entered here, so that its clock may be another than its parent's.
    pub(crate) fn is_entry(self) -> bool {
        matches!(self, Self::Server | Self::Consumer)
    }
}
