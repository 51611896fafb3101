// The whole load test through a cache in front of the service: BASE_URL is the cache's. Users search, browse and pay as in
// main.ts, and what may be kept has to come from the cache, per endpoint.
import { PEAK, hitRates, rampingTo, thresholds } from './framework.ts';
import { browseScenario } from './scenarios/browse.ts';
import { paymentScenario } from './scenarios/payment.ts';
import { searchScenario } from './scenarios/search.ts';

export const options = {
  scenarios: {
    search: rampingTo(PEAK.search, 'search'),
    browse: rampingTo(PEAK.browse, 'browse'),
    payment: rampingTo(PEAK.payment, 'payment'),
  },
  thresholds: { ...thresholds, ...hitRates },
};

export { searchScenario as search, browseScenario as browse, paymentScenario as payment };
