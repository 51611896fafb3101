//! `Response.json(selector)`: GJSON paths, as in k6, over the parsed body.
//!
//! In JavaScript, because what is selected from lies there, and a deep path or body ends in an exception on the
//! script's own stack. `selectors.jsonl` has documents and what k6 answers to selectors on them.

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rquickjs::{CatchResultExt as _, Context, Function, Runtime};
    use serde_json::Value;

    const SCRIPT: &str = include_str!("selector.js");
    const ANSWERS: &str = include_str!("selectors.jsonl");

    fn with<T>(test: impl FnOnce(&dyn Fn(&str, &str) -> Result<Option<Value>, String>) -> T) -> T {
        let runtime = Runtime::new().unwrap();
        let context = Context::full(&runtime).unwrap();
        context.with(|ctx| {
            let outer = format!("(body, path) => JSON.stringify({SCRIPT}(JSON.parse(body), path))");
            let select: Function<'_> = ctx.eval(outer).catch(&ctx).unwrap();
            let ask = |body: &str, path: &str| {
                let answer: Result<Option<String>, _> = select.call((body, path)).catch(&ctx);
                match answer {
                    Ok(json) => Ok(json.map(|json| serde_json::from_str(&json).unwrap())),
                    Err(error) => Err(error.to_string()),
                }
            };
            test(&ask)
        })
    }

    /// 1 and 1.0 are the same number.
    fn same(left: &Value, right: &Value) -> bool {
        match (left, right) {
            (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
            (Value::Array(left), Value::Array(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
            }
            (Value::Object(left), Value::Object(right)) => {
                left.len() == right.len()
                    && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
            }
            _ => left == right,
        }
    }

    #[test]
    fn the_answers_of_k6() {
        with(|ask| {
            let mut lines = ANSWERS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            let documents = lines.next().unwrap()["documents"].take();
            let mut count = 0;
            for case in lines {
                let body = documents[case["document"].as_u64().unwrap() as usize].to_string();
                let path = case["selector"].as_str().unwrap();
                let answer = ask(&body, path).unwrap();
                let right = match (&answer, case["k6"].get("value")) {
                    (Some(answer), Some(expected)) => same(answer, expected),
                    (None, None) => true,
                    _ => false,
                };
                assert!(right, "`{path}` is {answer:?}, and in k6 {}", case["k6"]);
                count += 1;
            }
            assert_eq!(count, 124);
        });
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        with(|ask| {
            let body = r#"{ "users": [{ "age": 3 }, { "age": 7 }] }"#;
            for path in [
                "users.#(age",
                "users.#(age!7)",
                "users.#x",
                "missing.#(a",
                "users.#(age==7)x",
                "{users",
                "[users.#",
                "users.{age}x",
                "users.0.@flatten:{",
                "!nothing",
                "..#",
            ] {
                let error = ask(body, path).unwrap_err();
                assert!(error.contains("is no selector"), "`{path}`: {error}");
            }
            assert_eq!(ask(body, "missing.deep|@reverse"), Ok(None));
        });
    }

    fn body() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c.#*@]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("[a-c.#*@]{0,2}", inner), 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_path_is_answered_or_refused(
            body in body(),
            path in r#"([a-c0-2.|#*?@!:,"~<=>%()\[\]{}\\]|#\(|\)#|@reverse|@flatten|@dig:|@keys|==|\{a,b\}){0,12}"#,
        ) {
            with(|ask| {
                if let Err(error) = ask(&body.to_string(), &path) {
                    assert!(error.contains("is no selector"), "`{path}`: {error}");
                }
            });
        }

        #[test]
        fn names_lead_to_their_values(names in proptest::collection::vec(".{1,6}", 1..5)) {
            let escape = |name: &String| name.chars().fold(String::new(), |text, c| text + "\\" + &c.to_string());
            let path = names.iter().map(escape).collect::<Vec<_>>().join(".");
            let body = names.iter().rev().fold(Value::from(1), |inner, name| {
                Value::Object([(name.clone(), inner)].into_iter().collect())
            });
            with(|ask| assert_eq!(ask(&body.to_string(), &path), Ok(Some(Value::from(1)))));
        }
    }
}
