//! What went wrong with a hop: from the fact to k6's code and words for people.

use crate::bodies::Refused;
use crate::failure::{Failure, code};
use crate::h1::{Broken, Clock, Malformed, Why};
use crate::outgoing::Outgoing;

pub(crate) fn too_large(refused: Refused) -> Failure {
    const DISCARD: &str =
        "discard what is not looked at (`responseType: \"none\"` or `discardResponseBodies`)";
    match refused {
        Refused::One(limit) => Failure::new(code::GENERIC, "response body is too large").with_detail(format!(
            "response body is larger than the {limit} bytes that are kept: {DISCARD}, or raise `--max-body`"
        )),
        Refused::All(limit) => Failure::new(code::GENERIC, "response bodies take too much memory").with_detail(format!(
            "the response bodies under way or in the hands of scripts would take more than {limit} bytes together: {DISCARD}, or raise `--max-bodies`"
        )),
    }
}

pub(crate) fn broken_failure(broken: Broken, outgoing: &Outgoing<'_>, clock: &Clock) -> Failure {
    match broken.why {
        Why::Write(error) => Failure::io("write", &error),
        Why::Read(error) => Failure::io("read", &error),
        Why::Malformed(malformed) => malformed_failure(malformed, !broken.answered),
        Why::Deadline => timed_out(outgoing, stage_name(clock)),
    }
}

pub(crate) fn malformed_failure(malformed: Malformed, before_answer: bool) -> Failure {
    match malformed {
        Malformed::Syntax(words) => Failure::new(code::GENERIC, "malformed HTTP response").with_detail(words),
        Malformed::Refused(refused) => too_large(refused),
        Malformed::Cut if before_answer => Failure::new(code::GENERIC, "EOF")
            .with_detail("EOF: the server closed the connection without an answer"),
        Malformed::Cut => Failure::new(code::GENERIC, "unexpected EOF")
            .with_detail("unexpected EOF: the server closed the connection in the middle of its response"),
    }
}

pub(crate) fn stage_name(clock: &Clock) -> &'static str {
    match (clock.sent, clock.first_byte) {
        (None, _) => "sending the request",
        (_, None) => "waiting for the response",
        _ => "receiving the response",
    }
}

pub(crate) fn timed_out(outgoing: &Outgoing<'_>, doing: &str) -> Failure {
    Failure::new(code::TIMEOUT, "request timeout")
        .with_detail(format!("request timeout after {:?} while {doing}", outgoing.timeout))
}

/// Says which request it was; without credentials.
pub(crate) fn at(failure: Failure, outgoing: &Outgoing<'_>) -> Failure {
    let url = crate::masked::masked(outgoing.parts.url);
    failure.at(format_args!("{} {url}", outgoing.parts.method))
}
