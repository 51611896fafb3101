//! Values for the parameters of statements: those that executions had, or others that the database under test knows.

use std::collections::HashMap;

use loadline_pg::ghost::{literal, quoted, with_plain_parameters};
use loadline_pg::live::{Session, explain};
use serde_json::Value as Json;
use tokio_postgres::SimpleQueryMessage;

use super::ends::{VerifyError, refused};
use super::task::{Values, Wanted};
use crate::catalogue::Catalogue;
use crate::live::catalogue::{QUERIES, Row, read, rows};
use crate::verify::{
    Execution, Known, Role, Value, bound, combinations, compared, of_type, roles, spread, unused,
};

/// Executions with which a statement is replayed.
const EXECUTIONS: usize = 4;
/// Combinations of values that are held against the rows of an execution.
const TRIED: usize = 24;
/// Rows of a page where nobody knows how many are asked for.
const PAGE: f64 = 20.0;
/// Rows that are looked at where there are no statistics, and out of how many.
const LOOKED_AT: u32 = 100;
const SAMPLED: f64 = 3000.0;
/// Letters of a value at the most.
const LONGEST: u32 = 10_000;

/// A database that values are chosen from.
pub(super) struct Source<'s> {
    session: &'s Session,
    /// Whether the session plans for any values by itself.
    is_generic: bool,
    catalogue: Catalogue,
    known: HashMap<(usize, String), Known>,
}

/// What the server said to a question that it refuses.
type Answer<T> = Result<Result<T, String>, VerifyError>;

/// How a statement is run.
#[derive(Clone, Copy)]
struct Form<'t> {
    text: &'t str,
    types: &'t [String],
    /// The name under which it is prepared, if it is to be planned for any values.
    prepared: Option<&'t str>,
}

impl Form<'_> {
    fn with(&self, values: &[Value]) -> String {
        let reckons = values.iter().any(|value| matches!(value, Value::Expression(_)));
        match self.prepared {
            // What the server has to look up is no argument of EXECUTE.
            Some(name) if !reckons => {
                let arguments: Vec<String> = (1..=values.len()).map(|number| format!("${number}")).collect();
                bound(&format!("EXECUTE {name}({})", arguments.join(", ")), values, self.types)
            }
            _ => bound(self.text, values, self.types),
        }
    }
}

impl<'s> Source<'s> {
    pub(super) async fn open(session: &'s Session, is_generic: bool) -> Result<Self, VerifyError> {
        let mut answers = Vec::new();
        for query in QUERIES {
            answers.push(rows(session, query).await.map_err(refused("cannot read the catalogue"))?);
        }
        Ok(Self { session, is_generic, catalogue: read(&answers), known: HashMap::new() })
    }

    /// The statement with values; where there are none, why. Where it is to be planned for any values, it is prepared
    /// under a name.
    pub(super) async fn bind(
        &mut self,
        wanted: &Wanted,
        prepared: Option<&str>,
    ) -> Answer<(Vec<String>, Values)> {
        let mut first = None;
        for text in [wanted.text.clone(), with_plain_parameters(&wanted.text)] {
            match self.types(&text).await? {
                Ok(types) => {
                    return self.bind_as(Form { text: &text, types: &types, prepared }, wanted).await;
                }
                Err(why) => first = first.or(Some(why)),
            }
        }
        Ok(Err(first.unwrap_or_default()))
    }

    async fn bind_as(&mut self, form: Form<'_>, wanted: &Wanted) -> Answer<(Vec<String>, Values)> {
        let Form { text, types, prepared } = form;
        if let Some(name) = prepared
            && let Err(why) = self.ask(&format!("PREPARE {name} AS {text}")).await?
        {
            return Ok(Err(why));
        }
        let whole: Vec<&Execution> =
            wanted.kept.iter().filter(|values| values.len() == types.len()).collect();
        if !whole.is_empty() {
            let texts: Vec<String> = spread(whole.len(), EXECUTIONS)
                .into_iter()
                .map(|place| {
                    let of = |value: &Option<String>| value.clone().map_or(Value::Null, Value::Text);
                    form.with(&whole[place].iter().map(of).collect::<Vec<Value>>())
                })
                .collect();
            let count = texts.len();
            return Ok(Ok((texts, Values::Kept(count))));
        }
        let plan = match self.generic(text, types.len()).await? {
            Ok(plan) => plan,
            Err(why) => return Ok(Err(why)),
        };
        let lists = match self.candidates(text, types, &plan, wanted.rows).await? {
            Ok(lists) => lists,
            Err(why) => return Ok(Err(why)),
        };
        self.fitting(form, &lists, wanted.rows).await
    }

    /// Of the values that go together, those with which the planner expects as many rows as an execution gave.
    async fn fitting(
        &mut self,
        form: Form<'_>,
        lists: &[Vec<Value>],
        rows: Option<f64>,
    ) -> Answer<(Vec<String>, Values)> {
        let counts: Vec<usize> = lists.iter().map(Vec::len).collect();
        let most = if rows.is_some() { TRIED } else { EXECUTIONS };
        let (mut found, mut why) = (Vec::new(), None);
        for one in combinations(&counts, most) {
            let values: Vec<Value> = lists.iter().zip(one).map(|(list, at)| list[at].clone()).collect();
            let text = form.with(&values);
            match self.plan(&format!("EXPLAIN (FORMAT JSON) {text}")).await? {
                Ok(plan) => {
                    let expected = plan.get("Plan Rows").and_then(Json::as_f64).unwrap_or_default();
                    let away = rows.map_or(0.0, |rows| ((expected + 1.0) / (rows + 1.0)).ln().abs());
                    found.push((away, text));
                }
                Err(said) => why = why.or(Some(said)),
            }
        }
        // Of two that are equally near, the earlier one: it is the more frequent.
        found.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        found.truncate(EXECUTIONS);
        let texts: Vec<String> = found.into_iter().map(|(_, text)| text).collect();
        let count = texts.len();
        Ok(match why {
            Some(why) if texts.is_empty() => Err(format!("takes none of the values that were chosen: {why}")),
            _ => Ok((texts, Values::Chosen(count))),
        })
    }

    async fn candidates(
        &mut self,
        text: &str,
        types: &[String],
        plan: &Json,
        rows: Option<f64>,
    ) -> Answer<Vec<Vec<Value>>> {
        let roles = roles(text, types.len(), plan, &self.catalogue);
        let mut lists = Vec::with_capacity(types.len());
        for (place, of) in types.iter().enumerate() {
            let mut list = match &roles[place] {
                Role::Compared { table, key, operator } => {
                    let is_between = roles.iter().any(|other| is_other_end(&roles[place], other));
                    let known = self.known(*table, key).await?;
                    compared(operator, of, &known, is_between)
                }
                Role::Written { table, column, is_new } => self.written(*table, column, *is_new, of).await?,
                Role::Limit => {
                    vec![Value::Text(format!("{:.0}", rows.unwrap_or(PAGE).clamp(1.0, 1e6).ceil()))]
                }
                Role::Offset => vec![Value::Text("0".to_owned())],
                Role::Other => Vec::new(),
            };
            if list.is_empty() {
                list = of_type(of);
                if rows.is_none() {
                    // Nothing says which of them it could be.
                    list.truncate(1);
                }
            }
            if list.is_empty() {
                return Ok(Err(format!(
                    "has a parameter, ${}, for whose type `{of}` no value could be chosen",
                    place + 1
                )));
            }
            lists.push(list);
        }
        Ok(Ok(lists))
    }

    async fn written(
        &mut self,
        table: usize,
        column: &str,
        is_new: bool,
        of: &str,
    ) -> Result<Vec<Value>, VerifyError> {
        let described = &self.catalogue.tables[table];
        let is_unique = described.indexes.iter().any(|index| {
            index.is_unique && index.keys.len() == 1 && index.keys[0].trim_matches('"') == column
        });
        if is_new
            && is_unique
            && let Some(value) = unused(&self.table(table), &quoted(column), of)
        {
            return Ok(vec![value]);
        }
        Ok(compared("=", of, &self.known(table, column).await?, false))
    }

    fn table(&self, place: usize) -> String {
        let table = &self.catalogue.tables[place];
        format!("{}.{}", quoted(&table.schema), quoted(&table.name))
    }

    /// What the database says of a column or an expression.
    async fn known(&mut self, table: usize, key: &str) -> Result<Known, VerifyError> {
        if let Some(known) = self.known.get(&(table, key.to_owned())) {
            return Ok(known.clone());
        }
        let mut known = Known::default();
        if let Some(kind) = self.catalogue.tables[table].column(key).map(|column| column.kind) {
            known = self.counted(table, key, kind == 'a').await?;
        }
        if known.common.is_empty() && known.bounds.is_empty() {
            let is_column = self.catalogue.tables[table].column(key).is_some();
            let sql = if is_column { quoted(key) } else { format!("({key})") };
            self.look(table, &sql, &mut known).await?;
        }
        self.known.insert((table, key.to_owned()), known.clone());
        Ok(known)
    }

    /// What `ANALYZE` has counted of a column.
    async fn counted(&self, table: usize, column: &str, is_array: bool) -> Result<Known, VerifyError> {
        let values = |name: &str| {
            if is_array { "NULL".to_owned() } else { format!("array_to_json({name}::text::text[])") }
        };
        let of = &self.catalogue.tables[table];
        let query = format!(
            "SELECT format_type(a.atttypid, NULL), {}, {}, array_to_json(s.most_common_elems::text::text[]) \
             FROM pg_attribute a LEFT JOIN LATERAL (SELECT * FROM pg_stats s WHERE s.schemaname = {schema} \
             AND s.tablename = {name} AND s.attname = a.attname ORDER BY s.inherited DESC LIMIT 1) s ON true \
             WHERE a.attrelid = to_regclass({table}) AND a.attname = {column}",
            values("s.most_common_vals"),
            values("s.histogram_bounds"),
            schema = literal(&of.schema),
            name = literal(&of.name),
            table = literal(&self.table(table)),
            column = literal(column),
        );
        let found = self.ask(&query).await?.unwrap_or_default();
        let Some(row) = found.first() else { return Ok(Known::default()) };
        let list = |at: usize| -> Vec<String> {
            row.get(at)
                .and_then(Option::as_deref)
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default()
        };
        let of = row.first().cloned().flatten().unwrap_or_default();
        Ok(Known { of, common: list(1), bounds: list(2), elements: list(3) })
    }

    /// Values of some rows, for what has no statistics of its own.
    async fn look(&self, table: usize, key: &str, known: &mut Known) -> Result<(), VerifyError> {
        let percent = (100.0 * SAMPLED / self.catalogue.tables[table].rows.max(1.0)).clamp(0.001, 100.0);
        let sampled = format!("TABLESAMPLE SYSTEM ({percent}) REPEATABLE (1)");
        for sample in [sampled.as_str(), ""] {
            for order in [format!("ORDER BY {key}"), String::new()] {
                let query = format!(
                    "SELECT {key}::text, pg_typeof({key})::text FROM (SELECT * FROM {} {sample} LIMIT {SAMPLED}) AS some \
                     WHERE length({key}::text) < {LONGEST} {order} LIMIT {LOOKED_AT}",
                    self.table(table)
                );
                let Ok(found) = self.ask(&query).await? else { continue };
                if found.is_empty() {
                    break;
                }
                known.bounds = found.iter().filter_map(|row| row[0].clone()).collect();
                known.of = found[0].get(1).cloned().flatten().unwrap_or_default();
                return Ok(());
            }
        }
        Ok(())
    }

    /// The types of a statement's parameters, as the server takes it.
    async fn types(&self, text: &str) -> Answer<Vec<String>> {
        let query = format!("PREPARE loadline_values AS {text}");
        if let Err(why) = self.ask(&query).await? {
            return Ok(Err(why));
        }
        let query = "SELECT array_to_json(parameter_types::text[]) FROM pg_prepared_statements WHERE name = 'loadline_values'";
        let found = self.ask(query).await?;
        let _ = self.ask("DEALLOCATE loadline_values").await?;
        Ok(found.map(|rows| {
            let text = rows.first().and_then(|row| row.first()?.as_deref());
            text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
        }))
    }

    /// The plan of any values.
    async fn generic(&self, text: &str, count: usize) -> Answer<Json> {
        let query = format!("SET plan_cache_mode = force_generic_plan; PREPARE loadline_values AS {text}");
        if let Err(why) = self.ask(&query).await? {
            return Ok(Err(why));
        }
        let values = vec!["NULL"; count].join(", ");
        let plan =
            self.plan(&format!("EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE loadline_values({values})")).await?;
        let back = if self.is_generic { "force_generic_plan" } else { "auto" };
        let _ = self.ask(&format!("DEALLOCATE loadline_values; SET plan_cache_mode = {back}")).await?;
        Ok(plan)
    }

    async fn plan(&self, query: &str) -> Answer<Json> {
        let found = match self.ask(query).await? {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let lines: Vec<&str> = found.iter().filter_map(|row| row.first()?.as_deref()).collect();
        let plan = serde_json::from_str::<Json>(&lines.join("\n")).ok();
        let plan = plan.and_then(|mut plan| plan.get_mut(0)?.get_mut("Plan").map(Json::take));
        Ok(plan.ok_or_else(|| "has no plan of one statement".to_owned()))
    }

    /// Rows of a question, or the server's words where it refuses it.
    async fn ask(&self, query: &str) -> Answer<Vec<Row>> {
        match self.session.simple_query(query).await {
            Ok(messages) => Ok(Ok(messages
                .iter()
                .filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => {
                        Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
                    }
                    _ => None,
                })
                .collect())),
            Err(error) if error.as_db_error().is_some() && !self.session.is_closed() => {
                Ok(Err(explain(&error)))
            }
            Err(error) => Err(refused("the server went away")(error)),
        }
    }
}

/// Whether two parameters are the two ends of what is read of a column.
fn is_other_end(one: &Role, other: &Role) -> bool {
    match (one, other) {
        (
            Role::Compared { table, key, operator },
            Role::Compared { table: of, key: same, operator: turned },
        ) => {
            let ends = (operator.chars().next(), turned.chars().next());
            (table, key) == (of, same) && matches!(ends, (Some('<'), Some('>')) | (Some('>'), Some('<')))
        }
        _ => false,
    }
}
