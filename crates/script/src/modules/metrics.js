(function (native) {
  "use strict";
  function metric(kind) {
    return class {
      #metric;
      constructor(name, isTime) {
        this.#metric = native.define(kind, `${name}`, !!isTime);
        Object.defineProperty(this, "name", { value: `${name}`, enumerable: true });
      }
      add(value, tags) {
        return native.add(this.#metric, value, tags);
      }
    };
  }
  const named = (name) => {
    const type = metric(name.toLowerCase());
    Object.defineProperty(type, "name", { value: name });
    return type;
  };
  return { Counter: named("Counter"), Gauge: named("Gauge"), Rate: named("Rate"), Trend: named("Trend") };
})
