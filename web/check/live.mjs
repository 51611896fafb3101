// Watches a run as people do, and says what is wrong with that, in both themes and at three widths: it grows, zoom stays
// where it is, and it comes back when its way to the run was cut; it is axe's to say whether everybody can follow; at
// its end it has a verdict, and nothing was asked of anybody but the run.
//
//   node check/live.mjs [--pictures FOLDER] ADDRESS
import { connect, createServer } from 'node:net';
import { accessible, attend, fits, launched, opened } from './look.mjs';

/** A window, and the theme that its machine prefers. */
const WINDOWS = [
  [1400, 'light'],
  [820, 'dark'],
  [390, 'light'],
];

const words = process.argv.slice(2);
const at = words.indexOf('--pictures');
const pictures = at < 0 ? null : words.splice(at, 2)[1];
const [address] = words;
if (!address) {
  console.error('error: no address is named');
  process.exit(2);
}
const browser = await launched();
const problems = [];

const pages = await Promise.all(
  WINDOWS.map(async ([width, colorScheme]) => {
    const page = await opened(browser, { colorScheme, viewport: { width, height: 900 } });
    const say = (what) => problems.push(`${what} (${width} wide, ${colorScheme})`);
    attend(page, new URL(address).origin, say);
    await page.goto(address);
    return { page, say, width, colorScheme };
  }),
);
for (const { page, say, width, colorScheme } of pages) {
  await page.waitForSelector('.standing.live');
  await seconds(page, 3);
  const theme = await page.evaluate(() => document.documentElement.dataset.theme);
  if (theme !== colorScheme) say(`its theme is ${theme}`);
  await fits(page, say);
  if (pictures) await page.screenshot({ path: `${pictures}/live-${width}-${colorScheme}.png` });
}
await zooms(pages[0]);
await comesBack();
await accessible(pages[1].page, pages[1].say);
// Whoever waits for that may end the run now.
console.log('seen while it went on');
for (const { page, say, width, colorScheme } of pages) {
  await page.waitForSelector('.standing.ended');
  const words = await page.locator('h1').innerText();
  if (/so far/i.test(words)) say(`at its end it says “${words}”`);
  if (pictures) await page.screenshot({ path: `${pictures}/ended-${width}-${colorScheme}.png` });
}
await browser.close();
for (const problem of [...new Set(problems)]) console.error(`error: ${problem}`);
if (problems.length > 0) process.exit(1);
console.log(`the run was followed to its end at ${WINDOWS.map(([width]) => width).join(', ')} px, in both themes`);

/** Waits until the page shows so many seconds of the run. */
async function seconds(page, least) {
  await page.waitForFunction((least) => {
    const [, minutes, seconds] = /(\d+):(\d+)/.exec(document.querySelector('.standing')?.textContent ?? '') ?? [];
    return Number(minutes) * 60 + Number(seconds) >= least;
  }, least);
}

/** Loses the run on its way, says so, and goes on where it was when there is a way again. */
async function comesBack() {
  const to = new URL(address);
  const ways = new Set();
  const wire = createServer((near) => {
    const far = connect(Number(to.port), to.hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      ways.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => (ways.delete(one), other.destroy()));
      one.pipe(other);
    }
  });
  const listen = (port) => new Promise((there) => wire.listen(port, '127.0.0.1', there));
  await listen(0);
  const { port } = wire.address();
  const page = await opened(browser);
  page.on('pageerror', (error) => problems.push(`${error.message} (when it comes back)`));
  await page.goto(`http://127.0.0.1:${port}${to.pathname}${to.search}`);
  await page.waitForSelector('.standing.live');
  await seconds(page, 1);
  wire.close();
  for (const one of ways) one.destroy();
  await page.waitForSelector('.standing.lost');
  const before = await page.locator('.standing').innerText();
  const [, minutes, rest] = /at (\d+):(\d+)/.exec(before) ?? [];
  if (minutes === undefined) problems.push(`it says “${before}” when the run does not answer`);
  await listen(port);
  await page.waitForSelector('.standing.live');
  await seconds(page, Number(minutes) * 60 + Number(rest) + 2);
  await page.close();
  wire.close();
  for (const one of ways) one.destroy();
}

/** Looks closer, and sees whether that stays while the run goes on. */
async function zooms({ page, say }) {
  await page.locator('.u-over').first().scrollIntoViewIfNeeded();
  const box = await page.locator('.u-over').first().boundingBox();
  if (!box) return say('there is no chart');
  const marked = page.locator('.u-over').first();
  await marked.evaluate((one) => (one.dataset.marked = 'yes'));
  const [left, right, y] = [box.x + box.width * 0.2, box.x + box.width * 0.6, box.y + box.height / 2];
  await page.mouse.move(left, y);
  await page.mouse.down();
  await page.mouse.move(right, y, { steps: 5 });
  await page.mouse.up();
  await page.waitForFunction(() => location.hash.startsWith('#t='));
  const before = await page.evaluate(() => [location.hash, document.querySelector('.standing').textContent]);
  await page.waitForFunction((was) => document.querySelector('.standing').textContent !== was, before[1]);
  const after = await page.evaluate(() => location.hash);
  if (after !== before[0]) say(`the view was ${before[0]}, and is ${after}`);
  if ((await page.locator('.u-over[data-marked]').count()) !== 1) say('the chart was made again');
}
