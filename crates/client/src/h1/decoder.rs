//! From bytes to a response, however the network cut them.
//!
//! The usual case, a whole response in one read, is parsed where it was read; only a head that is cut in two is
//! gathered first. Framing follows RFC 9112 section 6.3; where a message is ambiguous the connection is not used again.

use std::mem::MaybeUninit;

use bytes::Bytes;

use crate::field_names::FieldNames;
use crate::h1::body::{Body, Malformed};
use crate::h1::chunked::Chunked;
use crate::headers::Headers;

/// Largest head of a response, and most that informational ones before it may take together, in bytes.
const HEAD_LIMIT: usize = 256 << 10;
/// Header fields looked for without an allocation, and at most.
const FEW_FIELDS: usize = 48;
const MOST_FIELDS: usize = 4096;

/// What is needed of a head in every response; the rest is read from `headers` when it is asked for.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// 0 or 1, of HTTP/1.x.
    pub(crate) minor: u8,
    pub(crate) headers: Headers,
    encoded: bool,
}

/// A response on its way in.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself, and they depend on nothing")]
pub(crate) struct Decoder<'a> {
    /// A response to HEAD has no body whatever it says.
    to_head: bool,
    state: State,
    /// An incomplete head, and how much of it was searched for its end.
    pending: Vec<u8>,
    searched: usize,
    /// Bytes of informational heads that were passed over.
    informed: usize,
    keep_alive: bool,
    /// Whether the fields are wanted; the head is read and checked either way.
    pub(crate) keep_headers: bool,
    /// … or only where one of these is among them.
    pub(crate) keep_with: Option<&'static FieldNames>,
    /// Whether the head names a content encoding.
    pub(crate) encoded: bool,
    pub(crate) head: Option<Head>,
    pub(crate) body: Body<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    Length(u64),
    Chunked(Chunked),
    UntilClose,
    Done,
}

/// What a head says about the body after it.
struct Framing {
    length: Option<u64>,
    chunked: bool,
    other_coding: bool,
    keep_alive: bool,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(to_head: bool, body: Body<'a>) -> Decoder<'a> {
        Decoder {
            to_head,
            state: State::Head,
            pending: Vec::new(),
            searched: 0,
            informed: 0,
            keep_alive: true,
            keep_headers: true,
            keep_with: None,
            encoded: false,
            head: None,
            body,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether the connection may carry another request after this response.
    pub(crate) fn keep_alive(&self) -> bool {
        self.keep_alive && self.is_done()
    }

    /// Takes the next bytes from the wire.
    pub(crate) fn feed(&mut self, input: &[u8]) -> Result<(), Malformed> {
        if self.state != State::Head {
            return self.feed_body(input);
        }
        if self.pending.is_empty() {
            return match self.take_heads(input)? {
                (used, true) => self.feed_body(&input[used..]),
                (used, false) => self.gather(&input[used..]),
            };
        }
        self.gather(input)?;
        if !self.has_head_end() {
            return Ok(());
        }
        let gathered = std::mem::take(&mut self.pending);
        self.searched = 0;
        match self.take_heads(&gathered)? {
            (used, true) => self.feed_body(&gathered[used..]),
            (used, false) => self.gather(&gathered[used..]),
        }
    }

    /// The server closed the connection.
    pub(crate) fn end(&mut self) -> Result<(), Malformed> {
        self.keep_alive = false;
        match self.state {
            State::Done => Ok(()),
            State::UntilClose => {
                self.state = State::Done;
                Ok(())
            }
            _ => Err(Malformed::Cut),
        }
    }

    fn gather(&mut self, input: &[u8]) -> Result<(), Malformed> {
        self.pending.extend_from_slice(input);
        if self.pending.len() > HEAD_LIMIT {
            return Err(Malformed::Syntax(format!("the response's head is longer than {HEAD_LIMIT} bytes")));
        }
        let start = self.pending.trim_ascii_start();
        if !b"HTTP/".starts_with(&start[..start.len().min(5)]) {
            return Err(not_http(start));
        }
        Ok(())
    }

    /// Whether an empty line was gathered; each byte is looked at once.
    fn has_head_end(&mut self) -> bool {
        let from = self.searched.saturating_sub(3);
        self.searched = self.pending.len();
        let new = &self.pending[from..];
        new.windows(2).any(|pair| pair == b"\n\n") || new.windows(3).any(|three| three == b"\n\r\n")
    }

    /// Reads heads until the final one; informational ones are passed over. How many bytes they took, and whether the
    /// final one was among them.
    fn take_heads(&mut self, input: &[u8]) -> Result<(usize, bool), Malformed> {
        let mut used = 0;
        loop {
            let Some((head, framing, length)) = parse(&input[used..], self.keep_headers, self.keep_with)?
            else {
                return Ok((used, false));
            };
            used += length;
            if (100..200).contains(&head.status) && head.status != 101 {
                self.informed += length;
                if self.informed > HEAD_LIMIT {
                    let words = format!("the informational responses are longer than {HEAD_LIMIT} bytes");
                    return Err(Malformed::Syntax(words));
                }
                continue;
            }
            self.keep_alive = framing.keep_alive;
            self.state = self.body_state(&head, &framing)?;
            self.encoded = head.encoded;
            self.head = Some(head);
            return Ok((used, true));
        }
    }

    fn body_state(&mut self, head: &Head, framing: &Framing) -> Result<State, Malformed> {
        if head.status == 101 {
            // The connection speaks another protocol from here on, and we did not ask for one.
            self.keep_alive = false;
            return Ok(State::Done);
        }
        if self.to_head || matches!(head.status, 204 | 304) {
            return Ok(State::Done);
        }
        if framing.chunked {
            if framing.length.is_some() {
                // Both framings at once is how requests are smuggled: read this one, then close.
                self.keep_alive = false;
            }
            return Ok(State::Chunked(Chunked::new()));
        }
        if framing.other_coding {
            self.keep_alive = false;
            return Ok(State::UntilClose);
        }
        Ok(match framing.length {
            Some(0) => State::Done,
            Some(length) => {
                self.body.expect(length)?;
                State::Length(length)
            }
            None => {
                self.keep_alive = false;
                State::UntilClose
            }
        })
    }

    fn feed_body(&mut self, input: &[u8]) -> Result<(), Malformed> {
        let used = match &mut self.state {
            State::Head | State::Done => 0,
            State::UntilClose => {
                self.body.push(input, 1)?;
                input.len()
            }
            State::Length(left) => {
                let take = (*left).min(input.len() as u64) as usize;
                *left -= take as u64;
                self.body.push(&input[..take], *left)?;
                if *left == 0 {
                    self.state = State::Done;
                }
                take
            }
            State::Chunked(chunked) => {
                let used = chunked.feed(input, &mut self.body)?;
                if *chunked == Chunked::Done {
                    self.state = State::Done;
                }
                used
            }
        };
        if used < input.len() {
            // More than the response: an answer to nothing, so nothing after it can be trusted.
            self.keep_alive = false;
        }
        Ok(())
    }
}

/// Reads one head from the start of `input`; `None` when its end is not there yet.
fn parse(
    input: &[u8],
    keep: bool,
    keep_with: Option<&FieldNames>,
) -> Result<Option<(Head, Framing, usize)>, Malformed> {
    let mut few = [const { MaybeUninit::uninit() }; FEW_FIELDS];
    match parse_into(input, &mut few, keep, keep_with) {
        Err(httparse::Error::TooManyHeaders) => {
            let mut many = vec![const { MaybeUninit::uninit() }; MOST_FIELDS];
            parse_into(input, &mut many, keep, keep_with)
        }
        other => other,
    }
    .map_err(|error| match error {
        httparse::Error::TooManyHeaders => {
            Malformed::Syntax(format!("the response has more than {MOST_FIELDS} header fields"))
        }
        httparse::Error::Version | httparse::Error::Status => not_http(input),
        other => Malformed::Syntax(format!("malformed HTTP response: {other}")),
    })?
    .transpose()
}

type Parsed = Option<Result<(Head, Framing, usize), Malformed>>;

fn parse_into<'a>(
    input: &'a [u8],
    fields: &mut [MaybeUninit<httparse::Header<'a>>],
    keep: bool,
    keep_with: Option<&FieldNames>,
) -> Result<Parsed, httparse::Error> {
    let mut response = httparse::Response::new(&mut []);
    let parser = httparse::ParserConfig::default();
    let httparse::Status::Complete(length) =
        parser.parse_response_with_uninit_headers(&mut response, input, fields)?
    else {
        return Ok(None);
    };
    let minor = response.version.unwrap_or(1);
    let mut framing = Framing { length: None, chunked: false, other_coding: false, keep_alive: minor == 1 };
    let mut encoded = false;
    for field in response.headers.iter() {
        // Only names of these lengths matter; comparing lengths first spares most comparisons.
        match field.name.len() {
            14 if field.name.eq_ignore_ascii_case("content-length") => {
                if let Err(malformed) = framing.add_length(field.value) {
                    return Ok(Some(Err(malformed)));
                }
            }
            17 if field.name.eq_ignore_ascii_case("transfer-encoding") => framing.add_coding(field.value),
            10 if field.name.eq_ignore_ascii_case("connection") => framing.add_connection(field.value),
            16 if field.name.eq_ignore_ascii_case("content-encoding") => encoded = true,
            _ => {}
        }
    }
    let status = response.code.unwrap_or_default();
    let is_wanted = |names: &FieldNames| {
        response.headers.iter().any(|field| names.has(field.name.as_bytes(), field.value))
    };
    let headers = if keep || keep_with.is_some_and(is_wanted) {
        // httparse passes over empty lines before the status line; so must the kept head.
        let start = input.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(0);
        Headers::from_head(Bytes::copy_from_slice(&input[start..length]))
    } else {
        Headers::default()
    };
    Ok(Some(Ok((Head { status, minor, headers, encoded }, framing, length))))
}

impl Framing {
    fn add_length(&mut self, value: &[u8]) -> Result<(), Malformed> {
        for text in value.split(|byte| *byte == b',') {
            let text = text.trim_ascii();
            let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
            let length = std::str::from_utf8(text).ok().filter(|_| digits).and_then(|text| text.parse().ok());
            let Some(length) = length else {
                let shown = value.escape_ascii();
                return Err(Malformed::Syntax(format!(
                    "malformed HTTP response: bad Content-Length `{shown}`"
                )));
            };
            if self.length.is_some_and(|other| other != length) {
                return Err(Malformed::Syntax("malformed HTTP response: several Content-Lengths".to_owned()));
            }
            self.length = Some(length);
        }
        Ok(())
    }

    fn add_coding(&mut self, value: &[u8]) {
        for coding in
            value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|coding| !coding.is_empty())
        {
            // Only the last coding frames the message.
            self.chunked = coding.eq_ignore_ascii_case(b"chunked");
            self.other_coding = !self.chunked && !coding.eq_ignore_ascii_case(b"identity");
        }
    }

    fn add_connection(&mut self, value: &[u8]) {
        for token in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if token.eq_ignore_ascii_case(b"close") {
                self.keep_alive = false;
                return;
            }
            if token.eq_ignore_ascii_case(b"keep-alive") {
                self.keep_alive = true;
            }
        }
    }
}

fn not_http(input: &[u8]) -> Malformed {
    let line = input.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let shown = line[..line.len().min(60)].escape_ascii();
    Malformed::Syntax(format!("malformed HTTP response: it starts with `{shown}`"))
}

#[cfg(test)]
#[path = "decoder_tests.rs"]
mod tests;
