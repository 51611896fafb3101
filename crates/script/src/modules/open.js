(function (native) {
  "use strict";
  function open(path, mode, folder) {
    return native.open(`${path}`, mode === "b", folder === undefined ? "" : folder);
  }
  return { open };
})
