//! `check`: what counts, what throws, and what it refuses.

use super::*;

#[test]
fn checks_count_and_tell() {
    let bench = check(
        "import { check } from 'k6';
         export default () => [check(5, { five: (n) => n === 5, 'is odd': true }), check(5, { six: (n) => n === 6 }, { page: 1 })];",
        "[true,false]",
    );
    assert_eq!(
        bench.series(&["checks"]),
        [
            "checks{check=five,scenario=main} 1/1",
            "checks{check=is odd,scenario=main} 1/1",
            "checks{check=six,page=1,scenario=main} 0/1",
        ]
    );
}

#[test]
fn a_check_that_throws_fails_and_throws() {
    let bench = check(
        "import { check } from 'k6';
         export default () => { check(1, { broken: () => { throw new Error('oh'); } }); };",
        "Error: oh\n    at broken (test.ts:2:70)\n    at default (test.ts:2:33)",
    );
    assert_eq!(bench.series(&["checks"]), ["checks{check=broken,scenario=main} 0/1"]);
}

#[test]
fn checks_wait_and_refuse_what_would_always_pass() {
    let bench = check(
        "import { check, sleep } from 'k6';
         class Base { get inherited() { return false; } }
         const tests = Object.assign(new Base(), { slow: (n) => { sleep(0.001); return n; }, nothing: () => {}, text: 'yes' });
         Object.defineProperty(tests, 'hidden', { value: false });
         export default () => {
           const seen = [check(1, tests), check(1, {}), check(1, [true])];
           for (const wrong of [undefined, null, 'text', () => true, { soon: async () => true }, { get broken() { throw new Error('read'); } }])
             try { check(1, wrong); } catch (e) { seen.push(`${e.name}: ${e.message.slice(0, 28)}`); }
           return seen;
         };",
        r#"[false,true,true,"TypeError: check needs an object of tes","TypeError: check needs an object of tes","TypeError: check needs an object of tes","TypeError: check needs an object of tes","TypeError: check `soon` returned a prom","Error: read"]"#,
    );
    assert_eq!(
        bench.series(&["checks"]),
        [
            "checks{check=0,scenario=main} 1/1",
            "checks{check=broken,scenario=main} 0/1",
            "checks{check=nothing,scenario=main} 0/1",
            "checks{check=slow,scenario=main} 1/1",
            "checks{check=soon,scenario=main} 0/1",
            "checks{check=text,scenario=main} 1/1",
        ]
    );
}

#[test]
fn what_a_test_throws_outlives_the_reading_of_tags() {
    let bench = check(
        "import { check } from 'k6';
         const tags = { get kind() { try { throw new Error('of the tags'); } catch { return 'caught'; } } };
         export default () => {
           try { check(1, { broken: () => { throw new RangeError('of the test'); } }, tags); } catch (e) { return `${e}`; }
         };",
        r#""RangeError: of the test""#,
    );
    assert_eq!(bench.series(&["checks"]), ["checks{check=broken,kind=caught,scenario=main} 0/1"]);
}

#[test]
fn what_records_is_refused_in_init_code() {
    run(async {
        for (call, what) in [
            ("check(1, { a: true })", "check"),
            ("group('g', () => 1)", "group"),
            ("new Counter('c_one').add(1)", "the method `add` of a metric"),
            ("new Trend('t_one').add('x')", "the method `add` of a metric"),
        ] {
            let script = format!(
                "import {{ check, group }} from 'k6'; import {{ Counter, Trend }} from 'k6/metrics';\n{call};\nexport default () => 1;"
            );
            let error = Bench::new(&script, |_| ()).user(1).err().unwrap().to_string();
            let said = format!("Error: {what} is not possible in init code");
            assert!(error.starts_with(&said) && error.contains("test.ts:2:"), "{error}");
        }
    });
}

#[test]
fn names_that_look_like_paths_are_refused() {
    let bench = check(
        "import { check, group } from 'k6';
         export default () => [() => check(1, { 'a::b': true }), () => group('a::b', () => 1)].map((call) => { try { call(); return 'passed'; } catch (e) { return e.message.slice(0, 44); } });",
        r#"["group and check names may not contain `::`, ","group and check names may not contain `::`, "]"#,
    );
    assert!(bench.series(&["checks"]).is_empty());
}
