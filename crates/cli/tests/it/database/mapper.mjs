// A service on a query builder that nobody here wrote. What it counts is by the text that the server keeps.
import http from 'node:http';
import { randomBytes } from 'node:crypto';
import knex from 'knex';

const [host, port] = process.argv.slice(2);
const db = knex({ client: 'pg', connection: { host, port: Number(port), user: 'holiday', database: 'postgres' }, pool: { min: 0, max: 20 } });
const counts = new Map();

/** The comment of sqlcommenter: keys and values encoded as in a URL, values in quotes. */
function comment(route) {
  const trace = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
  return `db_driver='knex',route='${encodeURIComponent(route)}',traceparent='${trace}'`;
}

async function pause(route) {
  const query = db.select(db.raw('pg_sleep(?)', [0.004])).comment(comment(route));
  await query;
  const text = query.toSQL().toNative().sql.replace(/^\/\*.*?\*\/ /, '');
  counts.set(text, (counts.get(text) ?? 0) + 1);
}

const server = http.createServer(async (request, response) => {
  if (request.url === '/counts') return response.end(JSON.stringify(Object.fromEntries(counts)));
  if (request.url === '/programs') await pause('/programs');
  else for (let row = 0; row < 3; row++) await pause('/providers/:id');
  response.end('done');
});
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
process.stdin.on('end', () => process.exit(0)).resume();
