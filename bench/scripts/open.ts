// Arrivals at a fixed rate, whatever the server does.
import http from 'k6/http';

const rate = Number(__ENV.RATE);

export const options = {
  scenarios: {
    arrivals: {
      executor: 'constant-arrival-rate',
      rate,
      timeUnit: '1s',
      duration: __ENV.DURATION ?? '20s',
      preAllocatedVUs: Math.ceil(rate / 10),
      maxVUs: rate,
    },
  },
  thresholds: { dropped_iterations: ['count==0'] },
};

export default function () {
  http.get(__ENV.URL);
}
