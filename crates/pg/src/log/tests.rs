//! Logs that a server wrote, whole and damaged in every way that files get damaged.

use proptest::prelude::*;

use super::message::prepared;
use super::{Call, CallKind, Format, LogReader, Told};

/// The same minute of a PostgreSQL 15 in its three formats.
const SERVER: [(Format, &str); 3] = [
    (Format::Plain, include_str!("samples/server.log")),
    (Format::Csv, include_str!("samples/server.csv")),
    (Format::Json, include_str!("samples/server.json")),
];

#[derive(Clone, Debug, PartialEq, PartialOrd)]
struct Read {
    text: String,
    ms: Option<f64>,
    rows: Option<f64>,
    kind: u8,
    is_cut: bool,
}

fn read(pieces: &[&[u8]]) -> (Vec<Read>, Told, Option<Format>) {
    let (mut reader, mut calls) = (LogReader::new(), Vec::new());
    let mut each = |call: Call<'_>| {
        let Call { ms, rows, is_cut, .. } = call;
        calls.push(Read { text: call.text.to_owned(), ms, rows, kind: call.kind as u8, is_cut });
    };
    for piece in pieces {
        reader.push(piece, &mut each);
    }
    let told = reader.finish(&mut each);
    (calls, told, reader.format())
}

fn texts(log: &str) -> Vec<(String, Option<f64>)> {
    read(&[log.as_bytes()]).0.into_iter().map(|call| (call.text, call.ms)).collect()
}

#[track_caller]
fn check(log: &str, calls: &[(&str, Option<f64>)]) -> Told {
    let expected: Vec<(String, Option<f64>)> =
        calls.iter().map(|(text, ms)| ((*text).to_owned(), *ms)).collect();
    assert_eq!(texts(log), expected);
    read(&[log.as_bytes()]).1
}

#[test]
fn the_three_formats_of_a_server_say_the_same() {
    let [plain, csv, json] = SERVER.map(|(format, log)| {
        let (calls, told, found) = read(&[log.as_bytes()]);
        assert_eq!(found, Some(format));
        assert_eq!((told.fragments, told.cut, told.too_long, told.plans_unread), (0, 0, 0, 0));
        (calls, told)
    });
    assert_eq!(plain, csv);
    assert_eq!(plain, json);
    let (calls, told) = plain;
    // What a person reads in it.
    assert_eq!((told.failed, told.cancelled, told.nested.calls), (2, 1, 1));
    assert_eq!(told.without_statement.calls, 3);
    let of = |text: &str| calls.iter().filter(|call| call.text == text).collect::<Vec<_>>();
    let sorted = of("select * from t where a < 5\n  order by a;");
    assert_eq!((sorted.len(), sorted[0].rows), (1, Some(4.0)), "a plan and a duration are one call");
    assert!(sorted[0].ms > Some(0.1), "the duration counts, not the plan's: {:?}", sorted[0]);
    let counted = of("select count(*) from t where b like '%x%';");
    assert_eq!((counted.len(), counted[0].rows), (1, Some(1.0)), "plans as JSON too");
    // Executed by name, with the statement in the detail.
    let executed = of("select * from t where a = $1;");
    assert_eq!(
        executed.iter().map(|call| call.kind).collect::<Vec<_>>(),
        [CallKind::Preparation as u8, CallKind::Run as u8]
    );
    let kinds = |kind: CallKind| {
        of("select b from t where a = $1;").iter().filter(|call| call.kind == kind as u8).count()
    };
    assert_eq!((kinds(CallKind::Run), kinds(CallKind::Preparation)), (3, 6));
    // Announced, then timed; announced only; explained only.
    assert!(of("select 6;")[0].ms.is_some());
    assert_eq!(of("select 2")[0].ms, None);
    assert_eq!(of("select 42 as \"only its plan\"")[0].rows, Some(1.0));
}

#[test]
fn prefixes_are_anybodys() {
    for prefix in [
        "2026-11-29 01:48:13.957 UTC [7] ",
        "2026-11-29 01:48:13 CET:10.0.0.1(50612):shop@shop:[7]:",
        "[6b0b845d.7eb] app=psql,user=a LOG, ",
        "",
        "db-1  | 2026-11-29 01:48:13.957 UTC [7] ",
    ] {
        let tab = if prefix.starts_with("db-1") { "db-1  | \t" } else { "\t" };
        let log = format!(
            "{prefix}LOG:  duration: 0.5 ms  statement: select 'LOG:  x'\n{tab}from t\n{prefix}LOG:  checkpoint starting: time\n"
        );
        check(&log, &[("select 'LOG:  x'\nfrom t", Some(0.5))]);
    }
}

#[test]
fn sessions_are_told_apart() {
    let log = "\
a [1] LOG:  statement: select 1
a [2] LOG:  statement: select 2
a [2] LOG:  duration: 2.0 ms
a [1] LOG:  duration: 1.0 ms
a [1] LOG:  duration: 9.0 ms
";
    let told = check(log, &[("select 2", Some(2.0)), ("select 1", Some(1.0))]);
    assert_eq!((told.without_statement.calls, told.without_statement.ms), (1, 9.0));
}

#[test]
fn statements_of_one_message_have_one_duration() {
    let plan = |text: &str| {
        format!(
            "a [1] LOG:  duration: 1.0 ms  plan:\n\tQuery Text: {text}\n\tResult  (cost=0.00..0.01 rows=1 width=4) (actual rows=1 loops=1)\n"
        )
    };
    let both = "select 1; select 2";
    let log = format!("{}{}a [1] LOG:  duration: 5.0 ms  statement: {both}\n", plan(both), plan(both));
    check(&log, &[(both, Some(5.0))]);
    // Two executions that were explained only.
    let log = format!(
        "{}{}a [1] LOG:  duration: 5.0 ms  statement: select 2\n",
        plan("select 1"),
        plan("select 3")
    );
    check(&log, &[("select 1", Some(1.0)), ("select 3", Some(1.0)), ("select 2", Some(5.0))]);
}

#[test]
fn a_plan_behind_an_execution_through_a_portal_is_its_own() {
    let plan = |rows: u64| {
        format!(
            "a [1] LOG:  duration: 1.0 ms  plan:\n\tQuery Text: select $1\n\tResult  (cost=0.00..0.01 rows=1 width=4) (actual rows={rows} loops=1)\n"
        )
    };
    let run =
        "a [1] LOG:  duration: 2.0 ms  execute <unnamed>: select $1\na [1] DETAIL:  parameters: $1 = '7'\n";
    let bind = "a [1] LOG:  duration: 0.5 ms  bind <unnamed>: select $1\n";
    let log = format!("{bind}{run}{}{bind}{run}{}{bind}{run}", plan(3), plan(4));
    let (calls, _, _) = read(&[log.as_bytes()]);
    let runs: Vec<Option<f64>> =
        calls.iter().filter(|call| call.kind == CallKind::Run as u8).map(|call| call.rows).collect();
    assert_eq!(runs, [Some(3.0), Some(4.0), None]);
    assert!(calls.iter().all(|call| call.kind == CallKind::Preparation as u8 || call.ms == Some(2.0)));
    // Announced, timed alone, then explained.
    let announced =
        format!("a [1] LOG:  execute <unnamed>: select $1\na [1] LOG:  duration: 2.0 ms\n{}", plan(5));
    let (calls, told, _) = read(&[announced.as_bytes()]);
    assert_eq!((calls.len(), calls[0].ms, calls[0].rows), (1, Some(2.0), Some(5.0)));
    assert_eq!(told.without_statement.calls, 0);
    // A plan of another statement is another execution.
    let other = format!("a [1] LOG:  duration: 2.0 ms  execute <unnamed>: select $2\n{}", plan(1));
    assert_eq!(read(&[other.as_bytes()]).0.len(), 2);
}

#[test]
fn the_values_of_an_execution_come_with_it() {
    let run = |value: u32| {
        format!(
            "a [1] LOG:  duration: 2.0 ms  execute s: select $1\na [1] DETAIL:  parameters: $1 = '{value}'\n"
        )
    };
    let announced = "a [1] LOG:  execute s: select $1\na [1] DETAIL:  Parameters: $1 = NULL\na [1] LOG:  duration: 2.0 ms\n";
    let log = format!("{}{}{announced}a [1] LOG:  duration: 1.0 ms  statement: select 1\n", run(7), run(8));
    let (mut reader, mut found) = (LogReader::new(), Vec::new());
    let mut each = |call: Call<'_>| found.push(call.parameters.map(str::to_owned));
    reader.push(log.as_bytes(), &mut each);
    reader.finish(&mut each);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(found, [some("$1 = '7'"), some("$1 = '8'"), some("$1 = NULL"), None]);
}

#[test]
fn a_statement_that_failed_has_no_duration_of_the_next() {
    let log = "\
a [1] LOG:  statement: select pg_sleep(9)
a [1] ERROR:  canceling statement due to statement timeout
a [1] STATEMENT:  select pg_sleep(9)
a [1] LOG:  duration: 1.0 ms
";
    let told = check(log, &[]);
    assert_eq!((told.failed, told.cancelled, told.without_statement.calls), (1, 1, 1));
}

#[test]
fn a_log_that_is_cut_and_goes_on_loses_only_what_is_cut() {
    let (_, log) = SERVER[1];
    let whole = read(&[log.as_bytes()]).0;
    let records: Vec<usize> = log.match_indices("\n2026-").map(|(at, _)| at + 1).collect();
    // The middle of a record is missing: what was open is closed where the next record begins.
    let cut = records[6] + 180;
    let damaged = [&log[..cut], "\n", &log[records[9]..]].concat();
    let (calls, told, _) = read(&[damaged.as_bytes()]);
    assert_eq!(told.cut, 1);
    assert!(calls.len() + 3 >= whole.len(), "{} of {}", calls.len(), whole.len());
    // It begins in the middle of one.
    let (calls, told, _) = read(&[&log.as_bytes()[records[5] + 30..]]);
    assert!(told.fragments > 0 && calls.len() + 7 >= whole.len());
}

#[test]
fn a_record_within_a_text_is_a_text() {
    let inner =
        "2026-11-29 01:48:13.957 UTC,\"\"a\"\",\"\"b\"\",7,\"\"[local]\"\",6b0b845d.7eb,4,\"\"SELECT\"\"";
    let outer = format!(
        "2026-11-29 01:48:13.957 UTC,\"a\",\"b\",7,\"[local]\",6b0b845d.7eb,4,\"SELECT\",2026-11-29 01:48:13 UTC,3/4,0,LOG,00000,\"duration: 1.0 ms  statement: insert into l values ('\n{inner}')\",,,,,,,,,\"psql\",\"client backend\",,1\n"
    );
    let calls = texts(&outer);
    assert_eq!(calls.len(), 1);
    assert!(calls[0].0.ends_with("\"SELECT\"')"), "{calls:?}");
}

#[test]
fn an_enormous_statement_is_cut_and_counts() {
    let values = "(1, 'x'), ".repeat(300_000);
    for (format, log) in [
        (Format::Plain, format!("a [1] LOG:  duration: 7.0 ms  statement: insert into t values {values}(2, 'y')\na [1] LOG:  duration: 1.0 ms  statement: select 1\n")),
        (Format::Csv, ["insert into t values", "select"].map(|text| format!("2026-11-29 01:48:13.957 UTC,\"a\",\"b\",7,\"[local]\",6b0b845d.7eb,4,\"X\",2026-11-29 01:48:13 UTC,3/4,0,LOG,00000,\"duration: 7.0 ms  statement: {text} {values}\",,,,,,,,,\"psql\",\"client backend\",,1\n")).concat()),
    ] {
        let (calls, told, found) = read(&[log.as_bytes()]);
        assert_eq!((found, calls.len()), (Some(format), 2));
        assert!(calls[0].is_cut && calls[0].ms == Some(7.0) && calls[0].text.len() <= 1 << 20);
        assert!(told.cut >= 1);
    }
    let json = format!("{{\"error_severity\":\"LOG\",\"message\":\"{}\"}}\n", "x".repeat(2 << 20));
    let (calls, told, _) = read(&[b"{\"error_severity\":\"LOG\",\"message\":\"\"}\n", json.as_bytes()]);
    assert_eq!((calls.len(), told.too_long), (0, 1));
}

#[test]
fn bytes_of_other_encodings_are_read_over() {
    let log = b"a [1] LOG:  duration: 1.0 ms  statement: select 'gr\xfc\xdfe'\n";
    let (calls, told, _) = read(&[log]);
    assert_eq!((calls.len(), told.not_utf8), (1, 1));
}

#[test]
fn prisma_says_it_in_two_ways() {
    let printed = "\
> shop@1.0.0 start
\x1b[34mprisma:query\x1b[39m SELECT \"public\".\"User\".\"id\" FROM \"public\".\"User\" WHERE 1=1
listening on 3000
prisma:query SELECT 1
  FROM t
prisma:info Starting a postgresql pool with 5 connections.
prisma:query BEGIN
";
    let told = check(
        printed,
        &[
            ("SELECT \"public\".\"User\".\"id\" FROM \"public\".\"User\" WHERE 1=1", None),
            ("SELECT 1\n  FROM t", None),
            ("BEGIN", None),
        ],
    );
    assert_eq!((told.entries, told.fragments), (3, 3));
    let events = "\
{\"timestamp\":\"2026-11-29T01:48:13.957Z\",\"query\":\"SELECT 1\",\"params\":\"[]\",\"duration\":3,\"target\":\"quaint::connector::metrics\"}
{\"level\":30,\"msg\":\"hello\"}
{\"timestamp\":\"2026-11-29T01:48:14.957Z\",\"query\":\"SELECT \\\"a\\\"\",\"params\":\"[1]\",\"duration\":0,\"target\":\"quaint::connector::metrics\"}
";
    let told = check(events, &[("SELECT 1", Some(3.0)), ("SELECT \"a\"", Some(0.0))]);
    assert_eq!(
        (told.entries, told.fragments, told.last.as_deref()),
        (2, 1, Some("2026-11-29T01:48:14.957Z"))
    );
}

/// As the client of Prisma 7.10 with its adapter of `pg` writes them: it measures by itself, to parts of a microsecond,
/// and puts the time first.
#[test]
fn prisma_measures_by_itself_since_it_has_no_engine() {
    let events = "\
{\"timestamp\":\"2026-11-29T11:47:59.624Z\",\"duration\":83.64513299999999,\"query\":\"SELECT \\\"public\\\".\\\"kinds\\\".\\\"id\\\" FROM \\\"public\\\".\\\"kinds\\\" WHERE (\\\"public\\\".\\\"kinds\\\".\\\"id\\\" = $1 AND 1=1) LIMIT $2 OFFSET $3\",\"params\":\"[2,\\\"1\\\",\\\"0\\\"]\",\"target\":\"ClientEngine\"}
{\"timestamp\":\"2026-11-29T11:47:59.845Z\",\"duration\":130.8309330000002,\"query\":\"SELECT pg_sleep(0.12)::text\",\"params\":\"[]\",\"target\":\"ClientEngine\"}
";
    let first = "SELECT \"public\".\"kinds\".\"id\" FROM \"public\".\"kinds\" WHERE (\"public\".\"kinds\".\"id\" = $1 AND 1=1) LIMIT $2 OFFSET $3";
    let told = check(
        events,
        &[(first, Some(83.645_132_999_999_99)), ("SELECT pg_sleep(0.12)::text", Some(130.830_933_000_000_2))],
    );
    assert_eq!((told.entries, told.fragments), (2, 0));
}

#[test]
fn what_is_prepared_is_the_statement() {
    assert_eq!(prepared("prepare p(int, numeric(3,1)) as select $1"), "select $1");
    assert_eq!(prepared("PREPARE \"p\" AS\n select 1"), "select 1");
    for other in ["prepare transaction 'x'", "select 1", "prepare", ""] {
        assert_eq!(prepared(other), other);
    }
}

#[test]
fn other_forms_of_plans_are_counted() {
    let told = check("a [1] LOG:  duration: 1.0 ms  plan:\n\tQuery Text: \"x\"\n", &[("\"x\"", Some(1.0))]);
    assert_eq!(told.plans_unread, 0);
    let told = check("a [1] LOG:  duration: 1.0 ms  plan:\n\t<explain xmlns=\"x\">\n", &[]);
    assert_eq!(told.plans_unread, 1);
}

proptest! {
    #[test]
    fn pieces_do_not_matter(which in 0_usize..3, at in any::<prop::sample::Index>()) {
        let log = SERVER[which].1.as_bytes();
        let at = at.index(log.len());
        prop_assert_eq!(read(&[&log[..at], &log[at..]]), read(&[log]));
    }

    #[test]
    fn a_cut_anywhere_loses_one_call_at_the_most(which in 0_usize..3, at in any::<prop::sample::Index>()) {
        let log = SERVER[which].1.as_bytes();
        let at = at.index(log.len());
        let (head, tail) = (read(&[&log[..at]]), read(&[&log[at..]]));
        let whole = read(&[log]).0.len();
        // A cut parts what is paired: a plan and its duration are two calls then.
        prop_assert!(head.0.len() + tail.0.len() + 2 >= whole);
        prop_assert!(head.0.len() + tail.0.len() <= whole + 2);
    }

    #[test]
    fn damage_is_read_over(which in 0_usize..3, bytes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40)) {
        let mut log = SERVER[which].1.as_bytes().to_vec();
        for (at, byte) in bytes {
            let at = at.index(log.len());
            log[at] = byte;
        }
        let (calls, _, _) = read(&[&log]);
        prop_assert!(calls.iter().all(|call| call.ms.is_none_or(|ms| ms.is_finite() && ms >= 0.0)));
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300), begin in 0_usize..4) {
        let begin = ["", "2026-11-29 01:48:13.957 UTC,\"a\",\"b\",7,\"x\",6b0b845d.7eb,4,", "a LOG:  duration: ", "prisma:query "][begin];
        read(&[begin.as_bytes(), &bytes]);
    }
}
