// A service whose latency is known: log-normal around a median, with what a build can get wrong to order.
//
//   node toy-server.mjs PORT [SLOWER] [TAIL-SHARE TAIL-MS] [FAILING-SHARE]
//
// SLOWER multiplies every latency, TAIL-MS is added to a share of requests, and a share fails with 500.
import { createServer } from 'node:http';

const [port, slower = 1, tailShare = 0, tailMs = 0, failing = 0] = process.argv.slice(2).map(Number);
const MEDIAN_MS = 20;
const SPREAD = 0.2;

function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

createServer((request, response) => {
  const tail = Math.random() < tailShare ? tailMs : 0;
  const wait = MEDIAN_MS * slower * Math.exp(SPREAD * normal()) + tail;
  // Timers count in whole milliseconds: the rest of one is a millisecond more for as large a share of requests.
  setTimeout(() => {
    response.statusCode = Math.random() < failing ? 500 : 200;
    response.end('ok');
  }, Math.floor(wait + Math.random()));
}).listen(port, '127.0.0.1');
