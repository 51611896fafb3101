// The load test's 25 searches in turn: the same work in every run, for counting instructions.
import http from 'k6/http';

const LOCATIONS = ['2000', '2001', '2010', '2020', '2030'];
const AGE_GROUPS = ['0-2', '3-4', '5-7', '8-12', '13-17'];

export default function () {
  const input = { location: LOCATIONS[__ITER % 5], ageGroup: AGE_GROUPS[Math.floor(__ITER / 5) % 5], radius: 10 };
  http.post(`${__ENV.BASE_URL}/api/trpc/search.findPrograms`, JSON.stringify({ json: input }), {
    headers: { 'Content-Type': 'application/json' },
  });
}
