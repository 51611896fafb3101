//! Endpoints by what their series are called: by the name of an endpoint in a label, or by a route and a method.

use std::collections::HashMap;

use loadline_prometheus::Row;
use loadline_verdict::Endpoints;

use crate::names::{Names, canonical_path};
use crate::settings::Settings;

/// Endpoints, numbered in the order in which they are added.
#[derive(Debug, Clone, Default)]
pub(crate) struct Labelled {
    numbers: HashMap<String, usize>,
    by_label: HashMap<String, usize>,
    by_route: HashMap<String, Vec<(Option<String>, usize)>>,
}

impl Labelled {
    /// All endpoints of a project, in its order.
    pub(crate) fn of(settings: &Settings, endpoints: &Endpoints) -> Self {
        let mut labelled = Self::default();
        for endpoint in endpoints.iter() {
            let route = endpoint.route.to_string();
            let (method, path) = match route.split_once(' ') {
                Some((method, path)) => (Some(method), path),
                None => (None, route.as_str()),
            };
            labelled.add(settings, &endpoint.name, method, &canonical_path(path));
        }
        labelled
    }

    /// Adds an endpoint, by its name, method and path with `*` for what varies, and says its number.
    pub(crate) fn add(
        &mut self,
        settings: &Settings,
        endpoint: &str,
        method: Option<&str>,
        path: &str,
    ) -> usize {
        let next = self.numbers.len();
        let number = *self.numbers.entry(endpoint.to_owned()).or_insert(next);
        if settings.names.method.is_some() && settings.said_label_of(endpoint).is_none() {
            let routes = self.by_route.entry(path.to_owned()).or_default();
            let route = (method.map(str::to_owned), number);
            if !routes.contains(&route) {
                routes.push(route);
            }
        } else {
            self.by_label.insert(settings.label_of(endpoint).to_owned(), number);
        }
        number
    }

    /// The numbers of the endpoints that a series is of.
    pub(crate) fn of_row(&self, names: &Names, row: &Row) -> Vec<usize> {
        let Some(label) = row.label(&names.endpoint) else { return Vec::new() };
        let mut found: Vec<usize> = self.by_label.get(label).copied().into_iter().collect();
        if let Some(method) = &names.method
            && let Some(routes) = self.by_route.get(&canonical_path(label))
        {
            let method = row.label(method);
            let fits = |wanted: &Option<String>| wanted.is_none() || wanted.as_deref() == method;
            found.extend(routes.iter().filter(|(wanted, _)| fits(wanted)).map(|(_, number)| *number));
        }
        found
    }
}
