//! The mail server that an address names, and how it is talked to.
//!
//! Ports and their meaning: RFC 8314, section 3.3 (465, TLS from the start) and RFC 6409 (587, STARTTLS).

use thiserror::Error;
use url::{Host, Url};

/// Whether what is said can be read on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    FromTheStart,
    /// STARTTLS, without which nothing is sent.
    StartTls,
    /// Everything can be read.
    None,
}

/// Where mail is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// A name, or an address of the Internet without brackets.
    pub host: String,
    /// The port, from 1.
    pub port: u16,
    /// How it is talked to.
    pub security: Security,
    /// Whether it is this machine.
    pub is_here: bool,
}

/// What is no address of a mail server: why, without the address, which may have a password in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoMailServer {
    /// Something else.
    #[error("is no address of a mail server: write `smtps://mail.test` or `smtp://mail.test`")]
    Other,
    /// With a user or a password.
    #[error("has a user in it: say `user` and `key` of the receiver instead")]
    HasUser,
    /// With a query that means nothing.
    #[error("has something after `?` that means nothing: `smtp://` knows `?tls=none` and `?tls=starttls`")]
    Query,
}

impl MailServer {
    /// Reads `smtps://mail.test` (TLS from the start, port 465) and `smtp://mail.test` (STARTTLS, port 587; to this
    /// machine without TLS, port 25). `smtp://mail.test?tls=none` does without TLS, `?tls=starttls` insists on it.
    ///
    /// # Errors
    /// Whatever else it is; never with the address itself.
    pub fn parse(text: &str) -> Result<Self, NoMailServer> {
        let url = Url::parse(text).map_err(|_| NoMailServer::Other)?;
        let is_smtps = match url.scheme() {
            "smtps" => true,
            "smtp" => false,
            _ => return Err(NoMailServer::Other),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NoMailServer::HasUser);
        }
        // Of a scheme that is not the web's, a host is only text so far.
        let host = url.host_str().and_then(|host| Host::parse(host).ok()).ok_or(NoMailServer::Other)?;
        let has_more = !matches!(url.path(), "" | "/") || url.fragment().is_some() || url.port() == Some(0);
        if has_more {
            return Err(NoMailServer::Other);
        }
        let is_here = match &host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let is_plain = match (is_smtps, url.query()) {
            (true, None) | (false, Some("tls=starttls")) => false,
            (false, Some("tls=none")) => true,
            (false, None) => is_here,
            _ => return Err(NoMailServer::Query),
        };
        let (security, port) = match (is_smtps, is_plain) {
            (true, _) => (Security::FromTheStart, 465),
            (false, true) => (Security::None, 25),
            (false, false) => (Security::StartTls, 587),
        };
        let host = host.to_string().trim_matches(['[', ']']).to_owned();
        Ok(Self { host, port: url.port().unwrap_or(port), security, is_here })
    }

    /// Whether a password that it is sent could be read on the way.
    pub fn shows_passwords(&self) -> bool {
        self.security == Security::None && !self.is_here
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_how_a_server_is_talked_to() {
        let check = |text: &str, host: &str, port: u16, security: Security, is_here: bool| {
            let expected = MailServer { host: host.to_owned(), port, security, is_here };
            assert_eq!(MailServer::parse(text), Ok(expected), "{text}");
        };
        check("smtps://mail.test", "mail.test", 465, Security::FromTheStart, false);
        check("smtps://Mail.Test:2465/", "mail.test", 2465, Security::FromTheStart, false);
        check("smtp://mail.test", "mail.test", 587, Security::StartTls, false);
        check("smtp://mail.test:80", "mail.test", 80, Security::StartTls, false);
        check("smtp://mail.test?tls=none", "mail.test", 25, Security::None, false);
        check("smtp://10.0.0.7", "10.0.0.7", 587, Security::StartTls, false);
        check("smtp://localhost", "localhost", 25, Security::None, true);
        check("smtp://127.0.0.1:2525", "127.0.0.1", 2525, Security::None, true);
        check("smtp://[::1]", "::1", 25, Security::None, true);
        check("smtp://127.0.0.1?tls=starttls", "127.0.0.1", 587, Security::StartTls, true);
        check("smtps://mäil.test", "xn--mil-qla.test", 465, Security::FromTheStart, false);
    }

    #[test]
    fn what_is_none_is_refused() {
        for (text, why) in [
            ("mail.test", NoMailServer::Other),
            ("https://mail.test", NoMailServer::Other),
            ("smtp://", NoMailServer::Other),
            ("smtp://mail.test/inbox", NoMailServer::Other),
            ("smtp://mail.test:0", NoMailServer::Other),
            ("smtp://mail.test:99999", NoMailServer::Other),
            ("smtp://mail test", NoMailServer::Other),
            ("smtps://a:b@mail.test", NoMailServer::HasUser),
            ("smtps://mail.test?tls=none", NoMailServer::Query),
            ("smtp://mail.test?tls=no", NoMailServer::Query),
        ] {
            assert_eq!(MailServer::parse(text), Err(why), "{text}");
        }
    }
}
