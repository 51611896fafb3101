// The load test's searches at a fixed rate, whatever comes back: what is accepted and what is refused are timed apart.
import http from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';

const LOCATIONS = ['2000', '2001', '2010', '2020', '2030'];
const AGE_GROUPS = ['0-2', '3-4', '5-7', '8-12', '13-17'];

const accepted = new Trend('accepted', true);
const refused = new Trend('refused', true);
const share = new Rate('refused_share');
const strange = new Counter('neither');

export const options = {
  scenarios: {
    overload: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE),
      timeUnit: '1s',
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: 400,
      maxVUs: 4000,
    },
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)'],
};

let turn = 0;

export default function () {
  turn += 1;
  const input = { location: LOCATIONS[turn % 5], ageGroup: AGE_GROUPS[Math.floor(turn / 5) % 5], radius: 10 };
  const response = http.post(`${__ENV.BASE_URL}/api/trpc/search.findPrograms`, JSON.stringify({ json: input }), {
    headers: { 'Content-Type': 'application/json' },
  });
  const time = response.timings.duration;
  if (response.status === 200) accepted.add(time);
  else if (response.status === 503) refused.add(time);
  else strange.add(1);
  share.add(response.status === 503);
}

export function handleSummary(data) {
  const of = (name: string, key: string) => data.metrics[name]?.values[key];
  const ms = (name: string) =>
    ['med', 'p(95)', 'p(99)'].map((key) => `${key} ${of(name, key)?.toFixed(0) ?? '-'} ms`).join('  ');
  const lines = [
    `  sent ${of('http_reqs', 'count')} (${of('http_reqs', 'rate').toFixed(0)}/s), never sent ${of('dropped_iterations', 'count') ?? 0}`,
    `  accepted ${of('http_reqs', 'count') - (of('refused_share', 'passes') ?? 0)}: ${ms('accepted')}`,
    `  refused with 503 ${((of('refused_share', 'rate') ?? 0) * 100).toFixed(1)} %: ${ms('refused')}`,
    `  neither ${of('neither', 'count') ?? 0}`,
  ];
  return { stdout: `${lines.join('\n')}\n` };
}
