//! Values out of a portrait, for whoever explains a statement without rows.

use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use loadline_pg::ghost::parameters;
use serde_json::Value;

use super::calibrate::{Binding, Kind, Subject, Tried, calibrate};
use super::choices::choices;
use super::columns::Columns;
use super::known::Choice;
use super::role::{Compared, Role};
use super::roles::roles;
use super::text::{limited, numbers, with_values};
use crate::catalogue::Catalogue;
use crate::oracle::{Oracle, OracleError};
use crate::workload::Asked;

/// A statement ready to be explained.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The plan of any value, which says what is asked of tables without the values that were chosen.
    pub plan: Value,
    /// At least one; their shares are one together.
    pub bindings: Vec<Binding>,
    /// Rows that the plan of any value expects.
    pub any_rows: f64,
}

/// Chooses values for a statement's parameters, and asks `plans` plans for it. A parameter that is not compared with a
/// column stays one.
///
/// # Errors
/// When the statement has no plan, or the oracle is gone.
pub fn bind(
    asked: &Asked,
    columns: &Columns<'_>,
    catalogue: &Catalogue,
    oracle: &mut impl Oracle,
    plans: &mut usize,
) -> Result<Bound, OracleError> {
    let text = limited(&asked.text, asked.rows);
    *plans += 1;
    let any_text = with_values(&text, &BTreeMap::new());
    let plan = oracle.plan(&any_text)?;
    let any = Tried::of(any_text, BTreeMap::new(), &plan);
    let any_rows = any.rows;
    let choices = if parameters(&text) == 0 {
        BTreeMap::new()
    } else {
        known_choices(&roles(&text, &numbers(&text), &plan, catalogue), columns, catalogue)
    };
    let subject = Subject { choices: &choices, rows: asked.rows, any: &any, must: false };
    let mut bindings = at_once(calibrate(&subject, async |values: &BTreeMap<u32, String>| {
        *plans += 1;
        let text = with_values(&text, values);
        match oracle.plan(&text) {
            Ok(plan) => Ok(Some(Tried::of(text, values.clone(), &plan))),
            Err(OracleError::Refused(_)) => Ok(None),
            Err(gone) => Err(gone),
        }
    }))?;
    if bindings.is_empty() {
        bindings.push(any.binding(Kind::Any, 1.0));
    }
    Ok(Bound { plan, bindings, any_rows })
}

fn known_choices(
    roles: &BTreeMap<u32, Role>,
    columns: &Columns<'_>,
    catalogue: &Catalogue,
) -> BTreeMap<u32, (Vec<Choice>, bool)> {
    let of_columns: Vec<(u32, &Compared)> = roles
        .iter()
        .filter_map(|(number, role)| Some((*number, role.compared().filter(|compared| compared.is_direct)?)))
        .collect();
    let mut all = BTreeMap::new();
    for (number, compared) in &of_columns {
        let is_between = of_columns.iter().any(|(_, other)| compared.is_other_end(other));
        let known = columns.known(compared.table, &compared.key, catalogue);
        let found = known.map(|known| choices(compared, None, &known, is_between)).unwrap_or_default();
        if !found.is_empty() {
            all.insert(*number, (found, compared.is_equality()));
        }
    }
    all
}

/// The end of something that waits for nothing.
fn at_once<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => unreachable!("an oracle answers when it is asked"),
    }
}
