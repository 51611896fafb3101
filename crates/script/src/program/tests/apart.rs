//! Nobody acts in another user's name, whatever a script tries.
//!
//! Each script is run by three users at once, several times, and returns who it was seen to be: by its globals, its
//! jobs, its cookies and tags. With a realm for each user, and with as many realms as the script is found to need,
//! every such number is the user's own; where that is not possible, the run says so. Users who are made to share a
//! realm may be refused anything, but never see another.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::pending;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex};

use loadline_client::ClientConfig;
use loadline_measure::{Recorder, Schema, TagSetId};

use super::super::load::Script;
use super::super::vus::VusPerRealm;
use super::super::watch::Watch;
use crate::compile::Memory;
use crate::modules::{
    self, IterationNumbers, Level, Log, Process, ScenarioView, Source, VuState, WorkerState,
};
use crate::vm::{self, CallError, Realm, RealmSettings, Sharing, Vu};

/// What happens when users live as the script is found to need.
#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    /// All see themselves, with several in a realm.
    Shared,
    /// All see themselves, each in a realm of its own.
    OwnRealm,
    /// Several live in a realm until the script does it; then it ends with this.
    Refused(&'static str),
}
use Outcome::{OwnRealm, Refused, Shared};

const PRELUDE: &str = "import { sleep, randomSeed } from 'k6'; import exec from 'k6/execution'; import http from 'k6/http'; import { SharedArray } from 'k6/data';
const seen = []; const note = () => { seen.push(exec.vu.idInTest, __VU); };
// Leaves a mark on an object, lets others do the same, and tells what marks it saw.
const mark = (object) => { const before = object.mark ?? __VU; object.mark = __VU; sleep(0.001); return [before, object.mark ?? __VU, globalThis.mark ?? __VU]; };
const computed = (name) => globalThis[['', name].join('')];
const constructor = (() => {})['construc' + 'tor'];
";

const OF_ONES_OWN: &str = "--vus-per-realm 1";

/// A name, the outcome, the script after [`PRELUDE`], and the text of package `p`.
type Case = (&'static str, Outcome, &'static str, &'static str);

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Text that becomes code.
    ("eval", OwnRealm, "export default () => mark(eval('globalThis'));", ""),
    ("indirect eval", OwnRealm, "export default () => mark((0, eval)('globalThis'));", ""),
    ("eval by another name", OwnRealm, "const e = eval; export default () => mark(e('this'));", ""),
    ("a computed eval of the global object", Shared, "export default () => mark(globalThis['ev' + 'al']('globalThis'));", ""),
    ("a computed eval", Refused(OF_ONES_OWN), "export default () => mark(globalThis['ev' + 'al']('var x = 1; globalThis'));", ""),
    ("a computed eval in init code", OwnRealm, "const g = globalThis['ev' + 'al']('var x = 1; globalThis'); export default () => mark(g);", ""),
    ("eval of jobs", OwnRealm, "export default () => { eval('(async () => { await 1; note() })()'); sleep(0.001); return [...seen, __VU]; };", ""),
    ("a computed eval of jobs", Refused(OF_ONES_OWN), "globalThis.note = note; export default () => { globalThis['ev' + 'al']('(async () => { await 1; note() })()'); sleep(0.001); return [...seen, __VU]; };", ""),
    ("eval of a declaration", OwnRealm, "export default () => { (0, eval)('var mine = ' + __VU); sleep(0.001); return [(0, eval)('mine')]; };", ""),
    ("eval in a package", OwnRealm, "import p from 'p'; export default () => mark(p());", "module.exports = function () { var g = 1; return eval('g, globalThis'); };"),
    ("eval by another name in a package", Refused(OF_ONES_OWN), "import p from 'p'; export default () => mark(p());", "var e = eval; module.exports = function () { return e('[globalThis][0]'); };"),
    ("Function", OwnRealm, "export default () => mark(Function('return globalThis')());", ""),
    ("new Function", OwnRealm, "export default () => mark(new Function('a', 'return globalThis')());", ""),
    ("Function('return this')", Shared, "export default () => mark(Function('return this')());", ""),
    ("new Function('return this')", Shared, "export default () => mark(new Function('return this')());", ""),
    ("a function's constructor", Shared, "export default () => mark((function () {}).constructor('return globalThis')());", ""),
    ("a function's constructor, other text", Refused(OF_ONES_OWN), "export default () => mark(constructor('return [globalThis][0]')());", ""),
    ("a function's constructor that writes", Refused(OF_ONES_OWN), "export default () => { const f = constructor('id', 'undeclared = id; return undeclared'); return [f(__VU)]; };", ""),
    ("a function's constructor in init code", OwnRealm, "const f = constructor('return [globalThis][0]'); export default () => mark(f());", ""),
    ("`this` of a made function", Shared, "const f = constructor('return this'); export default () => [...mark(f()), f.call({ id: __VU }).id, Number(f.call(__VU))];", ""),
    ("Reflect.construct", Shared, "export default () => mark(Reflect.construct(constructor, ['return globalThis'])());", ""),
    ("Reflect.construct, other text", Refused(OF_ONES_OWN), "export default () => mark(Reflect.construct(constructor, ['x', 'return globalThis'], Array)());", ""),
    ("Reflect.apply", Shared, "export default () => mark(Reflect.apply(constructor, null, ['return this'])());", ""),
    ("a bound constructor", Shared, "export default () => mark(constructor.bind(null, 'return globalThis')()());", ""),
    ("a subclass of Function", Shared, "class F extends Function { constructor() { super('return globalThis'); } get id() { return __VU; } } export default () => { const f = new F(); return [...mark(f()), f.id]; };", ""),
    ("a subclass of Function, other text", Refused(OF_ONES_OWN), "class F extends Function {} export default () => mark(new F('return [globalThis][0]')());", ""),
    ("a constructor behind a proxy", Shared, "export default () => mark(new Proxy(constructor, {})('return globalThis')());", ""),
    ("a constructor behind a proxy, other text", Refused(OF_ONES_OWN), "export default () => mark(new (new Proxy(constructor, {}))('return [globalThis][0]')());", ""),
    ("a constructor of the realm's own functions", Refused(OF_ONES_OWN), "export default () => mark(sleep.constructor('return [globalThis][0]')());", ""),
    ("a generator's constructor", Refused(OF_ONES_OWN), "export default () => mark(Object.getPrototypeOf(function* () {}).constructor('yield globalThis')().next().value);", ""),
    ("the prototype of a generator's constructor", Shared, "export default () => mark(Object.getPrototypeOf(Object.getPrototypeOf(function* () {}).constructor)('return globalThis')());", ""),
    ("an async function's constructor", OwnRealm, "const A = Object.getPrototypeOf(async () => {}).constructor; globalThis.note = note; export default () => { A('await 1; note()')(); sleep(0.001); return [...seen, __VU]; };", ""),
    ("an async function's constructor in a package", Refused(OF_ONES_OWN), "import A from 'p'; globalThis.note = note; export default () => { A('await 1; note()')(); sleep(0.001); return [...seen, __VU]; };", "module.exports = Object.getPrototypeOf(async () => {}).constructor;"),
    ("an async generator's constructor in a package", Refused(OF_ONES_OWN), "import A from 'p'; export default () => { A('yield globalThis')().next(); sleep(0.001); return [__VU]; };", "module.exports = Object.getPrototypeOf(async function* () {}).constructor;"),
    ("a package that asks for the global object", Shared, "import p from 'p'; export default () => mark(p);", "module.exports = (typeof self == 'object' && self) || Function('return this')();"),
    ("a package that makes a function", Refused(OF_ONES_OWN), "import p from 'p'; export default () => mark(p());", "module.exports = function () { return new Function('return ' + '[globalThis][0]')(); };"),
    ("a package that makes a function when it is loaded", OwnRealm, "import p from 'p'; export default () => mark(p());", "module.exports = new Function('return ' + '[globalThis][0]');"),
    ("text to a timer", OwnRealm, "export default () => { try { setTimeout('note()', 1); } catch { note(); } return [...seen, __VU]; };", ""),
    ("import() of a sloppy package", OwnRealm, "export default async () => { const { default: p } = await import('p'); return mark(p()); };", "module.exports = function () { return this; };"),
    ("import() in text", Refused(OF_ONES_OWN), "export default () => { globalThis['ev' + 'al'](\"import('p')['ca' + 'tch'](() => {})\"); return [__VU]; };", ""),
    ("text from a reviver", Refused(OF_ONES_OWN), "export default () => mark(JSON.parse('[1]', (key, value) => (key === '' ? value : globalThis['ev' + 'al']('[globalThis][0]')))[0]);", ""),
    ("text from a getter", Refused(OF_ONES_OWN), "const o = { get g() { return constructor('return [globalThis][0]')(); } }; export default () => mark(o.g);", ""),
    ("text from toJSON", Shared, "export default () => { let g; JSON.stringify({ toJSON() { g = constructor('return globalThis')(); } }); return mark(g); };", ""),

    // The global object.
    ("globalThis", Shared, "export default () => mark(globalThis);", ""),
    ("the prototype of the global object", Refused("TypeError"), "export default () => mark(Object.getPrototypeOf(globalThis));", ""),
    ("the prototype's prototype", Refused("TypeError"), "export default () => mark(globalThis.__proto__.__proto__);", ""),
    ("a built-in of the prototype", Refused("TypeError"), "export default () => { Object.getPrototypeOf(globalThis).console = { id: __VU }; sleep(0.001); return [console.id ?? __VU]; };", ""),
    ("a built-in of one's own", Shared, "export default () => { globalThis.parseFloat = () => __VU; sleep(0.001); return [globalThis.parseFloat()]; };", ""),
    ("a new prototype of the prototype", Refused("TypeError"), "export default () => { Object.setPrototypeOf(Object.getPrototypeOf(globalThis), { mark: __VU }); return [globalThis.mark]; };", ""),
    ("`this` of a module", Shared, "const top = this; export default () => [top === undefined ? __VU : 0];", ""),
    ("`this` of a sloppy function", Shared, "import p from 'p'; export default () => mark(p());", "module.exports = function () { return (function () { return this; })(); };"),
    ("writing to a sloppy `this`", Shared, "import p from 'p'; export default () => { const before = p.read() ?? __VU; p.write(__VU); sleep(0.001); return [before, p.read(), globalThis.own]; };", "exports.write = function (id) { (function () { this.own = id; }).call(null); }; exports.read = function () { var f = () => this.own; return (function () { return this.own; })(); };"),
    ("a sloppy callback", Shared, "import p from 'p'; export default () => mark(p());", "module.exports = function () { var g; [1].forEach(function () { g = this; }); return g; };"),
    ("a sloppy getter", Shared, "import p from 'p'; export default () => mark(p());", "module.exports = function () { return Object.getOwnPropertyDescriptor({ get x() { return this; } }, 'x').get.call(undefined); };"),
    ("a sloppy constructor", Shared, "import P from 'p'; export default () => [new P(__VU).id];", "module.exports = function P(id) { if (!(this instanceof P)) return new P(id); this.id = id; };"),
    ("a sloppy timer", OwnRealm, "import p from 'p'; export default () => { setTimeout(p, 1, __VU); return [globalThis.own ?? __VU]; };", "module.exports = function (id) { this.own = id; };"),
    ("an undeclared variable", Shared, "import p from 'p'; export default () => { p.write(__VU); sleep(0.001); return [p.read()]; };", "exports.write = function (id) { undeclared = id; }; exports.read = function () { return undeclared; };"),
    ("the caller", Shared, "import p from 'p'; export default () => [p() === undefined ? __VU : 0];", "module.exports = function () { try { return arguments.callee.caller ?? undefined; } catch (e) { return undefined; } };"),
    ("console", Shared, "export default () => { console.mark ??= __VU; console.log = () => __VU; sleep(0.001); return [console.mark, console.log()]; };", ""),
    ("a function of console", Refused("TypeError"), "export default () => mark(console.warn);", ""),
    ("__ENV", Shared, "export default () => mark(__ENV);", ""),

    // Jobs.
    ("Array.fromAsync", OwnRealm, "export default () => { Array.fromAsync([1], note); sleep(0.001); return [...seen, __VU]; };", ""),
    ("a computed Array.fromAsync", Refused(OF_ONES_OWN), "export default () => { Array['from' + 'Async']([1], note); sleep(0.001); return [...seen, __VU]; };", ""),
    ("a computed Array.fromAsync that nobody waits beside", Shared, "export default () => { sleep(0.001); Array['from' + 'Async']([1], note); return [...seen, __VU]; };", ""),
    ("a computed promise", Refused(OF_ONES_OWN), "export default () => { computed('Promise').resolve()['th' + 'en'](note); sleep(0.001); return [...seen, __VU]; };", ""),
    ("jobs when the function is over", Shared, "export default () => { sleep(0.001); computed('Promise').resolve()['th' + 'en'](note); return [...seen, __VU]; };", ""),
    ("jobs of a function that threw", Shared, "export default () => { computed('Promise').resolve()['th' + 'en'](note); if (seen.length < 4) throw new Error('planned'); return [...seen, __VU]; };", ""),
    ("jobs of a function that threw and waits", Shared, "export default () => { if (seen.length > 4) return [...seen, __VU]; for (const _ of [1, 2]) computed('Promise').resolve()['th' + 'en'](() => { note(); sleep(0.001); note(); }); throw new Error('planned'); };", ""),
    ("every combinator", Shared, "export default () => { sleep(0.001); const P = computed('Promise'); for (const p of [P.all([1]), P.race([1]), P.any([1]), P.allSettled([1]), P.resolve(1), P.withResolvers().promise, P.try(() => 1)]) p['th' + 'en'](note); P.reject(1)['ca' + 'tch'](note); return [...seen, __VU]; };", ""),
    ("every combinator, and a wait", Refused(OF_ONES_OWN), "export default () => { const P = computed('Promise'); for (const p of [P.all([1]), P.race([1]), P.any([1]), P.allSettled([1])]) p['th' + 'en'](note); sleep(0.001); return [...seen, __VU]; };", ""),
    ("a species of promises", Shared, "export default () => { sleep(0.001); const P = computed('Promise'); class Mine extends P { static get [Symbol.species]() { note(); return P; } } Mine.resolve(1)['th' + 'en'](note); return [...seen, __VU]; };", ""),
    ("an async function of a package", Refused(OF_ONES_OWN), "import p from 'p'; export default () => { p(note); sleep(0.001); return [...seen, __VU]; };", "module.exports = async (note) => { await 1; note(); };"),
    ("an async iterator of a package", Refused(OF_ONES_OWN), "import p from 'p'; export default () => { p(note); sleep(0.001); return [...seen, __VU]; };", "module.exports = async (note) => { for await (const _ of (async function* () { yield 1; })()) note(); };"),
    ("an async iterator of a package, beside nothing", Shared, "import p from 'p'; export default () => { sleep(0.001); p(note); return [...seen, __VU]; };", "module.exports = async (note) => { for await (const _ of (async function* () { yield 1; })()) note(); };"),
    ("a job that makes a request", Shared, "import p from 'p'; export default () => { p(() => { note(); sleep(0.001); note(); }); return [...seen, __VU]; };", "module.exports = async (note) => { await 1; note(); };"),
    ("a thenable", OwnRealm, "export default () => { const P = Promise; P.resolve({ then(f) { note(); f(); } }); sleep(0.001); return [...seen, __VU]; };", ""),
    ("FinalizationRegistry", OwnRealm, "const r = new FinalizationRegistry(note); export default () => { r.register({}, __VU); sleep(0.001); return [...seen, __VU]; };", ""),
    ("a computed FinalizationRegistry", Shared, "const r = new (computed('FinalizationRegistry'))(note); export default () => { const key = {}; const held = {}; r.register(held, __VU, key); if (!r.unregister(key) || r.unregister(key)) throw 1; for (let i = 0; i < 100; i++) { const a = {}; a.a = a; r.register(a, 1); } sleep(0.001); return [...seen, __VU]; };", ""),
    ("WeakRef", Shared, "const o = { id: __VU }; const r = new WeakRef(o); export default () => { sleep(0.001); return [r.deref().id, o.id]; };", ""),

    // The language's own objects.
    ("Array.prototype", OwnRealm, "export default () => { Array.prototype.own ??= __VU; sleep(0.001); return [[].own]; };", ""),
    ("Array.prototype by its instances", Refused("vus-per-realm"), "export default () => mark([].__proto__);", ""),
    ("Object.prototype", OwnRealm, "export default () => { Object.defineProperty(Object.prototype, 'own', { value: __VU, configurable: true }); sleep(0.001); return [({}).own]; };", ""),
    ("Object.prototype by its instances", Refused("vus-per-realm"), "export default () => mark(Object.getPrototypeOf({}));", ""),
    ("String.prototype by another name", Refused("vus-per-realm"), "const S = String; export default () => mark(S.prototype);", ""),
    ("an iterator's prototype", Refused("vus-per-realm"), "export default () => mark(Object.getPrototypeOf([][Symbol.iterator]()));", ""),
    ("a constructor", Refused("vus-per-realm"), "const M = Map; export default () => mark(M);", ""),
    ("a method's own properties", Refused("vus-per-realm"), "export default () => { const f = [].map; f.mark ??= __VU; return [f.mark]; };", ""),
    ("a package that adds a method", OwnRealm, "import 'p'; export default () => { sleep(0.001); return [[1].me()]; };", "Array.prototype.me = function () { return __VU; };"),
    ("a package that replaces a method", OwnRealm, "import 'p'; export default () => { sleep(0.001); return [[1].at(0)]; };", "var at = Array.prototype; at.at = function () { return __VU; };"),
    ("a package that keeps a method it removed", OwnRealm, "import 'p'; export default () => { sleep(0.001); return [[].flat === undefined ? __VU : 0]; };", "var p = [].__proto__; delete p.flat;"),
    ("Error.prepareStackTrace", OwnRealm, "Error.prepareStackTrace = () => __VU; export default () => { sleep(0.001); return [new Error().stack]; };", ""),
    ("Error.prepareStackTrace by another name", Refused(OF_ONES_OWN), "const E = Error; export default () => { E.prepareStackTrace = () => __VU; sleep(0.001); return [new Error().stack]; };", ""),
    ("Error.stackTraceLimit by another name in init code", OwnRealm, "const E = Error; E.stackTraceLimit = __VU; export default () => { sleep(0.001); return [E.stackTraceLimit === __VU ? __VU : 0]; };", ""),
    ("the stack of an error", Shared, "export default () => { const e = new Error(); e.stack = `${__VU}`; sleep(0.001); return [Number(e.stack)]; };", ""),
    ("Symbol.species", Shared, "class Mine extends Array { static get [Symbol.species]() { note(); return Array; } } export default () => { new Mine(1, 2).map((x) => x); sleep(0.001); return seen; };", ""),
    ("Math.random", OwnRealm, "export default () => { Math.random = () => __VU; sleep(0.001); return [Math.random()]; };", ""),
    ("Math.random by another name", Refused(OF_ONES_OWN), "const M = Math; export default () => { M.random = () => __VU; return [M.random()]; };", ""),
    ("randomSeed", Shared, "let first; export default () => { randomSeed(__VU); sleep(0.001); const next = Math.random(); first ??= next; return [next === first ? __VU : 0]; };", ""),
    ("the seeded Math.random", Refused("TypeError"), "randomSeed(1); export default () => mark(Math.random);", ""),
    ("Date.now", OwnRealm, "export default () => { Date.now = () => __VU; sleep(0.001); return [Date.now()]; };", ""),
    ("Date by another name", Refused(OF_ONES_OWN), "const D = Date; export default () => { D.now = () => __VU; return [D.now()]; };", ""),
    ("Date of one's own", Shared, "const Real = Date; globalThis.Date = class extends Real { static now() { return __VU; } }; export default () => { sleep(0.001); return [Date.now(), globalThis.Date.now()]; };", ""),
    ("freezing the language", OwnRealm, "export default () => { Object.freeze(Array.prototype); return [__VU]; };", ""),
    ("freezing the language by another name", Refused(OF_ONES_OWN), "const freeze = Object.freeze; export default () => { freeze([].__proto__); return [__VU]; };", ""),
    ("the static state of regular expressions", Shared, "export default () => { /(.)/.exec(String(__VU)); sleep(0.001); return [Number(RegExp.$1 ?? __VU), Number(RegExp.lastMatch ?? __VU)]; };", ""),
    ("the last index of a regular expression", Shared, "const r = /./g; export default () => { r.lastIndex = __VU; sleep(0.001); return [r.lastIndex]; };", ""),
    ("Intl", Shared, "export default () => [globalThis.Intl === undefined ? __VU : 0];", ""),
    ("Symbol.for", Shared, "const key = Symbol.for('mark'); export default () => { globalThis[key] ??= __VU; sleep(0.001); return [globalThis[Symbol.for('mark')]]; };", ""),
    ("a template's strings as a key", Shared, "const known = new WeakMap(); const tag = (strings) => { if (!known.has(strings)) known.set(strings, __VU); return known.get(strings); }; export default () => { const id = tag`x`; sleep(0.001); return [id, tag`x`]; };", ""),
    ("a template's strings", Refused("TypeError"), "const tag = (strings) => strings; export default () => mark(tag`x`);", ""),

    // Our own objects.
    ("module http", Refused("TypeError"), "export default () => mark(http);", ""),
    ("a function of module http", Refused("TypeError"), "export default () => mark(http.get);", ""),
    ("a function of module k6", Refused("TypeError"), "export default () => mark(sleep);", ""),
    ("a class of module http", Refused("TypeError"), "export default () => mark(http.CookieJar.prototype);", ""),
    ("a method of a class of module http", Refused("TypeError"), "export default () => mark(http.cookieJar().set);", ""),
    ("the prototype of a file", Refused("TypeError"), "export default () => mark(Object.getPrototypeOf(http.file('x')));", ""),
    ("exec.vu", Refused("TypeError"), "export default () => mark(exec.vu);", ""),
    ("tags", Shared, "export default () => { Object.defineProperty(exec.vu.tags, 'who', { value: `${__VU}` }); exec.vu.tags.me = __VU; sleep(0.001); return [Number(exec.vu.tags.who), Number(exec.vu.tags.me)]; };", ""),
    ("the prototype of tags", Refused("TypeError"), "export default () => { Object.setPrototypeOf(exec.vu.tags, { id: __VU }); return [__VU]; };", ""),
    ("metadata", Shared, "export default () => { Object.defineProperty(exec.vu.metrics.metadata, 'id', { value: __VU }); sleep(0.001); return [Number(exec.vu.metrics.metadata.id)]; };", ""),
    ("cookies", Shared, "export default () => { const jar = http.cookieJar(); jar.set('http://a.test/', 'id', `${__VU}`); sleep(0.001); return [Number(jar.cookiesForURL('http://a.test/').id[0])]; };", ""),
    ("cookies of jobs", OwnRealm, "let id; export default async () => { http.cookieJar().set('http://a.test/', 'id', `${__VU}`); await 1; sleep(0.001); return [Number(http.cookieJar().cookiesForURL('http://a.test/').id[0])]; };", ""),
    ("an element of a shared array", Refused("TypeError"), "const all = new SharedArray('all', () => [{ a: [1] }]); export default () => mark(all[0].a);", ""),
    ("a shared array", Refused("TypeError"), "const all = new SharedArray('all', () => [1]); export default () => mark(all);", ""),
    ("variables of a module", Shared, "let id = 0; export default () => { id ||= __VU; sleep(0.001); return [id]; };", ""),
    ("variables of a package", Shared, "import p from 'p'; export default () => mark(p);", "module.exports = {};"),
];

struct Words(Mutex<Vec<String>>);

impl Log for Words {
    fn log(&self, _: Level, _: Source, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }
}

struct Main;

impl ScenarioView for Main {
    fn name(&self) -> &'static str {
        "main"
    }
    fn executor(&self) -> &'static str {
        "constant-vus"
    }
    fn start_unix_ms(&self) -> f64 {
        0.0
    }
    fn progress(&self) -> f64 {
        0.0
    }
}

fn process() -> Arc<Process> {
    static CLIENT: LazyLock<Arc<loadline_client::Shared>> =
        LazyLock::new(|| loadline_client::Shared::new(ClientConfig::default()).unwrap());
    let words = Arc::new(Words(Mutex::default()));
    let client = Arc::clone(&CLIENT);
    let mut process = Process::new(Schema::new(), BTreeMap::new(), client, words as Arc<dyn Log>).unwrap();
    process.http.no_cookies_reset = true;
    Arc::new(process)
}

fn load(case: &Case) -> Script {
    let &(name, _, script, package) = case;
    let files = Memory::new()
        .with("/work/main.js", format!("{PRELUDE}{script}"))
        .with("/work/node_modules/p/index.js", package);
    let realms = RealmSettings::default();
    Script::load(Arc::new(files), "main.js".as_ref(), "/work".as_ref(), &process(), realms)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Three users, each alone or all in one realm, iterate three times side by side: what each iteration returned.
/// The last error instead, if there was one that the script did not plan.
fn results(
    script: &Script,
    vus_per_realm: usize,
    share_packages: bool,
) -> Result<Vec<(u64, Vec<f64>)>, String> {
    let process = process();
    let recorder = Rc::new(RefCell::new(Recorder::new(Arc::clone(&process.schema))));
    let worker = WorkerState::new(Arc::clone(&process), recorder, None);
    let sharing = if vus_per_realm > 1 { Sharing::Shared } else { Sharing::Alone };
    let settings = RealmSettings { share_packages, sharing, ..script.realms().clone() };
    let mut watch = Watch::default();
    let mut realms: Vec<Realm> = Vec::new();
    let mut users = Vec::new();
    for id in 1..=3 {
        if (id - 1) % vus_per_realm as u64 == 0 {
            let realm = Realm::new(Arc::clone(&script.text), &settings, modules::install).unwrap();
            watch.add(&realm).unwrap();
            realms.push(realm);
        }
        let realm = realms.last().unwrap();
        let user = realm.instantiate(id, VuState::new(Rc::clone(&worker), id));
        users.push((id, user.map_err(|error| error.to_string())?));
    }
    let mut results = Vec::new();
    let mut failed = None;
    for _ in 0..3 {
        let round = run(futures_util::future::join_all(
            users.iter_mut().map(|(id, user)| async { (*id, iterate(user).await) }),
        ));
        for (id, result) in round {
            match result {
                Ok(seen) => results.push((id, seen)),
                Err(error) if error.to_string().contains("planned") => {}
                Err(error) => failed = Some(error.to_string()),
            }
        }
    }
    failed.or_else(|| watch.changed()).map_or(Ok(results), Err)
}

async fn iterate(user: &mut Vu) -> Result<Vec<f64>, CallError> {
    let state = user.slot().state::<VuState>().unwrap();
    state.begin(Rc::new(Main), IterationNumbers::default(), TagSetId::EMPTY);
    let export = user.export("default")?.unwrap();
    user.call(&export, vm::json_arguments([]), |_, value| value.get::<Vec<f64>>(), pending(), None).await
}

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, future)
}

/// Whether every user saw itself and nobody else.
fn apart(results: &[(u64, Vec<f64>)]) -> Result<(), String> {
    let own = |(id, seen): &(u64, Vec<f64>)| !seen.is_empty() && seen.iter().all(|seen| *seen == *id as f64);
    match results.iter().find(|result| !own(result)) {
        Some((id, seen)) => Err(format!("user {id} was seen as {seen:?}")),
        None if results.is_empty() => Err("nothing was seen".to_owned()),
        None => Ok(()),
    }
}

/// As many in a realm as the script is found to allow.
fn as_needed(script: &Script, outcome: Outcome) -> Result<(), String> {
    let number = VusPerRealm::Automatic.of(script);
    if (number == 1) != (outcome == OwnRealm) {
        return Err(format!("{number} in a realm"));
    }
    match (results(script, number.min(2), false), outcome) {
        (Ok(results), Shared | OwnRealm) => apart(&results),
        (Err(error), Refused(fragment)) if error.contains(fragment) => Ok(()),
        (Ok(results), Refused(_)) => Err(format!("it was not refused: {results:?}")),
        (Err(error), _) => Err(error),
    }
}

fn with_a_realm_each(script: &Script) -> Result<(), String> {
    match results(script, 1, false) {
        Ok(results) => apart(&results),
        // What is refused to everybody: to change what is ours, or frozen by the language.
        Err(error) if error.contains("TypeError") => Ok(()),
        Err(error) => Err(error),
    }
}

/// Made to share a realm, and their packages too. What a shared package keeps, or puts on its global object, it keeps
/// for all users, as the book says.
fn made_to_share(script: &Script, package: &str) -> Result<(), String> {
    results(script, 3, false).map_or(Ok(()), |results| apart(&results))?;
    let kept = ["this", "undeclared", "{}", "eval"].iter().any(|kept| package.contains(kept));
    if package.is_empty() || kept {
        return Ok(());
    }
    results(script, 3, true).map_or(Ok(()), |results| apart(&results))
}

#[test]
fn nobody_acts_in_the_name_of_another() {
    let mut wrong = Vec::new();
    for case in CASES {
        let &(name, outcome, _, package) = case;
        let script = load(case);
        let mut note = |how: &str, result: Result<(), String>| {
            wrong.extend(result.err().map(|why| format!("{name}, {how}: {why}")));
        };
        note("as needed", as_needed(&script, outcome));
        note("a realm each", with_a_realm_each(&script));
        note("made to share", made_to_share(&script, package));
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}
