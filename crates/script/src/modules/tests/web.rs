//! Globals of browsers: `crypto`, `TextEncoder`, `TextDecoder`, `URL`, `URLSearchParams`.

use super::*;

#[test]
fn random_bytes_and_uuids() {
    check(
        "export default () => {
           const ids = new Set(Array.from({ length: 100 }, () => crypto.randomUUID()));
           const array = new Uint16Array(8), same = crypto.getRandomValues(array), part = new Uint8Array(16);
           crypto.getRandomValues(part.subarray(4, 12));
           const said = [ids.size, [...ids].every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)), same === array, array.some((n) => n > 0),
             [...part.slice(0, 4), ...part.slice(12)].every((n) => n === 0), typeof crypto];
           for (const wrong of [() => crypto.getRandomValues([1]), () => crypto.getRandomValues(new Uint8Array(65537)), () => crypto.subtle])
             try { wrong(); } catch (e) { said.push(e.name); }
           return said;
         };",
        r#"[100,true,true,true,true,"object","TypeError","RangeError","Error"]"#,
    );
}

#[test]
fn text_to_bytes_and_back() {
    check(
        r"export default () => {
           const bytes = new TextEncoder().encode('größe €😀'), decoder = new TextDecoder();
           const pieces = [...bytes].map((byte) => decoder.decode(new Uint8Array([byte]), { stream: true })).join('') + decoder.decode();
           const units = new TextDecoder('utf-16be').decode(new Uint8Array([0, 97, 0xd8, 0x3d, 0xde, 0]));
           const said = [bytes.length, bytes instanceof Uint8Array, new TextDecoder().decode(bytes.buffer), pieces, units, new TextDecoder('UTF-16').encoding,
             new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 65, 0xff])), new TextDecoder('utf8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf])).length,
             new TextEncoder().encodeInto('€a', new Uint8Array(3)), [...new TextEncoder().encode('\ud800')], new TextEncoder().encode().length];
           for (const wrong of [() => new TextDecoder('koi8-r'), () => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff]))])
             try { wrong(); } catch (e) { said.push(e.name); }
           return said;
         };",
        r#"[15,true,"größe €😀","größe €😀","a😀","utf-16le","A�",1,{"read":1,"written":3},[239,191,189],0,"RangeError","TypeError"]"#,
    );
}

#[test]
fn urls_and_their_parameters() {
    check(
        "export default () => {
           const url = new URL('../b?x=1&y=a%20b#frag', 'https://ann:secret@Example.org:8443/a/c/d'), said = [];
           said.push(url.href, url.origin, url.protocol, url.username, url.host, url.hostname, url.port, url.pathname, url.search, url.hash, `${url}`, JSON.stringify([url]).length);
           url.searchParams.append('z', 'ü&'); url.searchParams.delete('x'); url.pathname = '/new path'; url.hash = '';
           said.push(url.href); url.search = '?q=1'; said.push(url.searchParams.get('q'), url.searchParams.size);
           const query = new URLSearchParams({ b: 2, a: [1, 2] });
           query.append('b', '3'); query.sort();
           said.push(`${query}`, query.getAll('b'), query.has('a', '1,2'), query.get('none'), [...query.keys()], [...new URLSearchParams([['k', 'v']])], new URLSearchParams('?a=b+c').get('a'));
           query.set('b', 'one'); query.forEach((value, name) => said.push(name + value));
           said.push(URL.canParse('nowhere'), URL.parse('nowhere'), URL.canParse('/x', 'http://h'));
           try { new URL('/api'); } catch (e) { said.push(`${e}`); }
           return said;
         };",
        r##"["https://ann:secret@example.org:8443/a/b?x=1&y=a%20b#frag","https://example.org:8443","https:","ann","example.org:8443","example.org","8443","/a/b","?x=1&y=a%20b","#frag","https://ann:secret@example.org:8443/a/b?x=1&y=a%20b#frag",60,"https://ann:secret@example.org:8443/new%20path?y=a+b&z=%C3%BC%26","1",1,"a=1%2C2&b=2&b=3",["2","3"],true,null,["a","b","b"],[["k","v"]],"b c","a1,2","bone",false,null,true,"TypeError: `/api` is not a URL: write it as `https://host/path`, or give a base"]"##,
    );
}

#[test]
fn a_request_goes_to_a_url_object_and_polyfills_take_their_place() {
    super::http::check_http(
        "import http from 'k6/http';
         export default () => [http.get(new URL('/json?x=1', 'BASE')).json('a.b.#'), http.post(new URL('BASE/echo'), new URLSearchParams({ a: 'b c' }).toString()).body.slice(-7)];",
        r#"[2,"[a=b+c]"]"#,
    );
    check(
        "globalThis.URL = class Mine {}; globalThis.TextEncoder ??= 1; const crypto = { mine: true };
         export default () => [new URL().constructor.name, typeof TextEncoder, crypto.mine, typeof globalThis.crypto, 'URLSearchParams' in globalThis];",
        r#"["Mine","function",true,"object",true]"#,
    );
}

/// Users of a realm have these classes in common, so none may change them.
#[test]
fn nobody_changes_what_all_users_have() {
    check(
        "export default () => [URL, URLSearchParams, TextEncoder, TextDecoder, crypto].map((it) => {
           try { (it.prototype ?? it).added = 1; return 'added'; } catch (e) { return e.name; } });",
        r#"["TypeError","TypeError","TypeError","TypeError","TypeError"]"#,
    );
}
