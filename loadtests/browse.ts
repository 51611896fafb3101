// Browse traffic alone, through a cache in front of the service: BASE_URL is the cache's. Judged by how much of what may
// be kept comes from the cache, per endpoint; the page, health and single programmes may not, and are not judged.
import { PEAK, hitRates, thresholds as requirements } from './framework.ts';
import { browseScenario } from './scenarios/browse.ts';

const DURATION = __ENV.DURATION || '5m';

export const options = {
  scenarios: {
    browse: {
      executor: 'constant-vus' as const,
      exec: 'browse',
      vus: PEAK.search + PEAK.browse + PEAK.payment,
      duration: DURATION,
    },
  },
  thresholds: {
    browse_errors: requirements.browse_errors,
    ...hitRates,
  },
};

export { browseScenario as browse };
