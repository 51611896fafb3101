// How much the service carries: what the users of main.ts do arrives on a schedule, in the mix in which they do it, and
// nobody thinks. `loadline capacity` scales it.
import exec from 'k6/execution';
import { PEAK, pace, paymentSuccess, thresholds } from './framework.ts';
import { browseScenario } from './scenarios/browse.ts';
import { login, subscribe } from './scenarios/payment.ts';
import { searchScenario } from './scenarios/search.ts';

pace.thinks = false;

/** What a user of main.ts thinks in an iteration, on average, in seconds. */
const THINKS = { search: 3.5, browse: 6.3, payment: 5 };
const ACCOUNTS = PEAK.search + PEAK.browse + PEAK.payment;
/** Rates are whole numbers. */
const PER_S = 100;

function arriving(scenario: keyof typeof PEAK) {
  return {
    executor: 'constant-arrival-rate' as const,
    exec: scenario,
    rate: Math.max(1, Math.round((PEAK[scenario] * PER_S) / THINKS[scenario])),
    timeUnit: `${PER_S}s`,
    duration: '1m',
    preAllocatedVUs: PEAK[scenario],
  };
}

export const options = {
  scenarios: { search: arriving('search'), browse: arriving('browse'), payment: arriving('payment') },
  thresholds,
};

/** The accounts pay in turn: more arrive at a time than there are. */
export function payment() {
  const token = login(1 + (exec.scenario.iterationInTest % ACCOUNTS));
  paymentSuccess.add(token !== undefined && subscribe(token));
}

export { searchScenario as search, browseScenario as browse };
