// story:
// loadtests/framework.ts
import { check, sleep } from 'k6';
import http from 'k6/http';
import { Rate, Trend } from 'k6/metrics';

// Custom metrics
const searchLatency = new Trend('search_latency');
const searchErrors = new Rate('search_errors');
const paymentSuccess = new Rate('payment_success');

export const options = {
  stages: [
    { duration: '2m', target: 50 },   // Ramp up to 50 users
    { duration: '5m', target: 100 },  // Ramp up to 100 users
    { duration: '10m', target: 500 }, // Ramp up to 500 users
    { duration: '5m', target: 500 },  // Stay at 500 users
    { duration: '2m', target: 0 },    // Ramp down
  ],
  thresholds: {
    'http_req_duration{scenario:search}': ['p(95)<500'], // 95% under 500ms
    'http_req_duration{scenario:payment}': ['p(95)<3000'], // 95% under 3s
    'search_errors': ['rate<0.01'], // Less than 1% error rate
    'payment_success': ['rate>0.995'], // Greater than 99.5% success
  },
};
// end of story

export { check, http, paymentSuccess, searchErrors, searchLatency, sleep };
