//! E-mail over SMTP: one recipient at a time, so that one who is refused keeps no other waiting.
//!
//! An answer that begins with 4 is tried again, one that begins with 5 is final (RFC 5321, section 4.2.1). A server
//! that does not know the sender's password says nothing about the recipient: that is tried again as well.

use std::error::Error;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use loadline_secrets::masked;
use loadline_verdict::escape;
use loadline_watch::notify::{Addresses, Mail, MailServer, Security};
use tokio::time::timeout;

use super::refused::Refused;

/// Whoever takes longer has not taken it: servers let a stranger wait for some seconds, and read what is sent.
const LIMIT: Duration = Duration::from_secs(30);
/// Answers about who sends, and not about what is sent (RFC 4954, section 6).
const OF_AUTHENTICATION: [u16; 5] = [432, 530, 534, 535, 538];

/// One recipient, and the server that takes mail for it.
pub(super) struct Mailing {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Mailbox,
    to: Mailbox,
}

impl Mailing {
    /// The ways to all recipients, with the name and password that the server knows the sender by.
    pub(super) fn all(
        url: &str,
        login: Option<(String, String)>,
        addresses: &Addresses,
    ) -> Result<Vec<Self>> {
        let shown = || format!("`{}`", escape(&masked(url)));
        let server = MailServer::parse(url).with_context(shown)?;
        if login.is_some() && server.shows_passwords() {
            bail!(
                "{} would get the password of `user` without TLS\nhint: leave `?tls=none` out, or `user` and `key`",
                shown()
            );
        }
        let tls = || TlsParameters::new(server.host.clone()).with_context(shown);
        let tls = match server.security {
            Security::FromTheStart => Tls::Wrapper(tls()?),
            Security::StartTls => Tls::Required(tls()?),
            Security::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(LIMIT));
        if let Some((user, password)) = login {
            builder = builder.credentials(Credentials::new(user, password));
        }
        let transport = builder.build();
        let mailbox = |text: &str| {
            text.parse::<Mailbox>().with_context(|| format!("`{}` is no address of e-mail", escape(text)))
        };
        let sender = mailbox(&addresses.sender)?;
        let one =
            |to: &String| Ok(Self { transport: transport.clone(), sender: sender.clone(), to: mailbox(to)? });
        addresses.to.iter().map(one).collect()
    }

    /// Sends it once.
    pub(super) async fn send(&self, mail: &Mail) -> Result<(), Refused> {
        let message = self.message(mail).map_err(|error| Refused::forever(said(&error.to_string())))?;
        // What the transport's own limit is for is connecting.
        match timeout(LIMIT, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(refused(&error)),
            Err(_) => Err(Refused::for_now(format!("the mail server took longer than {}s", LIMIT.as_secs()))),
        }
    }

    fn message(&self, mail: &Mail) -> Result<Message, lettre::error::Error> {
        // RFC 3834: nobody's holiday answers it.
        let automatic =
            HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        let threads = mail.threads.join(" ");
        Message::builder()
            .from(self.sender.clone())
            .to(self.to.clone())
            .subject(mail.subject.clone())
            .message_id(Some(mail.id.clone()))
            .in_reply_to(threads.clone())
            .references(threads)
            .raw_header(automatic)
            .singlepart(SinglePart::plain(mail.text.clone()))
    }
}

/// Why a server did not take a mail.
fn refused(error: &lettre::transport::smtp::Error) -> Refused {
    let code = error.status().map(u16::from);
    let is_final = error.is_permanent() && code.is_none_or(|code| !OF_AUTHENTICATION.contains(&code));
    let words = match (code, error.source()) {
        (Some(code), Some(words)) => format!("the mail server answers {code}: {words}"),
        _ => error.to_string(),
    };
    if is_final { Refused::forever(said(&words)) } else { Refused::for_now(said(&words)) }
}

fn said(words: &str) -> String {
    escape(&masked(words)).into_owned()
}

#[cfg(test)]
mod tests {
    use loadline_watch::notify::Mail;
    use tokio::net::TcpListener;

    use super::super::refused::Then;
    use super::*;

    fn to(url: &str, login: Option<(&str, &str)>) -> Result<Vec<Mailing>> {
        let addresses = Addresses {
            sender: "Loadline <watch@shop.test>".to_owned(),
            to: vec!["oncall@shop.test".to_owned()],
            user: None,
        };
        Mailing::all(url, login.map(|(user, key)| (user.to_owned(), key.to_owned())), &addresses)
    }

    fn mail() -> Mail {
        Mail {
            subject: "page: 🛒 brennt".to_owned(),
            text: "über 500ms\n".to_owned(),
            id: "<1@loadline>".to_owned(),
            threads: (0..20).map(|number| format!("<{number:032x}@loadline>")).collect(),
        }
    }

    #[test]
    fn no_line_of_a_mail_is_longer_than_mail_permits() {
        let mailing = &to("smtp://localhost", None).unwrap()[0];
        let text = String::from_utf8(mailing.message(&mail()).unwrap().formatted()).unwrap();
        // RFC 5322, section 2.1.1.
        assert!(text.lines().all(|line| line.len() <= 998) && text.is_ascii(), "{text}");
        for header in ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"] {
            assert!(text.contains(&format!("{header}\r\n")), "{header}: {text}");
        }
    }

    #[test]
    fn a_password_goes_nowhere_in_the_clear() {
        let login = Some(("watch", "secret"));
        let error = format!("{:#}", to("smtp://mail.test?tls=none", login).err().unwrap());
        assert!(error.contains("`smtp://mail.test?tls=none` would get the password"), "{error}");
        assert!(to("smtp://mail.test?tls=none", None).is_ok() && to("smtp://mail.test", login).is_ok());
        assert!(to("smtp://127.0.0.1", login).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_never_answers_has_not_taken_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let silent = async {
            let _held = listener.accept().await;
            std::future::pending::<()>().await;
        };
        let mailing = &to(&url, None).unwrap()[0];
        let mail = mail();
        tokio::select! {
            taken = mailing.send(&mail) => {
                let Refused { why, then } = taken.unwrap_err();
                assert!(then == Then::Again && !why.is_empty(), "{why}");
            }
            () = silent => {}
        }
    }
}
