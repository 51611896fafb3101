/**
 * A small service to look at: plain node:http, with a route as Next's app router has them behind it.
 *
 *   node dist/server.js [ADDRESS [METRICS-ADDRESS]]
 *   curl http://127.0.0.1:3000/api/programs/7; curl http://127.0.0.1:9464/metrics
 */

import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { procedures, shared } from './monitor.js';

const monitor = shared();
// Anybody can claim to be a load test: where that must not be enough, ask for a secret in another header.
monitor.tellTiming(({ loadTest }) => loadTest);
const trpc = procedures('/api/trpc/', ['search.findPrograms', 'payment.createSubscription']);
/** As in app/api/programs/[id]/route.ts: `export const GET = monitor.route(…)`. */
const GET = monitor.route('/api/programs/[id]', async (request: Request) => {
  const id = new URL(request.url).pathname.split('/').at(-1);
  if (id === 'moved') throw Object.assign(new Error('NEXT_REDIRECT'), { digest: 'NEXT_REDIRECT;replace;/api/programs/7;307;' });
  if (request.headers.get('if-none-match') === `"${id}"`) {
    return new Response(null, { status: 304, headers: { 'Cache-Control': 'public, max-age=300' } });
  }
  const program = await monitor.query('select', 'programs', async () => ({ id }));
  return Response.json(program, { headers: { 'Cache-Control': 'public, max-age=300' } });
});

function nameOf(request: IncomingMessage) {
  return request.url === '/throws' || request.url === '/hangs' ? request.url : trpc(request);
}

const measured = monitor.http(nameOf, async (request, response) => {
  if (request.url === '/throws') throw new Error('a fault to be found');
  if (request.url === '/hangs') return;
  // `SEARCH_DELAY_MS=600` makes searches slow: a regression to be found.
  await sleep(Number(process.env['SEARCH_DELAY_MS'] ?? 0));
  if (trpc(request) === undefined) {
    response.writeHead(404).end();
    return;
  }
  const programs = await monitor.query('select', 'programs', async () => [{ id: 7 }]);
  const page = monitor.part('render', () => JSON.stringify({ result: { data: { programs } } }));
  response.setHeader('Content-Type', 'application/json');
  response.end(page);
});

/** Next's part: a request becomes a `Request`, and what its `redirect()` throws an answer. */
async function routed(request: IncomingMessage): Promise<Response> {
  const head = new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  try {
    return await GET(new Request(`http://localhost${request.url}`, { headers: head, method: request.method ?? 'GET' }));
  } catch (error) {
    const [kind, , to, status] = String((error as { digest?: unknown }).digest).split(';');
    if (kind !== 'NEXT_REDIRECT') throw error;
    return new Response(null, { status: Number(status), headers: { Location: to ?? '/' } });
  }
}

const [address = '127.0.0.1:3000', metricsAddress = '127.0.0.1:9464'] = process.argv.slice(2);
const server: Server = createServer(async (request, response) => {
  try {
    if (!request.url?.startsWith('/api/programs/')) {
      await measured(request, response as never);
      return;
    }
    const answer = await routed(request);
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  } catch {
    if (!response.headersSent) response.writeHead(500).end();
  }
});

const url = (listening: Server) => {
  const { address: host, port } = listening.address() as AddressInfo;
  return `http://${host}:${port}`;
};
const metrics = await monitor.listen(metricsAddress);
const [host, port] = address.split(':');
server.listen(Number(port), host, () => console.log(`serves ${url(server)}\nmetrics ${url(metrics)}/metrics`));
