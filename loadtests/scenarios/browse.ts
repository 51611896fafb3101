// A visitor without an account, as caches see it: the start page with its files, the programmes near a place with their
// pictures, the providers, one programme. Places and programmes are popular or not, by Zipf's law.
import { check } from 'k6';
import http from 'k6/http';
import { BASE_URL, LOAD_TEST, between, browseErrors, fromJson, think } from '../framework.ts';
import { POSTCODES, zipf } from '../popularity.ts';

const STATIC_FILES = ['/_next/static/chunks/app-4f1c2a90.js', '/_next/static/css/app-7be0d135.css'];
/** Programmes of a list whose pictures are on the screen before anybody scrolls. */
const ON_SCREEN = 6;
/** Of the visitors so many turn to the list's second page. */
const SECOND_PAGE = 0.2;

const place = zipf(POSTCODES.length);
const listed = zipf(20);

export function browseScenario() {
  const page = batch([
    get('/', 'page'),
    ...STATIC_FILES.map((path) => get(path, 'static')),
    get('/api/health/live', 'health'),
  ]);
  browseErrors.add(!check(page, { 'browse: the page and its files': (all) => all.every((r) => r.status === 200) }));
  think(between(1, 2));

  const location = { 'X-Location': POSTCODES[place()] };
  const [programs, providers] = batch([
    get('/api/trpc/public.getPrograms', 'public.getPrograms', location),
    get('/api/trpc/public.getProviders', 'public.getProviders'),
  ]);
  let ids = idsOf(programs.body);
  const bothListed = check(providers, {
    'browse: lists programmes': () => ids.length > 0,
    'browse: lists providers': (r) => fromJson(r.body, (json) => json.result.data.providers.length > 0) === true,
  });
  browseErrors.add(!bothListed);
  const cursor = fromJson(programs.body, (json) => json.result.data.nextCursor);
  if (cursor !== undefined && Math.random() < SECOND_PAGE) {
    showPictures(ids);
    think(between(1, 2));
    const [next] = batch([get(`/api/trpc/public.getPrograms?input=${input({ cursor })}`, 'public.getPrograms', location)]);
    ids = idsOf(next.body);
    browseErrors.add(!check(ids, { 'browse: turns the page': (all) => all.length > 0 }));
  }
  showPictures(ids);
  think(between(1, 2));

  if (ids.length > 0) {
    const id = ids[listed() % ids.length];
    const [details, image] = batch([
      get(`/api/trpc/programs.getById?input=${input({ id })}`, 'programs.getById'),
      get(`/images/programs/${id}.svg`, 'image'),
    ]);
    const shown = check(details, {
      'browse: shows the programme': (r) => fromJson(r.body, (json) => json.result.data.program.id) === id,
      'browse: shows its picture': () => image.status === 200,
    });
    browseErrors.add(!shown);
  }
  think(between(2, 4));
}

function showPictures(ids: number[]) {
  const pictures = batch(ids.slice(0, ON_SCREEN).map((id) => get(`/images/programs/${id}.svg`, 'image')));
  browseErrors.add(!check(pictures, { 'browse: shows the pictures': (all) => all.every((r) => r.status === 200) }));
}

function idsOf(body: unknown): number[] {
  return fromJson(body, (json) => json.result.data.programs.map((program: { id: number }) => program.id)) ?? [];
}

function input(json: object): string {
  return encodeURIComponent(JSON.stringify({ json }));
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
