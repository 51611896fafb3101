// A parent looks for programmes near a postcode for a child's age.
import { check } from 'k6';
import http from 'k6/http';
import { BASE_URL, LOAD_TEST, anyOf, between, fromJson, searchErrors, searchLatency, think } from '../framework.ts';

const LOCATIONS = ['2000', '2001', '2010', '2020', '2030']; // Sydney postcodes
const AGE_GROUPS = ['0-2', '3-4', '5-7', '8-12', '13-17'];

export function searchScenario() {
  const { url, body, params } = searchRequest();
  const response = http.post(url, body, params);
  const latency = response.timings.duration;
  searchLatency.add(latency);
  const success = check(response, {
    'search: status is 200': (r) => r.status === 200,
    'search: has results': (r) => fromJson(r.body, (json) => json.result.data.programs.length > 0) === true,
  });
  check(latency, { 'search: latency under 500 ms': (ms) => ms < 500 });
  searchErrors.add(!success);

  think(between(2, 5)); // think time
}

/** A search for any age, somewhere in Sydney. */
export function searchRequest() {
  const input = { location: anyOf(LOCATIONS), ageGroup: anyOf(AGE_GROUPS), radius: 10 };
  return {
    method: 'POST',
    url: `${BASE_URL}/api/trpc/search.findPrograms`,
    body: JSON.stringify({ json: input }),
    params: {
      headers: { 'Content-Type': 'application/json', ...LOAD_TEST },
      tags: { scenario: 'search', endpoint: 'search.findPrograms' },
    },
  };
}
