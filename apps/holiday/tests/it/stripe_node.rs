//! The simulated Stripe as Stripe's own Node library finds it.

use std::{net::SocketAddr, path::Path, process::Command};

use holiday::{payments::stripe_simulator::StripeSimulatorSettings, server::Server};
use loadline_serve::Bound;
use tokio::{runtime::Runtime, sync::oneshot};

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A folder with a package of npm's registry in it.
pub(crate) fn packages(packages: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let install = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps"])
        .args(packages)
        .current_dir(folder.path())
        .status();
    assert!(install.is_ok_and(|status| status.success()), "this test needs npm and its registry");
    folder
}

/// Runs a module in that folder; what it prints.
pub(crate) fn node(folder: &Path, script: &str, arguments: &[&str]) -> String {
    std::fs::write(folder.join("main.mjs"), script).unwrap();
    let output = Command::new("node").arg("main.mjs").args(arguments).current_dir(folder).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// A simulator with this file, until the returned end is dropped.
fn simulator(runtime: &Runtime, store: &Path) -> (SocketAddr, oneshot::Sender<()>, impl FnOnce()) {
    let bound = runtime.block_on(Bound::new(LOOPBACK)).unwrap();
    let address = bound.address();
    let settings = StripeSimulatorSettings {
        median_latency: std::time::Duration::ZERO,
        store: Some(store.to_owned()),
        ..StripeSimulatorSettings::default()
    };
    let server = Server::stripe_simulator(bound, settings).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = runtime.spawn(server.run(async { drop(stopped.await) }));
    let handle = runtime.handle().clone();
    (address, stop, move || assert!(handle.block_on(running).is_ok()))
}

const FIRST: &str = r"
import assert from 'node:assert/strict';
import Stripe from 'stripe';
const [port] = process.argv.slice(2);
const options = { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0, telemetry: false };
const stripe = new Stripe('sk_test_1', options);
const customer = await stripe.customers.create({ email: 'a@b.c', metadata: { account: '1' } });
assert.match(customer.lastResponse.requestId, /^req_/);
const order = {
  customer: customer.id, items: [{ price: 'price_monthly' }], payment_behavior: 'default_incomplete',
  metadata: { account: '1' }, expand: ['latest_invoice.confirmation_secret'],
};
const made = await stripe.subscriptions.create(order, { idempotencyKey: 'order-1' });
assert.equal(made.status, 'incomplete');
assert.match(made.latest_invoice.confirmation_secret.client_secret, /^pi_\w+_secret_/);
const again = await stripe.subscriptions.create(order, { idempotencyKey: 'order-1' });
assert.equal(again.id, made.id);
await assert.rejects(stripe.subscriptions.create({ ...order, metadata: {} }, { idempotencyKey: 'order-1' }),
  { type: 'StripeIdempotencyError' });

// The version of the API that the service speaks.
const older = new Stripe('sk_test_1', { ...options, apiVersion: '2024-06-20' });
const expanded = await older.subscriptions.retrieve(made.id, { expand: ['latest_invoice.payment_intent', 'customer'] });
assert.equal(expanded.latest_invoice.payment_intent.client_secret, made.latest_invoice.confirmation_secret.client_secret);
assert.equal(expanded.customer.email, 'a@b.c');
const bare = await stripe.subscriptions.retrieve(made.id);
assert.equal(typeof bare.latest_invoice, 'string');
await assert.rejects(stripe.subscriptions.retrieve(made.id, { expand: ['latest_invoice.payment_intent'] }),
  { type: 'StripeInvalidRequestError', param: 'expand' });

const updated = await stripe.subscriptions.update(made.id, { metadata: { note: 'x' }, cancel_at_period_end: true });
assert.deepEqual([updated.metadata.note, updated.metadata.account, updated.cancel_at_period_end], ['x', '1', true]);

await stripe.paymentIntents.confirm(made.latest_invoice.confirmation_secret.client_secret.split('_secret_')[0]);
const ids = async (filter) => (await stripe.subscriptions.list(filter)).data.map((one) => one.id);
for (const filter of [{}, { customer: customer.id }, { price: 'price_monthly' }, { status: 'active' }, { status: 'all' }]) {
  assert.deepEqual(await ids(filter), [made.id], JSON.stringify(filter));
}
for (const filter of [{ customer: 'cus_other' }, { price: 'price_other' }, { status: 'incomplete' }, { status: 'ended' }]) {
  assert.deepEqual(await ids(filter), [], JSON.stringify(filter));
}
const listed = await older.subscriptions.list({ expand: ['data.latest_invoice.payment_intent'] });
assert.equal(listed.data[0].latest_invoice.payment_intent.status, 'succeeded');
const second = await stripe.subscriptions.create({ ...order, items: [{ price: 'price_b' }] });
const all = [];
for await (const one of stripe.subscriptions.list({ limit: 1 })) all.push(one.id);
assert.deepEqual(all, [second.id, made.id]);

await assert.rejects(stripe.subscriptions.create({ ...order, payment_behavior: undefined }),
  { type: 'StripeInvalidRequestError', code: 'resource_missing' });
await assert.rejects(stripe.subscriptions.create({ ...order, colour: 'red' }), { code: 'parameter_unknown', param: 'colour' });
await assert.rejects(stripe.subscriptions.create({ ...order, items: [{ price: 'gold' }] }), { param: 'items[0][price]' });
await assert.rejects(new Stripe('nonsense', options).customers.list(), { type: 'StripeAuthenticationError' });

// Nothing of test mode is there in live mode.
const live = new Stripe('sk_live_1', options);
await assert.rejects(live.customers.retrieve(customer.id), { statusCode: 404, code: 'resource_missing' });
assert.deepEqual((await live.subscriptions.list()).data, []);

assert.equal((await stripe.subscriptions.cancel(second.id)).status, 'incomplete_expired');
await assert.rejects(stripe.subscriptions.update(second.id, { cancel_at_period_end: false }), { statusCode: 400 });
console.log(customer.id, made.id);
";

const SECOND: &str = r"
import assert from 'node:assert/strict';
import Stripe from 'stripe';
const [port, customer, subscription] = process.argv.slice(2);
const stripe = new Stripe('sk_test_1', { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0, telemetry: false });
assert.equal((await stripe.subscriptions.retrieve(subscription)).status, 'active');
const order = {
  customer, items: [{ price: 'price_monthly' }], payment_behavior: 'default_incomplete',
  metadata: { account: '1' }, expand: ['latest_invoice.confirmation_secret'],
};
const again = await stripe.subscriptions.create(order, { idempotencyKey: 'order-1' });
assert.equal(again.id, subscription, 'the key is known after a restart');
assert.equal((await stripe.customers.del(customer)).deleted, true);
assert.equal((await stripe.customers.retrieve(customer)).deleted, true);
assert.equal((await stripe.subscriptions.retrieve(subscription)).status, 'canceled');
await assert.rejects(stripe.subscriptions.create({ ...order, metadata: {} }), { param: 'customer', code: 'resource_missing' });
";

#[test]
fn stripes_own_library_finds_what_it_expects() {
    let folder = packages(&["stripe@23.1.0"]);
    let runtime = Runtime::new().unwrap();
    let store = folder.path().join("ledger.jsonl");
    let (address, stop, ended) = simulator(&runtime, &store);
    let told = node(folder.path(), FIRST, &[&address.port().to_string()]);
    let (customer, subscription) = told.trim().split_once(' ').unwrap();
    drop(stop);
    ended();
    // What a crash left half written is not believed.
    let mut text = std::fs::read(&store).unwrap();
    text.extend_from_slice(b"{\"mode\":\"test\",\"change\":{\"cust");
    std::fs::write(&store, text).unwrap();
    let (address, _stop, _) = simulator(&runtime, &store);
    node(folder.path(), SECOND, &[&address.port().to_string(), customer, subscription]);
}

/// Events as they are sent, read by the library's `constructEvent`.
#[test]
fn stripes_own_library_believes_the_webhooks() {
    let folder = packages(&["stripe@23.1.0"]);
    let script = r"
import assert from 'node:assert/strict';
import http from 'node:http';
import Stripe from 'stripe';
import { spawn } from 'node:child_process';
const [holiday] = process.argv.slice(2);
const seen = new Promise((resolve, reject) => {
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part)).on('end', () => {
      try {
        const body = Buffer.concat(parts);
        const event = new Stripe('sk_test_1').webhooks.constructEvent(body, request.headers['stripe-signature'], 'whsec_1');
        assert.throws(() => new Stripe('sk_test_1').webhooks.constructEvent(body, request.headers['stripe-signature'], 'whsec_2'));
        response.end();
        if (event.type === 'customer.subscription.updated') resolve(event);
      } catch (error) { reject(error); }
    });
  }).listen(0, '127.0.0.1', async () => {
    try {
      const child = spawn(holiday, ['stripe-simulator', '--listen', '127.0.0.1:0', '--latency', '0ms', '--pay-rate', '1',
        '--pay-after', '0ms', '--exit-with-parent', '--webhook-url', `http://127.0.0.1:${server.address().port}/`],
        { env: { ...process.env, STRIPE_WEBHOOK_SECRET: 'whsec_1' }, stdio: ['pipe', 'pipe', 'inherit'] });
      const [said] = await new Promise((resolve) => child.stdout.once('data', (text) => resolve([String(text)])));
      const port = said.match(/:(\d+)\s/)[1];
      const stripe = new Stripe('sk_test_1', { host: '127.0.0.1', port, protocol: 'http', telemetry: false });
      const customer = await stripe.customers.create({ email: 'a@b.c' });
      await stripe.subscriptions.create(
        { customer: customer.id, items: [{ price: 'price_1' }], payment_behavior: 'default_incomplete' });
    } catch (error) { reject(error); }
  });
});
const event = await seen;
assert.deepEqual([event.object, event.livemode, event.data.object.status], ['event', false, 'active']);
assert.equal(typeof event.data.object.latest_invoice, 'string');
process.exit(0);
";
    node(folder.path(), script, &[env!("CARGO_BIN_EXE_holiday")]);
}
