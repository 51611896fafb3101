// N requests, each with a new value of one tag; every tenth has the value that is judged, from the last one on as well.
import exec from 'k6/execution';
import http from 'k6/http';

const n = Number(__ENV.N);
const kind = __ENV.KIND;
const url = __ENV.URL;
const judged = { few: 'few:no', url: `url:${url}judged`, tag: 'order:judged', name: 'name:judged' }[kind];

export const options = {
  scenarios: { shop: { executor: 'shared-iterations', vus: 50, iterations: n, maxDuration: '1h' } },
  discardResponseBodies: true,
  thresholds: {
    'http_reqs{expected_response:true}': [`count==${n}`],
    ...(kind === 'few' ? {} : { [`http_reqs{${judged}}`]: [`count==${n / 10}`] }),
  },
};

export default function () {
  const i = exec.scenario.iterationInTest;
  const value = i % 10 === 9 ? 'judged' : `v${i}`;
  if (kind === 'url') http.get(`${url}${value}`);
  else if (kind === 'tag') http.get(url, { tags: { name: 'checkout', order: value } });
  else if (kind === 'name') http.get(url, { tags: { name: value } });
  else http.get(url);
}
