(function () {
  "use strict";
  const { apply } = Reflect;
  const { normalize, replace, toLowerCase } = String.prototype;
  const { test } = RegExp.prototype;
  const { defineProperty } = Object;
  const accents = /\p{M}+/gu, letter = /\p{L}/u, digit = /\p{N}/u, plain = /^[a-z0-9]*$/;
  const kind = (character) => (apply(test, letter, [character]) ? 2 : apply(test, digit, [character]) ? 1 : 0);
  const sign = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
  function base(one, other) {
    const length = one.length < other.length ? one.length : other.length;
    for (let i = 0; i < length; i++) {
      if (one[i] === other[i]) continue;
      return sign(kind(one[i]), kind(other[i])) || sign(one[i], other[i]);
    }
    return sign(one.length, other.length);
  }
  const collation = {
    localeCompare(that) {
      const one = `${this}`, other = `${that}`;
      if (one === other) return 0;
      if (apply(test, plain, [one]) && apply(test, plain, [other])) return sign(one, other);
      const [left, right] = [apply(normalize, one, ["NFD"]), apply(normalize, other, ["NFD"])];
      if (left === right) return 0;
      const bare = (text) => apply(replace, text, [accents, ""]);
      const [bareLeft, bareRight] = [bare(left), bare(right)];
      const lower = (text) => apply(toLowerCase, text, []);
      return base(lower(bareLeft), lower(bareRight)) || sign(lower(left), lower(right)) || sign(bareRight, bareLeft);
    },
  };
  defineProperty(String.prototype, "localeCompare", { value: collation.localeCompare, writable: true, configurable: true });
  return {};
})
