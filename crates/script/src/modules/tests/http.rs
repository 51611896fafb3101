//! Requests: what scripts send, what they are told of the answer, and what is recorded.

use super::*;

/// Runs a script with `BASE` standing for the server's URL.
pub(super) fn check_http(script: &str, expected: &str) -> (Bench, String) {
    run(async {
        let base = server().await;
        let bench = Bench::new(&script.replace("BASE", &base), |_| ());
        let mut vu = bench.user(1).unwrap();
        let result = iterate(&mut vu, None).await.unwrap_or_else(|error| error.to_string());
        assert_eq!(result.replace(&base, "BASE"), expected);
        (bench, base)
    })
}

#[test]
fn a_get_is_measured_with_its_tags() {
    let (bench, base) = check_http(
        "import http from 'k6/http'; import { check, group } from 'k6';
         export default () => { const r = group('g', () => http.get('BASE/json?x=1', { tags: { scenario: 'search', page: 2 } }));
           check(r, { ok: (r) => r.status === 200 });
           return [r.status, r.status_text, r.body.length, r.json('a.b.1.n'), r.json('a.b.#'), r.json('a.b.#.n'), r.headers['Content-Type'],
             r.url, r.proto, r.error, r.error_code, typeof r.timings.duration, r.request.method, r.remote_ip, r.json().a.b[0].n]; };",
        r#"[200,"200 OK",29,2,2,[1,2],"application/json","BASE/json?x=1","HTTP/1.1","",0,"number","GET","127.0.0.1",1]"#,
    );
    assert_eq!(
        bench.series(&["http_reqs", "http_req_failed", "http_req_duration"]),
        ["http_req_duration", "http_req_failed", "http_reqs"].map(|metric| {
            let value = match metric {
                "http_reqs" => "1",
                "http_req_failed" => "0/1",
                _ => "×1",
            };
            format!(
                "{metric}{{expected_response=true,group=::g,method=GET,name={base}/json?x=1,page=2,proto=HTTP/1.1,scenario=search,status=200,url={base}/json?x=1}} {value}"
            )
        })
    );
}

#[test]
fn cookies_may_have_names_that_objects_inherit() {
    check_http(
        "import http from 'k6/http';
         export default () => {
           const jar = http.cookieJar();
           for (const name of ['constructor', 'toString', '__proto__']) jar.set('BASE/', name, name.length);
           const of = (cookies) => Object.keys(cookies).sort().map((name) => `${name}=${Object.getOwnPropertyDescriptor(cookies, name).value[0]}`);
           const own = http.get('BASE/echo', { cookies: { valueOf: 'x' } }).request.cookies;
           return [of(jar.cookiesForURL('BASE/')), Object.keys(own).sort()]; };",
        r#"[["__proto__=9","constructor=11","toString=8"],["__proto__","constructor","toString","valueOf"]]"#,
    );
}

#[test]
fn a_response_is_read_whatever_was_done_to_the_prototypes() {
    // In a realm that others share, nothing is done to the prototypes.
    let script = "import http from 'k6/http';
         export default () => {
           const hostile = { __proto__: null, configurable: true, get() { throw new Error('asked'); }, set() { throw new Error('asked'); } };
           const names = ['name', 'value', 'duration', 'method', 'headers', 'token', 'Host', 'X-One'];
           Object.defineProperty(Array.prototype, 0, hostile);
           for (const name of names) Object.defineProperty(Object.prototype, name, hostile);
           let r, seen;
           try {
             r = http.get('BASE/hop');
             seen = { __proto__: null, a: r.cookies.token[0].value, b: r.headers['X-One'], c: r.request.method, d: typeof r.timings.duration };
           } finally {
             delete Array.prototype[0];
             for (const name of names) delete Object.prototype[name];
           }
           return [seen.a, seen.b, seen.c, seen.d, r.request.headers.Host.length]; };";
    run(async {
        let bench = Bench::new(&script.replace("BASE", &server().await), |_| ());
        let mut vu = bench.user_alone(1);
        assert_eq!(iterate(&mut vu, None).await.unwrap(), r#"["abc","1, 2","GET","number",1]"#);
    });
}

#[test]
fn redirects_cookies_and_names() {
    let (bench, base) = check_http(
        "import http from 'k6/http';
         export default () => {
           const r = http.get('BASE/hop');
           const jar = http.cookieJar();
           const again = http.get('BASE/echo', { cookies: { own: 'mine' }, tags: { name: 'echo' } });
           const id = 5; const named = http.get(http.url`BASE/item?id=${id}`);
           return [r.url, r.cookies.token[0].value, r.cookies.token[0].http_only, r.headers['X-One'], jar.cookiesForURL('BASE/'),
             /cookie: (.*?)(\\||\\s\\[)/.exec(again.body)[1], named.body]; };",
        r#"["BASE/cookie","abc",true,"1, 2",{"seen":["yes"],"token":["abc"]},"own=mine; seen=yes; token=abc","hello"]"#,
    );
    let mut names: Vec<String> = bench
        .series(&["http_reqs"])
        .iter()
        .map(|line| {
            line.split(',')
                .filter(|tag| {
                    tag.starts_with("name=") || tag.starts_with("status=") || tag.starts_with("url=")
                })
                .collect::<Vec<_>>()
                .join(" ")
                .replace(&base, "BASE")
        })
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "name=BASE/cookie status=200 url=BASE/cookie} 1",
            "name=BASE/hop status=302 url=BASE/hop} 1",
            "name=BASE/item?id=${} status=200 url=BASE/item?id=${}} 1",
            "name=echo status=200 url=echo} 1",
        ]
    );
}

#[test]
fn bodies_as_text_forms_bytes_and_files() {
    check_http(
        "import http from 'k6/http';
         const kind = (r) => [/content-type: ([^|;[]*)/.exec(r.body)?.[1].trim() ?? 'none', r.body.slice(r.body.indexOf('[')).replace(/loadline-[^\\r\\n\"]*/g, 'BOUNDARY')];
         export default () => [
           kind(http.post('BASE/echo', 'plain')),
           kind(http.post('BASE/echo', { b: ['x', 'y'], a: 1, n: null })),
           kind(http.post('BASE/echo', new Uint8Array([104, 105]).buffer, { headers: { 'Content-Type': 'x/y' } })),
           kind(http.put('BASE/echo', { f: http.file('data', 'a.txt', 'text/plain'), k: 'v' })),
           http.del('BASE/echo').body.slice(0, 6), http.request('PATCH', 'BASE/echo', '{}').request.body, http.head('BASE/').body ];",
        r#"[["none","[plain]"],["application/x-www-form-urlencoded","[a=1&b=x&b=y&n=]"],["x/y","[hi]"],["multipart/form-data","[--BOUNDARY\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\ndata\r\n--BOUNDARY\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\nv\r\n--BOUNDARY\r\n]"],"DELETE","{}",""]"#,
    );
}

#[test]
fn expected_statuses_decide_what_failed() {
    let (bench, _) = check_http(
        "import http from 'k6/http';
         export default () => { const codes = [http.get('BASE/missing').error_code];
           http.get('BASE/missing', { responseCallback: http.expectedStatuses(404, { min: 500, max: 502 }), tags: { name: 'asked' } });
           http.setResponseCallback(null); http.get('BASE/missing', { tags: { name: 'off' } });
           return codes; };",
        "[1404]",
    );
    let failed: Vec<String> = bench
        .series(&["http_req_failed"])
        .iter()
        .map(|line| line.rsplit(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(failed, ["1/1", "0/1"]);
}

#[test]
fn failures_are_answers_unless_they_are_to_throw() {
    let bench = check(
        "import http from 'k6/http';
         export default () => { const bad = http.get('nowhere'); const refused = http.get('http://127.0.0.1:1/');
           let thrown = ''; try { http.get('http://127.0.0.1:1/', { throw: true }); } catch (e) { thrown = e.message.slice(0, 24); }
           return [bad.status, bad.error_code, refused.status, refused.error_code, refused.body, refused.headers, thrown]; };",
        r#"[0,1020,0,1212,null,{},"dial: connection refused"]"#,
    );
    let series = bench.series(&["http_reqs"]);
    assert_eq!(series.len(), 2, "{series:?}");
    assert!(series[0].contains("error=dial: connection refused,error_code=1212"), "{series:?}");
    assert_eq!(bench.log().len(), 2);
}

#[test]
fn selectors_ask_and_their_mistakes_are_told() {
    check_http(
        "import http from 'k6/http';
         export default () => { const r = http.get('BASE/json?x=1'); let said;
           try { r.json('a.b.#(n==2'); } catch (e) { said = `${e.name}: ${e.message.slice(0, 46)}`; }
           return [r.json('a.b.#(n==2)'), r.json('a.b.#(n>0)#.n'), r.json('*.b.@reverse.0.n'), r.json('{a.b.0.n}'), r.json('a.x') === undefined, said]; };",
        r#"[{"n":2},[1,2],2,{"n":1},true,"SyntaxError: `#(n==2` is no selector: its `(` is not closed"]"#,
    );
}

#[test]
fn what_cannot_even_be_sent_is_a_request_that_failed() {
    for (url, shown) in [
        ("`${__ENV.NOT_SET}/api`", "undefined/api"),
        ("''", ""),
        ("undefined", "undefined"),
        ("null", "null"),
        ("'htp://me:secret@host/'", "htp://****:****@host/"),
        ("'http://exa mple.org/'", "http://exa mple.org/"),
        ("http.url`${undefined}/x`", "${}/x"),
    ] {
        let bench = check(
            &format!(
                "import http from 'k6/http'; export default async () => {{
                   const thrown = []; for (const ask of [() => http.get({url}, {{ throw: true }}), () => http.batch([['GET', {url}]])[0].status,
                     () => http.asyncRequest('GET', {url})])
                     try {{ thrown.push((await ask()).status ?? 0); }} catch (e) {{ thrown.push('thrown'); }}
                   return thrown; }};"
            ),
            r#"["thrown",0,0]"#,
        );
        let shown = if shown.is_empty() { String::new() } else { format!("name={shown},") };
        let series = bench.series(&["http_reqs", "http_req_failed", "http_req_duration"]);
        let values: Vec<&str> = series.iter().map(|line| line.rsplit(' ').next().unwrap()).collect();
        assert_eq!(values, ["×3", "3/3", "3"], "{series:?}");
        let tags = format!(
            "{{error=invalid URL,error_code=1020,expected_response=false,method=GET,{shown}scenario=main,status=0"
        );
        assert!(series.iter().all(|line| line.contains(&tags)), "{series:?}");
    }
    let bench = check(
        "import http from 'k6/http'; export default () => { http.setResponseCallback(null); return http.get('').status; };",
        "0",
    );
    assert_eq!(bench.series(&["http_reqs", "http_req_failed"]).len(), 1);
}

#[test]
fn batches_and_background_requests() {
    check_http(
        "import http from 'k6/http';
         export default async () => {
           const list = http.batch(['BASE/a', ['POST', 'BASE/echo', 'x'], { method: 'GET', url: 'BASE/json' }]);
           const named = http.batch({ one: 'BASE/a', two: { url: 'BASE/missing' } });
           const later = await Promise.all([http.asyncRequest('GET', 'BASE/json'), http.asyncRequest('POST', 'BASE/echo', 'y')]);
           return [list.map((r) => r.status), list[1].body.slice(0, 4), named.one.body, named.two.status, later[0].json('a.b.0.n'), later[1].body.slice(-3)]; };",
        r#"[[200,200,200],"POST","hello",404,1,"[y]"]"#,
    );
}

#[test]
fn requests_in_init_code_are_refused() {
    run(async {
        let bench = Bench::new(
            "import http from 'k6/http';\nhttp.get('http://127.0.0.1:1/');\nexport default () => 1;",
            |_| (),
        );
        let error = bench.user(1).err().unwrap().to_string();
        assert!(error.contains("not possible in init code") && error.contains("test.ts:2:6"), "{error}");
    });
}

#[test]
fn cookies_do_not_outlive_an_iteration_unless_told_to() {
    run(async {
        let base = server().await;
        let script = "import http from 'k6/http';
            export default () => { const had = Object.keys(http.cookieJar().cookiesForURL('BASE/')).length; http.get('BASE/cookie'); return had; };"
            .replace("BASE", &base);
        for (keep, expected) in [(false, "0"), (true, "1")] {
            let bench = Bench::new(&script, |process| process.http.no_cookies_reset = keep);
            let mut vu = bench.user(1).unwrap();
            iterate(&mut vu, None).await.unwrap();
            assert_eq!(iterate(&mut vu, None).await.unwrap(), expected);
        }
    });
}

/// A server whose every connection answers one request and reads a second, then closes.
async fn leaving_server() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn_local(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::task::spawn_local(async move {
                let mut kept = Vec::new();
                if request(&mut stream, &mut kept).await.is_some() {
                    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.ok();
                    request(&mut stream, &mut kept).await;
                }
            });
        }
    });
    format!("http://{address}")
}

#[test]
fn what_was_sent_again_is_counted() {
    run(async {
        let url = leaving_server().await;
        let script = format!(
            "import http from 'k6/http';
             export default () => [1, 2, 3].map(() => http.get('{url}', {{ tags: {{ name: 'N' }} }}).status);"
        );
        let bench = Bench::new(&script, |_| ());
        let mut vu = bench.user(1).unwrap();
        assert_eq!(iterate(&mut vu, None).await.unwrap(), "[200,200,200]");
        let series = bench.series(&["http_reqs", "http_reqs_repeated", "http_req_failed"]);
        let of =
            |name: &str| -> Vec<&String> { series.iter().filter(|line| line.starts_with(name)).collect() };
        assert!(of("http_reqs{").iter().all(|line| line.ends_with(" 3")), "{series:?}");
        assert!(of("http_req_failed{").iter().all(|line| line.ends_with(" 0/3")), "{series:?}");
        let repeated = of("http_reqs_repeated{");
        assert!(
            repeated.len() == 1 && repeated[0].ends_with(" 2") && repeated[0].contains("name=N"),
            "{series:?}"
        );
    });
}

#[test]
fn cookies_that_cannot_be_sent_are_named() {
    check(
        r#"import http from 'k6/http';
         const tried = (what) => { try { what(); return 'sent'; } catch (error) { return `${error}`.slice(0, 56); } };
         export default () => [
           tried(() => http.cookieJar().set('http://a.test/', 'sid', 'a\r\nX: y')),
           tried(() => http.get('http://127.0.0.1:1/', { cookies: { sid: 'a;b' } })),
           tried(() => http.get('http://127.0.0.1:1/', { cookies: { sid: { value: 'a\x00', replace: true } } })),
           http.cookieJar().set('http://a.test/', 'sid', '{"a": [1, "ü"]}'),
           http.cookieJar().cookiesForURL('http://a.test/').sid[0],
         ];"#,
        r#"["TypeError: cookie `sid` has the byte `\\r` in its value, ","TypeError: cookie `sid` has the byte `;` in its value, w","TypeError: cookie `sid` has the byte `\\x00` in its value",true,"{\"a\": [1, \"ü\"]}"]"#,
    );
}

#[test]
fn a_second_argument_of_a_batch_is_refused() {
    check(
        "import http from 'k6/http';
         export default () => { try { return http.batch([], []); } catch (error) { return `${error}`.slice(0, 54); } };",
        r#""TypeError: batch needs one array or object of requests""#,
    );
}

#[test]
fn nested_values_of_a_form_are_refused_by_name() {
    check_http(
        "import http from 'k6/http';
         export default () => {
           const said = [];
           for (const form of [{ details: { path: '/p' } }, { list: ['a', { q: 1 }] }, { deep: [[1]] }, { f: () => 1 }, { m: new Map() },
             { file: http.file('x'), details: {} }])
             try { http.post('BASE/echo', form); said.push('sent'); } catch (e) { said.push(/`(.*?)` is (.*?),/.exec(e.message).slice(1, 3).join(' ')); }
           const own = http.post('BASE/echo', { at: new Date(0), text: new String('s'), own: { toString: () => 'mine' }, flat: ['a', null, 1] });
           return [said, /at=1970[^ ]*|at=Thu[^ ]*/.test(own.body), /flat=a&flat=&flat=1&own=mine&text=s/.test(own.body)]; };",
        r#"[["details an object","list[1] an object","deep[0] a list","f a function","m an object","details an object"],true,true]"#,
    );
}

#[test]
fn a_response_has_its_properties_itself() {
    let names = r#"["remote_ip","remote_port","url","status","status_text","proto","headers","cookies","body","timings","tls_version","tls_cipher_suite","ocsp","error","error_code","request","clickLink","html","json","submitForm"]"#;
    check_http(
        "import http from 'k6/http';
         export default () => Object.keys(http.get('BASE/json'));",
        names,
    );
    check_http(
        "import http from 'k6/http';
         export default () => {
           const r = http.get('BASE/json');
           const { json, ...rest } = r;
           const copy = { ...r }, assigned = Object.assign({ x: 1 }, r), text = JSON.parse(JSON.stringify(r));
           copy.status = 999; r.extra = [r.headers];
           return [copy.status, r.status, copy.json('a.b.1.n'), assigned.status, assigned.json().a.b[0].n, rest.body === r.body, 'json' in rest,
             Object.hasOwn(r, 'body'), r.hasOwnProperty('status'), 'timings' in r, r.nothing, text.status, text.json, Object.keys(text).length, typeof r.timings.duration,
             Object.entries(r).filter((e) => e[0] === 'status'), r.extra[0] === r.headers, Object.keys(r).length, `${r}`, Object.isFrozen(Object.freeze(r)), r.json('a.b.#')];
         };",
        r#"[999,200,2,200,1,true,false,true,true,true,null,200,null,16,"number",[["status",200]],true,21,"[object Object]",true,2]"#,
    );
}

#[test]
fn no_body_and_an_empty_one() {
    check_http(
        "import http from 'k6/http';
         export default () => [http.get('BASE/none').body, http.get('BASE/unchanged').body, http.head('BASE/json').body, http.get('BASE/empty').body,
           http.get('BASE/none', { responseType: 'binary' }).body, http.get('BASE/json', { responseType: 'none' }).body];",
        r#"[null,null,"","",null,null]"#,
    );
}

#[test]
fn a_selector_finds_nothing_in_what_is_no_json() {
    check_http(
        "import http from 'k6/http';
         export default () => { const r = http.get('BASE/page'); let said; try { r.json(); } catch (e) { said = e.name; } return [r.json('a.b') === undefined, said]; };",
        r#"[true,"SyntaxError"]"#,
    );
}

#[test]
fn a_script_reads_the_times_that_are_recorded() {
    let (bench, _) = check_http(
        "import http from 'k6/http'; import { Trend } from 'k6/metrics';
         const own = new Trend('own', true);
         export default () => { for (let i = 0; i < 20; i++) own.add(http.get('BASE/').timings.duration); };",
        "undefined",
    );
    let schema = &bench.worker.process.schema;
    let window = bench.window();
    let raw = |name: &str| -> Vec<f64> {
        let of_name = |series: loadline_measure::Series| schema.metric(series.metric).name == name;
        let (_, sink) = window.iter().find(|(series, _)| of_name(*series)).unwrap();
        sink.as_trend().unwrap().raw().unwrap().to_vec()
    };
    assert_eq!(raw("own").len(), 20);
    assert_eq!(raw("own"), raw("http_req_duration"));
}

#[test]
fn a_request_is_shown_as_it_was_sent() {
    check_http(
        "import http from 'k6/http';
         export default () => {
           const jar = http.cookieJar(), to = 'BASE/echo'.replace('//', '//me:pw@');
           jar.set('BASE/', 'kept', 'a b'); jar.set('BASE/', 'safe', '1', { secure: true });
           const r = http.get(to, { cookies: { own: 'x', again: { value: 'y', replace: true } } });
           const { cookies, headers } = r.request, named = http.url`${to}/${5}`;
           return [r.url === to, r.request.url === to, headers.Cookie[0], Object.keys(cookies), cookies.kept[0].value, cookies.again[0].replace, cookies.own[0].replace, headers.Authorization,
             named.clean_url === to.replace('me:pw', '****:****') + '/5', named.name, r.ocsp.status]; };",
        r#"[true,true,"own=x; again=y; kept=a b; safe=1",["own","again","kept","safe"],"a b",true,false,["Basic bWU6cHc="],true,"${}/${}",""]"#,
    );
}

#[test]
fn a_request_stays_what_was_asked_for_whatever_it_leads_to() {
    check_http(
        "import http from 'k6/http';
         export default () => {
           const r = http.post('BASE/hop', 'body');
           return [r.request.method, r.request.url === 'BASE/hop', r.url === 'BASE/cookie', r.request.body, http.request('', 'BASE/echo').request.method,
             http.request(null, 'BASE/echo').body.slice(0, 4), http.batch([[undefined, 'BASE/echo']])[0].request.method]; };",
        r#"["POST",true,true,"body","GET","GET ","GET"]"#,
    );
}

#[test]
fn forms_are_written_as_go_writes_them() {
    check_http(
        r#"import http from 'k6/http';
         export default () => { const body = http.post('BASE/echo', { 'a b': "~*-_.!()' +ü&=" }).body; return body.slice(body.indexOf('[')); };"#,
        r#""[a+b=~%2A-_.%21%28%29%27+%2B%C3%BC%26%3D]""#,
    );
}

/// What had come when the time was over, or the connection broke, can be looked at.
#[test]
fn a_body_that_did_not_come_whole_is_kept() {
    check_http(
        "import http from 'k6/http';
         export default () => { const late = http.get('BASE/half', { timeout: 100 }), cut = http.get('BASE/cut');
           return [late.body, late.status, late.error_code, cut.body, cut.status, http.get('BASE/half', { timeout: 100, responseType: 'none' }).body]; };",
        r#"["half",0,1050,"half",0,null]"#,
    );
}
