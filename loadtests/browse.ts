// Browse traffic alone, through a cache in front of the service: BASE_URL is the cache's. Judged by how much of what may
// be kept comes from the cache, per endpoint; the page, health and single programmes may not, and are not judged.
import { PEAK, SECONDS, hitRates, rampingTo, thresholds as requirements } from './framework.ts';
import { browseScenario } from './scenarios/browse.ts';

const USERS = PEAK.search + PEAK.browse + PEAK.payment;

export const options = {
  // Visitors do not come all at the same moment: those who wait for one answer together have all missed.
  scenarios: { browse: { ...rampingTo(USERS, 'browse'), stages: [stage(0.1), stage(0.9)] } },
  thresholds: {
    browse_errors: requirements.browse_errors,
    ...hitRates,
  },
};

export { browseScenario as browse };

function stage(share: number) {
  return { duration: `${Math.round(SECONDS * share * 1000)}ms`, target: USERS };
}
