//! Which runs are asked for.

use loadline_measure::RunState;

use crate::database::Value;

/// Which runs are asked for: those for which all of it holds. The default asks for all.
///
/// ```
/// use loadline_history::Filter;
/// use loadline_measure::RunState;
///
/// let on_main = Filter { branch: Some("main".to_owned()), state: Some(RunState::Finished), ..Filter::default() };
/// let newest = Filter { limit: Some(20), ..on_main };
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The name contains this text, in letters of either case.
    pub name: Option<String>,
    /// The fingerprint is this one.
    pub fingerprint: Option<String>,
    /// The branch is this one.
    pub branch: Option<String>,
    /// The commit begins with these digits.
    pub commit: Option<String>,
    /// It started then or later, in milliseconds since 1970 UTC.
    pub since_unix_ms: Option<i64>,
    /// It started before then, in milliseconds since 1970 UTC.
    pub until_unix_ms: Option<i64>,
    /// It came to be here so.
    pub state: Option<RunState>,
    /// At most this many, the newest.
    pub limit: Option<usize>,
}

impl Filter {
    /// A query for the ids of the runs, newest first, and its parameters, from `$1` on.
    pub(crate) fn chosen(&self) -> (String, Vec<Value>) {
        let (conditions, parameters) = self.conditions();
        let limit = self.limit.map(|limit| format!(" LIMIT {limit}")).unwrap_or_default();
        (
            format!(
                "SELECT c.id FROM loadline_runs c{conditions} ORDER BY c.started_unix_ms DESC, c.id DESC{limit}"
            ),
            parameters,
        )
    }

    fn conditions(&self) -> (String, Vec<Value>) {
        let mut conditions = Vec::new();
        let mut parameters = Vec::new();
        let mut add = |condition: &str, value: Option<Value>| {
            if let Some(value) = value {
                parameters.push(value);
                conditions.push(condition.replace('?', &format!("${}", parameters.len())));
            }
        };
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        let name = self.name.as_ref().map(|name| format!("%{}%", escaped(name)).into());
        add("lower(c.name) LIKE lower(?) ESCAPE '!'", name);
        add("c.fingerprint = ?", text(&self.fingerprint));
        add("c.branch = ?", text(&self.branch));
        let commit =
            self.commit.as_ref().map(|commit| format!("{}%", escaped(&commit.to_lowercase())).into());
        add("lower(c.commit_id) LIKE ? ESCAPE '!'", commit);
        add("c.started_unix_ms >= ?", self.since_unix_ms.map(Value::from));
        add("c.started_unix_ms < ?", self.until_unix_ms.map(Value::from));
        add("c.state = ?", self.state.map(|state| state.word().into()));
        if conditions.is_empty() {
            return (String::new(), parameters);
        }
        (format!(" WHERE {}", conditions.join(" AND ")), parameters)
    }
}

fn escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
