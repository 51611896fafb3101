// What people write to find a limit with k6: the rate goes up in steps until a threshold aborts the run. What they read
// off is the highest step that was over by then.
import http from 'k6/http';

const { URL, LIMIT_MS, STEP, SECONDS, MOST } = __ENV;
const step = Number(STEP);
const seconds = Number(SECONDS);
const stages = [];
for (let rate = step; rate <= Number(MOST); rate += step) {
  stages.push({ target: rate, duration: '0s' }, { target: rate, duration: `${seconds}s` });
}

export const options = {
  scenarios: {
    steps: {
      executor: 'ramping-arrival-rate',
      startRate: step,
      timeUnit: '1s',
      preAllocatedVUs: 200,
      maxVUs: 1000,
      stages,
    },
  },
  thresholds: {
    http_req_duration: [{ threshold: `p(95)<${LIMIT_MS}`, abortOnFail: true, delayAbortEval: '5s' }],
    http_req_failed: [{ threshold: 'rate<0.01', abortOnFail: true, delayAbortEval: '5s' }],
  },
};

export default function () {
  http.get(URL);
}

export function handleSummary(data) {
  const ran = data.state.testRunDurationMs / 1000;
  const over = Math.floor(ran / seconds) * step;
  return { stdout: `${over} ${ran.toFixed(1)} ${data.metrics.http_req_duration.values['p(95)']}\n` };
}
