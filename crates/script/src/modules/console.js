(function (native) {
  "use strict";
  // What JSON leaves out or refuses is shown all the same: a value within itself, errors, maps, bytes.
  const showing = () => {
    const around = [];
    return function (key, value) {
      if (typeof value === "bigint") return `${value}`;
      if (typeof value !== "object" || value === null) return value;
      while (around.length > 0 && around[around.length - 1] !== this) around.pop();
      if (around.includes(value)) return "[Circular]";
      if (value instanceof Error || value instanceof RegExp) return `${value}`;
      let shown = value;
      if (value instanceof Map || value instanceof Set) shown = [...value];
      else if (ArrayBuffer.isView(value) && !(value instanceof DataView)) shown = [...value];
      else if (value instanceof ArrayBuffer) shown = [...new Uint8Array(value)];
      around.push(shown);
      return shown;
    };
  };
  // Nothing that is printed may end an iteration, whatever it is: a proxy, an object that throws when it is read.
  function text(value) {
    if (typeof value === "string") return value;
    try {
      if (typeof value !== "object" || value === null) return String(value);
      if (value instanceof Error) {
        const title = `${value.name}: ${value.message}`;
        return value.stack ? `${title}\n${native.stack(value.stack)}` : title;
      }
      return JSON.stringify(value, showing()) ?? String(value);
    } catch {
      try {
        return String(value);
      } catch {
        return "[object Object]";
      }
    }
  }
  const at = (level) => (...values) => native.log(level, values.map(text).join(" ").toWellFormed());
  const console = {
    debug: at(0), log: at(1), info: at(1), warn: at(2), error: at(3), trace: at(0),
    assert(condition, ...values) {
      if (!condition) console.error("Assertion failed:", ...values);
    },
    table(rows) {
      console.log(rows);
    },
  };
  return { console };
})
