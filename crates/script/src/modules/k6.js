(function (native, block) {
  "use strict";
  function group(name, body) {
    if (typeof body !== "function") throw new TypeError("group needs a name and a function");
    if (body.constructor && body.constructor.name === "AsyncFunction") {
      throw new TypeError(`group \`${name}\` got an async function, which would leave the group at its first await: give it a plain function`);
    }
    const began = native.enter(`${name}`);
    try {
      return body();
    } finally {
      native.leave(began);
    }
  }
  function sleep(seconds) {
    native.sleep(seconds);
    block();
    native.awake();
  }
  function fail(message) {
    throw new Error(message === undefined ? "fail() was called" : `${message}`);
  }
  function randomSeed(seed) {
    native.seed(seed);
    if (!Math.random.seeded) {
      const random = Math.random;
      const own = function () {
        const value = native.random();
        return value < 0 ? random() : value;
      };
      own.seeded = true;
      Math.random = Object.freeze(own);
    }
  }
  return { check: native.check, group, sleep, fail, randomSeed };
})
