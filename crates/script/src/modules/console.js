(function (native) {
  "use strict";
  function text(value) {
    if (typeof value === "string") return value;
    if (typeof value !== "object" || value === null) return String(value);
    if (value instanceof Error) {
      const title = `${value.name}: ${value.message}`;
      return value.stack ? `${title}\n${native.stack(value.stack)}` : title;
    }
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  }
  const at = (level) => (...values) => native.log(level, values.map(text).join(" "));
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
