(function (native) {
  "use strict";
  class TextEncoder {
    get encoding() { return "utf-8"; }
    encode(text = "") {
      return new Uint8Array(native.encode(`${text}`));
    }
    encodeInto(text, into) {
      let read = 0, written = 0;
      for (const character of `${text}`) {
        const bytes = this.encode(character);
        if (written + bytes.length > into.length) break;
        into.set(bytes, written);
        written += bytes.length;
        read += character.length;
      }
      return { read, written };
    }
  }

  const names = {
    __proto__: null, "utf-8": "utf-8", utf8: "utf-8", "unicode-1-1-utf-8": "utf-8", "utf-16": "utf-16le", "utf-16le": "utf-16le", unicode: "utf-16le",
    "utf-16be": "utf-16be",
  };
  const nothing = new Uint8Array(0);
  const joined = (one, other) => {
    const all = new Uint8Array(one.length + other.length);
    all.set(one);
    all.set(other, one.length);
    return all;
  };
  class TextDecoder {
    #encoding;
    #fatal;
    #ignoreBOM;
    #rest = nothing;
    #begun = false;
    constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
      this.#encoding = names[`${label}`.trim().toLowerCase()];
      if (this.#encoding === undefined) {
        throw new RangeError(`there is no encoding \`${label}\` here: use \`utf-8\`, \`utf-16le\` or \`utf-16be\``);
      }
      this.#fatal = !!fatal;
      this.#ignoreBOM = !!ignoreBOM;
    }
    get encoding() { return this.#encoding; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBOM; }
    decode(input = nothing, { stream = false } = {}) {
      const bytes = ArrayBuffer.isView(input) ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength) : new Uint8Array(input);
      const all = this.#rest.length > 0 ? joined(this.#rest, bytes) : bytes;
      this.#rest = nothing;
      let text, open;
      if (this.#encoding === "utf-8") [text, open] = native.decode(all, this.#fatal, stream);
      else [text, open] = this.#units(all, stream);
      if (stream && open > 0) this.#rest = all.slice(all.length - open);
      if (!this.#begun && !this.#ignoreBOM && text[0] === "\ufeff") text = text.slice(1);
      this.#begun = stream && (this.#begun || text.length > 0);
      return text;
    }
    #units(bytes, stream) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const little = this.#encoding === "utf-16le";
      let text = "", at = 0;
      for (; at + 1 < bytes.length; at += 2) text += String.fromCharCode(view.getUint16(at, little));
      let open = bytes.length - at;
      if (stream && /[\ud800-\udbff]$/.test(text)) {
        text = text.slice(0, -1);
        open += 2;
      }
      if (!stream && open > 0) text += "\ufffd";
      if (this.#fatal && (!text.isWellFormed() || (!stream && open > 0))) throw new TypeError(`the bytes are not ${this.#encoding}`);
      return [text.toWellFormed(), open];
    }
  }
  return { TextEncoder, TextDecoder };
})
