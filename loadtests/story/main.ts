// The story's two scenarios under its options: nine searches to one payment.
import { options } from './framework.ts';
import { paymentScenario } from './payment.ts';
import { searchScenario } from './search.ts';

export { options };

export default function () {
  if (Math.random() < 0.9) searchScenario();
  else paymentScenario();
}
