(function (native) {
  "use strict";
  const MOST = 65536;
  const kinds = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array];
  class Crypto {
    getRandomValues(array) {
      if (!kinds.some((kind) => array instanceof kind)) {
        throw new TypeError("crypto.getRandomValues fills an array of integers, such as a Uint8Array");
      }
      const { buffer, byteOffset, byteLength } = array;
      if (byteLength > MOST) throw new RangeError(`crypto.getRandomValues fills ${MOST} bytes at most, not ${byteLength}`);
      new Uint8Array(buffer, byteOffset, byteLength).set(new Uint8Array(native.bytes(byteLength)));
      return array;
    }
    // RFC 9562, version 4.
    randomUUID() {
      const bytes = new Uint8Array(native.bytes(16));
      bytes[6] = (bytes[6] & 0x0f) | 0x40;
      bytes[8] = (bytes[8] & 0x3f) | 0x80;
      return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    }
    get subtle() {
      throw new Error("crypto.subtle is not supported yet: use crypto.getRandomValues and crypto.randomUUID");
    }
  }
  return { crypto: Object.freeze(new Crypto()) };
})
