// Goes through a history as people do, and says what is wrong with that: from the list to a run, to two side by side
// by ticking them, to figures over time and to the runs that a figure is of; back again by the page's own links. On a
// screen in the light and on a phone in the dark.
//
//   node check/history.mjs [--pictures FOLDER] ADDRESS
import { accessible, attend, fits, launched, opened } from './look.mjs';

/** A window, and the theme that its machine prefers. */
const WINDOWS = [
  [1400, 'light'],
  [390, 'dark'],
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

for (const [width, colorScheme] of WINDOWS) {
  const page = await opened(browser, { colorScheme, viewport: { width, height: 900 } });
  let where = 'the list';
  const say = (what) => problems.push(`${where}: ${what} (${width} wide, ${colorScheme})`);
  attend(page, new URL(address).origin, say);
  const look = async (name) => {
    where = name;
    await page.waitForSelector('main h1');
    await fits(page, say);
    await accessible(page, say);
    if (pictures) await page.screenshot({ path: `${pictures}/${name.replaceAll(' ', '-')}-${width}-${colorScheme}.png`, fullPage: true });
  };
  const back = () => page.getByRole('link', { name: 'All runs' }).click();

  await page.goto(address);
  await look('the list');
  const ticks = page.locator('tbody input[type=checkbox]:enabled');
  if ((await ticks.count()) < 2) {
    say('it has no two runs');
    break;
  }
  await page.locator('tbody th a').first().click();
  await look('a run');
  await page.waitForSelector('.uplot');
  await back();

  await page.waitForSelector('table.runs');
  // The newer one first: the older one is the base all the same.
  await ticks.nth(0).check();
  await ticks.nth(1).check();
  const link = page.getByRole('link', { name: /^Compare \d+ with \d+$/ });
  const [, base, head] = /(\d+) with (\d+)/.exec(await link.innerText());
  if (Number(base) >= Number(head)) say(`it compares ${base} with ${head}`);
  await link.click();
  await look('two runs');
  await page.getByRole('button', { name: 'head: all of it' }).click();
  await page.waitForSelector('#requirements, #course');
  await page.getByRole('button', { name: /Both side by side/ }).click();
  await page.waitForSelector('table.figures');
  await back();

  await page.getByRole('link', { name: 'figures over time' }).click();
  await look('figures over time');
  const figure = page.locator('table.trends tbody button.row').last();
  const name = await figure.innerText();
  await figure.click();
  const drawn = await page.locator('#trend').innerText();
  if (drawn !== name) say(`of ${name} it draws ${drawn}`);
  await page.reload();
  await page.waitForSelector('#trend');
  if ((await page.locator('#trend').innerText()) !== name) say('its address does not keep the figure');
  await page.locator('section[aria-labelledby=runs] tbody a').first().click();
  await page.waitForSelector('.uplot');
  await page.close();
}
await browser.close();
for (const problem of [...new Set(problems)]) console.error(`error: ${problem}`);
if (problems.length > 0) process.exit(1);
console.log(`the history was gone through at ${WINDOWS.map(([width]) => width).join(' and ')} px, in both themes`);
