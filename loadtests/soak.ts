// A soak test: the same users for a long time, and whether the memory of either side rises while they are there.
//
// It wants the service's process, `--process holiday=PID`; with `--scrape holiday=URL` what the service says itself is
// judged as well.
import { PEAK, thresholds as requirements } from './framework.ts';
import { browseScenario } from './scenarios/browse.ts';
import { paymentScenario } from './scenarios/payment.ts';
import { searchScenario } from './scenarios/search.ts';

const DURATION = __ENV.DURATION || '20m';

/** How fast the service's memory may rise; what that costs is the time between two restarts. */
const SLOPE = `slope<${__ENV.MEMORY_SLOPE || '20MB/h'}`;
/** The load generator keeps every second of the run, and may. */
const GENERATOR_SLOPE = 'slope<40MB/h';

const steady = (vus: number, exec: string) => ({ executor: 'constant-vus' as const, exec, vus, duration: DURATION });

export const options = {
  scenarios: {
    search: steady(PEAK.search, 'search'),
    browse: steady(PEAK.browse, 'browse'),
    payment: steady(PEAK.payment, 'payment'),
  },
  thresholds: {
    search_errors: requirements.search_errors,
    browse_errors: requirements.browse_errors,
    payment_success: requirements.payment_success,
    http_req_failed: requirements.http_req_failed,
    'process_memory{process:generator}': [GENERATOR_SLOPE],
    'process_memory{process:holiday}': [SLOPE],
    'process_resident_memory_bytes{target:holiday}': [{ threshold: SLOPE, allowNoData: true }],
  },
};

export { searchScenario as search, browseScenario as browse, paymentScenario as payment };
