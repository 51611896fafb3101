(function (native) {
  "use strict";
  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
  const text = (value) => `${value}`.toWellFormed();
  // How a URL and its parameters tell each other what has changed; no script has these symbols.
  const CHANGED = Symbol("changed"), READ = Symbol("read");

  class URLSearchParams {
    #list = [];
    #changed;
    constructor(init = "") {
      if (!isObject(init)) this[READ](text(init));
      else if (typeof init[Symbol.iterator] === "function") {
        for (const pair of init) {
          const [name, value, ...more] = pair;
          if (value === undefined || more.length > 0) throw new TypeError("URLSearchParams takes pairs of a name and a value");
          this.#list.push([text(name), text(value)]);
        }
      } else for (const name of Object.keys(init)) this.#list.push([text(name), text(init[name])]);
    }
    [READ](query, changed) {
      const flat = native.pairs(query[0] === "?" ? query.slice(1) : query);
      this.#list = [];
      for (let i = 0; i < flat.length; i += 2) this.#list.push([flat[i], flat[i + 1]]);
      if (changed) this.#changed = changed;
    }
    #put(list) {
      this.#list = list;
      this.#changed?.(this.toString());
    }
    get size() { return this.#list.length; }
    append(name, value) { this.#put([...this.#list, [text(name), text(value)]]); }
    delete(name, value) {
      this.#put(this.#list.filter((pair) => pair[0] !== text(name) || (value !== undefined && pair[1] !== text(value))));
    }
    get(name) { return this.#list.find((pair) => pair[0] === text(name))?.[1] ?? null; }
    getAll(name) { return this.#list.filter((pair) => pair[0] === text(name)).map((pair) => pair[1]); }
    has(name, value) {
      return this.#list.some((pair) => pair[0] === text(name) && (value === undefined || pair[1] === text(value)));
    }
    set(name, value) {
      const key = text(name);
      const at = this.#list.findIndex((pair) => pair[0] === key);
      if (at < 0) return this.append(name, value);
      this.#put(this.#list.filter((pair, i) => pair[0] !== key || i === at).map((pair) => (pair[0] === key ? [key, text(value)] : pair)));
    }
    sort() {
      this.#put([...this.#list].sort((one, other) => (one[0] < other[0] ? -1 : one[0] > other[0] ? 1 : 0)));
    }
    forEach(visit, self) {
      for (const [name, value] of this) visit.call(self, value, name, this);
    }
    *entries() { for (let i = 0; i < this.#list.length; i++) yield [...this.#list[i]]; }
    *keys() { for (const [name] of this) yield name; }
    *values() { for (const [, value] of this) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return native.query(this.#list.flat()); }
    get [Symbol.toStringTag]() { return "URLSearchParams"; }
  }

  const PARTS = ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];
  class URL {
    #parts;
    #query;
    constructor(url, base) {
      const parts = native.parse(text(url), base === undefined ? undefined : text(base));
      if (parts === null || parts === undefined) {
        throw new TypeError(`\`${text(url)}\` is not a URL${base === undefined ? ": write it as `https://host/path`, or give a base" : ` on the base \`${text(base)}\``}`);
      }
      this.#parts = parts;
    }
    static canParse(url, base) {
      return native.parse(text(url), base === undefined ? undefined : text(base)) != null;
    }
    static parse(url, base) {
      return URL.canParse(url, base) ? new URL(url, base) : null;
    }
    get searchParams() {
      if (!this.#query) {
        this.#query = new URLSearchParams();
        this.#query[READ](this.search, (query) => (this.#parts = native.change(this.href, "search", query) ?? this.#parts));
      }
      return this.#query;
    }
    [CHANGED](part, value) {
      const parts = native.change(this.href, part, text(value));
      if (parts === null || parts === undefined) {
        if (part === "href") throw new TypeError(`\`${text(value)}\` is not a URL`);
        return;
      }
      this.#parts = parts;
      if (part === "href" || part === "search") this.#query?.[READ](this.search);
    }
    static [READ](url, place) { return url.#parts[place]; }
    toString() { return this.href; }
    toJSON() { return this.href; }
    get [Symbol.toStringTag]() { return "URL"; }
  }
  PARTS.forEach((part, place) => {
    const read = URL[READ];
    Object.defineProperty(URL.prototype, part, {
      get() { return read(this, place); },
      set: part === "origin" ? undefined : function (value) { this[CHANGED](part, value); },
      enumerable: true,
      configurable: true,
    });
  });
  return { URL, URLSearchParams };
})
