//! `[[watch.notify]]`: who is told, and how.

use std::ops::Range;

use loadline_tables::{Table, Wrong};
use loadline_verdict::Problem;
use loadline_watch::Severity;
use loadline_watch::notify::{Addresses, Kind, MailServer, Place, Receiver};

use super::texts::severity;

/// One receiver; `known` are those before it.
pub(super) fn receiver(
    table: &Table<'_>,
    span: std::ops::Range<usize>,
    known: &[Receiver],
    wrong: &mut Wrong,
) -> Option<Receiver> {
    let Some(text) = table.text("kind", wrong) else {
        wrong.add(|| table.source.problem(span, "a receiver needs its `kind`, such as `\"webhook\"`"));
        return None;
    };
    let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name() == text.text) else {
        let names: Vec<String> = Kind::ALL.iter().map(|kind| format!("`{}`", kind.name())).collect();
        wrong.add(|| Problem {
            hint: Some(format!("there are {}", names.join(", "))),
            ..table
                .source
                .problem(text.span.clone(), format!("there is no receiver of the kind `{}`", text.text))
        });
        return None;
    };
    let keys: &[&str] = match kind {
        Kind::Email => &["kind", "name", "url", "key", "from", "sender", "to", "user"],
        _ => &["kind", "name", "url", "key", "from"],
    };
    table.only(keys, wrong);
    let name = table.text("name", wrong).map_or_else(|| kind.name().to_owned(), |name| name.text);
    if known.iter().any(|other| other.name == name) {
        let message = format!("two receivers are called `{name}`: give each a `name` of its own");
        wrong.add(|| table.source.problem(span.clone(), message));
    }
    let url = table.text("url", wrong);
    let place = url.as_ref().map(|url| Place::of(&url.text));
    if let (Some(url), Some(Place::Said(said))) = (&url, &place)
        && let Some(problem) = wrong_url(kind, said)
    {
        let (message, hint) = problem;
        let (source, span) = (table.source, url.span.clone());
        wrong.add(|| match kind {
            Kind::Slack => Problem { hint, ..source.problem_of_secret(span, message) },
            _ => Problem { hint, ..source.problem(span, message) },
        });
    }
    if place.is_none() && kind.usual_url().is_none() {
        wrong.add(|| {
            table
                .source
                .problem(span.clone(), format!("a receiver of the kind `{}` needs its `url`", kind.name()))
        });
    }
    let key = table.text("key", wrong).map(|key| (Place::of(&key.text), key.span));
    if let Some((Place::Said(_), at)) = &key {
        wrong.add(|| Problem {
            hint: Some("write `key = \"env:NAME\"` or `key = \"file:PATH\"`".to_owned()),
            ..table.source.problem_of_secret(
                at.clone(),
                "a receiver's `key` is a secret, and does not stand in a project file",
            )
        });
    }
    if key.is_none() && kind.needs_key() {
        wrong.add(|| Problem {
            hint: Some("write `key = \"env:NAME\"` or `key = \"file:PATH\"`".to_owned()),
            ..table
                .source
                .problem(span.clone(), format!("a receiver of the kind `{}` needs its `key`", kind.name()))
        });
    }
    let server = match &place {
        Some(Place::Said(said)) if kind == Kind::Email => MailServer::parse(said).ok(),
        _ => None,
    };
    if let Some(url) = url.filter(|_| server.is_some_and(|server| key.is_some() && server.shows_passwords()))
    {
        let message = "a mail server that is somewhere else would get the password of `user` without TLS";
        let hint = "leave `?tls=none` out, or `user` and `key`".to_owned();
        wrong.add(|| Problem { hint: Some(hint), ..table.source.problem(url.span, message) });
    }
    let mail = (kind == Kind::Email).then(|| addresses(table, &span, key.is_some(), wrong));
    let from =
        table.text("from", wrong).and_then(|text| severity(table, &text, wrong)).unwrap_or(Severity::Ticket);
    Some(Receiver { name, kind, url: place, key: key.map(|(place, _)| place), from, mail: mail.flatten() })
}

/// What is wrong with an address that stands in the project, and what to do about it.
fn wrong_url(kind: Kind, url: &str) -> Option<(String, Option<String>)> {
    if kind == Kind::Email {
        let error = MailServer::parse(url).err()?;
        return Some((format!("the `url` of a receiver of the kind `email` {error}"), None));
    }
    if !(url.starts_with("http://") || url.starts_with("https://")) {
        let message = "a receiver's `url` is an http address, or says where one is: `env:NAME`, `file:PATH`";
        return Some((message.to_owned(), None));
    }
    (kind == Kind::Slack && url.contains("hooks.slack.com")).then(|| {
        let hint = "write `url = \"env:SLACK_WEBHOOK\"`, and put it into that variable".to_owned();
        ("the address of a Slack webhook is a secret".to_owned(), Some(hint))
    })
}

/// Who mail is from and to.
fn addresses(table: &Table<'_>, span: &Range<usize>, has_key: bool, wrong: &mut Wrong) -> Option<Addresses> {
    let to = table.texts("to", wrong);
    let sender = table.text("sender", wrong);
    let user = table.text("user", wrong);
    if user.is_some() != has_key {
        let message = "a mail server wants both `user` and `key`, or neither";
        wrong.add(|| table.source.problem(span.clone(), message));
    }
    let is_address = |text: &str| {
        // With a name before it: `On call <oncall@shop.test>`.
        let text = text.split_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(text);
        let parts = text.split_once('@');
        parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
            && !text.contains(|character: char| character.is_whitespace() || character.is_control())
    };
    let all = to.iter().map(String::as_str).chain(sender.as_ref().map(|sender| sender.text.as_str()));
    for strange in all.filter(|text| !is_address(text)) {
        let message = format!("`{strange}` is no address of e-mail such as `oncall@shop.test`");
        wrong.add(|| table.source.problem(span.clone(), message));
    }
    if let Some(twice) = to.iter().enumerate().find(|(position, one)| to[..*position].contains(one)) {
        let message = format!("`{}` is in `to` twice", twice.1);
        wrong.add(|| table.source.problem(span.clone(), message));
    }
    let Some(sender) = sender.filter(|_| !to.is_empty()) else {
        let message = "e-mail needs its `sender` and whom it is `to`: `to = [\"oncall@shop.test\"]`";
        wrong.add(|| table.source.problem(span.clone(), message));
        return None;
    };
    Some(Addresses { sender: sender.text, to, user: user.map(|user| Place::of(&user.text)) })
}

#[cfg(test)]
mod tests {
    use loadline_watch::notify::Place;

    use crate::project::Project;

    const MAIL: &str = "[[watch.notify]]\nkind = \"email\"\nurl = \"smtps://mail.test\"\n";

    #[test]
    fn mail_is_from_somebody_to_somebody() {
        let more = "sender = \"watch@shop.test\"\nto = [\"a@shop.test\", \"b@shop.test\"]\nuser = \"env:U\"\nkey = \"env:P\"\n";
        let watch = Project::parse("loadline.toml", &format!("{MAIL}{more}")).unwrap().watch;
        let mail = watch.receivers[0].mail.as_ref().unwrap();
        assert_eq!((mail.sender.as_str(), mail.to.len()), ("watch@shop.test", 2));
        assert_eq!(mail.user, Some(Place::Environment("U".to_owned())));
        for (text, words) in [
            (format!("{MAIL}to = [\"a@shop.test\"]"), "needs its `sender`"),
            (format!("{MAIL}sender = \"a@shop.test\""), "whom it is `to`"),
            (format!("{MAIL}sender = \"a@b.test\"\nto = [\"c@d.test\", \"c@d.test\"]"), "is in `to` twice"),
            (format!("{MAIL}sender = \"a@shop.test\"\nto = \"b\""), "`b` is no address of e-mail"),
            (
                format!("{MAIL}sender = \"a@b.test\"\nto = \"c@d.test\"\nuser = \"x\""),
                "both `user` and `key`",
            ),
            (MAIL.replace("smtps://", "https://"), "is no address of a mail server"),
            (MAIL.replace("mail.test", "a:b@mail.test"), "say `user` and `key`"),
            (
                format!("{}{more}", MAIL.replace("smtps://mail.test", "smtp://mail.test?tls=none")),
                "the password of `user` without TLS",
            ),
            (
                "[[watch.notify]]\nkind = \"webhook\"\nurl = \"http://x.test\"\nto = \"a@b.test\"".to_owned(),
                "`to`",
            ),
        ] {
            let said = Project::parse("loadline.toml", &format!("{text}\n")).unwrap_err().to_string();
            assert!(said.contains(words) && said.contains("loadline.toml:"), "{said}");
        }
    }

    #[test]
    fn a_secret_that_stands_in_a_project_is_not_shown_again() {
        for text in [
            "kind = \"pagerduty\"\nkey = \"hunter2\"",
            "kind = \"slack\"\nurl = \"https://hooks.slack.com/services/hunter2\"",
        ] {
            let said = Project::parse("loadline.toml", &format!("[[watch.notify]]\n{text}\n")).unwrap_err();
            let said = said.to_string();
            assert!(said.contains("= \"****") && said.contains("hint: write"), "{said}");
            assert!(!said.contains("hunter2") && said.contains("loadline.toml:3"), "{said}");
        }
    }
}
