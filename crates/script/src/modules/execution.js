(function (native) {
  "use strict";
  const views = (source, keys) => {
    const view = {};
    for (const key of keys) Object.defineProperty(view, key, { enumerable: true, get: () => native[source](key) });
    return view;
  };
  const tags = new Proxy({}, {
    // What every object has, `toString` among it, for text and JSON.
    get: (object, key) => (typeof key === "string" ? native.getTag(key) : undefined) ?? object[key],
    has: (_, key) => typeof key === "string" && native.getTag(key) !== undefined,
    set: (_, key, value) => (native.setTag(`${String(key)}`, value), true),
    deleteProperty: (_, key) => (native.deleteTag(`${String(key)}`), true),
    ownKeys: () => native.tagNames(),
    getOwnPropertyDescriptor: (_, key) => {
      const value = native.getTag(`${String(key)}`);
      return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true };
    },
    // Below the proxy lies an object of all users of the realm.
    defineProperty: (_, key, property) => "value" in property && (native.setTag(`${String(key)}`, property.value), true),
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  });
  // Scripts read it back; no output has it, which is told when it is set.
  const metadata = new Proxy({}, {
    get: (object, key) => (typeof key === "string" ? native.getMetadata(key) : undefined) ?? object[key],
    has: (_, key) => typeof key === "string" && native.getMetadata(key) !== undefined,
    set: (_, key, value) => (native.setMetadata(`${String(key)}`, value), true),
    deleteProperty: (_, key) => (native.setMetadata(`${String(key)}`, undefined), true),
    ownKeys: () => native.metadataNames(),
    getOwnPropertyDescriptor: (_, key) => {
      const value = native.getMetadata(`${String(key)}`);
      return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true };
    },
    defineProperty: (_, key, property) => "value" in property && (native.setMetadata(`${String(key)}`, property.value), true),
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  });
  const instance = Object.freeze(views("instance", [
    "iterationsCompleted", "iterationsInterrupted", "vusActive", "vusInitialized", "currentTestRunDuration",
  ]));
  const scenario = Object.freeze(views("scenario", [
    "name", "executor", "startTime", "progress", "iterationInInstance", "iterationInTest",
  ]));
  const vu = views("vu", ["idInInstance", "idInTest", "iterationInInstance", "iterationInScenario"]);
  vu.tags = tags;
  vu.metrics = Object.freeze({ tags, metadata });
  Object.freeze(vu);
  const test = Object.freeze({
    abort: (reason) => native.abort(reason === undefined ? "" : `${reason}`),
    fail: (reason) => native.fail(reason === undefined ? "" : `${reason}`),
    get options() {
      return JSON.parse(native.options());
    },
  });
  return { instance, scenario, vu, test };
})
