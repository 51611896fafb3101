//! E-mail: a subject, a text, and identifiers by which a mail that is sent twice is one, and an alert one thread.
//!
//! Source: RFC 5322, section 3.6.4, of `Message-ID` and `References`. A thread's beginning is no mail that was sent:
//! which of several alerts a mail began with would be lost with a restart.

use sha2::{Digest, Sha256};

use super::notice::Notice;
use super::webhook::once;

/// Threads that one mail refers to at the most: a line of a header is not long for ever.
const MOST_THREADS: usize = 20;

/// A mail, but for whom it is from and to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// `Message-ID`: the same for the same notices, however often they are sent.
    pub id: String,
    /// `References`: of each alert one, the same from its beginning to its end.
    pub threads: Vec<String>,
}

/// The mail of notices that are told together.
pub fn mail(notices: &[Notice]) -> Mail {
    let mut subject = notices.first().map(title).unwrap_or_default();
    if notices.len() > 1 {
        subject += &format!(" and {} more", notices.len() - 1);
    }
    let texts: Vec<String> = notices
        .iter()
        .map(|notice| format!("{}\n\n{}\n", title(notice), notice.lines().join("\n")))
        .collect();
    Mail {
        subject,
        text: texts.join("\n"),
        id: id(&notices.iter().map(once).collect::<Vec<_>>().join(", ")),
        threads: notices
            .iter()
            .take(MOST_THREADS)
            .map(|notice| id(&format!("{} {}", notice.key, notice.since_s)))
            .collect(),
    }
}

/// One line: a line break in a name begins no other header.
fn title(notice: &Notice) -> String {
    notice.title().replace(char::is_control, " ")
}

fn id(text: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let number = digest.iter().take(16).fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    format!("<{number:032x}@loadline>")
}

#[cfg(test)]
mod tests {
    use super::super::notice::example;
    use super::*;
    use crate::alert::Change;

    #[test]
    fn a_mail_is_known_again_and_an_alert_is_a_thread() {
        let (on, over) = (mail(&[example(Change::Firing)]), mail(&[example(Change::Resolved)]));
        assert_eq!(on, mail(&[example(Change::Firing)]));
        assert!(on.id != over.id && on.id.len() == 43, "{}", on.id);
        assert_eq!(on.threads, over.threads);
        assert_eq!(on.subject, "page: search.findPrograms burns its budget p95<=500ms");
        assert!(on.text.ends_with("more: loadline watch --once\n"), "{}", on.text);
    }

    #[test]
    fn what_is_told_together_belongs_to_the_thread_of_each() {
        let other = |change| Notice { key: "search.findPrograms p99<=1s page".to_owned(), ..example(change) };
        let both = mail(&[example(Change::Firing), other(Change::Firing)]);
        let over = mail(&[other(Change::Resolved)]);
        assert_eq!(both.threads[1..], over.threads);
        assert!(both.subject.ends_with(" and 1 more"), "{}", both.subject);
        let many: Vec<Notice> = (0..100).map(|_| example(Change::Firing)).collect();
        assert_eq!(mail(&many).threads.len(), MOST_THREADS);
    }

    #[test]
    fn a_name_is_no_header() {
        let named = Notice { endpoint: "a\r\nBcc: x@y".to_owned(), ..example(Change::Firing) };
        assert_eq!(mail(&[named]).subject, "page: a  Bcc: x@y burns its budget p95<=500ms");
    }
}
