// Opens pages as people do, and says what keeps anybody from reading them: in both themes and at three widths, with a
// keyboard, on paper, without a network.
//
//   node check/access.mjs [--pictures FOLDER] FILE.html…
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import { launched, opened } from './look.mjs';

const WIDTHS = [390, 820, 1400];
const THEMES = ['light', 'dark'];
/** What axe calls so is a defect; what it calls minor is read, not failed by. */
const DEFECTS = ['serious', 'critical'];
/** Pages of paper that a run may take. */
const PAPER = 2;

const words = process.argv.slice(2);
const at = words.indexOf('--pictures');
const pictures = at < 0 ? null : words.splice(at, 2)[1];
if (words.length === 0) {
  console.error('error: no page is named');
  process.exit(2);
}
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await launched();
const problems = [];

for (const file of words) {
  const say = (what) => problems.push(`${basename(file)}: ${what}`);
  const url = pathToFileURL(resolve(file)).href;
  for (const colorScheme of THEMES) {
    for (const width of WIDTHS) {
      const page = await opened(browser, { colorScheme, viewport: { width, height: 900 }, offline: true, bypassCSP: true });
      page.on('pageerror', (error) => say(`${error.message} (${width} wide, ${colorScheme})`));
      page.on('request', (request) => {
        if (!/^(file|data|blob):/.test(request.url())) say(`it asks for ${request.url()}`);
      });
      await page.goto(url);
      await page.waitForSelector('main');
      await drawn(page);
      if (pictures) await page.screenshot({ path: `${pictures}/${basename(file, '.html')}-${width}-${colorScheme}.png`, fullPage: true });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) say(`it is ${wide} px wider than a window of ${width}`);
      await page.evaluate(axe);
      const found = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
      for (const { id, impact, help, nodes } of found.violations) {
        const where = nodes.slice(0, 2).map((node) => node.target.join(' ')).join(', ');
        if (DEFECTS.includes(impact)) say(`${id}: ${help} (${width} wide, ${colorScheme}): ${where}`);
      }
      if (width === WIDTHS[1] && colorScheme === 'light') {
        await keyboard(page, say);
        const paper = await page.pdf({ format: 'A4' });
        const sheets = paper.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
        if (sheets === 0 || sheets > PAPER) say(`it prints to ${sheets} pages`);
      }
      await page.close();
    }
  }
}
await browser.close();
for (const problem of [...new Set(problems)]) console.error(`error: ${problem}`);
if (problems.length > 0) process.exit(1);
console.log(`${words.length === 1 ? 'the page' : `all ${words.length} pages`} can be read in both themes, at ${WIDTHS.join(', ')} px, with a keyboard and on paper`);

/** Waits until nothing is drawn any more: two frames without a change of the page's height. */
async function drawn(page) {
  await page.evaluate(async () => {
    let [height, calm] = [0, 0];
    while (calm < 3) {
      await new Promise((next) => requestAnimationFrame(next));
      calm = document.body.scrollHeight === height ? calm + 1 : 0;
      height = document.body.scrollHeight;
    }
  });
}

/** Whatever can be clicked can be reached by Tab, and shows that it has the focus. */
async function keyboard(page, say) {
  const reachable = await page.evaluate(() => [...document.querySelectorAll('button, a[href], input, select, summary, [tabindex="0"]')].filter((one) => one.checkVisibility() && !one.disabled).length);
  const seen = new Set();
  for (let step = 0; step < reachable + 5; step += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      const all = [...document.querySelectorAll('*')];
      return { at: all.indexOf(one), outline: getComputedStyle(one).outlineStyle, name: one.outerHTML.slice(0, 80) };
    });
    if (!focus) continue;
    if (focus.outline === 'none') say(`the focus does not show on ${focus.name}`);
    seen.add(focus.at);
  }
  if (seen.size < reachable) say(`a keyboard reaches ${seen.size} of ${reachable} controls`);
}
