//! Alertmanager's configuration: who hears of which alerts, what need not be said beside something worse, and when
//! nobody is told.
//!
//! It is made of the receivers and the maintenance of `[watch]`, so that a team that has its alerts from Prometheus
//! hears of the same things as one whose `loadline watch` tells them.
//!
//! Source: <https://prometheus.io/docs/alerting/latest/configuration/>.

use loadline_prometheus::{length, literal, quoted};
use loadline_watch::alert::{Weekly, When};
use loadline_watch::notify::{Addresses, Kind, MailServer, Place, Receiver, Security};
use loadline_watch::{Settings, Severity};
use loadline_yaml::Node;

use crate::document;
use crate::rules::{BURNS, NO_BUDGET, NO_SERVICE};
use crate::source::Source;

/// Where secrets are that a project keeps in variables, which Alertmanager does not read.
const SECRETS: &str = "/etc/alertmanager/secrets";
/// The receiver of what nobody wants to hear.
const NOBODY: &str = "nobody";

pub(crate) fn document(source: &Source) -> String {
    let settings = &source.settings;
    let told: Vec<&Receiver> =
        settings.receivers.iter().filter(|receiver| receiver.kind != Kind::Alertmanager).collect();
    let mut receivers = vec![Node::map([("name", NOBODY.into())])];
    receivers.extend(told.iter().map(|receiver| self::receiver(receiver)));
    let routes: Vec<Node> = told.iter().map(|receiver| route(receiver, settings)).collect();
    let mut root = Node::map([
        ("receiver", NOBODY.into()),
        // Budgets of one endpoint that begin to burn together are one message.
        ("group_by", texts(["alertname", "endpoint", "severity"])),
        ("group_wait", "30s".into()),
        ("group_interval", "5m".into()),
    ]);
    if settings.rules.repeat_s > 0 {
        root.set("repeat_interval", length(settings.rules.repeat_s));
    }
    if !routes.is_empty() {
        root.set("routes", routes);
    }
    let mut document = Node::map([("route", root), ("inhibit_rules", inhibitions().into())]);
    let intervals = intervals(settings);
    if !intervals.is_empty() {
        document.set("time_intervals", intervals);
    }
    document.set("receivers", receivers);
    document::document("Who hears that a performance budget burns.", &document)
}

/// What need not be said beside something worse.
fn inhibitions() -> Vec<Node> {
    let matcher = |label: &str, value: &str| format!("{label}={}", quoted(value));
    let rule = |source: &[String], target: &[String], equal: &[&str]| {
        let mut rule = Node::map([
            ("source_matchers", texts(source.iter().map(String::as_str))),
            ("target_matchers", texts(target.iter().map(String::as_str))),
        ]);
        if !equal.is_empty() {
            rule.set("equal", texts(equal.iter().copied()));
        }
        rule
    };
    let burns = |severity: Severity| [matcher("alertname", BURNS), matcher("severity", severity.name())];
    vec![
        rule(&burns(Severity::Page), &burns(Severity::Ticket), &["endpoint", "budget"]),
        rule(&[matcher("alertname", NO_SERVICE)], &[matcher("alertname", NO_BUDGET)], &[]),
    ]
}

/// What a receiver hears: everything that is urgent enough, each of them for itself.
fn route(receiver: &Receiver, settings: &Settings) -> Node {
    let mut route = Node::map([("receiver", receiver.name.as_str().into())]);
    if receiver.from == Severity::Page {
        route.set("matchers", texts(["severity=\"page\""]));
    }
    route.set("continue", true);
    let of_all = muted(settings, |endpoint| endpoint == "*");
    if !of_all.is_empty() {
        route.set("mute_time_intervals", texts(of_all.iter().map(String::as_str)));
    }
    // Intervals of a route are not those of the routes below it.
    let children: Vec<Node> = weekly(settings)
        .filter(|(_, endpoint, _)| *endpoint != "*")
        .map(|(_, endpoint, _)| endpoint)
        .fold(Vec::new(), |mut all: Vec<&str>, endpoint| {
            if !all.contains(&endpoint) {
                all.push(endpoint);
            }
            all
        })
        .into_iter()
        .map(|pattern| {
            let names = muted(settings, |endpoint| endpoint == "*" || endpoint == pattern);
            let expression = pattern.split('*').map(literal).collect::<Vec<_>>().join(".*");
            Node::map([
                ("matchers", texts([format!("endpoint=~{}", quoted(&expression)).as_str()])),
                ("receiver", receiver.name.as_str().into()),
                ("mute_time_intervals", texts(names.iter().map(String::as_str))),
            ])
        })
        .collect();
    if !children.is_empty() {
        route.set("routes", children);
    }
    route
}

/// Hours of maintenance, each with its name and the endpoints that it is for.
fn weekly(settings: &Settings) -> impl Iterator<Item = (String, &str, &Weekly)> {
    let all = settings.silences.0.iter().filter_map(|silence| match &silence.when {
        When::Weekly(weekly) => Some((silence.endpoint.as_str(), weekly)),
        When::Between { .. } => None,
    });
    all.enumerate()
        .map(|(index, (endpoint, weekly))| (format!("maintenance {}", index + 1), endpoint, weekly))
}

fn muted(settings: &Settings, is_for: impl Fn(&str) -> bool) -> Vec<String> {
    weekly(settings).filter(|(_, endpoint, _)| is_for(endpoint)).map(|(name, ..)| name).collect()
}

fn intervals(settings: &Settings) -> Vec<Node> {
    let one = |days: Vec<&'static str>, from: &str, to: &str, zone: &str| {
        let days: Vec<Node> = days.into_iter().map(|day| Node::from(whole_day(day))).collect();
        Node::map([
            ("weekdays", days.into()),
            ("times", vec![Node::map([("start_time", from.into()), ("end_time", to.into())])].into()),
            ("location", zone.into()),
        ])
    };
    weekly(settings)
        .map(|(name, _, weekly)| {
            let [from, to] = weekly.times();
            let zone = weekly.zone();
            let within = if from < to {
                vec![one(weekly.days().collect(), &from, &to, zone)]
            } else {
                let mut parts = vec![one(weekly.days().collect(), &from, "24:00", zone)];
                if to != "00:00" {
                    parts.push(one(weekly.days_after().collect(), "00:00", &to, zone));
                }
                parts
            };
            Node::map([("name", name.into()), ("time_intervals", within.into())])
        })
        .collect()
}

fn whole_day(short: &str) -> &'static str {
    match short {
        "mon" => "monday",
        "tue" => "tuesday",
        "wed" => "wednesday",
        "thu" => "thursday",
        "fri" => "friday",
        "sat" => "saturday",
        _ => "sunday",
    }
}

fn receiver(receiver: &Receiver) -> Node {
    if let Some(mail) = &receiver.mail {
        let each: Vec<Node> = mail.to.iter().map(|to| email(receiver, mail, to)).collect();
        return Node::map([("name", receiver.name.as_str().into()), ("email_configs", each.into())]);
    }
    let mut configuration = Node::map([("send_resolved", true.into())]);
    let kind = match receiver.kind {
        Kind::Slack => {
            secret(&mut configuration, "api_url", receiver.url.as_ref());
            "slack_configs"
        }
        Kind::PagerDuty => {
            secret(&mut configuration, "routing_key", receiver.key.as_ref());
            if let Some(url) = &receiver.url {
                secret(&mut configuration, "url", Some(url));
            }
            "pagerduty_configs"
        }
        Kind::Jira => {
            // Jira Service Management takes Opsgenie's alerts under an address of its own.
            let base = match &receiver.url {
                Some(Place::Said(url)) => url.trim_end_matches('/'),
                _ => Kind::Jira.usual_url().unwrap_or_default(),
            };
            configuration.set("api_url", format!("{base}/jsm/ops/integration/"));
            secret(&mut configuration, "api_key", receiver.key.as_ref());
            "opsgenie_configs"
        }
        Kind::Webhook | Kind::Alertmanager | Kind::Email => {
            secret(&mut configuration, "url", receiver.url.as_ref());
            if let Some(key) = &receiver.key {
                let authorization = configuration.at(&["http_config", "authorization"]);
                secret(authorization, "credentials", Some(key));
            }
            "webhook_configs"
        }
    };
    Node::map([("name", receiver.name.as_str().into()), (kind, vec![configuration].into())])
}

/// One who reads e-mail: each is told on their own.
fn email(receiver: &Receiver, mail: &Addresses, to: &str) -> Node {
    let mut email = Node::map([("to", to.into()), ("from", mail.sender.as_str().into())]);
    let server = match &receiver.url {
        Some(Place::Said(url)) => MailServer::parse(url).ok(),
        _ => None,
    };
    if let Some(server) = server {
        let host = if server.host.contains(':') { format!("[{}]", server.host) } else { server.host };
        email.set("smarthost", format!("{host}:{}", server.port));
        email.set("require_tls", server.security != Security::None);
    } else {
        let why = "Alertmanager has the server's name and port from nowhere else: write them here.";
        email.set_why("smarthost", "mail.invalid:587", why);
    }
    match &mail.user {
        Some(Place::Said(user)) => email.set("auth_username", user.as_str()),
        Some(Place::Environment(place) | Place::File(place)) => {
            let why = format!("Alertmanager has this from nowhere else: write here what is in {place}.");
            email.set_why("auth_username", place.as_str(), &why);
        }
        None => {}
    }
    secret(&mut email, "auth_password", receiver.key.as_ref());
    email.set("send_resolved", true);
    email
}

/// A text that may be a secret: in the file itself, or in one that Alertmanager reads.
fn secret(configuration: &mut Node, name: &str, place: Option<&Place>) {
    match place {
        Some(Place::Said(text)) => configuration.set(name, text.as_str()),
        Some(Place::File(path)) => configuration.set(&format!("{name}_file"), path.as_str()),
        Some(Place::Environment(variable)) => configuration.set_why(
            &format!("{name}_file"),
            format!("{SECRETS}/{variable}"),
            &format!("Alertmanager reads no variables: put what is in {variable} into this file."),
        ),
        None => {}
    }
}

fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Node {
    texts.into_iter().map(Node::from).collect::<Vec<_>>().into()
}
