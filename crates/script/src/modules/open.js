(function (native) {
  "use strict";
  // Users of a realm that is shared run the same init code, so they open the same files: one text serves all.
  const texts = new Map();
  function open(path, mode, folder) {
    const file = [`${path}`, mode === "b", folder === undefined ? "" : folder];
    if (file[1] || !native.keeps()) return native.open(...file);
    const key = JSON.stringify(file);
    const known = texts.get(key);
    if (known !== undefined) return known;
    const text = native.open(...file);
    texts.set(key, text);
    return text;
  }
  return { open };
})
