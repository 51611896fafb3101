//! The database under test as somebody whom values are asked of: its catalogue, what it has counted, its plans.

use std::collections::{BTreeSet, HashMap};

use loadline_pg::cost::marked;
use loadline_pg::ghost::{literal, quoted};
use loadline_pg::live::{Session, explain};
use serde_json::Value as Json;
use tokio_postgres::SimpleQueryMessage;

use super::ends::{VerifyError, refused};
use crate::binding::{Known, different, most_common};
use crate::catalogue::Catalogue;
use crate::live::catalogue::{QUERIES, Row, read, rows};

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
    pub(super) catalogue: Catalogue,
    known: HashMap<(usize, String), Known>,
}

/// What the server said to a question that it refuses.
pub(super) type Answer<T> = Result<Result<T, String>, VerifyError>;

impl<'s> Source<'s> {
    pub(super) async fn open(session: &'s Session, is_generic: bool) -> Result<Self, VerifyError> {
        let mut answers = Vec::new();
        for query in QUERIES {
            answers.push(rows(session, query).await.map_err(refused("cannot read the catalogue"))?);
        }
        Ok(Self { session, is_generic, catalogue: read(&answers), known: HashMap::new() })
    }

    pub(super) fn table(&self, place: usize) -> String {
        let table = &self.catalogue.tables[place];
        format!("{}.{}", quoted(&table.schema), quoted(&table.name))
    }

    /// What the database says of a column or an expression.
    pub(super) async fn known(&mut self, table: usize, key: &str) -> Result<Known, VerifyError> {
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
            "SELECT format_type(a.atttypid, NULL), {}, {}, array_to_json(s.most_common_elems::text::text[]), \
             array_to_json(s.most_common_freqs), array_to_json(s.most_common_elem_freqs), s.null_frac, s.n_distinct \
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
        let text = |at: usize| row.get(at).and_then(Option::as_deref);
        let list = |at| text(at).and_then(|text| serde_json::from_str::<Vec<String>>(text).ok());
        let shares = |at| text(at).and_then(|text| serde_json::from_str::<Vec<f64>>(text).ok());
        let number = |at| text(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
        let counted =
            |values, of| most_common(list(values).unwrap_or_default(), shares(of).unwrap_or_default());
        let rows = self.catalogue.tables[table].rows;
        Ok(Known {
            of: text(0).unwrap_or_default().to_owned(),
            rows,
            nulls: number(6),
            distinct: different(number(7), rows),
            common: counted(1, 4),
            bounds: list(2).unwrap_or_default(),
            elements: counted(3, 5),
        })
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
                // Of so many it is known that they are different.
                known.distinct =
                    known.distinct.max(known.bounds.iter().collect::<BTreeSet<_>>().len() as f64);
                return Ok(());
            }
        }
        Ok(())
    }

    /// The types of a statement's parameters, as the server takes it.
    pub(super) async fn types(&self, text: &str) -> Answer<Vec<String>> {
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
    pub(super) async fn generic(&self, text: &str, count: usize) -> Answer<Json> {
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

    pub(super) async fn plan(&self, query: &str) -> Answer<Json> {
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
    pub(super) async fn ask(&self, query: &str) -> Answer<Vec<Row>> {
        match self.session.simple_query(&marked(query)).await {
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
