(function (native, block) {
  "use strict";
  function check(value, tests, tags) {
    if (tests === null || typeof tests !== "object") {
      throw new TypeError("check needs an object of tests, such as `{ 'status is 200': (r) => r.status === 200 }`");
    }
    let all = true;
    const names = Object.keys(tests);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      let passed = false;
      try {
        const test = tests[name];
        const result = typeof test === "function" ? test(value) : test;
        if (result instanceof Promise) {
          throw new TypeError(`check \`${name}\` returned a promise, which would always pass: await it before the check`);
        }
        passed = !!result;
      } catch (error) {
        native.check(name, false, tags);
        throw error;
      }
      native.check(name, passed, tags);
      if (!passed) all = false;
    }
    return all;
  }
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
      Math.random = function () {
        const value = native.random();
        return value < 0 ? random() : value;
      };
      Math.random.seeded = true;
    }
  }
  return { check, group, sleep, fail, randomSeed };
})
