// The story's regression tests: three operations within their budgets, and ten searches at once. One user without think
// time does all of them in turn, so that each is measured alone: small enough for every build.
import { check } from 'k6';
import http from 'k6/http';
import { Trend } from 'k6/metrics';
import { BASE_URL, LOAD_TEST, fromJson } from './framework.ts';
import { login, subscribe } from './scenarios/payment.ts';
import { searchRequest } from './scenarios/search.ts';

/** Milliseconds that 95 % of calls keep. */
const BUDGETS = { searchPrograms: 500, loadProgramDetails: 300, createSubscription: 3000 };
const CONCURRENT = 10;
/** How much longer than one search the ten together may take. */
const CONCURRENT_FACTOR = 3;

const searchPrograms = new Trend('searchPrograms', true);
const loadProgramDetails = new Trend('loadProgramDetails', true);
const createSubscription = new Trend('createSubscription', true);
const concurrentSearches = new Trend('concurrentSearches', true);

export const options = {
  scenarios: {
    regression: { executor: 'shared-iterations', vus: 1, iterations: iterations(__ENV.ITERATIONS || '20'), maxDuration: '5m' },
  },
  // Of k6's six connections per host, four of the ten would wait.
  batch: CONCURRENT,
  batchPerHost: CONCURRENT,
  thresholds: {
    searchPrograms: [`p(95)<${BUDGETS.searchPrograms}`],
    loadProgramDetails: [`p(95)<${BUDGETS.loadProgramDetails}`],
    createSubscription: [`p(95)<${BUDGETS.createSubscription}`],
    concurrentSearches: [`p(95)<${BUDGETS.searchPrograms * CONCURRENT_FACTOR}`],
    checks: ['rate==1'],
  },
};

export default function () {
  const found = findPrograms();
  if (found.length > 0) loadDetails(found[0]);
  createOne();
  searchTenTimesAtOnce();
}

function findPrograms(): number[] {
  const { url, body, params } = searchRequest();
  const response = http.post(url, body, params);
  searchPrograms.add(response.timings.duration);
  const found = programs(response);
  check(found, { 'search: has results': (all) => all.length > 0 });
  return found;
}

function loadDetails(id: number) {
  const input = encodeURIComponent(JSON.stringify({ json: { id } }));
  const response = http.get(`${BASE_URL}/api/trpc/programs.getById?input=${input}`, {
    headers: LOAD_TEST,
    tags: { endpoint: 'programs.getById', name: 'programs.getById' },
  });
  loadProgramDetails.add(response.timings.duration);
  check(response, { 'details: shows the programme': (r) => fromJson(r.body, (json) => json.result.data.program.id) === id });
}

/** Another account each time: who has a subscription already is answered without the payment gateway. */
function createOne() {
  const token = login(__ITER + 1);
  if (token === undefined) return;
  const start = Date.now();
  subscribe(token);
  createSubscription.add(Date.now() - start);
}

function searchTenTimesAtOnce() {
  const requests = Array.from({ length: CONCURRENT }, searchRequest);
  const start = Date.now();
  const responses = http.batch(requests) as ReturnType<typeof http.post>[];
  concurrentSearches.add(Date.now() - start);
  check(responses, { 'ten at once: all have results': (all) => all.every((response) => programs(response).length > 0) });
}

function programs(response: ReturnType<typeof http.post>): number[] {
  return fromJson(response.body, (json) => json.result.data.programs.map((program: { id: number }) => program.id)) ?? [];
}

function iterations(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`ITERATIONS is \`${text}\`; it must be a whole number of at least 1`);
  return Number(text);
}
