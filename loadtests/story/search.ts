import { check, http, options, searchErrors, searchLatency, sleep } from './framework.ts';

// story:
// loadtests/scenarios/search.ts
export function searchScenario() {
  const locations = ['2000', '2001', '2010', '2020', '2030']; // Sydney postcodes
  const ageGroups = ['0-2', '3-4', '5-7', '8-12', '13-17'];
  
  // Random search parameters
  const location = locations[Math.floor(Math.random() * locations.length)];
  const ageGroup = ageGroups[Math.floor(Math.random() * ageGroups.length)];
  
  const params = {
    headers: {
      'Content-Type': 'application/json',
      'X-Load-Test': 'true', // Identify load test traffic
    },
    tags: { scenario: 'search' },
  };
  
  // Perform search
  const searchStart = Date.now();
  const response = http.post(
    `${__ENV.BASE_URL}/api/trpc/search.findPrograms`,
    JSON.stringify({
      json: {
        location,
        ageGroup,
        radius: 10,
      },
    }),
    params
  );
  
  const latency = Date.now() - searchStart;
  searchLatency.add(latency);
  
  // Validate response
  const success = check(response, {
    'status is 200': (r) => r.status === 200,
    'has results': (r) => {
      const body = JSON.parse(r.body);
      return body.result?.data?.programs?.length > 0;
    },
    'latency under 500ms': () => latency < 500,
  });
  
  searchErrors.add(!success);
  
  // Think time
  sleep(Math.random() * 3 + 2); // 2-5 seconds
}
// end of story

export { options };
export default searchScenario;
