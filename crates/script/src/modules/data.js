(function (native) {
  "use strict";
  const from = Array.from.bind(Array);
  const refuse = () => {
    throw new TypeError("a SharedArray is read-only: copy what you want to change");
  };
  function freeze(value) {
    if (value !== null && typeof value === "object") {
      Object.freeze(value);
      for (const key of Object.keys(value)) freeze(value[key]);
    }
    return value;
  }
  const index = (key, length) => {
    if (typeof key !== "string") return -1;
    const number = Number(key);
    return Number.isInteger(number) && number >= 0 && number < length && String(number) === key ? number : -1;
  };
  function SharedArray(name, make) {
    if (!new.target) throw new TypeError("SharedArray is made with `new`");
    if (typeof name !== "string" || name === "") throw new TypeError("a SharedArray needs a name, which is not empty");
    if (typeof make !== "function") throw new TypeError(`SharedArray \`${name}\` needs a function that returns an array`);
    if (!native.has(name)) {
      const made = make();
      if (!Array.isArray(made)) throw new TypeError(`the function of SharedArray \`${name}\` must return an array`);
      const most = native.most();
      if (made.length > most) {
        throw new RangeError(
          `SharedArray \`${name}\` is too large: it has ${made.length} elements, and there is room for ${most} at most` +
            "; allow more with the variable `LOADLINE_DATA_LIMIT`, such as `4GiB`",
        );
      }
      // What is missing of a sparse array is an element as well.
      native.put(name, from({ length: made.length }, (_, i) => JSON.stringify(made[i]) ?? "null"));
    }
    const length = native.length(name);
    const at = (i) => freeze(JSON.parse(native.at(name, i)));
    return new Proxy([], {
      get(target, key, receiver) {
        const i = index(key, length);
        if (i >= 0) return at(i);
        if (key === "length") return length;
        return Reflect.get(target, key, receiver);
      },
      has: (target, key) => index(key, length) >= 0 || Reflect.has(target, key),
      ownKeys: () => [...Array(length).keys()].map(String).concat("length"),
      getOwnPropertyDescriptor(target, key) {
        const i = index(key, length);
        if (i >= 0) return { value: at(i), writable: false, enumerable: true, configurable: true };
        if (key === "length") return { value: length, writable: true, enumerable: false, configurable: false };
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
      set: refuse, deleteProperty: refuse, defineProperty: refuse, setPrototypeOf: refuse, preventExtensions: refuse,
    });
  }
  return { SharedArray };
})
