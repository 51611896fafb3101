// What the scenarios share: the environment, the metrics, and how load rises and falls.
import { sleep } from 'k6';
import { Rate, Trend } from 'k6/metrics';

export const BASE_URL = (__ENV.BASE_URL || 'http://127.0.0.1:3000').replace(/\/+$/, '');
const TEST_PRICE_ID = __ENV.TEST_PRICE_ID || 'price_test';
const TEST_PRICES = Number(__ENV.TEST_PRICES || '1');

/** What a user orders: always the same, or one of TEST_PRICES after the other, so that most orders make a new subscription. */
export function priceOf(order: number): string {
  return TEST_PRICES > 1 ? `${TEST_PRICE_ID}_${(order % TEST_PRICES) + 1}` : TEST_PRICE_ID;
}

export const searchLatency = new Trend('search_latency', true);
export const searchErrors = new Rate('search_errors');
export const browseErrors = new Rate('browse_errors');
export const loginErrors = new Rate('login_errors');
export const paymentSuccess = new Rate('payment_success');

/** Marks the traffic, so that the service can tell it from its users'; it believes only who knows its secret. */
export const LOAD_TEST = {
  'X-Load-Test': 'true',
  ...(__ENV.LOAD_TEST_SECRET ? { 'X-Load-Test-Secret': __ENV.LOAD_TEST_SECRET } : {}),
};

const USERS = users(__ENV.USERS || '500');
export const SECONDS = seconds(__ENV.DURATION || '24m');

/** Two minutes to a tenth, five to a fifth, ten to the peak, five there, two down: 24 minutes unless compressed. */
const STAGES = [
  { minutes: 2, share: 0.1 },
  { minutes: 5, share: 0.2 },
  { minutes: 10, share: 1 },
  { minutes: 5, share: 1 },
  { minutes: 2, share: 0 },
];
const ALL_MINUTES = 24;

/** Of the users at the peak, how many do what; together exactly USERS, and at least one of each. */
const PAYING = Math.max(1, Math.round(USERS * 0.1));
const BROWSING = Math.max(1, Math.round(USERS * 0.2));
export const PEAK = { search: USERS - BROWSING - PAYING, browse: BROWSING, payment: PAYING };

/** A scenario whose users rise to `peak` and fall through the stages. */
export function rampingTo(peak: number, exec: string) {
  return {
    executor: 'ramping-vus' as const,
    exec,
    startVUs: 0,
    stages: STAGES.map(({ minutes, share }) => ({
      duration: `${Math.round((minutes / ALL_MINUTES) * SECONDS * 1000)}ms`,
      target: Math.round(peak * share),
    })),
    gracefulRampDown: '10s',
  };
}

/** The story's requirements. */
export const thresholds = {
  'http_req_duration{scenario:search}': ['p(95)<500', 'p(99)<1000'],
  'http_req_duration{scenario:payment}': ['p(95)<3000'],
  'http_req_duration{endpoint:payment.createSubscription}': ['p(95)<3000', 'p(99)<5000'],
  'http_req_duration{endpoint:auth.login}': ['p(95)<1000', 'p(99)<2000'],
  search_errors: ['rate<0.01'],
  browse_errors: ['rate<0.01'],
  payment_success: ['rate>0.995'],
  http_req_failed: ['rate<0.01'],
};

/** The story's requirement on a cache in front, for each endpoint whose answers it may keep. */
export const hitRates = {
  'cache_hits{endpoint:static}': ['rate>0.9'],
  'cache_hits{endpoint:image}': ['rate>0.9'],
  'cache_hits{endpoint:public.getPrograms}': ['rate>0.9'],
  'cache_hits{endpoint:public.getProviders}': ['rate>0.9'],
};

/** Runs `pick` on a parsed body; a body that is no JSON, or lacks what is picked, gives undefined. */
export function fromJson<T>(body: unknown, pick: (json: any) => T): T | undefined {
  try {
    return pick(JSON.parse(String(body)));
  } catch {
    return undefined;
  }
}

/** One of these. */
export function anyOf<T>(choices: readonly T[]): T {
  return choices[Math.floor(Math.random() * choices.length)];
}

/** Whether users think between what they do. */
export const pace = { thinks: true };

/** Some time in which a user reads, and asks for nothing. */
export function think(seconds: number) {
  if (pace.thinks) sleep(seconds);
}

/** A number of seconds between the two. */
export function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}

/** A variable that has to be set. */
export function required(name: string): string {
  const value = __ENV[name];
  if (!value) throw new Error(`the variable ${name} is not set; see loadtests/README.md`);
  return value;
}

function users(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) < 3) {
    throw new Error(`USERS is \`${text}\`; it must be a whole number of at least 3, one for each scenario`);
  }
  return Number(text);
}

function seconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text);
  if (!match || Number(match[1]) <= 0) throw new Error(`DURATION is \`${text}\`; write it like 60s, 10m or 1h`);
  return Number(match[1]) * { s: 1, m: 60, h: 3600 }[match[2] as 's' | 'm' | 'h'];
}
