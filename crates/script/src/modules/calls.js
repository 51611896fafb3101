(function () {
  "use strict";
  const MOST = 65534;
  const { apply } = Reflect;
  const { push, unshift, concat, slice } = Array.prototype;
  const { max, min, hypot } = Math;
  const { fromCharCode, fromCodePoint } = String;
  const joined = String.prototype.concat;
  const { of, from } = Array;
  const { RangeError } = globalThis;
  const { defineProperty } = Object;

  // Pieces, the first of `first` arguments fewer: for what came out of the pieces before.
  const pieces = (list, size, visit) => {
    for (let at = 0; at < list.length; at += size) visit(apply(slice, list, [at, at + size]));
  };
  function inPieces(called, self, like) {
    const list = from(like);
    let result;
    switch (called) {
      case push:
        pieces(list, MOST, (piece) => (result = apply(push, self, piece)));
        return result;
      case unshift:
        for (let end = list.length; end > 0; end -= MOST) {
          result = apply(unshift, self, apply(slice, list, [end > MOST ? end - MOST : 0, end]));
        }
        return result;
      case max:
      case min:
      case hypot:
        result = apply(called, self, []);
        pieces(list, MOST - 1, (piece) => (result = called(result, apply(called, self, piece))));
        return result;
      case fromCharCode:
      case fromCodePoint:
        result = "";
        pieces(list, MOST, (piece) => (result += apply(called, self, piece)));
        return result;
      case concat:
      case joined:
        result = self;
        pieces(list, MOST, (piece) => (result = apply(called, result, piece)));
        return result;
      case of:
        if (self === Array) return list;
    }
    throw new RangeError(
      `a function is called with ${list.length} arguments, and ${MOST} are the most here: pass them as one array`,
    );
  }
  const isLong = (list) => typeof list === "object" && list !== null && list.length > MOST;
  const language = {
    apply(self, list) {
      if (list === undefined || list === null) return apply(this, self, []);
      return isLong(list) && typeof this === "function" ? inPieces(this, self, list) : apply(this, self, list);
    },
  };
  const reflected = {
    apply(called, self, list) {
      return isLong(list) && typeof called === "function" ? inPieces(called, self, list) : apply(called, self, list);
    },
  };
  const put = (object, { apply }) => defineProperty(object, "apply", { value: apply, writable: true, configurable: true });
  put(Function.prototype, language);
  put(Reflect, reflected);
  return {};
})
