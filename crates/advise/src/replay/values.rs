//! Values for the parameters of statements: those that executions had, or others that the database under test knows.

use std::collections::BTreeMap;

use loadline_pg::ghost::{parameters, quoted, with_plain_parameters};

use super::ends::VerifyError;
use super::source::{Answer, Source};
use super::task::{Values, Wanted};
use crate::binding::{
    Choice, Compared, Role, Subject, Tried, Value, bound, calibrate, choices, limited, numbers, of_type,
    roles, spread, unused, with_values,
};
use crate::verify::Execution;

/// Executions with which a statement is replayed.
const EXECUTIONS: usize = 4;
/// Rows of a page where nobody knows how many are asked for.
const PAGE: f64 = 20.0;

/// A statement that can be run.
#[derive(Debug)]
pub(super) struct Ready {
    /// With each of its values.
    pub(super) texts: Vec<String>,
    /// What share of the executions each of them stands for.
    pub(super) shares: Vec<f64>,
    pub(super) values: Values,
}

impl Ready {
    /// Each of them stands for as many executions.
    fn even(texts: Vec<String>, values: impl Fn(usize) -> Values) -> Self {
        let count = texts.len();
        Self { texts, shares: vec![1.0 / count.max(1) as f64; count], values: values(count) }
    }

    /// One that has no parameters.
    pub(super) fn own(text: &str) -> Self {
        Self::even(vec![text.to_owned()], |_| Values::Own)
    }
}

/// What stands for each parameter: one value, `$1` first, or several of which some are chosen.
struct Range {
    fixed: Vec<Value>,
    choices: BTreeMap<u32, (Vec<Choice>, bool)>,
}

impl Range {
    fn with(&self, chosen: &BTreeMap<u32, String>) -> Vec<Value> {
        let one = |(place, fixed): (usize, &Value)| {
            let number = u32::try_from(place + 1).unwrap_or(u32::MAX);
            chosen.get(&number).map_or_else(|| fixed.clone(), |value| Value::Text(value.clone()))
        };
        self.fixed.iter().enumerate().map(one).collect()
    }
}

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

impl Source<'_> {
    /// The statement with values; where there are none, why. Where it is to be planned for any values, it is prepared
    /// under a name.
    pub(super) async fn bind(&mut self, wanted: &Wanted, prepared: Option<&str>) -> Answer<Ready> {
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

    async fn bind_as(&mut self, form: Form<'_>, wanted: &Wanted) -> Answer<Ready> {
        let Form { text, types, prepared } = form;
        if let Some(name) = prepared
            && let Err(why) = self.ask(&format!("PREPARE {name} AS {text}")).await?
        {
            return Ok(Err(why));
        }
        let whole: Vec<&Execution> =
            wanted.kept.iter().filter(|values| values.len() == types.len()).collect();
        if !whole.is_empty() {
            let texts = spread(whole.len(), EXECUTIONS).into_iter().map(|place| {
                let of = |value: &Option<String>| value.clone().map_or(Value::Null, Value::Text);
                form.with(&whole[place].iter().map(of).collect::<Vec<Value>>())
            });
            return Ok(Ok(Ready::even(texts.collect(), Values::Kept)));
        }
        self.choose(form, wanted.rows).await
    }

    /// Typical values, common ones and rare ones, as advice is reckoned with.
    async fn choose(&mut self, form: Form<'_>, rows: Option<f64>) -> Answer<Ready> {
        let limits = limited(form.text, rows);
        let any = with_values(&limits, &BTreeMap::new());
        let plan = match self.generic(&any, parameters(&any) as usize).await? {
            Ok(plan) => plan,
            Err(why) => return Ok(Err(why)),
        };
        let roles = roles(form.text, &numbers(&limits), &plan, &self.catalogue);
        let range = match self.range(form.types, &roles, rows).await? {
            Ok(range) => range,
            Err(why) => return Ok(Err(why)),
        };
        let any = Tried::of(any, BTreeMap::new(), &plan);
        let subject = Subject { choices: &range.choices, rows, any: &any, must: true };
        let mut refusal = None;
        let mut ask = async |values: &BTreeMap<u32, String>| {
            let text = bound(form.text, &range.with(values), form.types);
            match self.plan(&format!("EXPLAIN (FORMAT JSON) {text}")).await? {
                Ok(plan) => Ok::<_, VerifyError>(Some(Tried::of(text, values.clone(), &plan))),
                Err(why) => {
                    refusal.get_or_insert(why);
                    Ok(None)
                }
            }
        };
        if range.choices.is_empty() {
            let is_taken = ask(&BTreeMap::new()).await?.is_some();
            let text = form.with(&range.fixed);
            return Ok(if is_taken {
                Ok(Ready::even(vec![text], Values::Chosen))
            } else {
                Err(refused_all(refusal))
            });
        }
        let bindings = calibrate(&subject, ask).await?;
        if bindings.is_empty() {
            return Ok(Err(refused_all(refusal)));
        }
        Ok(Ok(Ready {
            texts: bindings.iter().map(|one| form.with(&range.with(&one.values))).collect(),
            shares: bindings.iter().map(|one| one.share).collect(),
            values: Values::Chosen(bindings.len()),
        }))
    }

    /// What each parameter can be.
    async fn range(
        &mut self,
        types: &[String],
        roles: &BTreeMap<u32, Role>,
        rows: Option<f64>,
    ) -> Answer<Range> {
        let mut range = Range { fixed: vec![Value::Null; types.len()], choices: BTreeMap::new() };
        for ((number, of), fixed) in (1..).zip(types).zip(&mut range.fixed) {
            let (mut found, mut is_equality) = (Vec::new(), false);
            match roles.get(&number) {
                Some(Role::Compared(compared)) => {
                    let mut others = roles.values().filter_map(Role::compared);
                    let is_between = others.any(|other| compared.is_other_end(other));
                    let known = self.known(compared.table, &compared.key).await?;
                    found = choices(compared, Some(of), &known, is_between);
                    is_equality = compared.is_equality();
                }
                Some(Role::Written { table, column, is_new }) => {
                    match self.written(*table, column, *is_new, of).await? {
                        Written::New(value) => {
                            *fixed = value;
                            continue;
                        }
                        Written::Some(all) => found = all,
                    }
                }
                Some(Role::Limit) => {
                    *fixed = Value::Text(format!("{:.0}", rows.unwrap_or(PAGE).clamp(1.0, 1e6).ceil()));
                    continue;
                }
                Some(Role::Offset) => {
                    *fixed = Value::Text("0".to_owned());
                    continue;
                }
                Some(Role::Other) | None => {}
            }
            if found.is_empty() {
                let usual = of_type(of);
                let Some(first) = usual.first() else {
                    return Ok(Err(format!(
                        "has a parameter, ${number}, for whose type `{of}` no value could be chosen"
                    )));
                };
                *fixed = Value::Text((*first).to_owned());
                // Otherwise nothing says which of them it could be.
                if rows.is_some() {
                    found = by_size(&usual);
                }
            }
            if !found.is_empty() {
                range.choices.insert(number, (found, is_equality));
            }
        }
        Ok(Ok(range))
    }

    async fn written(
        &mut self,
        table: usize,
        column: &str,
        is_new: bool,
        of: &str,
    ) -> Result<Written, VerifyError> {
        let described = &self.catalogue.tables[table];
        let is_unique = described.indexes.iter().any(|index| {
            index.is_unique && index.keys.len() == 1 && index.keys[0].trim_matches('"') == column
        });
        if is_new
            && is_unique
            && let Some(value) = unused(&self.table(table), &quoted(column), of)
        {
            return Ok(Written::New(value));
        }
        let equal = Compared { operator: "=".to_owned(), nth: (0, 1), ..Compared::default() };
        Ok(Written::Some(choices(&equal, Some(of), &self.known(table, column).await?, false)))
    }
}

/// What becomes the value of a column.
enum Written {
    /// One that no row has yet.
    New(Value),
    /// Such as rows have.
    Some(Vec<Choice>),
}

/// Usual values of a type, the smallest first: how many rows they leave nobody knows.
fn by_size(usual: &[&str]) -> Vec<Choice> {
    let mut sorted = usual.to_vec();
    sorted.sort_by(|a, b| {
        let number = |text: &str| text.parse::<f64>().unwrap_or_default();
        number(a).total_cmp(&number(b))
    });
    let shares = (1..).map(|place| f64::from(place) * 1e-3);
    sorted.into_iter().zip(shares).map(|(value, share)| Choice { value: value.to_owned(), share }).collect()
}

fn refused_all(why: Option<String>) -> String {
    format!("takes none of the values that were chosen: {}", why.unwrap_or_default())
}
