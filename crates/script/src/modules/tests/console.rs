//! What is printed, and what becomes text: nothing of it may end an iteration.

use super::*;

#[test]
fn the_console_writes_values_as_people_read_them() {
    let bench = check(
        "export default () => { console.log('a', 1, { b: [true, null] }, undefined); console.warn(new TypeError('t').message); console.error('e'); console.debug('d'); };",
        "undefined",
    );
    assert_eq!(
        bench.log(),
        [
            "Info Console: a 1 {\"b\":[true,null]} undefined",
            "Warn Console: t",
            "Error Console: e",
            "Debug Console: d"
        ]
    );
}

#[test]
fn what_json_refuses_is_shown_all_the_same() {
    let bench = check(
        "export default () => {
           const twice = { n: 1 }, loop = { name: 'l', list: [twice, twice] }; loop.list.push(loop); loop.self = loop;
           const own = Object.create(null); own.self = own;
           for (const value of [loop, own, { big: 10n }, 10n, Symbol('s'), new Map([['k', new Set([1])]]), new Uint8Array([1, 2]), new ArrayBuffer(2),
             { e: new RangeError('r'), re: /x/g, at: new Date(0) }, { get broken() { throw new Error('read'); } }, Object.create(null, { toString: { value: 1 } }),
             { __proto__: null, toJSON() { throw 1; } }, '', '\\ud800', [undefined, () => 1]]) console.log(value);
           console.log();
         };",
        "undefined",
    );
    let shown: Vec<String> =
        bench.log().iter().map(|line| line.strip_prefix("Info Console: ").unwrap().to_owned()).collect();
    assert_eq!(
        shown,
        [
            r#"{"name":"l","list":[{"n":1},{"n":1},"[Circular]"],"self":"[Circular]"}"#,
            r#"{"self":"[Circular]"}"#,
            r#"{"big":"10"}"#,
            "10",
            "Symbol(s)",
            r#"[["k",[1]]]"#,
            "[1,2]",
            "[0,0]",
            r#"{"e":"RangeError: r","re":"/x/g","at":"1970-01-01T00:00:00.000Z"}"#,
            "[object Object]",
            "{}",
            "[object Object]",
            "",
            "\u{fffd}",
            "[null,null]",
            "",
        ]
    );
}

/// Every object that a script gets of ours becomes text and JSON, and is printed, without throwing.
#[test]
fn every_object_of_ours_becomes_text() {
    check(
        "import * as k6 from 'k6'; import * as http from 'k6/http'; import * as metrics from 'k6/metrics'; import * as exec from 'k6/execution';
         import * as data from 'k6/data'; import * as encoding from 'k6/encoding'; import * as timers from 'k6/timers';
         const own = [new metrics.Counter('c_one'), new metrics.Trend('t_one'), new data.SharedArray('s', () => [{ a: 1 }])];
         export default () => {
           const all = { k6, http, metrics, exec, data, encoding, timers, own, console, env: __ENV, jar: http.cookieJar(), url: http.url`http://a/${1}`, tags: exec.vu.tags,
             file: http.file('x', 'n'), expected: http.expectedStatuses(200), failed: http.get('') };
           const said = [], seen = new Set();
           const look = (path, value, depth) => {
             if (typeof value !== 'object' || value === null || seen.has(value)) return;
             seen.add(value);
             for (const [how, turn] of [['text', (v) => `${v}`], ['sum', (v) => v + ''], ['join', (v) => [v].join()], ['json', JSON.stringify], ['log', console.log], ['keys', Object.keys],
               ['copy', (v) => ({ ...v })], ['tag', (v) => Object.prototype.toString.call(v)], ['in', (v) => 'x' in v], ['own', (v) => Object.hasOwn(v, 'x')]])
               try { turn(value); } catch (e) { if (Object.prototype.toString.call(value) !== '[object Module]') said.push(`${how} ${path}: ${e}`); }
             if (depth < 4) for (const name of Object.keys(value)) look(`${path}.${name}`, value[name], depth + 1);
           };
           look('all', all, 0);
           return [said, seen.size > 20, `${exec.vu.tags}`, JSON.stringify(exec.vu.tags)];
         };",
        r#"[[],true,"[object Object]","{\"group\":\"\",\"scenario\":\"main\"}"]"#,
    );
}
