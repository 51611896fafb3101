/**
 * The monitor for services of Node.js: the metrics of the founding story under their names, as Loadline's monitor for
 * Rust emits them, so that the same budgets, alerts and dashboards judge both.
 *
 *   const monitor = shared();
 *   http.createServer(monitor.http(nameOf, listener));                     // plain node:http, Express, Next's pages/api
 *   export const GET = monitor.route('/api/programs/[id]', handler);       // Next's app router, or any fetch handler
 *   const rows = await monitor.query('select', 'programs', () => db.…);    // a query
 *   await monitor.listen('127.0.0.1:9464');                                // /metrics, on a listener of its own
 *   monitor.tellTiming(({ loadTest }) => loadTest);                        // Server-Timing, for load tests
 *
 * Labels are names of routes and never paths: every value of a label is a time series that is kept for ever.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** The story's bounds, and 2000 and 3000 ms, which are limits of its budgets: what is within a limit is then exact. */
const REQUEST_BOUNDS_MS = [10, 50, 100, 250, 500, 1000, 2000, 2500, 3000, 5000];
const QUERY_BOUNDS_MS = [1, 5, 10, 25, 50, 100, 250, 500];
/** Names beyond are counted under `(other)`. */
const MOST_NAMES = 200;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'QUERY']);
/** Of one request so many different parts have a name in `Server-Timing`; what is beyond is `other`. */
const MOST_PARTS = 16;
const LONGEST_PART = 48;
const LONGEST_TIMING = 1000;
const UNMATCHED = '(unmatched)';
const OTHER = '(other)';

/** What one request is counted under: one name, several (a batch of calls), or `undefined` where no route matched. */
export type Names = string | string[] | undefined;
type Header = (name: string) => string | undefined;

/** A request that is counted once, however it ends. */
interface Running {
  answered(status: number, header?: Header): void;
  /** What it spent; `undefined` where its client is not told. */
  readonly parts: Parts | undefined;
  /** The field `Server-Timing` for its answer, until it is answered. */
  timing(): string | undefined;
}

/** Of whom it is asked whether a request's client is told where its time went. */
export interface Asking {
  method: string;
  header: Header;
  /** It says that it is a load test's, as anybody can. */
  loadTest: boolean;
}

/** What one request has spent, part by part, in milliseconds. */
class Parts {
  private readonly spent = new Map<string, number>();

  add(name: string, took: number): void {
    const isOwn = name === '' || name === 'total' || name === 'other';
    const fits = this.spent.has(name) || this.spent.size - (this.spent.has('other') ? 1 : 0) < MOST_PARTS;
    const place = isOwn || !fits ? 'other' : name;
    this.spent.set(place, (this.spent.get(place) ?? 0) + took);
  }

  /** The field, for a request that took this long. */
  field(total: number): string {
    let [text, other] = [`total;dur=${milliseconds(total)}`, this.spent.get('other') ?? 0];
    for (const [name, took] of this.spent) {
      const metric = `, ${name};dur=${milliseconds(took)}`;
      if (name === 'other') continue;
      if (text.length + metric.length + 30 <= LONGEST_TIMING) text += metric;
      else other += took;
    }
    return other > 0 ? `${text}, other;dur=${milliseconds(other)}` : text;
  }
}

export class PerformanceMonitor {
  readonly registry = new Registry();
  private readonly names = new Set<string>();
  private readonly current = new AsyncLocalStorage<Parts>();
  private whom: (asking: Asking) => boolean = () => false;
  private readonly cached = new Map<string, { hits: number; misses: number }>();

  private readonly metrics = {
    apiLatency: new Histogram({
      name: 'api_request_duration_ms',
      help: 'Duration of requests by endpoint, in milliseconds.',
      labelNames: ['method', 'endpoint', 'status', 'load_test'] as const,
      buckets: REQUEST_BOUNDS_MS,
      registers: [this.registry],
    }),
    dbQueryTime: new Histogram({
      name: 'db_query_duration_ms',
      help: 'Duration of database queries, in milliseconds.',
      labelNames: ['operation', 'model'] as const,
      buckets: QUERY_BOUNDS_MS,
      registers: [this.registry],
    }),
    cacheHitRate: new Gauge({
      name: 'cache_hit_rate',
      help: 'Share of cacheable answers that came from a cache or were not modified, since the start.',
      labelNames: ['endpoint'] as const,
      registers: [this.registry],
    }),
    cacheAnswers: new Counter({
      name: 'cache_answers_total',
      help: 'Cacheable answers by whether they came from a cache or were not modified.',
      labelNames: ['endpoint', 'result'] as const,
      registers: [this.registry],
    }),
    overflow: new Counter({
      name: 'loadline_monitor_overflow_total',
      help: 'Requests counted under (other) because there were too many different labels.',
      registers: [this.registry],
    }),
  };

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Counts a request that took `duration` milliseconds. `loadTest`: it says that it is a load test's. */
  recordApiLatency(endpoint: string, duration: number, status: number, method = 'GET', loadTest = false): void {
    const labels = {
      method: METHODS.has(method) ? method : '_OTHER',
      endpoint: this.bounded(endpoint),
      status: status.toString(),
    };
    this.metrics.apiLatency.observe(loadTest ? { ...labels, load_test: 'claimed' } : labels, duration);
  }

  /** Counts a query that took `duration` milliseconds. */
  recordQuery(operation: string, model: string, duration: number): void {
    this.metrics.dbQueryTime.observe({ operation, model }, duration);
    this.current.getStore()?.add(partName(`db.${word(operation)}-${word(model)}`), duration);
  }

  /**
   * Has answers say where their time went, in `Server-Timing` (https://www.w3.org/TR/server-timing/): those to requests
   * of which `whom` says so. Without this none do, because it tells strangers how a service works. `total` is the time
   * to the head of the answer, `db.OPERATION-MODEL` that of queries, and `part` times what has a name of its own. What
   * goes on at the same time is stated as it took, so that parts may be more than the whole.
   */
  tellTiming(whom: (asking: Asking) => boolean): void {
    this.whom = whom;
  }

  /** Times a part of the request that is being answered: `render`, `pool`, `out.stripe`. A dot puts it into another. */
  part<T>(name: string, run: () => T): T {
    const parts = this.current.getStore();
    if (parts === undefined) return run();
    const begun = performance.now();
    const end = () => parts.add(partName(name), performance.now() - begun);
    let running: T;
    try {
      running = run();
    } catch (error) {
      end();
      throw error;
    }
    // Also what is only like a promise, and begins when somebody waits for it.
    if (typeof (running as { then?: unknown } | null | undefined)?.then === 'function') {
      return Promise.resolve(running).finally(end) as T;
    }
    end();
    return running;
  }

  /** Adds a part that somebody else measured, in milliseconds: `queue`, for what the request waited in a line. */
  recordPart(name: string, duration: number): void {
    this.current.getStore()?.add(partName(name), duration);
  }

  /** Times a query; one that fails counts too. */
  async query<T>(operation: string, model: string, run: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      return await run();
    } finally {
      this.recordQuery(operation, model, performance.now() - begun);
    }
  }

  /** Counts an answer that a shared cache may keep: whether it came from one. */
  recordCache(endpoint: string, hit: boolean): void {
    const name = this.bounded(endpoint);
    const cached = this.cached.get(name) ?? { hits: 0, misses: 0 };
    this.cached.set(name, cached);
    cached[hit ? 'hits' : 'misses'] += 1;
    this.metrics.cacheAnswers.inc({ endpoint: name, result: hit ? 'hit' : 'miss' });
    this.metrics.cacheHitRate.set({ endpoint: name }, cached.hits / (cached.hits + cached.misses));
  }

  /**
   * Measures a listener of node:http: from its call to the head of its answer. One that throws counts as 500, and a
   * request whose client goes away before its answer as 499.
   */
  http(
    nameOf: (request: IncomingMessage) => Names,
    listener: (request: IncomingMessage, response: ServerResponse) => unknown,
  ): RequestListener {
    return async (request, response) => {
      const header = (name: string) => request.headers[name]?.toString();
      const running = this.begin(request.method ?? '', nameOf(request), header);
      const writeHead = response.writeHead as (...head: unknown[]) => ServerResponse;
      response.writeHead = ((...head: unknown[]) => {
        const timing = running.timing();
        if (timing !== undefined) putTiming(response, head, timing);
        const written = writeHead.apply(response, head);
        running.answered(response.statusCode, (name) => headerOf(response, head, name));
        return written;
      }) as typeof response.writeHead;
      response.once('close', () => running.answered(499));
      try {
        await this.during(running, () => listener(request, response));
      } catch (error) {
        running.answered(500);
        throw error;
      }
    };
  }

  /**
   * Measures a handler that takes a `Request` and gives a `Response`, as Next's app router has them. `redirect()` and
   * `notFound()` of Next, which throw, count with the status that Next answers.
   */
  route<Rest extends unknown[]>(
    names: Names | ((request: Request) => Names),
    handler: (request: Request, ...rest: Rest) => Response | Promise<Response>,
  ): (request: Request, ...rest: Rest) => Promise<Response> {
    return async (request, ...rest) => {
      const name = typeof names === 'function' ? names(request) : names;
      const running = this.begin(request.method, name, (header) => request.headers.get(header) ?? undefined);
      request.signal?.addEventListener('abort', () => running.answered(499), { once: true });
      try {
        const answer = await this.during(running, () => handler(request, ...rest));
        const response = withTiming(answer, running.timing());
        running.answered(response.status, (header) => response.headers.get(header) ?? undefined);
        return response;
      } catch (error) {
        running.answered(statusOfThrown(error));
        throw error;
      }
    };
  }

  /** What Prometheus reads, for a route of your own. */
  async scrape(): Promise<{ type: string; text: string }> {
    return { type: this.registry.contentType, text: await this.registry.metrics() };
  }

  /**
   * Serves `/metrics` at `HOST:PORT`, which the public should not reach; port 0 takes a free one. It keeps no process
   * alive.
   */
  listen(address: string): Promise<Server> {
    const [, host, port] = /^(?:\[?([^\]]*?)\]?:)?(\d+)$/.exec(address) ?? [];
    if (port === undefined) {
      return Promise.reject(new Error(`\`${address}\` is no address for metrics: write it as 127.0.0.1:9464`));
    }
    const server = createServer(async (request, response) => {
      if (request.url?.split('?')[0] !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      try {
        const { type, text } = await this.scrape();
        response.writeHead(200, { 'Content-Type': type }).end(text);
      } catch (error) {
        response.writeHead(500).end(`metrics cannot be read: ${error}\n`);
      }
    });
    return new Promise((resolve, reject) => {
      const advice = 'stop what listens there, or give each process an address of its own';
      const refuse = (cause: Error) =>
        reject(new Error(`metrics cannot be served at ${address} (${cause.message}): ${advice}`, { cause }));
      server.once('error', refuse);
      server.listen(Number(port), host ?? '127.0.0.1', () => {
        server.off('error', refuse);
        server.unref();
        resolve(server);
      });
    });
  }

  /** Runs what answers a request: what it times is part of it, wherever it goes on. */
  private during<T>(running: Running, run: () => T): T {
    return running.parts === undefined ? run() : this.current.run(running.parts, run);
  }

  private begin(method: string, names: Names, header: Header): Running {
    const begun = performance.now();
    const loadTest = header('x-load-test') === 'true';
    const parts = this.whom({ method, header, loadTest }) ? new Parts() : undefined;
    const endpoints = names === undefined || names.length === 0 ? [UNMATCHED] : [names].flat();
    let counted = false;
    return {
      parts,
      timing: () => (counted ? undefined : parts?.field(performance.now() - begun)),
      answered: (status, header) => {
        if (counted) return;
        counted = true;
        const duration = performance.now() - begun;
        for (const endpoint of endpoints) {
          this.recordApiLatency(endpoint, duration, status, method, loadTest);
        }
        const hit = header && cacheOutcome(method, status, header);
        if (hit !== undefined && endpoints.length === 1) {
          this.recordCache(endpoints[0] as string, hit);
        }
      },
    };
  }

  private bounded(name: string): string {
    if (this.names.has(name) || name === UNMATCHED) return name;
    if (this.names.size < MOST_NAMES) {
      this.names.add(name);
      return name;
    }
    this.metrics.overflow.inc();
    return OTHER;
  }
}

/**
 * The one monitor of the process. Next builds instrumentation and routes into bundles of their own, each with its copy
 * of this file; what they share is kept where all of them find it.
 */
export function shared(): PerformanceMonitor {
  const place = globalThis as { [key: symbol]: PerformanceMonitor | undefined };
  const key = Symbol.for('loadline.monitor');
  return (place[key] ??= new PerformanceMonitor());
}

/**
 * Names requests of a tRPC server by their procedures: `/api/trpc/a.b,c.d` is two calls. Procedures that are not in
 * `known` have no name, since anybody can ask for anything.
 */
export function procedures(prefix: string, known: Iterable<string>): (request: { url?: string | undefined }) => Names {
  const names = new Set(known);
  return ({ url }) => {
    const [, path] = /^(?:https?:\/\/[^/]*)?([^?#]*)/.exec(url ?? '') ?? [];
    if (path === undefined || !path.startsWith(prefix)) return undefined;
    const asked = path.slice(prefix.length).replaceAll(/%2c/gi, ',').split(',');
    return asked.every((name) => names.has(name)) ? asked : undefined;
  };
}

/** The name of a part as a token: dots put parts into each other. */
function partName(name: string): string {
  const words = name.split('.').map(word).filter((part) => part !== '');
  return words.join('.').slice(0, LONGEST_PART);
}

/** A text as one word of a token (RFC 9110, 5.6.2). */
function word(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9!#$%&'*+^_`|~-]/g, '-').replaceAll(/^-+|-+$/g, '');
}

/** With three digits; what is less than a microsecond is cut off, so that parts are never more than the whole. */
function milliseconds(time: number): string {
  return (Math.floor(time * 1000) / 1000).toFixed(3);
}

/** Puts `Server-Timing` on an answer whose head is about to be written, behind what the service says itself. */
function putTiming(response: ServerResponse, head: unknown[], timing: string): void {
  const given = head.at(-1);
  const isList = Array.isArray(given);
  // Names and values in turn, pairs of them, or an object; what was set before is only looked at where none of them says more.
  const pairs: [unknown, unknown][] = isList ? pairsOf(given) : Object.entries(given instanceof Object ? given : {});
  const [own, others] = [true, false].map((wanted) =>
    pairs.filter(([name]) => (String(name).toLowerCase() === 'server-timing') === wanted),
  ) as [typeof pairs, typeof pairs];
  const said = own.length > 0 ? own.map(([, value]) => value) : [response.getHeader('server-timing') ?? []];
  const value = [...said.flat().map(String), timing].join(', ');
  if (isList) head[head.length - 1] = [...others, ['Server-Timing', value]].flat();
  else if (pairs.length > 0) head[head.length - 1] = { ...Object.fromEntries(others), 'Server-Timing': value };
  else response.setHeader('Server-Timing', value);
}

function pairsOf(list: unknown[]): [unknown, unknown][] {
  if (Array.isArray(list[0])) return list as [unknown, unknown][];
  return list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1]]] : [])) as [unknown, unknown][];
}

/** The same for a `Response`, which is another one where its headers cannot be changed, as those of a redirect. */
function withTiming(response: Response, timing: string | undefined): Response {
  if (timing === undefined) return response;
  try {
    response.headers.append('Server-Timing', timing);
    return response;
  } catch {
    const { body, status, statusText } = response;
    const headers = new Headers(response.headers);
    headers.append('Server-Timing', timing);
    return new Response(body, { status, statusText, headers });
  }
}

/** The status that Next answers with when its `redirect()` or `notFound()` was thrown; 500 for all else. */
function statusOfThrown(error: unknown): number {
  const digest = (error as { digest?: unknown } | null | undefined)?.digest;
  const words = typeof digest === 'string' ? digest.split(';') : [];
  if (words[0] === 'NEXT_REDIRECT') return Number(words.at(-2)) || 307;
  if (words[0] === 'NEXT_HTTP_ERROR_FALLBACK') return Number(words[1]) || 404;
  return words[0] === 'NEXT_NOT_FOUND' ? 404 : 500;
}

/** A header of an answer: set before, or given to `writeHead` itself, as an object or as names and values in turn. */
function headerOf(response: ServerResponse, head: unknown[], name: string): string | undefined {
  const given = head.at(-1);
  if (Array.isArray(given)) {
    const pairs = given.flat() as unknown[];
    const at = pairs.findIndex((word, index) => index % 2 === 0 && String(word).toLowerCase() === name);
    if (at >= 0) return String(pairs[at + 1]);
  } else if (typeof given === 'object' && given !== null) {
    const found = Object.entries(given).find(([word]) => word.toLowerCase() === name);
    if (found?.[1] !== undefined) return String(found[1]);
  }
  const set = response.getHeader(name);
  return set === undefined ? undefined : String(set);
}

/** Whether an answer that a shared cache may keep (RFC 9111, 3) came from one; `undefined` where none may keep it. */
function cacheOutcome(method: string, status: number, header: Header): boolean | undefined {
  if ((method !== 'GET' && method !== 'HEAD') || (status !== 200 && status !== 304)) return undefined;
  const directives = (header('cache-control') ?? '').toLowerCase().split(',').map((word) => word.trim());
  if (directives.some((word) => /^(private|no-store)\b/.test(word))) return undefined;
  if (!directives.some((word) => word === 'public' || /^(s-maxage|max-age)=(?!0$)/.test(word))) return undefined;
  if (status === 304) return true;
  const cacheStatus = header('cache-status');
  if (cacheStatus !== undefined) {
    // The last cache of the list is the one nearest to the client.
    const [, ...parameters] = (cacheStatus.split(',').at(-1) as string).split(';');
    return parameters.some((parameter) => parameter.trim() === 'hit');
  }
  const word = header('x-cache')?.toLowerCase();
  if (word !== undefined) return word.startsWith('hit') || word.includes('_hit');
  return header('age') !== undefined;
}
