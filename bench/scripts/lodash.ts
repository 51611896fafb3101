// Many users who mostly think, with a large package that each of them imports.
import http from 'k6/http';
import { sleep } from 'k6';
import _ from 'lodash';

export default function () {
  http.get(__ENV.URL);
  sleep(2 + _.random(0, 3, true));
}
