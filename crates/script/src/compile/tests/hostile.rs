//! Scripts that change the language's prototypes: their modules are linked all the same.

use super::{bundle, run};

/// Puts setters, getters and functions that refuse to work wherever the linker could run into them.
const HOSTILE: &str = "
    const refuse = () => { throw new Error('asked'); };
    const undo = [];
    const replace = (object, key, descriptor) => {
      const before = Object.getOwnPropertyDescriptor(object, key);
      undo[undo.length] = () => before ? Object.defineProperty(object, key, before) : delete object[key];
      Object.defineProperty(object, key, { __proto__: null, configurable: true, ...descriptor });
    };
    const { defineProperty, getOwnPropertyDescriptor } = Object;
    globalThis.restore = () => {
      Object.defineProperty = defineProperty; Object.getOwnPropertyDescriptor = getOwnPropertyDescriptor;
      for (let i = undo.length; i-- > 0;) undo[i]();
    };
    const generator = Object.getPrototypeOf(function* () {}).prototype;
    const iterator = Object.getPrototypeOf([][Symbol.iterator]());
    const table = [
      [Array.prototype, ['map', 'some', 'push', Symbol.iterator]], [iterator, ['next']], [generator, ['next']],
      [Function.prototype, ['call', 'apply']], [Promise.prototype, ['then']], [String.prototype, ['slice', 'lastIndexOf']],
      [JSON, ['parse']], [Reflect, ['apply', 'get']],
      [Object, ['create', 'freeze', 'hasOwn', 'getPrototypeOf', 'setPrototypeOf']],
    ];
    for (let row = table.length; row-- > 0;) for (let i = table[row][1].length; i-- > 0;)
      replace(table[row][0], table[row][1][i], { value: refuse, writable: true });
    const names = ['get', 'set', 'value', 'writable', 'commonjs', 'async', 'shareable', 'as_node', 'failed', 'waiting', 'steps', 'm', 'state'];
    for (let i = names.length; i-- > 0;) replace(Object.prototype, names[i], { get: () => 'polluted', set: refuse });
    for (let i = 0; i < 9; i++) replace(Array.prototype, i, { get: () => 'polluted', set: refuse });
    Object.defineProperty = refuse; Object.getOwnPropertyDescriptor = refuse;
    export {};";

#[test]
fn modules_are_linked_whatever_was_done_to_the_prototypes() {
    let files = [
        (
            "main.js",
            "import './hostile.js'; import { a } from './es.js'; import data from './data.json'; import c, * as all from './c.cjs';
             import { one } from './one.js';
             const counted = one();
             restore();
             console.log(a, data.n, c.v, all.v, counted, c.j, import.meta.url);
             export default async () => console.log((await import('./es.js')).a);",
        ),
        ("hostile.js", HOSTILE),
        ("es.js", "export const a = 'es'; export * from './more.js';"),
        ("more.js", "export let more = 1; more++;"),
        ("data.json", r#"{"n": "json"}"#),
        ("c.cjs", "exports.v = require('./d.cjs').v; exports.j = require('./data.json').n;"),
        ("d.cjs", "module.exports = { v: 'commonjs' };"),
        ("one.js", "import { two } from './two.js'; export const n = 1; export function one() { return two() + n; }"),
        ("two.js", "import { n } from './one.js'; export function two() { return n + 40; }"),
    ];
    let user = "es json commonjs commonjs 42 json file:///work/main.js\nes";
    assert_eq!(run(&bundle(&files).unwrap(), 2), format!("{user}\n{user}"));
}
