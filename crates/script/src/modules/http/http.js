(function (native, block, select) {
  "use strict";
  const { prepare, finish } = native;

  const { isExtensible, defineProperty } = Object;
  const parsed = Symbol("json");
  const later = (what) => {
    throw new Error(`Response.${what}() needs module k6/html, which is not supported yet: read the body with a regular expression`);
  };
  // A response has these as its own, as in k6: so has `{ ...response }`, and they read what is beside them there.
  class Response {
    json(selector) {
      let value = this[parsed];
      if (value === undefined) {
        const { body } = this;
        if (body === null || body === undefined) {
          throw new Error("the response has no body to parse: is `discardResponseBodies` or `responseType: 'none'` set, or did the request fail?");
        }
        const text = typeof body === "string" ? body : native.text(body);
        if (selector === undefined) value = JSON.parse(text);
        else {
          try {
            value = JSON.parse(text);
          } catch {
            // In what is no JSON a selector finds nothing, so that a check of an error page fails and its script goes on.
            return undefined;
          }
        }
        if (isExtensible(this)) defineProperty(this, parsed, { value, configurable: true });
      }
      return selector === undefined ? value : select(value, `${selector}`);
    }
    html() { later("html"); }
    submitForm() { later("submitForm"); }
    clickLink() { later("clickLink"); }
  }
  const made = native.maker(Response.prototype);
  // While one such object lives, QuickJS need not make their shape anew for each response.
  native.shape = Object.create(Response.prototype);

  const named = (method) => `${method ?? ""}` || "GET";
  function request(method, url, body, params) {
    prepare(named(method), url, body, params);
    block();
    return finish(made);
  }
  function get(url, params) {
    prepare("GET", url, undefined, params);
    block();
    return finish(made);
  }
  function head(url, params) {
    prepare("HEAD", url, undefined, params);
    block();
    return finish(made);
  }
  function post(url, body, params) {
    prepare("POST", url, body, params);
    block();
    return finish(made);
  }
  function put(url, body, params) {
    prepare("PUT", url, body, params);
    block();
    return finish(made);
  }
  function patch(url, body, params) {
    prepare("PATCH", url, body, params);
    block();
    return finish(made);
  }
  function del(url, body, params) {
    prepare("DELETE", url, body, params);
    block();
    return finish(made);
  }
  function options(url, body, params) {
    prepare("OPTIONS", url, body, params);
    block();
    return finish(made);
  }
  function asyncRequest(method, url, body, params) {
    return new Promise((resolve, reject) => native.start([named(method), url, body, params], made, resolve, reject));
  }

  const isUrl = (value) => typeof value === "string" || value instanceof Url;
  function single(item) {
    if (isUrl(item)) return ["GET", item, undefined, undefined];
    if (Array.isArray(item)) {
      const [method, url, body, params] = item;
      return [named(method), url, body, params];
    }
    if (item === null || typeof item !== "object" || item.url === undefined) {
      throw new TypeError("each request of a batch is a URL, an array `[method, url, body, params]` or an object with `url`");
    }
    return [named(item.method), item.url, item.body, item.params];
  }
  function batch(requests, ...more) {
    if (more.length > 0) {
      throw new TypeError("batch needs one array or object of requests: put all of them into it, as in `http.batch([a, b])`");
    }
    if (requests === null || typeof requests !== "object") {
      throw new TypeError("batch needs an array or an object of requests");
    }
    const names = Object.keys(requests);
    native.prepareAll(names.map((name) => single(requests[name])));
    block();
    const responses = native.finishAll(made);
    if (Array.isArray(requests)) return responses;
    const named = {};
    names.forEach((name, i) => (named[name] = responses[i]));
    return named;
  }

  // A URL whose name leaves out the values in it, so that they don't make a time series each.
  class Url {
    constructor(url, name) {
      this.name = name;
      this.url = url;
      this.clean_url = native.clean(url);
    }
    toString() {
      return this.url;
    }
  }
  function url(strings, ...values) {
    if (!Array.isArray(strings)) return new Url(`${strings}`, `${strings}`);
    let text = strings[0];
    values.forEach((value, i) => (text += `${value}${strings[i + 1]}`));
    return new Url(text, strings.join("${}"));
  }

  class CookieJar {
    constructor() {
      return native.newJar(new.target.prototype);
    }
    set(url, name, value, options) {
      return native.setCookie(this, `${url}`, `${name}`, `${value}`, options);
    }
    delete(url, name) {
      native.deleteCookie(this, `${url}`, `${name}`);
    }
    clear(url) {
      native.clearCookies(this, `${url}`);
    }
    cookiesForURL(url) {
      return native.cookiesFor(this, `${url}`);
    }
  }
  const cookieJar = () => native.currentJar(CookieJar.prototype);

  class FileData {}
  function file(data, filename, contentType) {
    const name = filename === undefined ? native.fileName() : `${filename}`;
    const type = contentType === undefined ? "application/octet-stream" : `${contentType}`;
    const part = native.file(data, name, type, FileData.prototype);
    return Object.assign(part, { data, filename: name, content_type: type });
  }

  class Expected {}
  function expectedStatuses(...statuses) {
    const ranges = statuses.map((status) => {
      const { min, max } = typeof status === "object" && status !== null ? status : { min: status, max: status };
      if (!Number.isInteger(min) || !Number.isInteger(max)) {
        throw new TypeError("expectedStatuses takes numbers and objects `{ min: 200, max: 299 }`");
      }
      return [min, max];
    });
    if (ranges.length === 0) throw new TypeError("expectedStatuses needs at least one status");
    return native.expected(ranges.flat(), Expected.prototype);
  }
  const setResponseCallback = (callback) => native.setCallback(callback);

  const constants = {
    TLS_1_0: "tls1.0", TLS_1_1: "tls1.1", TLS_1_2: "tls1.2", TLS_1_3: "tls1.3",
    OCSP_STATUS_GOOD: "good", OCSP_STATUS_REVOKED: "revoked", OCSP_STATUS_SERVER_FAILED: "server_failed",
    OCSP_STATUS_UNKNOWN: "unknown", OCSP_REASON_UNSPECIFIED: "unspecified",
    OCSP_REASON_KEY_COMPROMISE: "key_compromise", OCSP_REASON_CA_COMPROMISE: "ca_compromise",
    OCSP_REASON_AFFILIATION_CHANGED: "affiliation_changed", OCSP_REASON_SUPERSEDED: "superseded",
    OCSP_REASON_CESSATION_OF_OPERATION: "cessation_of_operation", OCSP_REASON_CERTIFICATE_HOLD: "certificate_hold",
    OCSP_REASON_REMOVE_FROM_CRL: "remove_from_crl", OCSP_REASON_PRIVILEGE_WITHDRAWN: "privilege_withdrawn",
    OCSP_REASON_AA_COMPROMISE: "aa_compromise",
  };
  // Responses and the like lead to these, which all users of a realm have in common.
  for (const type of [Response, Url, FileData, Expected]) {
    for (const key of Reflect.ownKeys(type.prototype)) {
      const { value, get, set } = Object.getOwnPropertyDescriptor(type.prototype, key);
      for (const part of [value, get, set]) if (part !== undefined && part !== type) Object.freeze(part);
    }
    Object.freeze(type.prototype);
    Object.freeze(type);
  }
  return {
    get, head, post, put, patch, del, options, request, asyncRequest, batch, file, url, CookieJar, cookieJar,
    expectedStatuses, setResponseCallback, ...constants,
  };
})
