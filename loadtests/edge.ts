// The whole load test through a cache in front of the service: BASE_URL is the cache's. Users search, browse and pay as in
// main.ts, but most of them browse, as visitors do; what may be kept has to come from the cache, per endpoint.
import { PEAK, hitRates, rampingTo, thresholds } from './framework.ts';
import { browseScenario } from './scenarios/browse.ts';
import { paymentScenario } from './scenarios/payment.ts';
import { searchScenario } from './scenarios/search.ts';

const ALL = PEAK.search + PEAK.browse + PEAK.payment;
const BROWSING = Math.max(1, Math.round(ALL * 0.6));
const SEARCHING = Math.max(1, ALL - BROWSING - PEAK.payment);

export const options = {
  scenarios: {
    search: rampingTo(SEARCHING, 'search'),
    browse: rampingTo(BROWSING, 'browse'),
    payment: rampingTo(PEAK.payment, 'payment'),
  },
  thresholds: { ...thresholds, ...hitRates },
};

export { searchScenario as search, browseScenario as browse, paymentScenario as payment };
