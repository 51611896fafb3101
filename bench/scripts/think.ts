// Many users who mostly think.
import http from 'k6/http';
import { sleep } from 'k6';

export default function () {
  http.get(__ENV.URL);
  sleep(2 + Math.random() * 3);
}
