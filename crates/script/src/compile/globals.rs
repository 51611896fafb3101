//! Which free names mean the language itself, and which mean the VU's own `globalThis`.
//!
//! A name that no module declares is read through the per-VU object, unless it is one of the standard
//! built-ins below, which are the same for every VU of a realm and are faster when read directly.
//! A script that assigns to such a name on `globalThis` (a polyfill) takes it off the list for itself.

/// The globals of ECMAScript 2026 and the annexes which QuickJS has.
const STANDARD: &[&str] = &[
    "AggregateError",
    "Array",
    "ArrayBuffer",
    "AsyncDisposableStack",
    "Atomics",
    "BigInt",
    "BigInt64Array",
    "BigUint64Array",
    "Boolean",
    "DataView",
    "Date",
    "DisposableStack",
    "Error",
    "EvalError",
    "FinalizationRegistry",
    "Float16Array",
    "Float32Array",
    "Float64Array",
    "Function",
    "Infinity",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "Iterator",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "RangeError",
    "ReferenceError",
    "Reflect",
    "RegExp",
    "Set",
    "SharedArrayBuffer",
    "String",
    "SuppressedError",
    "Symbol",
    "SyntaxError",
    "TypeError",
    "URIError",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "arguments",
    "decodeURI",
    "decodeURIComponent",
    "encodeURI",
    "encodeURIComponent",
    "escape",
    "eval",
    "globalThis",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "undefined",
    "unescape",
];

/// Globals every VU has, so reading them needs no check whether they exist.
const ALWAYS: &[&str] = &["__ENV", "__ITER", "__VU", "console", "global"];

/// Names whose use as a function schedules work on the job queue or an event loop.
const SCHEDULERS: &[&str] = &[
    "fetch",
    "queueMicrotask",
    "requestAnimationFrame",
    "setImmediate",
    "setInterval",
    "setTimeout",
    "WebSocket",
];

/// The module-scope names of CommonJS.
const COMMONJS: &[&str] = &["__dirname", "__filename", "exports", "module", "require"];

pub(crate) fn is_standard(name: &str) -> bool {
    STANDARD.binary_search(&name).is_ok()
}

pub(crate) fn is_always_there(name: &str) -> bool {
    ALWAYS.contains(&name)
}

pub(crate) fn is_scheduler(name: &str) -> bool {
    SCHEDULERS.contains(&name)
}

pub(crate) fn is_commonjs(name: &str) -> bool {
    COMMONJS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::STANDARD;

    #[test]
    fn standard_names_are_sorted_for_the_binary_search() {
        assert!(STANDARD.is_sorted());
    }
}
