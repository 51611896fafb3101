// What stands between the users of one realm, evaluated once in it, before any script.
//
// Everything that is used later is taken here, so that nothing a script does to the language reaches this file.
(function (native, mode) {
  "use strict";
  const real = globalThis;
  const { apply, construct, defineProperty, get: read, getOwnPropertyDescriptor, getPrototypeOf, has, ownKeys, preventExtensions, setPrototypeOf } = Reflect;
  const { freeze, isExtensible } = Object;
  const { toString: functionText } = Function.prototype;
  const { toString: symbolText } = Symbol.prototype;
  const { get: mapGet, set: mapSet } = Map.prototype;
  const { has: setHas, add: setAdd, delete: setDelete } = WeakSet.prototype;
  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
  const shared = mode === "shared";
  const data = (value) => ({ __proto__: null, value, writable: true, enumerable: true, configurable: true });

  // Objects of the language that no property of the global object leads to.
  const hidden = [
    Function.prototype, (function* () {}), (async () => {}), (async function* () {}), (function* () {})(), (async function* () {})(),
    [][Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](), ""[Symbol.iterator](),
    "".matchAll(/x/g), Iterator.from({ next() {} }), [].values().map((x) => x), Int8Array,
  ].map((it, i) => (i === 0 ? it : getPrototypeOf(it)));

  // Text that becomes code sees the realm's global object, and not the one of the user who asks.
  const own = () => native.global() ?? real;
  const asksForGlobal = (text) =>
    text === "return this" || text === "return this;" || text === "return globalThis" || text === "return globalThis;";
  const object = Object;
  function constructor(original, shown) {
    const guarded = function (...texts) {
      const target = new.target === undefined || new.target === guarded ? original : new.target;
      if (shown === "Function" && texts.length === 1 && asksForGlobal(texts[0])) {
        const itself = texts[0].length > "return this;".length;
        const anonymous = function () {
          return itself || this === undefined || this === null || this === real ? own() : object(this);
        };
        return target === original ? anonymous : setPrototypeOf(anonymous, target.prototype) && anonymous;
      }
      native.code(shown);
      return construct(original, texts, target);
    };
    defineProperty(guarded, "name", { value: original.name, configurable: true });
    defineProperty(guarded, "length", { value: 1, configurable: true });
    defineProperty(guarded, "prototype", { value: original.prototype, writable: false });
    defineProperty(original.prototype, "constructor", { value: guarded });
    return guarded;
  }
  function guardCode() {
    const functions = [function () {}, function* () {}, async function () {}, async function* () {}];
    const made = functions.map((it) => {
      const original = getPrototypeOf(it).constructor;
      return constructor(original, original.name);
    });
    for (let i = 1; i < made.length; i++) setPrototypeOf(made[i], made[0]);
    const evaluate = real.eval;
    const replaced = {
      eval(text) {
        if (text === "this" || text === "globalThis") return own();
        if (typeof text === "string") native.code("eval");
        return evaluate(text);
      },
    };
    defineProperty(real, "Function", { value: made[0] });
    defineProperty(real, "eval", { value: replaced.eval });
  }

  // The engine keeps these two for the whole realm and asks them whenever an error is made.
  function guardStacks() {
    for (const name of ["prepareStackTrace", "stackTraceLimit"]) {
      const { get, set } = getOwnPropertyDescriptor(Error, name);
      defineProperty(Error, name, {
        get,
        set(value) {
          if (value === apply(get, Error, [])) return;
          native.language(`Error.${name}`);
          apply(set, Error, [value]);
        },
        configurable: !shared,
      });
    }
  }

  // Its callbacks would run when anybody's garbage is collected. The language allows that they never run.
  function quietRegistries() {
    const tokens = new WeakSet();
    const quiet = {
      register(target, held, token) {
        if (!isObject(target) && typeof target !== "symbol") throw new TypeError("invalid target");
        if (target === held) throw new TypeError("a target cannot be its own held value");
        if (isObject(token)) apply(setAdd, tokens, [token]);
      },
      unregister(token) {
        return isObject(token) && apply(setDelete, tokens, [token]);
      },
    };
    for (const name of ["register", "unregister"]) {
      defineProperty(FinalizationRegistry.prototype, name, { value: quiet[name] });
    }
  }

  // The prototype of every user's global object: all of the realm's is read through it, and nothing written.
  function base() {
    const isUser = (user) => isObject(user) && user !== made && user !== rest;
    const rest = new Proxy({}, {
      __proto__: null,
      get: (_, key, user) => read(real, key, user),
      has: (_, key) => has(real, key),
      set: (_, key, value, user) =>
        isUser(user) &&
        defineProperty(user, key, getOwnPropertyDescriptor(user, key) ? { __proto__: null, value } : data(value)),
      defineProperty: () => false,
      deleteProperty: () => false,
      setPrototypeOf: () => false,
      preventExtensions: () => false,
    });
    const made = { __proto__: rest };
    // Those of ours, which scripts read often, without the way through the proxy.
    for (const key of Object.keys(real)) {
      const { value, get, set } = getOwnPropertyDescriptor(real, key);
      if (typeof value === "function") freeze(value);
      defineProperty(made, key, {
        get: get ?? (key === "console" ? ownConsole(value) : () => value),
        set: get && !set ? undefined : function (value) {
          if (!isUser(this)) throw new TypeError(`cannot assign to \`${key}\` here`);
          defineProperty(this, key, data(value));
        },
        enumerable: true,
      });
    }
    return freeze(made);
  }
  // Scripts like to replace functions of the console.
  function ownConsole(console) {
    const names = ownKeys(console);
    for (let i = 0; i < names.length; i++) freeze(console[names[i]]);
    return function () {
      const copy = {};
      for (let i = 0; i < names.length; i++) defineProperty(copy, names[i], data(console[names[i]]));
      defineProperty(this, "console", data(copy));
      return copy;
    };
  }

  // Nothing can be added to what all users see.
  function close() {
    const closed = new Set([null, real]);
    const shut = (object) => {
      for (let it = object; !closed.has(it); it = getPrototypeOf(it)) {
        closed.add(it);
        preventExtensions(it);
        const prototype = getOwnPropertyDescriptor(it, "prototype")?.value;
        if (isObject(prototype)) shut(prototype);
      }
    };
    hidden.forEach(shut);
    // To look at a function makes it, where it was not used yet: so only at what has properties of its own.
    for (const key of ownKeys(real)) {
      if (typeof key !== "string" || (key[0] > "Z" && key !== "performance")) continue;
      // What is made when it is first read is hardened by who makes it.
      const { value, set } = getOwnPropertyDescriptor(real, key);
      const known = set ? undefined : value ?? real[key];
      if (isObject(known)) shut(known);
    }
    preventExtensions(real);
  }

  // Everything that can be reached from the global object, as text: the same text, the same language.
  function language() {
    const seen = new Map();
    const queue = { __proto__: null };
    let known = 0;
    const number = (object) => {
      let at = apply(mapGet, seen, [object]);
      if (at === undefined) {
        at = known++;
        apply(mapSet, seen, [object, at]);
        queue[at] = object;
      }
      return at;
    };
    const shown = (value) => {
      if (typeof value === "symbol") return apply(symbolText, value, []);
      if (!isObject(value)) return `${typeof value} ${value}`;
      return `#${number(value)}`;
    };
    number(real);
    for (let i = 0; i < hidden.length; i++) number(hidden[i]);
    let text = "";
    const paths = { __proto__: null };
    for (let at = 0; at < known; at++) {
      const object = queue[at];
      const path = paths[at] ?? "";
      text += `${path}\t${typeof object === "function" ? apply(functionText, object, []).length : ""} ${shown(getPrototypeOf(object))} ${isExtensible(object)}\n`;
      const keys = ownKeys(object);
      for (let k = 0; k < keys.length; k++) {
        const key = keys[k];
        const property = getOwnPropertyDescriptor(object, key);
        const name = typeof key === "symbol" ? `${path}[${apply(symbolText, key, [])}]` : path === "" ? key : `${path}.${key}`;
        const before = known;
        let what;
        if (has(property, "value")) {
          // `randomSeed` replaces this one, with a function of ours that asks for the user's own state.
          if (name === "Math.random" && property.value?.seeded === true) what = shown(random);
          // Each realm has another.
          else if (name === "performance.timeOrigin") what = typeof property.value;
          else what = shown(property.value);
        } else what = `${shown(property.get)} ${shown(property.set)}`;
        for (let i = before; i < known; i++) paths[i] = name;
        text += `${name}\t${what} ${property.writable} ${property.enumerable} ${property.configurable}\n`;
      }
    }
    return text;
  }
  const random = Math.random;

  guardCode();
  guardStacks();
  if (!shared) return { base: real, language };
  quietRegistries();
  const users = base();
  close();
  return { base: users, language };
})
