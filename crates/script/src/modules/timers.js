(function (native) {
  "use strict";
  const start = (callback, delay, values, repeat) => {
    if (typeof callback !== "function") throw new TypeError("a timer needs a function to call");
    return native.start(() => callback(...values), Number(delay) || 0, repeat);
  };
  const clear = (id) => native.clear(Number(id) || 0);
  return {
    setTimeout: (callback, delay, ...values) => start(callback, delay, values, false),
    setInterval: (callback, delay, ...values) => start(callback, delay, values, true),
    clearTimeout: clear,
    clearInterval: clear,
  };
})
