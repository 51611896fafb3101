//! Ordinary things that scripts do with arrays that have holes, and what they have to give.
//!
//! The engine has paths of their own for arrays without holes. One that takes an array for such shows memory that was
//! never written, or that belongs to another user of the realm.

use proptest::prelude::*;

use super::*;

/// Runs the test script's function with `argument`; what it returns, as JSON.
fn value(body: &str, argument: &str) -> String {
    run(async {
        let realm = realm(body);
        let mut vu = user(&realm, 1);
        call(&mut vu, argument).await.unwrap()
    })
}

/// Each expression's value many times, in memory that held something else before.
#[test]
fn arrays_with_holes_hold_nothing_else() {
    let cases = [
        ("const a = new Array(5); a.push(1); return a", "[null,null,null,null,null,1]"),
        ("const a = new Array(4); a.push(); return a", "[null,null,null,null]"),
        ("const a = []; a.length = 3; a.push(1, 2); return a", "[null,null,null,1,2]"),
        ("const a = [1, 2, 3]; a.length = 1; a.length = 3; a.push(4); return a", "[1,null,null,4]"),
        ("const a = new Array(4); a[0] = 9; a.push(5); return a", "[9,null,null,null,5]"),
        ("const a = new Array(3); for (let i = 0; i < 3; i++) a[i] = i; a.push(3); return a", "[0,1,2,3]"),
        ("const a = new Array(5); a[4] = 1; a.push(2); return a", "[null,null,null,null,1,2]"),
        ("const a = [7, 8, 9]; delete a[2]; a.push(1); return a", "[7,8,null,1]"),
        ("const a = [7, 8, 9]; delete a[0]; a.push(1); return [a, 0 in a]", "[[null,8,9,1],false]"),
        ("const a = [, , 1]; a.push(2); return a", "[null,null,1,2]"),
        ("const a = [1, , ,]; a.push(2); return a", "[1,null,null,2]"),
        ("const a = new Array(3); a.unshift(1); return a", "[1,null,null,null]"),
        ("const a = new Array(3); return [a.pop(), a.shift(), a]", "[null,null,[null]]"),
        ("const a = new Array(3); a.splice(1, 1, 7); return a", "[null,7,null]"),
        (
            "return [new Array(2).slice(), new Array(2).concat([1]), [1].concat(new Array(2), [2])]",
            "[[null,null],[null,null,1],[1,null,null,2]]",
        ),
        (
            "return [new Array(2).fill(3), new Array(2).map(() => 1), [...new Array(2), 1]]",
            "[[3,3],[null,null],[null,null,1]]",
        ),
        (
            "const a = new Array(3); a[0] = 2; a[1] = 1; return [a.toSorted(), a.reverse(), a.sort()]",
            "[[1,2,null],[1,2,null],[1,2,null]]",
        ),
        ("const a = new Array(4); a[0] = 1; return a.copyWithin(2, 0, 1)", "[1,null,1,null]"),
        (
            "return [new Array(2).toReversed(), new Array(2).with(1, 5), new Array(3).toSpliced(1, 1, 5)]",
            "[[null,null],[null,5],[null,5,null]]",
        ),
        (
            "const a = new Array(2); return [a.at(1), a.includes(undefined), a.indexOf(undefined), a.join()]",
            "[null,true,-1,\",\"]",
        ),
        (
            "return [((...all) => all)(...new Array(2)), Array.from(new Array(2)), [new Array(3), 1].flat()]",
            "[[null,null],[null,null],[1]]",
        ),
        (
            "const [a, b, ...rest] = new Array(4); return [a, b, rest, [...new Array(1).entries()]]",
            "[null,null,[null,null],[[0,null]]]",
        ),
        (
            "const a = new Array(8); a.push(1); return Array.from(a, (x) => typeof x).slice(0, 8)",
            "[\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\"]",
        ),
    ];
    let functions: Vec<String> = cases.iter().map(|(text, _)| format!("() => {{ {text} }}")).collect();
    let body = format!(
        "const cases = [{}];
         exports.default = (n) => {{ const results = [];
           for (let i = 0; i < 50; i++) {{
             const junk = []; for (let j = 0; j < 60; j++) junk.push({{ j }}, `secret ${{j}}`); junk.length = 0;
             results.push(JSON.stringify(cases[n]()));
           }}
           return [...new Set(results)]; }};",
        functions.join(",")
    );
    for (number, (text, expected)) in cases.iter().enumerate() {
        let results = value(&body, &number.to_string());
        assert_eq!(results, serde_json::to_string(&[expected]).unwrap(), "{text}");
    }
}

#[test]
fn arrays_with_holes_survive_collections() {
    let body = "const kept = [];
        exports.default = () => {
          for (let k = 3; k < 100; k++) {
            const junk = []; for (let j = 0; j < k; j++) junk.push({ j }, `q${j}`); junk.length = 0;
            const a = [0]; a.length = k; a.push('x'); kept.push(a); a[1];
          }
          for (let i = 0; i < 2000; i++) { const o = {}; o.o = o; }
          collect();
          return kept.every((a, i) => a.length === i + 4 && a[0] === 0 && a[a.length - 1] === 'x' && a.filter(() => true).length === 2);
        };";
    assert_eq!(value(body, "1"), "true");
}

/// The engine loses count when it cuts a sparse array (few elements, a large length) and has to delete eight or more:
/// some stay behind the new end. When this fails it is mended: say so in the book's list of limits, and let the
/// property below set lengths at once.
#[test]
fn the_engine_still_leaves_elements_behind_when_a_sparse_array_is_cut() {
    let body =
        "exports.default = () => { const a = []; a[1e6] = 1; for (let i = 0; i < 20; i++) a[i * 7] = i;
        a.length = 0; return [a.length, Object.keys(a).length > 0]; };";
    assert_eq!(value(body, "1"), "[0,true]");
}

/// One step on an array.
#[derive(Clone, Debug)]
enum Step {
    Length(usize),
    Push(i32),
    Pop,
    Shift,
    Unshift(i32),
    Set(usize, i32),
    Delete(usize),
    Splice(usize, usize, i32),
    Reverse,
}

impl Step {
    fn script(&self) -> String {
        match self {
            // In steps of one: see the test of what the engine still does wrong.
            Step::Length(length) => {
                format!("while (a.length > {length}) a.length--; a.length = {length};")
            }
            Step::Push(value) => format!("a.push({value});"),
            Step::Pop => "a.pop();".to_owned(),
            Step::Shift => "a.shift();".to_owned(),
            Step::Unshift(value) => format!("a.unshift({value});"),
            Step::Set(place, value) => format!("a[{place}] = {value};"),
            Step::Delete(place) => format!("delete a[{place}];"),
            Step::Splice(place, count, value) => format!("a.splice({place}, {count}, {value});"),
            Step::Reverse => "a.reverse();".to_owned(),
        }
    }

    fn apply(&self, model: &mut Vec<Option<i32>>) {
        match *self {
            Step::Length(length) => model.resize(length, None),
            Step::Push(value) => model.push(Some(value)),
            Step::Pop => drop(model.pop()),
            Step::Shift => drop((!model.is_empty()).then(|| model.remove(0))),
            Step::Unshift(value) => model.insert(0, Some(value)),
            Step::Set(place, value) => {
                if model.len() <= place {
                    model.resize(place + 1, None);
                }
                model[place] = Some(value);
            }
            Step::Delete(place) => {
                if let Some(hole) = model.get_mut(place) {
                    *hole = None;
                }
            }
            Step::Splice(place, count, value) => {
                let from = place.min(model.len());
                let to = (from + count).min(model.len());
                model.splice(from..to, [Some(value)]);
            }
            Step::Reverse => model.reverse(),
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..12_usize).prop_map(Step::Length),
        any::<i32>().prop_map(Step::Push),
        Just(Step::Pop),
        Just(Step::Shift),
        any::<i32>().prop_map(Step::Unshift),
        (0..12_usize, any::<i32>()).prop_map(|(place, value)| Step::Set(place, value)),
        (0..12_usize).prop_map(Step::Delete),
        (0..12_usize, 0..4_usize, any::<i32>()).prop_map(|(a, b, c)| Step::Splice(a, b, c)),
        Just(Step::Reverse),
    ];
    prop::collection::vec(step, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn an_array_is_what_was_done_to_it(all in prop::collection::vec(steps(), 1..8)) {
        let mut body = "exports.default = () => { const all = []; let a;".to_owned();
        let mut expected = Vec::new();
        for steps in &all {
            let mut model = Vec::new();
            body.push_str("a = [];");
            for step in steps {
                body.push_str(&step.script());
                step.apply(&mut model);
            }
            body.push_str("all.push(Array.from({ length: a.length }, (_, i) => i in a ? a[i] : null));");
            expected.push(model);
        }
        body.push_str("return all; };");
        prop_assert_eq!(value(&body, "1"), serde_json::to_string(&expected).unwrap());
    }
}
