// k6's selectors are GJSON paths, over values that JSON.parse has made: `undefined` is what is not there.
(function () {
  "use strict";
  const define = (object, name, value) =>
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  const isObject = (value) => value !== null && typeof value === "object";
  const refuse = (path, why) => {
    const shown = path.length > 100 ? `${path.slice(0, 100)}…` : path;
    throw new SyntaxError(`\`${shown}\` is no selector: ${why}; put a \\ before characters that are meant as they are`);
  };

  // Where the text in quotes that begins at `i` ends.
  function afterText(path, i) {
    for (i++; i < path.length; i++) {
      if (path[i] === "\\") i++;
      else if (path[i] === '"') return i + 1;
    }
    return refuse(path, "a quote is not closed");
  }
  // Where the bracket that begins at `i` ends.
  function afterBracket(path, i) {
    const from = i;
    for (let depth = 0; i < path.length; i++) {
      const c = path[i];
      if (c === "\\") i++;
      else if (c === '"') i = afterText(path, i) - 1;
      else if (c === "(" || c === "[" || c === "{") depth++;
      else if ((c === ")" || c === "]" || c === "}") && --depth === 0) return i + 1;
    }
    return refuse(path, `its \`${path[from]}\` is not closed`);
  }

  // `*` and `?` in names and after `%`: what they stand for is told apart from the same characters behind a `\`.
  const ANY = { any: "*" };
  const ONE = { any: "?" };
  function pattern(text) {
    const parts = [];
    for (let i = 0; i < text.length; i++) {
      if (text[i] === "\\" && i + 1 < text.length) parts.push(text[++i]);
      else parts.push(text[i] === "*" ? ANY : text[i] === "?" ? ONE : text[i]);
    }
    return parts;
  }
  function fits(text, parts) {
    let t = 0, p = 0, star = -1, from = 0;
    while (t < text.length) {
      if (p < parts.length && (parts[p] === ONE || parts[p] === text[t])) t++, p++;
      else if (p < parts.length && parts[p] === ANY) (star = p++), (from = t);
      else if (star >= 0) (p = star + 1), (t = ++from);
      else return false;
    }
    while (parts[p] === ANY) p++;
    return p === parts.length;
  }

  // `.` and `|` lead on; the end of a name at `i`.
  const onward = (path, i) => (i < path.length ? path.slice(i + 1) : undefined);
  function nameEnd(path) {
    for (let i = 0; i < path.length; i++) {
      if (path[i] === "\\") i++;
      else if (path[i] === "." || path[i] === "|") return i;
    }
    return path.length;
  }
  function inObject(object, path) {
    const end = nameEnd(path);
    const parts = pattern(path.slice(0, end));
    const rest = onward(path, end);
    let key;
    if (!parts.some((part) => part === ANY || part === ONE)) key = parts.join("");
    else key = Object.keys(object).find((name) => fits(name, parts));
    const value = key !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
    return rest === undefined ? value : get(value, rest);
  }

  // What of the path is for each element, and what for the list of them: `#.tags|@flatten`.
  function split(path) {
    if (path[0] === "{" || path[0] === "[") {
      const end = afterBracket(path, 0);
      return path[end] === "|" ? [path.slice(0, end), path.slice(end + 1)] : [path];
    }
    for (let i = 0; i < path.length; i++) {
      if (path[i] === "\\") i++;
      else if (path[i] === "." && path[i + 1] === "#" && (path[i + 2] === "(" || path[i + 2] === "[")) i = afterBracket(path, i + 2) - 1;
      else if (path[i] === "|") return [path.slice(0, i), path.slice(i + 1)];
    }
    return [path];
  }
  const then = (value, rest) => (rest === undefined ? value : get(value, rest));
  function inList(list, path) {
    if (path[0] !== "#") {
      const end = nameEnd(path);
      const name = path.slice(0, end);
      return then(/^[0-9]+$/.test(name) ? list[Number(name)] : undefined, onward(path, end));
    }
    if (path.length === 1 || path[1] === "|") return then(list.length, onward(path, 1));
    if (path[1] === ".") {
      const [each, whole] = split(path.slice(2));
      return then(list.map((item) => get(item, each)).filter((item) => item !== undefined), whole);
    }
    const { query, end } = question(path);
    const all = path[end] === "#";
    const next = all ? end + 1 : end;
    const [each, whole] = path[next] === "." ? split(path.slice(next + 1)) : [undefined, onward(path, next)];
    if (!all) {
      const found = list.find((item) => matches(item, query));
      return then(found === undefined ? undefined : then(found, each), whole);
    }
    const found = list.filter((item) => matches(item, query));
    return then(found.map((item) => then(item, each)).filter((item) => item !== undefined), whole);
  }

  // `#(name=="x")`: the path of what is compared, how, and with what.
  function question(path) {
    if (path[1] !== "(" && path[1] !== "[") refuse(path, "after `#` comes `.`, `|` or a query such as `(age>30)`");
    const end = afterBracket(path, 1);
    const inner = path.slice(2, end - 1);
    const follows = path[path[end] === "#" ? end + 1 : end];
    if (follows !== undefined && follows !== "." && follows !== "|") refuse(path, "after a query comes `.`, `|` or `#`");
    let at = 0;
    while (at < inner.length && !"!=<>%".includes(inner[at])) {
      if (inner[at] === "\\") at += 2;
      else if (inner[at] === '"') at = afterText(inner, at);
      else if ("([{".includes(inner[at])) at = afterBracket(inner, at);
      else at++;
    }
    if (at >= inner.length) return { query: { path: inner.trim(), sign: "" }, end };
    const found = /^(?:==|!=|!%|<=|>=|=|<|>|%)/.exec(inner.slice(at));
    if (found === null) refuse(path, "a query compares with `==`, `!=`, `<`, `<=`, `>`, `>=`, `%` or `!%`");
    const sign = found[0] === "==" ? "=" : found[0];
    let value = inner.slice(at + found[0].length).trim();
    if (value.length > 1 && value[0] === '"' && value.endsWith('"')) {
      value = sign.endsWith("%") ? value.slice(1, -1) : value.slice(1, -1).replace(/\\(.)/g, "$1");
    }
    return { query: { path: inner.slice(0, at).trim(), sign, value }, end };
  }
  const truths = { 1: true, t: true, true: true, 0: false, f: false, false: false };
  const truth = (value) => (typeof value === "string" || typeof value === "number" ? truths[String(value).toLowerCase()] : value);
  const kinds = {
    "~*": (value) => value !== undefined,
    "~null": (value) => value === null || value === undefined,
    "~true": (value) => truth(value) === true,
    "~false": (value) => value === null || value === undefined || truth(value) === false,
  };
  function order(sign, left, right) {
    switch (sign) {
      case "=": return left === right;
      case "!=": return left !== right;
      case "<": return left < right;
      case "<=": return left <= right;
      case ">": return left > right;
      default: return left >= right;
    }
  }
  function matches(item, { path, sign, value: wanted }) {
    if (!isObject(item) && path !== "") return false;
    let value = isObject(item) ? get(item, path) : item;
    if (sign !== "" && wanted[0] === "~") {
      if (!Object.hasOwn(kinds, wanted)) return false;
      value = kinds[wanted](value);
      wanted = "true";
    }
    if (value === undefined) return false;
    if (sign === "") return true;
    if (typeof value === "string") {
      if (sign.endsWith("%")) return fits(value, pattern(wanted)) === (sign === "%");
      return order(sign, value, wanted);
    }
    if (sign.endsWith("%")) return false;
    if (typeof value === "number") return order(sign, value, Number.parseFloat(wanted) || 0);
    if (typeof value !== "boolean") return false;
    switch (sign) {
      case "=": return wanted === String(value);
      case "!=": return wanted !== String(value);
      case ">": return value && wanted === "false";
      case ">=": return value;
      case "<": return !value && wanted === "true";
      default: return !value;
    }
  }

  // `{first,"name":last}` and `[first,last]`.
  function several(value, path) {
    const end = afterBracket(path, 0);
    const made = path[0] === "{" ? {} : [];
    const inner = path.slice(1, end - 1);
    let from = 0, colon = -1, modified = false;
    for (let i = 0; i <= inner.length; i++) {
      const c = inner[i];
      if (c === "\\") i++;
      else if (c === '"') i = afterText(inner, i) - 1;
      else if (c === "(" || c === "[" || c === "{") i = afterBracket(inner, i) - 1;
      else if (c === "@") modified = true;
      else if (c === ":" && !modified && colon < 0) colon = i;
      else if (c === "," || c === undefined) {
        const part = inner.slice(colon < 0 ? from : colon + 1, i);
        const found = get(value, part);
        if (found !== undefined && Array.isArray(made)) made.push(found);
        else if (found !== undefined) define(made, colon < 0 ? lastName(part) : ownName(inner.slice(from, colon)), found);
        (from = i + 1), (colon = -1), (modified = false);
      }
    }
    return follow(made, path, end);
  }
  function ownName(name) {
    if (name[0] !== '"') return name;
    try {
      return JSON.parse(name);
    } catch {
      return refuse(name, "its name is no text");
    }
  }
  function lastName(path) {
    const name = /(?:^|[^\\])[.|]((?:\\[.|]|[^.|])*)$/.exec(path)?.[1] ?? path;
    return /[\u0000-\u001f[\]{}()#|!]/.test(name) ? "_" : name;
  }

  const modifiers = {
    this: (value) => value, valid: (value) => value, pretty: (value) => value, ugly: (value) => value,
    reverse(value) {
      if (Array.isArray(value)) return value.toReversed();
      return isObject(value) ? Object.fromEntries(Object.entries(value).reverse()) : value;
    },
    keys: (value) => (Array.isArray(value) || !isObject(value) ? [value].flat().map(() => null) : Object.keys(value)),
    values: (value) => (Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [value]),
    flatten: (value, argument) => (Array.isArray(value) ? value.flat(argument?.deep ? Infinity : 1) : value),
    join(value) {
      if (!Array.isArray(value)) return value;
      const made = {};
      for (const item of value) {
        if (isObject(item) && !Array.isArray(item)) for (const name of Object.keys(item)) define(made, name, item[name]);
      }
      return made;
    },
    tostr: (value) => JSON.stringify(value),
    fromstr(value) {
      try {
        return typeof value === "string" ? JSON.parse(value) : undefined;
      } catch {
        return undefined;
      }
    },
    group(value) {
      if (!isObject(value) || Array.isArray(value)) return undefined;
      const rows = [];
      for (const name of Object.keys(value)) {
        if (Array.isArray(value[name])) value[name].forEach((item, i) => define((rows[i] ??= {}), name, item));
      }
      return rows;
    },
    dig(value, path) {
      const found = [];
      const visit = (at) => {
        const here = get(at, `${path}`);
        if (here !== undefined) found.push(here);
        if (isObject(at)) Object.values(at).forEach(visit);
      };
      visit(value);
      return found;
    },
  };
  function modify(value, path) {
    const [, name] = /^@([^.|:]*)/.exec(path);
    if (!Object.hasOwn(modifiers, name)) return undefined;
    let end = name.length + 1, argument;
    if (path[end] === ":") {
      const from = end + 1;
      if (path[from] === "{" || path[from] === "[") end = afterBracket(path, from);
      else if (path[from] === '"') end = afterText(path, from);
      else end = path.indexOf("|", from) < 0 ? path.length : path.indexOf("|", from);
      argument = path.slice(from, end);
      if ('{["'.includes(path[from] ?? "?")) {
        try {
          argument = JSON.parse(argument);
        } catch {
          refuse(path, `what \`@${name}\` is given is no JSON`);
        }
      }
    }
    return { value: follow(value === undefined ? undefined : modifiers[name](value, argument), path, end) };
  }
  function literal(path) {
    let end = 1;
    if (path[1] === "{" || path[1] === "[") end = afterBracket(path, 1);
    else if (path[1] === '"') end = afterText(path, 1);
    else while (end < path.length && !"|,]}".includes(path[end])) end++;
    let value;
    try {
      value = JSON.parse(path.slice(1, end));
    } catch {
      refuse(path, "after `!` comes JSON");
    }
    return follow(value, path, end);
  }
  function follow(value, path, end) {
    if (end >= path.length) return value;
    if (path[end] !== "." && path[end] !== "|") refuse(path, `\`${path[end]}\` follows where \`.\` or \`|\` is expected`);
    return get(value, path.slice(end + 1));
  }

  function get(value, path) {
    if (path.length > 1) {
      const first = path[0];
      if (first === "@") {
        const modified = modify(value, path);
        if (modified !== undefined) return modified.value;
      }
      if (first === "{" || first === "[") return several(value, path);
      if (first === "!") return literal(path);
      if (first === "#" && (path[1] === "(" || path[1] === "[")) question(path);
      if (first === "." && path[1] === ".") refuse(path, "a body is one JSON value, and `..` is for lines of them");
    }
    if (Array.isArray(value)) return inList(value, path);
    if (isObject(value)) return inObject(value, path);
    // Nothing is there, but what is wrong with the rest is told nevertheless.
    const rest = onward(path, path[0] === "#" && path.length > 1 && "([".includes(path[1]) ? path.length : nameEnd(path));
    if (rest !== undefined) get(undefined, rest);
    return undefined;
  }
  return get;
})()
