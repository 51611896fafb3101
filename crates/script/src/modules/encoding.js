(function (native) {
  "use strict";
  const variant = (encoding) => (encoding === undefined || encoding === null ? "std" : `${encoding}`);
  const b64encode = (input, encoding) => native.encode(input, variant(encoding));
  const b64decode = (input, encoding, format) => native.decode(`${input ?? ""}`, variant(encoding), format === "s");
  return { b64encode, b64decode };
})
