// A service of known behaviour: each route makes statements that are counted here, by their texts.
import http from 'node:http';
import pg from 'pg';

const [host, port] = process.argv.slice(2);
const pool = new pg.Pool({ host, port: Number(port), user: 'holiday', database: 'postgres', max: 20, options: '-c work_mem=64kB -c jit=off' });
// Sessions that the server ends when it starts again.
pool.on('error', () => {});
const counts = new Map();

async function run(client, text, values) {
  const result = await client.query(text, values);
  counts.set(text, (counts.get(text) ?? 0) + 1);
  return result;
}

const routes = {
  async '/two'() {
    await run(pool, 'SELECT count(*) FROM items WHERE kind = $1', [3]);
    await run(pool, 'SELECT name FROM kinds WHERE id = $1', [3]);
  },
  async '/list'() {
    const { rows } = await run(pool, 'SELECT id FROM items ORDER BY id LIMIT $1', [5]);
    for (const { id } of rows) await run(pool, 'SELECT v FROM items WHERE id = $1', [id]);
  },
  async '/spill'() {
    await run(pool, 'SELECT count(*) FROM (SELECT v FROM items ORDER BY v) AS sorted', []);
  },
  async '/lock'() {
    const client = await pool.connect();
    try {
      await run(client, 'BEGIN', []);
      await run(client, 'UPDATE counters SET n = n + $1 WHERE id = $2', [1, 1]);
      await run(client, 'SELECT pg_sleep($1)', [0.02]);
      await run(client, 'COMMIT', []);
    } finally {
      client.release();
    }
  },
  async '/plan'() {
    await run(pool, 'SELECT note FROM growing WHERE kind = $1', [7]);
  },
  async '/grow'() {
    await pool.query("INSERT INTO growing SELECT i, i, 'note' FROM generate_series(100, 60000) AS i");
    await pool.query('ANALYZE growing');
  },
  async '/reset'() {
    await pool.query('SELECT pg_stat_statements_reset()');
  },
  // Statements that nobody has made before: each takes the place of another in the statistics.
  async '/crowd'() {
    for (let number = 0; number < 60; number++) await pool.query(`SELECT ${Array(++crowd).fill(1)}`);
  },
  async '/gone'() {
    await pool.query('SELECT count(*) FROM gone');
  },
  async '/drop'() {
    await pool.query('DROP TABLE gone');
  },
  async '/long'() {
    await pool.query(`SELECT pg_sleep(0.02) /* ${'long '.repeat(60)} */`);
  },
  async '/tagged/a'() {
    await run(pool, "SELECT pg_sleep(0.004) /*route='%2Ftagged%2Fa'*/", []);
  },
  async '/tagged/b'() {
    for (let time = 0; time < 3; time++) await run(pool, "SELECT pg_sleep(0.004) /*route='%2Ftagged%2Fb'*/", []);
  },
  // Statements of a tenth of a millisecond, one of them of both routes; what is said of them stands at either end.
  async '/quick/a'() {
    await run(pool, "SELECT v FROM items WHERE id = $1 /*route='%2Fquick%2Fa'*/", [7]);
    await run(pool, "/*route='%2Fquick%2Fa'*/ SELECT name FROM kinds WHERE id = $1", [3]);
  },
  async '/quick/b'() {
    for (const id of [1, 2]) await run(pool, "SELECT v FROM items WHERE id = $1 /*route='%2Fquick%2Fb'*/", [id]);
    const long = `/*route='%2Fquick%2Fb'*/ SELECT count(*) FROM kinds WHERE name <> '${'long '.repeat(300)}'`;
    await run(pool, long, []);
  },
};
// How many columns: statements that differ by them are different ones.
let crowd = 0;

const server = http.createServer(async (request, response) => {
  if (request.url === '/counts') return response.end(JSON.stringify(Object.fromEntries(counts)));
  try {
    await routes[request.url]();
    response.end('done');
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
});
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
process.stdin.on('end', () => process.exit(0)).resume();
