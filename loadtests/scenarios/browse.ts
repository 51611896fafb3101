// A visitor without an account: the start page's files, the public lists, one programme with its picture.
import { check, sleep } from 'k6';
import http from 'k6/http';
import { BASE_URL, LOAD_TEST, anyOf, between, browseErrors, fromJson } from '../framework.ts';

const STATIC_FILES = ['/_next/static/chunks/app-4f1c2a90.js', '/_next/static/css/app-7be0d135.css'];
const LOCATIONS = ['2000', '2010', '2026', '2095', '2150', '2220', '2750'];

export function browseScenario() {
  const page = batch([
    get('/', 'page'),
    ...STATIC_FILES.map((path) => get(path, 'static')),
    get('/api/health/live', 'health'),
  ]);
  browseErrors.add(!check(page, { 'browse: the page and its files': (all) => all.every((r) => r.status === 200) }));
  sleep(between(1, 2));

  const [programs, providers] = batch([
    get('/api/trpc/public.getPrograms', 'public.getPrograms', { 'X-Location': anyOf(LOCATIONS) }),
    get('/api/trpc/public.getProviders', 'public.getProviders'),
  ]);
  const ids: number[] =
    fromJson(programs.body, (json) => json.result.data.programs.map((program: { id: number }) => program.id)) ?? [];
  const listed = check(providers, {
    'browse: lists programmes': () => ids.length > 0,
    'browse: lists providers': (r) => fromJson(r.body, (json) => json.result.data.providers.length > 0) === true,
  });
  browseErrors.add(!listed);
  sleep(between(1, 2));

  if (ids.length > 0) {
    const id = anyOf(ids);
    const input = encodeURIComponent(JSON.stringify({ json: { id } }));
    const [details, image] = batch([
      get(`/api/trpc/programs.getById?input=${input}`, 'programs.getById'),
      get(`/images/programs/${id}.svg`, 'image'),
    ]);
    const shown = check(details, {
      'browse: shows the programme': (r) => fromJson(r.body, (json) => json.result.data.program.id) === id,
      'browse: shows its picture': () => image.status === 200,
    });
    browseErrors.add(!shown);
  }
  sleep(between(2, 4));
}

/** A GET whose `name` is the endpoint's, so that a thousand programmes are one series. */
function get(path: string, endpoint: string, headers: Record<string, string> = {}) {
  return {
    method: 'GET',
    url: `${BASE_URL}${path}`,
    params: { headers: { ...LOAD_TEST, ...headers }, tags: { scenario: 'browse', endpoint, name: endpoint } },
  };
}

function batch(requests: ReturnType<typeof get>[]) {
  return http.batch(requests) as ReturnType<typeof http.get>[];
}
