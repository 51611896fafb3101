import { check, http, options, paymentSuccess, sleep } from './framework.ts';

// story:
// loadtests/scenarios/payment.ts
export function paymentScenario() {
  // First, authenticate
  const loginResponse = http.post(
    `${__ENV.BASE_URL}/api/auth/callback/credentials`,
    JSON.stringify({
      email: `loadtest-${__VU}@test.holiday-aggregator.com`,
      password: __ENV.LOAD_TEST_PASSWORD,
    })
  );
  
  const token = loginResponse.cookies['next-auth.session-token'][0].value;
  
  // Create payment intent
  const paymentResponse = http.post(
    `${__ENV.BASE_URL}/api/trpc/payment.createSubscription`,
    JSON.stringify({
      json: {
        priceId: __ENV.TEST_PRICE_ID,
        testMode: true,
      },
    }),
    {
      headers: {
        'Cookie': `next-auth.session-token=${token}`,
        'X-Load-Test': 'true',
      },
      tags: { scenario: 'payment' },
    }
  );
  
  const success = check(paymentResponse, {
    'payment created': (r) => r.status === 200,
    'has client secret': (r) => {
      const body = JSON.parse(r.body);
      return body.result?.data?.clientSecret !== undefined;
    },
  });
  
  paymentSuccess.add(success);
  
  sleep(5); // Longer think time for payment flow
}
// end of story

export { options };
export default paymentScenario;
