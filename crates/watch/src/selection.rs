//! Which series of a Prometheus are of which requests.

use loadline_prometheus::{literal, quoted};

use crate::names::path_pattern;
use crate::objective::Objective;
use crate::settings::Settings;

impl Settings {
    /// Matchers of the series that are looked at: those of users, with the labels that the project asks for.
    pub fn matchers(&self) -> Vec<String> {
        let users = self.names.load_test.iter().map(|label| format!("{label}=\"\""));
        users.chain(self.said_matchers()).collect()
    }

    /// Matchers of the labels that the project asks for alone: users and load tests.
    pub fn said_matchers(&self) -> impl Iterator<Item = String> {
        self.labels.iter().map(|(label, value)| format!("{label}={}", quoted(value)))
    }

    /// Matchers of an objective's endpoint: its name, or its route in whichever way frameworks write it.
    pub fn endpoint_matchers(&self, objective: &Objective) -> Vec<String> {
        let label = &self.names.endpoint;
        let (Some(method), None) = (&self.names.method, self.said_label_of(&objective.endpoint)) else {
            return vec![format!("{label}={}", quoted(self.label_of(&objective.endpoint)))];
        };
        let pattern = path_pattern(&objective.path);
        let path = if pattern == literal(&objective.path) {
            format!("{label}={}", quoted(&objective.path))
        } else {
            format!("{label}=~{}", quoted(&pattern))
        };
        let wanted = objective.method.iter().map(|wanted| format!("{method}={}", quoted(wanted)));
        wanted.chain([path]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;
    use crate::objective::Indicator;

    fn objective(path: &str) -> Objective {
        Objective {
            endpoint: "programs.\"one\"".to_owned(),
            method: Some("GET".to_owned()),
            path: path.to_owned(),
            condition: String::new(),
            indicator: Indicator::Failed,
            permitted: 0.01,
            allow_no_data: false,
        }
    }

    #[test]
    fn an_endpoint_is_found_by_its_name_or_by_its_route() {
        let story = Settings { labels: vec![("job".into(), "a\"b".into())], ..Settings::default() };
        assert_eq!(story.matchers(), ["load_test=\"\"", "job=\"a\\\"b\""]);
        assert_eq!(story.endpoint_matchers(&objective("/x")), ["endpoint=\"programs.\\\"one\\\"\""]);

        let names = Names::opentelemetry();
        let by_route = Settings { names, ..Settings::default() };
        assert_eq!(
            by_route.endpoint_matchers(&objective("/api/x.y")),
            ["http_request_method=\"GET\"", "http_route=\"/api/x.y\""]
        );
        assert_eq!(
            by_route.endpoint_matchers(&objective("/a/*"))[1],
            "http_route=~\"\\\\/a\\\\/(\\\\*|:[^/]+|[{<\\\\[][^/]+[}>\\\\]])\""
        );
        let said = vec![("programs.\"one\"".to_owned(), "/said".to_owned())];
        let said = Settings { endpoints: said, ..by_route };
        assert_eq!(said.endpoint_matchers(&objective("/a/*")), ["http_route=\"/said\""]);
    }
}
