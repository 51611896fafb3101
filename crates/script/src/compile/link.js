// The linker: makes one VU's instances of all modules by calling their factories.
//
// Evaluated once per realm, with the table of modules put in place of MODULES; called once per VU as
// link(factories, builtins, globalForVu, sharePackages). Everything that can be shared by the VUs of a realm
// stands outside of `link`: a VU costs one Linker, one small object per module, and what the modules make.
// With `sharePackages` the shareable modules are another Linker's, one per realm; a VU's looks through to it.
//
// Scripts may change the language's own prototypes, and the users of a realm share those. So what is used here of the
// language was taken before any script ran, lists are walked by index, tables have no prototype, and descriptors inherit
// nothing: a setter on `Array.prototype` is not asked what a module exports.
(function () {
  "use strict";
  const real = globalThis;
  const { Object, Promise, Proxy, Reflect, JSON, encodeURI, encodeURIComponent } = real;
  const { create, defineProperty, freeze, getPrototypeOf, hasOwn, setPrototypeOf } = Object;
  const { apply, get: read } = Reflect;
  const { parse } = JSON;
  const { then } = Promise.prototype;
  const { next } = getPrototypeOf(function* () {}).prototype;
  const after = (promise, go_on) => apply(then, promise, [go_on]);
  // es: {async?, plan?} · commonjs: {commonjs: 1} · both: {path, as_node?, shareable?, needs: {specifier: target}}
  // target: number of a module | name of a built-in module | null for an empty one | {missing: message}
  const modules = MODULES;
  for (const module of modules) {
    setPrototypeOf(module, null);
    module.folder = module.path.slice(0, module.path.lastIndexOf("/")) || "/";
  }
  const any_shareable = modules.some((module) => module.shareable);
  // Namespace objects print as `[object Module]` and have no other inherited property.
  const tag = freeze({ __proto__: null, [Symbol.toStringTag]: "Module" });
  // Names that nobody declared: a property of the VU's global object, or a ReferenceError.
  const unknown = {
    __proto__: null,
    get(global, name) {
      if (name in global) return global[name];
      throw new ReferenceError(`${String(name)} is not defined`);
    },
    set(global, name, value) {
      if (!(name in global)) throw new ReferenceError(`${String(name)} is not defined`);
      global[name] = value;
      return true;
    },
  };

  // The linker of the packages that the VUs of this realm share.
  let common;

  class Linker {
    constructor(factories, builtins, global, packages) {
      this.factories = factories;
      this.b = builtins;
      this.global = global;
      this.packages = packages;
      this.m = { __proto__: packages ? packages.m : null };
      this.state = { __proto__: packages ? packages.state : null };
      this.spaces = { __proto__: null };
      this.tag = tag;
    }

    // The linker that module i belongs to.
    owner(i) {
      return this.packages && modules[i].shareable ? this.packages : this;
    }

    // The linker as module number i sees it.
    side(i) {
      return { __proto__: this, i };
    }

    // Evaluates ES module `root` after everything it imports; a promise when something awaits.
    evaluate(root) {
      const { plan } = modules[root];
      for (let at = 0; at < plan.length; at++) {
        const i = plan[at];
        if (i < 0 && !this.state[~i]) this.owner(~i).hoist(~i);
      }
      const waiting = this.run(plan, 0, {});
      return waiting ? after(waiting, () => this.m[root]) : this.m[root];
    }

    // Numbers below 0 enter a module in a circle: until it runs, only this evaluation may run it.
    run(plan, at, evaluation) {
      for (; at < plan.length; at++) {
        const i = plan[at];
        if (i < 0) {
          const state = this.state[~i];
          if (state.steps) state.evaluation ??= evaluation;
          continue;
        }
        const waiting = this.owner(i).start(i, evaluation);
        if (waiting) return after(waiting, () => this.run(plan, at + 1, evaluation));
      }
    }

    // First half of a module in a circle: its functions and the getters of its exports.
    hoist(i) {
      const steps = (0, this.factories[i])(this.global, this.global, this.side(i));
      this.state[i] = { __proto__: null, steps };
      this.m[i] = apply(next, steps, []).value;
    }

    start(i, evaluation) {
      const module = modules[i];
      if (module.commonjs) return void this.commonjs(i);
      const state = this.state[i];
      if (state?.steps && state.evaluation !== evaluation) return;
      if (state && !state.steps) {
        if (state.failed) throw state.error;
        return state.waiting;
      }
      const now = (this.state[i] = { __proto__: null });
      try {
        if (state) return void apply(next, state.steps, []);
        const factory = this.factories[i];
        const result = factory(this.global, this.global, this.side(i));
        if (!module.async) return void (this.m[i] = result);
        now.waiting = after(result, (exports) => {
          this.m[i] = exports;
          now.waiting = undefined;
        });
        return now.waiting;
      } catch (error) {
        now.failed = true;
        now.error = error;
        throw error;
      }
    }

    // A CommonJS module's `module`, evaluated when it is first asked for.
    commonjs(i) {
      const known = this.state[i];
      if (known) return known;
      const owner = this.owner(i);
      if (owner !== this) return owner.commonjs(i);
      const { path, folder } = modules[i];
      const module = { exports: {}, id: path, filename: path, loaded: false };
      this.state[i] = module;
      this.m[i] = module.exports;
      const side = this.side(i);
      const { require } = side;
      try {
        apply(this.factories[i], module.exports, [
          this.global, this.global, side, module.exports, require, module, path, folder, real,
        ]);
      } catch (error) {
        this.state[i] = undefined;
        throw error;
      }
      this.m[i] = module.exports;
      module.loaded = true;
      return module;
    }

    // `import x from` CommonJS: the `default` that a compiler put there, else all of module.exports.
    default(i, as_node) {
      const exports = this.m[i];
      return !as_node && exports && exports.__esModule ? exports.default : exports;
    }

    // `import * as x from` CommonJS: a copy of its properties, and `default`.
    namespace(i, as_node) {
      const owner = this.owner(i);
      if (owner !== this) return freeze(owner.namespace(i, as_node));
      const key = i + (as_node ? "n" : "");
      if (this.spaces[key]) return this.spaces[key];
      const space = { __proto__: tag, ...this.m[i], default: this.default(i, as_node) };
      if (this.state[i]?.loaded) this.spaces[key] = space;
      return space;
    }

    // What `export *` takes from a module whose names are known only now.
    star(exports) {
      const { default: _, ...names } = exports;
      return names;
    }

    // What a name in the text stands for, evaluated.
    reach(specifier, later) {
      const { needs } = modules[this.i];
      const target = hasOwn(needs, specifier) ? needs[specifier] : undefined;
      if (target === undefined) {
        if (hasOwn(this.b, specifier)) return this.b[specifier];
        throw new Error(
          `cannot find module \`${specifier}\`: only modules named in the text of \`import\` and \`require\` are loaded`,
        );
      }
      if (target === null) return {};
      if (typeof target === "string") return this.b[target];
      if (typeof target === "object") throw new Error(target.missing);
      if (modules[target].commonjs) {
        const { exports } = this.commonjs(target);
        return later ? this.namespace(target, modules[this.i].as_node) : exports;
      }
      const exports = this.evaluate(target);
      if (later) return exports;
      if (exports instanceof Promise || this.state[target].waiting) {
        throw new Error(`cannot require \`${specifier}\`: it has \`await\` at top level; use \`import()\``);
      }
      // Packages made from ES modules look for this mark to find the default export.
      return create(exports, { __proto__: null, __esModule: { __proto__: null, value: true } });
    }

    // `object.push(...list)`: `apply` makes in pieces what the engine does not take at once.
    many(object, name, list) {
      return apply(object[name], object, list);
    }

    // The following are read through `side(i)`.
    get require() {
      return (specifier) => this.reach(specifier, false);
    }

    later(specifier) {
      return new Promise((resolve) => {
        const name = `${specifier}`;
        const found = this.reach(name, true);
        // A module that asks for itself, or for one that waits for it, is there when it has come to its end.
        if (found !== undefined) resolve(found);
        else resolve(after(new Promise((go_on) => go_on()), () => this.reach(name, true)));
      });
    }

    // `open` knows which file asks, because its paths are relative to that file.
    get open() {
      const { folder } = modules[this.i];
      return (file, mode) => this.global.open(file, mode, folder);
    }

    get meta() {
      const { path } = modules[this.i];
      const resolve = (specifier) => locate(path, `${specifier}`);
      const meta = { __proto__: null, url: address(path), resolve };
      defineProperty(this, "meta", { __proto__: null, value: meta });
      return meta;
    }

    get unknown() {
      const root = getPrototypeOf(this);
      if (!root.proxy) root.proxy = new Proxy(this.global, unknown);
      return root.proxy;
    }
  }

  setPrototypeOf(Linker.prototype, null);
  Linker.prototype.json = (text) => parse(text);

  function address(path) {
    return "file://" + encodeURI(path).replace(/[?#]/g, encodeURIComponent);
  }

  // The URL of a specifier, without looking whether there is such a file.
  function locate(path, specifier) {
    if (!/^\.{0,2}\//.test(specifier)) return specifier;
    const parts = specifier[0] === "/" ? [] : path.split("/").slice(0, -1);
    for (const part of specifier.split("/")) {
      if (part === "..") parts.pop();
      else if (part !== "." && part !== "") parts.push(part);
    }
    return address((parts[0] === "" ? "" : "/") + parts.join("/"));
  }

  function name_itself(global) {
    const self = { __proto__: null, value: global, writable: true, configurable: true };
    defineProperty(defineProperty(global, "globalThis", self), "global", self);
  }

  // The global object of shared packages: what they put there, all VUs see, unless they put something over it.
  function common_global(real) {
    const global = create(real);
    name_itself(global);
    // The real getter keeps a VU's variables in the object that asks. Here it is asked on behalf of whoever runs.
    const get = function () {
      return read(real, "__ENV", this === global ? {} : this);
    };
    return defineProperty(global, "__ENV", { __proto__: null, get, configurable: true });
  }

  return function link(factories, builtins, global, share_packages) {
    const own = global !== real;
    name_itself(global);
    if (own && share_packages && any_shareable) {
      common ??= new Linker(factories, builtins, common_global(getPrototypeOf(global)));
      setPrototypeOf(global, common.global);
    }
    const linker = new Linker(factories, builtins, global, own && share_packages ? common : undefined);
    if (!modules[0].commonjs) return linker.evaluate(0);
    const { exports } = linker.commonjs(0);
    return exports && "default" in Object(exports) ? exports : linker.namespace(0, false);
  };
})()
