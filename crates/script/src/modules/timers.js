(function (native) {
  "use strict";
  const start = (callback, delay, values, repeat) => {
    if (typeof callback !== "function") throw new TypeError("a timer needs a function to call");
    return native.start(() => callback(...values), Number(delay) || 0, repeat);
  };
  // As in browsers: what is no timer's number clears nothing, and is no error. A BigInt or a symbol is no number.
  const clear = (id) => {
    if (Number.isSafeInteger(id)) native.clear(id);
    else if (typeof id === "string" && Number.isSafeInteger(Number(id))) native.clear(Number(id));
  };
  return {
    setTimeout: (callback, delay, ...values) => start(callback, delay, values, false),
    setInterval: (callback, delay, ...values) => start(callback, delay, values, true),
    clearTimeout: clear,
    clearInterval: clear,
  };
})
