(function (native) {
  "use strict";
  const Engine = Date;
  if (!native.shifts()) return { Date: Engine };
  const { parse, UTC } = Engine;
  const { construct, getOwnPropertyDescriptor, defineProperty } = Reflect;
  const prototype = Engine.prototype;
  const { getTime, setTime, getTimezoneOffset } = prototype;
  const isDate = (value) => { try { getTime.call(value); return true; } catch { return false; } };
  const limit = 8.64e15;

  // Milliseconds that clocks are ahead of UTC at a moment.
  const ahead = (moment) =>
    -getTimezoneOffset.call(new Engine(moment > limit ? limit : moment < -limit ? -limit : moment)) * 60000;

  // ECMA-262's UTC(t): a clock's reading, as if it were UTC, to the moment. A reading that clocks skip is taken by the offset
  // before the change, and so is the first of two.
  const moment = (reading) => {
    if (!Number.isFinite(reading)) return NaN;
    const before = ahead(reading - 86400000);
    const first = reading - before;
    if (ahead(first) === before) return first;
    const after = ahead(reading + 86400000);
    return ahead(reading - after) === after ? reading - after : first;
  };

  // The text forms that say no zone are local; of ISO's, a date alone is UTC.
  const iso = /^(\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d+)?)?$/;
  const zoned = /[zZ]$|GMT|UTC?|[+-]\d\d:?\d\d\b|\b[ECMP][SD]T\b/;
  const read = (text) => {
    const found = parse(text);
    if (Number.isNaN(found)) return found;
    if (iso.test(text)) return moment(parse(text + "Z"));
    if (/^[+-]?\d+(-\d\d){0,2}$/.test(text) || zoned.test(text)) return found;
    const reading = parse(text + " UTC");
    // Only what the engine took for local is read anew.
    return reading - ahead(reading) === found ? moment(reading) : found;
  };

  function Local(...values) {
    if (new.target === undefined) return Engine();
    if (values.length === 0) return construct(Engine, values, new.target);
    if (values.length > 1) return construct(Engine, [moment(UTC(...values))], new.target);
    let value = values[0];
    if (isDate(value)) return construct(Engine, [getTime.call(value)], new.target);
    if (typeof value === "object" || typeof value === "function") {
      const primitive = value === null ? undefined : value[Symbol.toPrimitive];
      value = primitive == null ? ordinary(value) : primitive.call(value, "default");
      if (typeof value === "object" || typeof value === "function") return construct(Engine, [value], new.target);
    }
    return construct(Engine, [typeof value === "string" ? read(value) : value], new.target);
  }

  const ordinary = (value) => {
    if (value === null) return null;
    for (const name of ["valueOf", "toString"]) {
      if (typeof value[name] !== "function") continue;
      const primitive = value[name]();
      if (typeof primitive !== "object" && typeof primitive !== "function") return primitive;
    }
    throw new TypeError("cannot convert an object to a date");
  };

  const define = (object, name, value) =>
    defineProperty(object, name, { ...getOwnPropertyDescriptor(object, name), value });
  const methods = {
    setMilliseconds: 1, setSeconds: 2, setMinutes: 3, setHours: 4, setDate: 1, setMonth: 2, setFullYear: 3,
  };
  for (const [name, length] of Object.entries(methods)) {
    const inUtc = prototype[name.replace("set", "setUTC")];
    // A method has no prototype and is no constructor, as the engine's own.
    const { set } = {
      set(...values) {
        const now = getTime.call(this);
        // Without a time there is nothing to change, but a year begins one.
        const clock = new Engine(Number.isNaN(now) ? (name === "setFullYear" ? 0 : NaN) : now + ahead(now));
        const reading = inUtc.apply(clock, values);
        return setTime.call(this, moment(reading));
      },
    };
    defineProperty(set, "name", { value: name, configurable: true });
    defineProperty(set, "length", { value: length, configurable: true });
    define(prototype, name, set);
  }
  const { setYear } = {
    setYear(year) {
      const whole = Math.trunc(Number(year));
      return this.setFullYear(whole >= 0 && whole <= 99 ? 1900 + whole : Number(year));
    },
  };
  if (prototype.setYear) define(prototype, "setYear", setYear);
  const own = {
    parse(text) { return read(String(text)); },
  };
  for (const name of ["now", "UTC"]) defineProperty(Local, name, getOwnPropertyDescriptor(Engine, name));
  defineProperty(Local, "parse", { ...getOwnPropertyDescriptor(Engine, "parse"), value: own.parse });
  defineProperty(Local, "prototype", { value: prototype, writable: false });
  defineProperty(Local, "name", { value: "Date", configurable: true });
  defineProperty(Local, "length", { value: 7, configurable: true });
  define(prototype, "constructor", Local);
  return { Date: Local };
})
