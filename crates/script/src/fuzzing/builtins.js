// What a made-up program stands on: every builtin by number, odd values by number, and a description of any value that
// asks none of the prototypes which the program may have changed. `note` is a native of the host.
const { apply, construct: make, ownKeys, getOwnPropertyDescriptor: own, getPrototypeOf } = Reflect;
const { isArray } = Array;
const text = String;
const is_promise = (value) => value instanceof Promise;
const { then } = Promise.prototype;
const deepest = 3;

// The text of functions is the printer's with us; it is not what is tested here.
Object.defineProperty(Function.prototype, "toString", { value: () => "a function" });

// A clock says something else each time it is asked, so a date without arguments is none of now.
const Dated = function (...given) {
  return make(Date, given.length > 0 ? given : [0], new.target ?? Date);
};
Dated.prototype = Date.prototype;
Date.prototype.constructor = Dated;

const methods = { __proto__: null, length: 0 };
const constructors = { __proto__: null, length: 0 };
{
  const unsure = { __proto__: null, random: 1, now: 1, stack: 1, captureStackTrace: 1, wait: 1, waitAsync: 1, prepareStackTrace: 1, toLocaleString: 1, fileName: 1, lineNumber: 1, columnNumber: 1 };
  const bases = [
    Object, Function, Array, String, Number, Boolean, Symbol, BigInt, Math, JSON, Reflect, RegExp, Date, Error, AggregateError,
    TypeError, Map, Set, WeakMap, WeakSet, Promise, Proxy, Iterator, ArrayBuffer, SharedArrayBuffer, DataView, Uint8Array, Int16Array,
    Float64Array, BigInt64Array, Uint8ClampedArray, Object.getPrototypeOf(Uint8Array), Atomics,
  ];
  const more = [
    [].values(), new Map().entries(), new Set().values(), ""[Symbol.iterator](), "".matchAll(/x/g), (function* () {})(), [].values().map((x) => x),
    Iterator.from({ next() {} }),
  ].map((value) => Object.getPrototypeOf(value));
  const names = [];
  for (const base of bases) {
    if (typeof base === "function") constructors[constructors.length++] = base === Date ? Dated : base;
    names.push(base);
    if (base.prototype) names.push(base.prototype);
  }
  for (const holder of names.concat(more)) {
    for (const key of Reflect.ownKeys(holder)) {
      const property = Object.getOwnPropertyDescriptor(holder, key);
      for (const method of [property.value, property.get, property.set]) {
        if (typeof method === "function" && !unsure[key] && key !== "constructor") methods[methods.length++] = method;
      }
    }
  }
}

function key_text(key) {
  return typeof key === "symbol" ? "@" + (key.description ?? "") : key;
}

function describe(value, depth) {
  switch (typeof value) {
    case "string": return value.length > 60 ? "'" + apply(cut, value, [0, 60]) + "'+" + value.length : "'" + value + "'";
    case "symbol": return key_text(value);
    case "bigint": return text(value) + "n";
    case "number": return value === 0 && 1 / value < 0 ? "-0" : text(value);
    case "undefined": case "boolean": return text(value);
  }
  if (value === null) return "null";
  if (depth > deepest) return "…";
  try {
    let out = typeof value === "function" ? "function " : isArray(value) ? "array" : "object";
    const prototype = getPrototypeOf(value);
    if (prototype === null) out += " of nothing";
    const keys = ownKeys(value);
    out += " " + keys.length + " {";
    for (let i = 0; i < keys.length && i < 12; i++) {
      const key = keys[i];
      if (key === "stack" || key === "lineNumber" || key === "columnNumber" || key === "fileName") continue;
      const property = own(value, key);
      if (property === undefined) continue;
      const { writable: w, enumerable: e, configurable: c } = property;
      out += " " + key_text(key) + (w ? "w" : "") + (e ? "e" : "") + (c ? "c" : "") + ":";
      out += "value" in property ? describe(property.value, depth + 1) : "accessor";
    }
    return out + " }";
  } catch (error) {
    return "not described: " + text(error && error.name);
  }
}
const cut = "".slice;

function seen(label, value) {
  note(label + " = " + describe(value, 0));
  if (is_promise(value)) {
    try {
      apply(then, value, [(result) => note("fulfilled " + describe(result, 0)), (reason) => note("rejected " + describe(reason, 0))]);
    } catch (error) {
      note("no then: " + describe(error, 0));
    }
  }
  return value;
}

function attempt(label, action) {
  try {
    return seen(label, action());
  } catch (error) {
    note(label + " ! " + describe(error, 0));
    return error;
  }
}

const v = { __proto__: null, 0: [1, , 3], 1: { a: 1 }, 2: "text", 3: 3 };
const slots = 6;
const call = (n, receiver, list) => attempt("call " + n, () => apply(methods[n % methods.length], receiver, list));
const construct = (n, list) => attempt("new " + n, () => make(constructors[n % constructors.length], list));
const set = (object, key, value) => attempt("set", () => { object[key] = value; return object; });
const get = (object, key) => attempt("get", () => object[key]);
const del = (object, key) => attempt("delete", () => delete object[key]);
const grow = (object, length) => attempt("length", () => { object.length = length; return object; });
const accessor = (object, key, result) => attempt("define", () => Object.defineProperty(object, key, {
  __proto__: null, get() { note("got " + key_text(key)); return result; }, set(value) { note("set " + key_text(key)); }, configurable: true, enumerable: true,
}));
const each = (object) => attempt("each", () => {
  let i = 0;
  for (const item of object) { note("item " + describe(item, 1)); if (++i > 8) break; }
  return i;
});
const spread = (object) => attempt("spread", () => [0, ...object, 1]);

// Odd values; each call makes a new one.
const odd = { __proto__: null, length: 0 };
const add = (value) => { odd[odd.length++] = value; };
add(() => new Array(5));
add(() => [1, , 3, , 5]);
add(() => { const a = [1, 2, 3, 4]; delete a[3]; delete a[1]; return a; });
add(() => { const a = []; a.length = 7; return a; });
add(() => { const a = [0, 1, 2, 3]; a.length = 2; a.length = 9; return a; });
add(() => [[1, [2]], [, 3], "x"]);
add(() => Object.freeze([1, 2, 3]));
add(() => Object.defineProperty([1, 2, 3], 1, { get() { note("element"); v[0] = null; return 7; }, configurable: true }));
add(() => Object.defineProperty([1, 2], "length", { writable: false }));
add(() => new Proxy([1, 2, 3], {
  get(target, key, receiver) { note("trap get " + key_text(key)); return Reflect.get(target, key, receiver); },
  deleteProperty(target, key) { note("trap delete " + key_text(key)); return Reflect.deleteProperty(target, key); },
}));
add(() => new Proxy({ length: 3, 0: "a", 2: "c" }, { has(target, key) { note("trap has " + key_text(key)); return key in target; } }));
add(() => new Proxy({}, { get() { throw new RangeError("trap"); } }));
add(() => new Proxy(function () {}, { apply: () => 5, construct: () => ({}) }));
add(() => { const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return proxy; });
add(() => new (class extends Array { static get [Symbol.species]() { return Array; } })(1, 2, 3));
add(() => new (class extends Array { static get [Symbol.species]() { return function (n) { this.length = n; }; } })(1, 2));
add(() => new (class extends Set { has(x) { note("has"); return super.has(x); } })([1, {}, NaN]));
add(() => new (class extends Map {})([[1, {}], [-0, 2]]));
add(() => new (class extends RegExp { exec(s) { note("exec"); return super.exec(s); } })("t|x", "g"));
add(() => new (class extends Promise {})((resolve) => resolve(1)));
add(() => { const buffer = new ArrayBuffer(16), array = new Uint8Array(buffer); buffer.transfer(); return array; });
add(() => new Uint8Array(new ArrayBuffer(8, { maxByteLength: 32 }), 2));
add(() => new Int16Array(new ArrayBuffer(8, { maxByteLength: 32 })));
add(() => new ArrayBuffer(8, { maxByteLength: 16 }));
add(() => new Float64Array([1.5, -0, NaN, Infinity]));
add(() => new BigInt64Array([1n, -1n]));
add(() => new DataView(new ArrayBuffer(8), 1));
add(() => new Set([{}, 1, "a", undefined]));
add(() => ({ size: 2, has: (x) => { note("set-like has"); return x === 1; }, keys: () => [1, 2].values() }));
add(() => ({ size: NaN, has() {}, keys() {} }));
add(() => new Map([["a", 1]]));
add(() => new WeakMap([[{}, {}]]));
add(() => ({ length: 3, 0: 1, 2: 3 }));
add(() => ({ length: { valueOf() { note("length"); return 2; } }, 0: 1, 1: 2 }));
add(() => ({ valueOf() { note("valueOf"); v[0] && (v[0].length = 0); return 2; }, toString() { note("toString"); return "t"; } }));
add(() => ({ [Symbol.toPrimitive](hint) { note(hint); return 1; } }));
add(() => ({ [Symbol.iterator]() { let i = 0; return { next: () => { note("next"); return { value: i, done: i++ > 3 }; }, return() { note("return"); return {}; } }; } }));
add(() => ({ [Symbol.iterator]: () => ({ next() { throw new Error("next"); } }) }));
add(() => ({ next() { return { get done() { note("done"); return true; } }; } }));
add(() => ({ then(f, g) { note("then"); f(4); g(5); } }));
add(() => ({ get then() { throw new Error("then"); } }));
add(() => ({ __proto__: null, a: 1, get b() { return 2; } }));
add(() => ({ toJSON(key) { note("json " + key); return [key]; } }));
add(() => (function* () { try { yield 1; yield [2]; return 3; } finally { note("finally"); } })());
add(() => [3, 1, 2].values().filter((x) => x > 1));
add(() => [{}, {}].values().map((x) => { throw x; }));
add(() => (function () { return arguments; })(1, 2, 3));
add(() => (x) => { v[1] && (v[1].length = 1); return x; });
add(() => (a, b) => a < b ? 1 : -1);
add(() => (x) => { throw x; });
add(() => (x) => [x, x]);
add(() => (x) => { v[0] && v[0].push && v[0].length < 50 && v[0].push(x); return true; });
add(() => function () { return this; });
add(() => (x) => x % 2 === 0);
add(() => Array);
add(() => Array.prototype);
add(() => Object.prototype);
add(() => /(?<y>t)|(x)/dg);
add(() => /[^]*?e/y);
add(() => Symbol.iterator);
add(() => Symbol("s"));
add(() => new Date(0));
add(() => new Error("e", { cause: 1 }));
add(() => Promise.reject(new Error("no")));
add(() => Promise.resolve([1]));
add(() => new String("ab"));
add(() => Object(5n));
for (const value of [
  undefined, null, true, false, 0, -0, 1, -1, 2, 3, 7, 2.5, NaN, Infinity, -Infinity, 100, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 31), 5n, -(2n ** 70n), "",
  "a", "text x text", "\ud800", "0", "-1", "1.5", "length", "constructor", "__proto__", "g", "$1$<y>$&", "ﬀß\u0130", "a,b", "next",
]) add(() => value);
const value = (n) => odd[n % odd.length]();
