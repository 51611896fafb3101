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
      // A request takes a fraction of a millisecond here: a twentieth of a second of arrivals outlasts what a shared machine
      // steals at a time.
      preAllocatedVUs: Math.ceil(rate / 20),
      maxVUs: rate,
    },
  },
  thresholds: { dropped_iterations: ['count==0'] },
};

export default function () {
  http.get(__ENV.URL);
}
