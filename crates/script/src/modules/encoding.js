(function (native) {
  "use strict";
  const b64encode = (input, encoding = "std") => native.encode(input, encoding);
  const b64decode = (input, encoding = "std", format = "b") => native.decode(`${input}`, encoding, format === "s");
  return { b64encode, b64decode };
})
