//! The service as its users' own libraries find it: next-auth's and tRPC's, as npm has them.

use std::time::Duration;

use holiday::server::{Limits, Settings};

use crate::{
    service::{PASSWORD, Service, settings},
    stripe_node::{node, packages},
};

/// A browser's worth of globals: cookies, relative addresses and `Origin`.
const BROWSER: &str = r"
const browser = (base) => {
  const jar = new Map();
  const real = globalThis.fetch;
  globalThis.window = { location: { href: `${base}/programs`, reload() {} }, addEventListener() {}, removeEventListener() {} };
  globalThis.localStorage = { setItem() {} };
  globalThis.fetch = async (url, options = {}) => {
    const headers = { ...options.headers, cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') };
    if (options.method?.toLowerCase() === 'post') headers.origin = base;
    const response = await real(new URL(url, base), { ...options, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
      if (/max-age=0/i.test(cookie)) jar.delete(name); else jar.set(name, value);
    }
    return response;
  };
  return jar;
};
";

#[test]
fn next_auths_own_client_logs_in_and_out() {
    let folder = packages(&["next-auth@4.24.15", "react@19.2.0"]);
    let script = format!(
        "{BROWSER}{}",
        r"
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
const [base, busy, email, password] = process.argv.slice(2);
const jar = browser(base);
const { signIn, signOut, getSession, getProviders } = createRequire(import.meta.url)('next-auth/react');

const { credentials } = await getProviders();
assert.deepEqual([credentials.id, credentials.type], ['credentials', 'credentials']);
assert.equal(credentials.callbackUrl, `${base}/api/auth/callback/credentials`);
assert.equal(await getSession(), null);

const wrong = await signIn('credentials', { redirect: false, email, password: 'wrong' });
assert.deepEqual(wrong, { error: 'CredentialsSignin', status: 401, ok: false, url: null });
const missing = await signIn('credentials', { redirect: false, email });
assert.deepEqual([missing.ok, missing.status, missing.error], [false, 400, 'BadRequest']);
assert.equal(await getSession(), null);

const right = await signIn('credentials', { redirect: false, email, password });
assert.deepEqual(right, { error: null, status: 200, ok: true, url: `${base}/programs` });
assert.equal((await getSession()).user.email, email);

const out = await signOut({ redirect: false, callbackUrl: `${base}/bye` });
assert.deepEqual(out, { url: `${base}/bye` });
assert.equal(await getSession(), null);
assert.equal(jar.has('next-auth.session-token'), false);

// With a redirect, which is the default: the browser goes where it may, and to a page that is there.
await signIn('credentials', { email, password, callbackUrl: 'https://elsewhere.example/' });
assert.equal(window.location.href, `${base}/`);
await signOut({ callbackUrl: '/bye' });
assert.equal(window.location.href, `${base}/bye`);
await signIn('credentials', { email, password: 'wrong' });
assert.equal((await fetch(window.location.href)).status, 200);
assert.match(await (await fetch(window.location.href)).text(), /password is wrong/);
await signIn('github');
assert.equal((await fetch(window.location.href)).status, 200);

// Too many guesses are told apart.
let last;
for (let guess = 0; guess < 25; guess++) last = await signIn('credentials', { redirect: false, email, password: 'wrong' });
assert.deepEqual([last.status, last.error, last.url], [429, 'TooManyRequests', null]);

// A service that is too busy for anything says so in words that the client reads.
const refused = await fetch(`${busy}/api/auth/callback/credentials`, { method: 'POST', headers: {}, body: '' }).then((response) => response.json());
assert.equal(new URL(refused.url).searchParams.get('error'), 'AccessDenied', 'the origin is another site');
const full = await (await fetch(`${busy}/api/auth/csrf`)).json();
assert.equal(new URL(full.url).searchParams.get('error'), 'ServiceUnavailable');
"
    );
    let busy =
        Service::start(&Settings { limits: Limits { in_flight: 0, ..Limits::default() }, ..settings() });
    let url = |service: &Service| format!("http://{}", service.address());
    let service = Service::start(&settings());
    let email = "loadtest-1@test.holiday-aggregator.com";
    node(folder.path(), &script, &[&url(&service), &url(&busy), email, PASSWORD]);
}

const TRPC: &str = r"
import assert from 'node:assert/strict';
import { createTRPCUntypedClient, httpBatchLink, httpBatchStreamLink, httpLink, TRPCClientError } from '@trpc/client';
const [base, slow, busy] = process.argv.slice(2);
const wrap = { serialize: (json) => ({ json }), deserialize: (value) => value };
const wrapped = { input: wrap, output: { serialize: (value) => value, deserialize: (value) => value } };
const calls = [];
const client = (link, base, transformer) => createTRPCUntypedClient({
  links: [link({ url: `${base}/api/trpc`, transformer, fetch: (url, options) => (calls.push(String(url)), fetch(url, options)) })],
});
const error = async (promise) => {
  const error = await promise.then(() => assert.fail('it was answered'), (error) => error);
  assert(error instanceof TRPCClientError, String(error.stack));
  return [error.data?.code, error.data?.httpStatus];
};

for (const link of [httpLink, httpBatchLink, httpBatchStreamLink]) {
  for (const transformer of [undefined, wrapped]) {
    const trpc = client(link, base, transformer);
    calls.length = 0;
    const [found, providers, nothing, wrong] = await Promise.allSettled([
      trpc.query('search.findPrograms', { location: '2000' }), trpc.query('public.getProviders', { limit: 2 }),
      trpc.query('no.such'), trpc.query('search.findPrograms', { location: 'x' }),
    ]);
    assert.equal(calls.length, link === httpLink ? 4 : 1, 'a batch is one request');
    assert.equal(found.value.programs.length, 50);
    assert.equal(providers.value.providers.length, 2);
    assert.deepEqual([nothing.reason.data.code, nothing.reason.data.path], ['NOT_FOUND', 'no.such']);
    assert.deepEqual([wrong.reason.data.code, wrong.reason.data.field], ['BAD_REQUEST', 'location']);
    // All of a batch fail alike.
    const both = [trpc.query('no.such'), trpc.query('no.other')];
    assert.deepEqual(await Promise.all(both.map(error)), [['NOT_FOUND', 404], ['NOT_FOUND', 404]]);
    assert.deepEqual(await error(trpc.mutation('payment.createSubscription', { priceId: 'price_1' })), ['UNAUTHORIZED', 401]);
    // A batch that is refused as a whole, and a service that takes nothing on.
    if (link !== httpLink) {
      const many = Array.from({ length: 11 }, () => error(trpc.query('public.getProviders', {})));
      assert.deepEqual(new Set((await Promise.all(many)).map(String)), new Set(['BAD_REQUEST,400']));
    }
    const refused = client(link, busy, transformer);
    const answers = await Promise.all([error(refused.query('public.getProviders', {})), error(refused.mutation('payment.createSubscription', {}))]);
    assert.deepEqual(answers, [['SERVICE_UNAVAILABLE', 503], ['SERVICE_UNAVAILABLE', 503]]);
  }
}

// One call is answered while another of the same request still runs.
const trpc = client(httpBatchStreamLink, slow);
const aborted = new AbortController();
const pending = trpc.query('search.findPrograms', { location: '2000' }, { signal: aborted.signal });
const there = await trpc.query('public.getProviders', { limit: 1 });
assert.equal(there.providers.length, 1);
pending.catch(() => {});
process.exit(0);
";

#[test]
fn trpcs_own_client_reads_every_answer() {
    let folder = packages(&["@trpc/client@11.25.2", "@trpc/server@11.25.2", "typescript@5.9.3"]);
    let service = Service::start(&settings());
    let slow = Service::start(&Settings { search_delay: Duration::from_mins(10), ..settings() });
    let busy =
        Service::start(&Settings { limits: Limits { in_flight: 0, ..Limits::default() }, ..settings() });
    let [base, slow_url, busy] = [&service, &slow, &busy].map(|one| format!("http://{}", one.address()));
    node(folder.path(), TRPC, &[&base, &slow_url, &busy]);
    // What is sent one by one is counted one by one: also what nobody waited for in the end.
    let count = |service: &Service, endpoint: &str, status: &str| {
        let labels = format!(r#"method="GET",endpoint="{endpoint}",status="{status}""#);
        let series = format!("api_request_duration_ms_count{{{labels}}} ");
        let text = service.metrics();
        text.lines().find_map(|line| line.strip_prefix(&series)?.parse::<f64>().ok()).unwrap_or_default()
    };
    assert_eq!(count(&service, "search.findPrograms", "200"), 6.0);
    assert_eq!(count(&service, "search.findPrograms", "400"), 6.0);
    assert_eq!(count(&slow, "public.getProviders", "200"), 1.0);
    while count(&slow, "search.findPrograms", "499") < 1.0 {
        std::thread::yield_now();
    }
}
