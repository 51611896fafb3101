// The whole load test: users who search, browse and pay, in the proportions of the product.
import { PEAK, rampingTo, thresholds } from './framework.ts';
import { browseScenario } from './scenarios/browse.ts';
import { paymentScenario } from './scenarios/payment.ts';
import { searchScenario } from './scenarios/search.ts';

export const options = {
  scenarios: {
    search: rampingTo(PEAK.search, 'search'),
    browse: rampingTo(PEAK.browse, 'browse'),
    payment: rampingTo(PEAK.payment, 'payment'),
  },
  thresholds,
};

export { searchScenario as search, browseScenario as browse, paymentScenario as payment };
