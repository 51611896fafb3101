//! What a formula comes to.

use std::collections::BTreeMap;

use super::formula_error::FormulaError;
use super::tree::Tree;

/// What a part of a formula comes to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Truth(bool),
    Nil,
    List(Vec<Value>),
}

type Triggers = BTreeMap<String, Option<f64>>;

const NO_NUMBER: FormulaError = FormulaError::Value("a number was to be expected where there is none");
const NO_TRUTH: FormulaError = FormulaError::Value("a condition was to be expected where there is none");

/// What a part comes to; `each` is what `#` stands for.
pub(super) fn evaluate(
    tree: &Tree,
    triggers: &Triggers,
    each: Option<&Value>,
) -> Result<Value, FormulaError> {
    let of = |tree: &Tree| evaluate(tree, triggers, each);
    Ok(match tree {
        Tree::Number(number) => Value::Number(*number),
        Tree::Truth(truth) => Value::Truth(*truth),
        Tree::Nil => Value::Nil,
        Tree::Trigger(name) => triggers.get(name).copied().flatten().map_or(Value::Nil, Value::Number),
        Tree::Each => {
            each.cloned().ok_or(FormulaError::Value("`#` is of a list, and there is none around it"))?
        }
        Tree::List(values) => Value::List(values.iter().map(of).collect::<Result<_, _>>()?),
        Tree::Unary("!", of_it) => Value::Truth(!truth(&of(of_it)?)?),
        Tree::Unary("-", of_it) => Value::Number(-number(&of(of_it)?)?),
        Tree::Unary(_, of_it) => Value::Number(number(&of(of_it)?)?),
        Tree::Choice(condition, then, otherwise) => {
            if truth(&of(condition)?)? {
                of(then)?
            } else {
                of(otherwise)?
            }
        }
        // The right side is not looked at where the left one decides.
        Tree::Binary("&&", left, right) => Value::Truth(truth(&of(left)?)? && truth(&of(right)?)?),
        Tree::Binary("||", left, right) => Value::Truth(truth(&of(left)?)? || truth(&of(right)?)?),
        Tree::Binary("??", left, right) => match of(left)? {
            Value::Nil => of(right)?,
            known => known,
        },
        Tree::Binary("==", left, right) => Value::Truth(of(left)? == of(right)?),
        Tree::Binary("!=", left, right) => Value::Truth(of(left)? != of(right)?),
        Tree::Binary(mark, left, right) => numbers(mark, number(&of(left)?)?, number(&of(right)?)?),
        Tree::Call(name, arguments) => call(name, arguments, triggers, each)?,
    })
}

fn numbers(mark: &str, left: f64, right: f64) -> Value {
    match mark {
        "<" => Value::Truth(left < right),
        ">" => Value::Truth(left > right),
        "<=" => Value::Truth(left <= right),
        ">=" => Value::Truth(left >= right),
        "+" => Value::Number(left + right),
        "-" => Value::Number(left - right),
        "*" => Value::Number(left * right),
        "/" => Value::Number(left / right),
        "%" => Value::Number(left % right),
        _ => Value::Number(left.powf(right)),
    }
}

fn number(value: &Value) -> Result<f64, FormulaError> {
    if let Value::Number(number) = value { Ok(*number) } else { Err(NO_NUMBER) }
}

fn truth(value: &Value) -> Result<bool, FormulaError> {
    if let Value::Truth(truth) = value { Ok(*truth) } else { Err(NO_TRUTH) }
}

fn call(
    name: &str,
    arguments: &[Tree],
    triggers: &Triggers,
    each: Option<&Value>,
) -> Result<Value, FormulaError> {
    if let "count" | "all" | "any" | "none" = name {
        let [list, condition] = arguments else {
            return Err(FormulaError::Value(
                "a list and a condition were to be expected: `count([a, b], {# > 1})`",
            ));
        };
        let Value::List(values) = evaluate(list, triggers, each)? else {
            return Err(FormulaError::Value("a list was to be expected: `[a, b]`"));
        };
        let fits = values.iter().map(|value| truth(&evaluate(condition, triggers, Some(value))?));
        let fits: Vec<bool> = fits.collect::<Result<_, _>>()?;
        let number = fits.iter().filter(|fits| **fits).count();
        return Ok(match name {
            "count" => Value::Number(number as f64),
            "all" => Value::Truth(number == fits.len()),
            "any" => Value::Truth(number > 0),
            _ => Value::Truth(number == 0),
        });
    }
    // Lists among the arguments count with what is in them.
    let mut values = Vec::new();
    for argument in arguments {
        match evaluate(argument, triggers, each)? {
            Value::List(of) => values.extend(of.iter().map(number).collect::<Result<Vec<_>, _>>()?),
            // A formula that has to come to a number may come to none: `float(nil)`.
            Value::Nil if name == "float" => return Ok(Value::Nil),
            one => values.push(number(&one)?),
        }
    }
    let one = |of: fn(f64) -> f64| match values.as_slice() {
        [value] => Ok(of(*value)),
        _ => Err(FormulaError::Value("a function of one number has another number of them")),
    };
    let some =
        || if values.is_empty() { Err(FormulaError::Value("a list has nothing in it")) } else { Ok(()) };
    Ok(Value::Number(match name {
        "abs" => one(f64::abs)?,
        "ceil" => one(f64::ceil)?,
        "floor" => one(f64::floor)?,
        "round" => one(f64::round)?,
        "int" => one(f64::trunc)?,
        "float" => one(|value| value)?,
        "len" => values.len() as f64,
        "sum" => values.iter().sum(),
        "min" => some().map(|()| values.iter().copied().fold(f64::INFINITY, f64::min))?,
        "max" => some().map(|()| values.iter().copied().fold(f64::NEG_INFINITY, f64::max))?,
        "mean" => some().map(|()| values.iter().sum::<f64>() / values.len() as f64)?,
        "median" => {
            some()?;
            values.sort_by(f64::total_cmp);
            let middle = values.len() / 2;
            if values.len().is_multiple_of(2) {
                f64::midpoint(values[middle - 1], values[middle])
            } else {
                values[middle]
            }
        }
        other => return Err(FormulaError::Function(other.to_owned())),
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::formula::Formula;
    use super::*;

    fn value(text: &str, one: Option<f64>, two: Option<f64>) -> Result<Option<f64>, FormulaError> {
        let formula = Formula::parse(text, &["one", "two"])?;
        formula.value(&BTreeMap::from([("one".to_owned(), one), ("two".to_owned(), two)]))
    }

    #[test]
    fn formulas_mean_what_they_mean_in_keda() {
        let check = |text: &str, wanted: f64| {
            assert_eq!(value(text, Some(3.0), Some(5.0)), Ok(Some(wanted)), "{text}");
        };
        check("one + two * 2", 13.0);
        check("(one + two) / 2", 4.0);
        check("2 ** 3 ** 2", 512.0);
        check("2 ^ 3", 8.0);
        check("-2 ** 2", -4.0);
        check("7 - 2 - 1", 4.0);
        check("two % 3", 2.0);
        check("one > 2 ? one + two : 1", 8.0);
        check("one < 2 ? one + two >= 2 ? 5 : 10 : 0", 0.0);
        check("not (one > 2) || two == 5 ? 1 : 2", 1.0);
        check("one > 2 and two > 9 ? 1 : 2", 2.0);
        check("count([one, two, 7], {# > 3}) > 1 ? 5 : 0", 5.0);
        check("any([one, two], {# > 4}) ? 1 : 0", 1.0);
        check("all([one, two], # > 4) ? 1 : 0", 0.0);
        check("none([one], {# > 4}) ? 1 : 0", 1.0);
        check("max([one, two]) - min(one, two)", 2.0);
        check("sum([one, two, 2]) / len([one, two])", 5.0);
        check("mean([one, two]) + median([one, two, 100])", 9.0);
        check("ceil(one / 2) + floor(one / 2) + round(2.5) + int(-1.5) + abs(-1)", 6.0);
        check("one ?? two", 3.0);
        check("float(one) * 1_000 + .5 + 1e-1", 3000.6);
        assert_eq!(value("one ?? two", None, Some(5.0)), Ok(Some(5.0)));
        assert_eq!(value("one ?? two", None, None), Ok(None));
        assert!(value("one + 1", None, None).is_err());
    }

    #[test]
    fn what_has_no_meaning_is_said() {
        let check = |text: &str, wanted: &str| {
            let said = value(text, Some(1.0), Some(1.0)).unwrap_err().to_string();
            assert!(said.contains(wanted), "{text}: {said}");
        };
        check("", "at its end");
        check("one +", "at its end");
        check("one two", "an operator was to be expected in place of `two`");
        check("(one", ") was to be expected at its end");
        check("three + 1", "no trigger is called `three`; there are `one`, `two`");
        check("one > 2", "it comes to no number");
        check("one ? 1 : 2", "a condition was to be expected");
        check("one; two", "`;` has no meaning");
        check("trim(one)", "the function `trim` is not simulated");
        check("# + 1", "`#` is of a list");
        check("1.2.3", "`1.2.3` has no meaning");
        check(&"(".repeat(900), "nested too deeply");
        check(&"-".repeat(900), "nested too deeply");
        check(&"1 ** ".repeat(400), "nested too deeply");
        check(&"1 + ".repeat(5000), "more than 1000 pieces");
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(text in "[-a-z0-9+*/%^<>=!?:()\\[\\]{}#,. ]{0,40}") {
            let _ = value(&text, Some(2.0), None);
        }

        #[test]
        fn sums_and_products_are_those_of_numbers(one in -1e6..1e6_f64, two in -1e6..1e6_f64, three in 1..1000_u16) {
            let text = format!("one * {three} + two - one / {three}");
            let wanted = one * f64::from(three) + two - one / f64::from(three);
            prop_assert_eq!(value(&text, Some(one), Some(two)), Ok(Some(wanted)));
        }
    }
}
