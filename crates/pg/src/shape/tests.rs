//! Shapes against texts whose shape is known, and against what must hold of any text.

use proptest::prelude::*;

use super::{Class, Kind, Shape, Tokens};

#[track_caller]
fn check(text: &str, shape: &str) {
    assert_eq!(Shape::of(text).text, shape);
    assert_eq!(Shape::of(shape).text, shape, "the shape of the shape");
    assert_eq!(Shape::of(shape).id, Shape::of(text).id, "the shape of the shape");
}

#[track_caller]
fn same(texts: &[&str]) {
    for text in texts {
        assert_eq!(Shape::of(text).id, Shape::of(texts[0]).id, "{text}: {}", Shape::of(text).text);
    }
}

#[test]
fn values_become_parameters() {
    check("select 1, 1.5, .5, 1e10, 1_000, 0xFF", "select $1, $2, $3, $4, $5, $6");
    check("select 'it''s', E'a\\'b', B'01', X'ff', N'x', U&'\\0061'", "select $1, $2, $3, $4, $5, $6");
    check("select $$it's$$, $a$ $$ $a$, $1", "select $1, $2, $3");
    check("select 'one'\n  'text' from t", "select $1 from t");
    check("select 'one' 'alias' from t", "select $1 $2 from t");
    check("where a=$5 and b=$5", "where a=$1 and b=$2");
    check("select a.b, t1.c2, x$1 from \"T 1\".\"a\"\"b\"", "select a.b, t1.c2, x$1 from \"T 1\".\"a\"\"b\"");
    check(
        "select 'x'::varchar(20), 1::numeric(10, 2), cast(2 as decimal(3,1))",
        "select $1::varchar(20), $2::numeric(10, 2), cast($3 as decimal(3,1))",
    );
    check("select interval '1 day', date '2026-01-01'", "select interval $1, date $2");
    check("select data->>'name', data ? 'key', a @> '{1}'", "select data->>$1, data ? $2, a @> $3");
    check(
        "select true, null where a is null and b is not null and c = false",
        "select $1, $2 where a is null and b is not null and c = $3",
    );
    check("select a[1], b[2:3]", "select a[$1], b[$2:$3]");
    check("select 1;;", "select $1");
    check("select date'2026-01-01', 'a''b'from t", "select date $1, $2from t");
    check("", "");
}

#[test]
fn signs_belong_to_numbers_where_they_can() {
    check(
        "select -1, a - 1, a-1, (-1), a = -1, a=-1, limit - 5",
        "select $1, a - $2, a-$3, ($4), a = $5, a=$6, limit $7",
    );
    check(
        "select a[1]-2, (a)-3, 'x'-4, a between -1 and +1",
        "select a[$1]-$2, (a)-$3, $4-$5, a between $6 and $7",
    );
}

#[test]
fn columns_by_number_are_no_values() {
    check(
        "select a, count(*) from t group by 1, 2 order by 2 desc, 1 limit 10",
        "select a, count(*) from t group by 1, 2 order by 2 desc, 1 limit $1",
    );
    check("select (select 1 order by 1), 2", "select (select $1 order by 1), $2");
    check("order by a + 1, coalesce(b, 2)", "order by a + $1, coalesce(b, $2)");
}

#[test]
fn comments_nest_and_are_left_out() {
    check("select /* a /* b */ c */ 1 -- rest\n, 2", "select $1 , $2");
    check("/* traceparent='00-ab-cd-01' */ select 1", "select $1");
    check("select a--b\nfrom t", "select a from t");
    check("select a+-- it's\n 1", "select a+ $1");
    check("select a*/* it's */ 1", "select a* $1");
}

#[test]
fn lists_are_one_value() {
    check("a in (1, 2, 3)", "a in ($1 /*, ... */)");
    check("a IN ('x')", "a IN ($1)");
    check("a in ($1::int, $2::int[], 'x'::pg_catalog.text)", "a in ($1::int /*, ... */)");
    check("(a, b) in ((1, 2), (3, 4))", "(a, b) in (($1, $2) /*, ... */)");
    check("a = any(array[1,2,3]) and b = 4", "a = any(array[$1 /*, ... */]) and b = $2");
    check("a in (1, b, 2)", "a in ($1, b, $2)");
    check("a in (select 1)", "a in (select $1)");
    check(
        "insert into t values (1, now()), (2, now()), (3, now()) returning a",
        "insert into t values ($1, now()) /*, ... */ returning a",
    );
    check("insert into t values (1, 'a'), (default, 'b')", "insert into t values ($1, $2), (default, $3)");
    same(&["a in (1)", "a in (1,2)", "A  In ( $1 /* x */, $2,$3 )", "a in (-1, null)"]);
    assert_ne!(Shape::of("values (1)").id, Shape::of("values (1), (2)").id);
    same(&["values (1), (2)", "values (1),(2),(3)"]);
}

#[test]
fn what_is_made_up_each_time_is_no_part_of_a_shape() {
    same(&["SAVEPOINT active_record_1", "savepoint s2"]);
    same(&["RELEASE SAVEPOINT a", "release savepoint \"b\""]);
    same(&["rollback to savepoint a", "ROLLBACK TO SAVEPOINT b"]);
    same(&["deallocate pdo_1", "DEALLOCATE pdo_2"]);
    assert_ne!(Shape::of("deallocate all").id, Shape::of("deallocate a").id);
    assert_ne!(Shape::of("set a = b").id, Shape::of("set a = c").id);
}

#[test]
fn case_and_white_space_do_not_tell_shapes_apart_but_names_do() {
    same(&["SELECT a FROM t", "select A\n\tfrom T", "Select/**/a From t;"]);
    assert_ne!(Shape::of("select \"A\"").id, Shape::of("select \"a\"").id);
    assert_ne!(Shape::of("select ab").id, Shape::of("select a b").id);
}

#[test]
fn what_is_cut_says_so() {
    for cut in ["select 'abc", "select \"abc", "select /* abc", "select $$abc", "select $a$abc$$"] {
        assert!(Shape::of(cut).is_cut, "{cut}");
    }
    assert!(!Shape::of("select a, 'b").text.contains('b'));
    assert_eq!(Shape::of("a in (1, 2, 'x").text, "a in ($1 /*, ... */");
    assert!(!Shape::of("select 'abc' -- it's").is_cut);
}

#[test]
fn long_texts_are_kept_short_and_told_apart() {
    let long = |end: &str| Shape::of(&format!("select {} {end}", "a, ".repeat(100_000)));
    assert!(long("b").text.len() < 10_000 && long("b").text.ends_with('…'));
    assert_ne!(long("b").id, long("c").id);
    let values: String =
        (0..100_000).fold(String::new(), |text, number| text + &format!("({number}, 'x'), "));
    check(&format!("insert into t values {values}(1, 'y')"), "insert into t values ($1, $2) /*, ... */");
}

#[test]
fn classes_go_by_the_first_words() {
    for (text, class) in [
        ("select 1", Class::Reads),
        ("(select 1) union (select 2)", Class::Reads),
        ("/* a */ SELECT 1", Class::Reads),
        ("with a as (select 1) select * from a", Class::Reads),
        ("with a as (delete from t returning a) select * from a", Class::Writes),
        ("INSERT into t values (1)", Class::Writes),
        ("begin isolation level serializable", Class::Begins),
        ("START TRANSACTION", Class::Begins),
        ("commit", Class::Ends),
        ("rollback", Class::Ends),
        ("rollback to a", Class::Session),
        ("set a = 1", Class::Session),
        ("create table t ()", Class::Other),
        ("", Class::Other),
    ] {
        assert_eq!(Class::of(text), class, "{text}");
    }
}

/// A value as it can be written.
fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,9}",
        "[0-9]{1,4}\\.[0-9]{1,4}(e[0-9])?",
        "[^'\\\\]{0,12}".prop_map(|text| format!("'{text}'")),
        "[^'\\\\]{0,6}".prop_map(|text| format!("'{text}''{text}'")),
        "[^'\\\\]{0,6}".prop_map(|text| format!("E'{text}\\'{text}'")),
        "[^$]{0,12}".prop_map(|text| format!("$${text}$$")),
        "[^$]{0,12}".prop_map(|text| format!("$q${text}$q$")),
        "\\$[1-9]",
        Just("null".to_owned()),
        Just("-1".to_owned()),
    ]
}

proptest! {
    #[test]
    fn tokens_are_all_of_any_text(text in "(\\PC|[-'\"$/*()\\[\\]\n:.eExXuU&1a]){0,80}") {
        let mut end = 0;
        for token in Tokens::of(&text) {
            prop_assert_eq!(token.range.start, end);
            prop_assert!(token.range.end > end);
            end = token.range.end;
            // Only the last one can be open.
            prop_assert!(!token.is_open || end == text.len());
        }
        prop_assert_eq!(end, text.len());
    }

    #[test]
    fn any_text_has_a_shape_in_one_line(text in "(\\PC|[\\x00-\\x1f\\x7f-\\u{9f}]|[-'\"$/*()\\[\\]\n:.eExXuU&1a]|in \\(|values \\(|, 1){0,60}") {
        let shape = Shape::of(&text);
        prop_assert!(!shape.text.chars().any(char::is_control), "{:?}", shape);
        prop_assert!(shape.text.len() < 9_000);
        let again = Shape::of(&shape.text);
        prop_assert!(shape.is_cut || (&again.text, again.id) == (&shape.text, shape.id), "{:?} {:?}", shape, again);
    }

    #[test]
    fn values_never_tell_shapes_apart_and_never_stay(
        values in prop::collection::vec((literal(), literal()), 1..6),
        list in prop::collection::vec(literal(), 1..5),
    ) {
        let text = |which: fn(&(String, String)) -> &String, list: &[String]| {
            let conditions: Vec<String> = values.iter().enumerate().map(|(number, pair)| format!("c{number} = {}", which(pair))).collect();
            format!("select a from t where {} and d in ({})", conditions.join(" and "), list.join(", "))
        };
        let (one, other) = (Shape::of(&text(|pair| &pair.0, &list)), Shape::of(&text(|pair| &pair.1, &list[..1])));
        prop_assert_eq!(one.id, other.id, "{}\n{}", one.text, other.text);
        prop_assert!(!one.is_cut);
        // Nothing of a value is left.
        prop_assert!(!one.text.contains('\''), "{}", one.text);
        let numbers = Tokens::of(&one.text).filter(|token| token.kind == Kind::Number).count();
        prop_assert_eq!(numbers, 0, "{}", one.text);
        let again = Shape::of(&one.text);
        prop_assert_eq!(again.id, one.id);
        prop_assert_eq!(again.text, one.text);
    }

    #[test]
    fn space_and_comments_never_tell_shapes_apart(between in prop::collection::vec("( |\n|\t|/\\*x\\*/|--'\n){1,3}", 9)) {
        let words = ["select", "a", ",", "'x'", "from", "t", "where", "b", "= 1"];
        let text: String = words.iter().zip(&between).flat_map(|(word, between)| [*word, between.as_str()]).collect();
        prop_assert_eq!(Shape::of(&text).id, Shape::of(&words.join(" ")).id);
    }
}
