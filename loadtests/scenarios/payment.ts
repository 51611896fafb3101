// A parent logs in and subscribes.
import { check } from 'k6';
import http from 'k6/http';
import { BASE_URL, LOAD_TEST, fromJson, loginErrors, paymentSuccess, priceOf, required, think } from '../framework.ts';

const LOAD_TEST_PASSWORD = required('LOAD_TEST_PASSWORD');
const SESSION_COOKIE = 'next-auth.session-token';

export function paymentScenario() {
  const token = login(__VU);
  // A payment that could not begin is a payment that failed.
  paymentSuccess.add(token !== undefined && subscribe(token));
  think(5); // longer think time for the payment flow
}

/** Logs an account in, counted from 1; gives the session's token. */
export function login(account: number): string | undefined {
  const credentials = { email: `loadtest-${account}@test.holiday-aggregator.com`, password: LOAD_TEST_PASSWORD };
  const response = http.post(`${BASE_URL}/api/auth/callback/credentials`, JSON.stringify(credentials), {
    headers: { 'Content-Type': 'application/json', ...LOAD_TEST },
    tags: { scenario: 'payment', endpoint: 'auth.login' },
  });
  const token = response.cookies[SESSION_COOKIE]?.[0]?.value;
  const success = check(response, {
    'login: status is 200': (r) => r.status === 200,
    'login: has a session': () => token !== undefined,
  });
  loginErrors.add(!success);
  return success ? token : undefined;
}

/** Subscribes whom the session belongs to. */
export function subscribe(token: string): boolean {
  const order = { priceId: priceOf(__ITER), testMode: true };
  const response = http.post(`${BASE_URL}/api/trpc/payment.createSubscription`, JSON.stringify({ json: order }), {
    headers: { 'Content-Type': 'application/json', Cookie: `${SESSION_COOKIE}=${token}`, ...LOAD_TEST },
    tags: { scenario: 'payment', endpoint: 'payment.createSubscription' },
  });
  return check(response, {
    'payment: created': (r) => r.status === 200,
    'payment: has a client secret': (r) => fromJson(r.body, (json) => typeof json.result.data.clientSecret) === 'string',
  });
}
