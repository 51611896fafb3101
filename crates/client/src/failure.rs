//! Failures as measurements: k6's error codes, and words for people.
//!
//! A failure's `message` goes into a metric's tag, so it is short and free of addresses and paths: ten thousand refused
//! connections must not become ten thousand series. The `detail` says where it happened and what to do about it.

use std::borrow::Cow;
use std::fmt;
use std::io;

/// k6's error codes. Statuses from 400 have 1000 + status.
pub mod code {
    /// Anything without a code of its own.
    pub const GENERIC: u16 = 1000;
    /// An address that no connection can be opened to.
    pub const BAD_ADDRESS: u16 = 1010;
    /// A URL that can't be read.
    pub const BAD_URL: u16 = 1020;
    /// The request's own timeout.
    pub const TIMEOUT: u16 = 1050;
    /// A name that could not be looked up.
    pub const DNS: u16 = 1100;
    /// A name that does not exist.
    pub const DNS_NO_SUCH_HOST: u16 = 1101;
    /// The address is on the blacklist.
    pub const BLACKLISTED_IP: u16 = 1110;
    /// The host name is blocked.
    pub const BLOCKED_HOSTNAME: u16 = 1111;
    /// Any other failure of an open connection.
    pub const TCP: u16 = 1200;
    /// Written to a connection that the server had closed.
    pub const TCP_BROKEN_PIPE: u16 = 1201;
    /// An operating system error of an open connection that has no code of its own.
    pub const TCP_UNKNOWN_ERRNO: u16 = 1202;
    /// Any other failure to open a connection.
    pub const DIAL: u16 = 1210;
    /// Opening a connection took too long.
    pub const DIAL_TIMEOUT: u16 = 1211;
    /// The server refused the connection.
    pub const DIAL_REFUSED: u16 = 1212;
    /// An operating system error while opening a connection that has no code of its own.
    pub const DIAL_UNKNOWN_ERRNO: u16 = 1213;
    /// The server reset the connection.
    pub const TCP_RESET: u16 = 1220;
    /// Any other failure of TLS.
    pub const TLS: u16 = 1300;
    /// A certificate signed by nobody this machine trusts.
    pub const TLS_UNKNOWN_AUTHORITY: u16 = 1310;
    /// A certificate for another host name.
    pub const TLS_HOSTNAME: u16 = 1311;
    /// HTTP/2: the server said GOAWAY; 1611 + the HTTP/2 error code where that is known.
    pub const HTTP2_GOAWAY: u16 = 1610;
    /// HTTP/2: the stream was reset; 1631 + the HTTP/2 error code where that is known.
    pub const HTTP2_STREAM: u16 = 1630;
    /// HTTP/2: the connection broke; 1651 + the HTTP/2 error code where that is known.
    pub const HTTP2_CONNECTION: u16 = 1650;
    /// The body could not be decoded.
    pub const DECOMPRESSION: u16 = 1701;
}

/// Why a request has no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// One of [`code`].
    pub code: u16,
    /// What happened in a few words, the same for every request that fails this way: fit for a metric's tag.
    pub message: Cow<'static, str>,
    /// What happened, where, and what may help: for the log. `Display` shows this.
    pub detail: String,
}

impl Failure {
    /// What stands for an outcome until there is one; without an allocation.
    pub(crate) fn unsent() -> Failure {
        Failure { code: code::GENERIC, message: Cow::Borrowed("not sent"), detail: String::new() }
    }

    pub(crate) fn new(code: u16, message: impl Into<Cow<'static, str>>) -> Failure {
        let message = message.into();
        Failure { code, detail: message.clone().into_owned(), message }
    }

    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Failure {
        self.detail = detail.into();
        self
    }

    /// Adds where it happened to the end of the detail.
    pub(crate) fn at(mut self, place: impl fmt::Display) -> Failure {
        use fmt::Write as _;
        let _ = write!(self.detail, " ({place})");
        self
    }

    pub(crate) fn hint(mut self, hint: &str) -> Failure {
        self.detail.push_str("; ");
        self.detail.push_str(hint);
        self
    }

    /// A connection that could not be opened.
    pub(crate) fn dial(error: &io::Error) -> Failure {
        match error.raw_os_error() {
            Some(libc::EMFILE | libc::ENFILE) => {
                Failure::new(code::DIAL_UNKNOWN_ERRNO, "dial: too many open files").hint(
                    "each connection needs a file descriptor: raise the limit with `ulimit -n 100000` before starting, or use fewer VUs",
                )
            }
            Some(libc::EADDRNOTAVAIL) => {
                Failure::new(code::DIAL_UNKNOWN_ERRNO, "dial: cannot assign requested address").hint(
                    "the local ports to this address are used up (or the local address is not on this machine): reuse connections, or add local addresses",
                )
            }
            Some(number) => match error.kind() {
                io::ErrorKind::ConnectionRefused => Failure::new(code::DIAL_REFUSED, "dial: connection refused")
                    .hint("is the server running and listening there?"),
                io::ErrorKind::ConnectionReset => {
                    Failure::new(code::TCP_RESET, "dial: connection reset by peer")
                }
                io::ErrorKind::TimedOut => Failure::new(code::DIAL_TIMEOUT, "dial: i/o timeout"),
                _ => Failure::new(
                    code::DIAL_UNKNOWN_ERRNO,
                    format!("dial: unknown errno {number} error with msg `{}`", os_words(error)),
                ),
            },
            None => Failure::new(code::DIAL, format!("dial: {error}")),
        }
    }

    /// A failure of an open connection while `action` (`read` or `write`).
    pub(crate) fn io(action: &str, error: &io::Error) -> Failure {
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Failure::tls(tls);
        }
        match error.kind() {
            io::ErrorKind::ConnectionReset => {
                Failure::new(code::TCP_RESET, format!("{action}: connection reset by peer"))
            }
            io::ErrorKind::BrokenPipe => {
                Failure::new(code::TCP_BROKEN_PIPE, format!("{action}: broken pipe"))
            }
            io::ErrorKind::UnexpectedEof => Failure::new(code::GENERIC, "unexpected EOF"),
            _ => match error.raw_os_error() {
                Some(number) => Failure::new(
                    code::TCP_UNKNOWN_ERRNO,
                    format!("{action}: unknown errno `{number}` with message `{}`", os_words(error)),
                ),
                None => Failure::new(code::TCP, format!("{action}: {error}")),
            },
        }
    }

    /// A failed handshake.
    pub(crate) fn tls(error: &rustls::Error) -> Failure {
        use rustls::{CertificateError, Error};
        match error {
            // A bad signature: an authority of that name is trusted, but it did not sign this.
            Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
                Failure::new(code::TLS_UNKNOWN_AUTHORITY, "x509: unknown authority").hint(
                    "the certificate is signed by nobody this machine trusts: add its authority to the trust store, or set `insecureSkipTLSVerify` for a test system",
                )
            }
            Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ) => Failure::new(code::TLS_HOSTNAME, "x509: certificate doesn't match hostname")
                .with_detail(format!("x509: certificate doesn't match hostname: {error}")),
            Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
                Failure::new(code::TLS, "x509: certificate has expired")
                    .with_detail(format!("x509: certificate has expired: {error}"))
            }
            Error::InvalidCertificate(CertificateError::Other(inner))
                if inner.to_string().contains("CaUsedAsEndEntity") =>
            {
                Failure::new(code::TLS_UNKNOWN_AUTHORITY, "x509: unknown authority")
                    .with_detail(format!("x509: unknown authority: {inner}"))
            }
            other => Failure::new(code::TLS, format!("tls: {other}")),
        }
    }

    /// A broken HTTP/2 stream or connection.
    pub(crate) fn http2(error: &h2::Error) -> Failure {
        if let Some(inner) = error.get_io() {
            return Failure::io("read", inner);
        }
        let reason = error.reason();
        // Error codes 0 to 13 are those of RFC 9113 section 7.
        let offset = reason.map_or(0, |reason| u16::try_from(u32::from(reason)).unwrap_or(14));
        let offset = if reason.is_some() && offset <= 13 { 1 + offset } else { 0 };
        let name = reason.map_or_else(|| "unknown".to_owned(), |reason| format!("{reason:?}"));
        let (base, what) = if error.is_go_away() && error.is_remote() {
            (code::HTTP2_GOAWAY, "received GoAway")
        } else if error.is_reset() {
            (code::HTTP2_STREAM, "stream error")
        } else {
            (code::HTTP2_CONNECTION, "connection error")
        };
        Failure::new(base + offset, format!("http2: {what} with http2 ErrCode {name}"))
            .with_detail(format!("http2: {what} with http2 ErrCode {name}: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.detail)
    }
}

impl std::error::Error for Failure {}

/// The operating system's words without Rust's ` (os error N)`.
fn os_words(error: &io::Error) -> String {
    let text = error.to_string();
    text.rfind(" (os error").map_or(text.clone(), |at| text[..at].to_owned()).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_k6s() {
        let dial = |errno| Failure::dial(&io::Error::from_raw_os_error(errno)).code;
        assert_eq!(dial(libc::ECONNREFUSED), 1212);
        assert_eq!(dial(libc::ETIMEDOUT), 1211);
        assert_eq!(dial(libc::ECONNRESET), 1220);
        assert_eq!(dial(libc::EHOSTUNREACH), 1213);
        assert_eq!(dial(libc::EMFILE), 1213);
        let open = |errno| Failure::io("read", &io::Error::from_raw_os_error(errno)).code;
        assert_eq!(open(libc::ECONNRESET), 1220);
        assert_eq!(open(libc::EPIPE), 1201);
        assert_eq!(open(libc::EHOSTUNREACH), 1202);
        let stream: h2::Error = h2::Reason::REFUSED_STREAM.into();
        assert_eq!(Failure::http2(&stream).code / 10 * 10, 1650);
    }

    #[test]
    fn running_out_of_descriptors_says_what_to_do() {
        let failure = Failure::dial(&io::Error::from_raw_os_error(libc::EMFILE)).at("GET http://a/");
        assert!(failure.to_string().contains("ulimit -n"), "{failure}");
        assert_eq!(failure.message, "dial: too many open files");
    }
}
