// What a page of an hour costs while it goes on: processor time of the tasks of its main thread, the longest, how many
// are above a frame, and in all. Then how soon the report of that hour is there.
// By time on the clock a machine that is busy with other things would be measured.
//
//   node check/frames.mjs PROGRAM [SECONDS [PAGE.js]]     PROGRAM is `hour` of crates/dashboard/examples; PAGE.js is
//                                                         the program of another page, which is measured before
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { launched, opened } from './look.mjs';

/** A task of the page's main thread above this is a frame that comes too late, at 60 in a second. */
const FRAME_MS = 16;

const [program, seconds = '30', other] = process.argv.slice(2);
if (!program) {
  console.error('error: no program is named');
  process.exit(2);
}
const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const address = (await lines.next()).value;
child.stdin.write('10\n');
console.log(`telling without a viewer: ${(await lines.next()).value}`);

const browser = await launched();
if (other) await watched('the other page, ', readFileSync(other, 'utf8'));
await watched('', null);
await report();
await browser.close();
child.stdin.end();

/** Follows the run with the page of the program or with another one. */
async function watched(which, script) {
  const page = await opened(browser, { viewport: { width: 1400, height: 1000 } });
  page.on('pageerror', (error) => console.log(`error: ${error.message}`));
  if (script) await page.route('**/page.js', (route) => route.fulfill({ contentType: 'text/javascript', body: script }));
  await page.goto(address);
  await page.waitForSelector('.standing.live');
  await page.waitForSelector('.u-over');
  const shown = await page.evaluate(() => document.querySelectorAll('.uplot').length);
  await page.evaluate(() => scrollTo(0, 300));
  await course(page, `${which}at rest`, false, shown);
  await page.getByRole('button', { name: 'name', exact: true }).first().click();
  const boxes = page.locator('tbody input[type=checkbox]');
  for (let at = 0; at < Math.min(8, await boxes.count()); at += 1) await boxes.nth(at).check();
  await page.evaluate(() => scrollTo(0, 300));
  await course(page, `${which}eight rows at rest`, false, shown);
  await course(page, `${which}eight rows with the pointer over a chart`, true, shown);
  if (process.env.PICTURE) await page.screenshot({ path: process.env.PICTURE });
  await page.close();
}

/** Some seconds of the run, and what they cost. */
async function course(page, where, isPointed, shown) {
  child.stdin.write('3\n');
  await lines.next();
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
  child.stdin.write(`${seconds}\n`);
  const said = lines.next();
  let over = false;
  said.then(() => (over = true));
  const box = await page.locator('.u-over').first().boundingBox();
  for (let step = 0; !over; step += 1) {
    if (isPointed && box) await page.mouse.move(box.x + 20 + ((step * 7) % (box.width - 40)), box.y + 50);
    await new Promise((next) => setTimeout(next, 50));
  }
  const trace = JSON.parse((await browser.stopTracing()).toString());
  const told = (await said).value;
  const tasks = ofMain(trace);
  const sum = tasks.reduce((sum, one) => sum + one, 0);
  const late = tasks.filter((one) => one > FRAME_MS).length;
  console.log(
    `${where}: ${shown} plots; longest tasks ${tasks.slice(0, 5).map((one) => one.toFixed(1)).join(', ')} ms; ${late} above ${FRAME_MS} ms; ${(sum / Number(seconds)).toFixed(1)} ms a second in all; telling: ${told}`,
  );
}

/** Processor time of the tasks of the page's main thread, in milliseconds, the longest first. */
function ofMain(trace) {
  const main = trace.traceEvents.filter((event) => event.name === 'thread_name' && event.args.name === 'CrRendererMain').map((event) => `${event.pid}/${event.tid}`);
  return trace.traceEvents
    .filter((event) => event.ph === 'X' && /RunTask$/.test(event.name) && main.includes(`${event.pid}/${event.tid}`) && event.tdur !== undefined)
    .map((event) => event.tdur / 1000)
    .sort((left, right) => right - left);
}

/** How long it takes from the opening of the report until its first chart is drawn. */
async function report() {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  const file = join(folder, 'hour.html');
  child.stdin.write(`report ${file}\n`);
  const bytes = (await lines.next()).value;
  const page = await opened(browser, { viewport: { width: 1400, height: 1000 } });
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector('.u-over')) return;
      globalThis.drawn = performance.now();
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
  });
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
  await page.goto(`file://${file}`);
  await page.waitForFunction(() => globalThis.drawn !== undefined);
  const drawn = await page.evaluate(() => globalThis.drawn);
  const tasks = ofMain(JSON.parse((await browser.stopTracing()).toString()));
  const sum = tasks.reduce((sum, one) => sum + one, 0);
  console.log(`the report of it: ${(Number(bytes) / 1e6).toFixed(2)} MB; its first chart after ${drawn.toFixed(0)} ms by the clock, ${sum.toFixed(0)} ms of the main thread in all`);
  await page.close();
  rmSync(folder, { recursive: true });
}
