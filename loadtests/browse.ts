// Browse traffic alone, through a cache in front of the service: BASE_URL is the cache's. Judged by how much of what may
// be kept comes from the cache, per endpoint; the page, health and single programmes may not, and are not judged.
import { PEAK, thresholds as requirements } from './framework.ts';
import { browseScenario } from './scenarios/browse.ts';

const DURATION = __ENV.DURATION || '5m';
/** The story's requirement. */
const HIT_RATE = 'rate>0.9';

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
    'cache_hits{endpoint:static}': [HIT_RATE],
    'cache_hits{endpoint:image}': [HIT_RATE],
    'cache_hits{endpoint:public.getPrograms}': [HIT_RATE],
    'cache_hits{endpoint:public.getProviders}': [HIT_RATE],
  },
};

export { browseScenario as browse };
