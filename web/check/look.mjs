// What every check of a page looks at: nothing is asked of anybody but where it came from, nothing goes wrong in its
// program, nothing is wider than its window, and axe has nothing serious to say.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

/** What axe calls so is a defect. */
const DEFECTS = ['serious', 'critical'];
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A machine that is busy with other things is slow, and nothing is wrong with the page: whatever is waited for may take so long. */
const PATIENCE_MS = 240_000;

/** A browser. */
export function launched() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'], timeout: PATIENCE_MS });
}

/** A page of it. */
export async function opened(browser, options = {}) {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}

/** Says what goes wrong in a page, and what it asks for from elsewhere. */
export function attend(page, origin, say) {
  page.on('pageerror', (error) => say(error.message));
  page.on('console', (message) => message.type() === 'error' && say(message.text()));
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url())) say(`it asks for ${request.url()}`);
  });
}

/** Says by how much a page is wider than its window, if it is. */
export async function fits(page, say) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) say(`it is ${wide} px wider than its window`);
}

/** Says what axe finds. The page's policy lets nothing else run: axe comes in from outside of it. */
export async function accessible(page, say) {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe });
  const found = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
  for (const { id, impact, help, nodes } of found.violations) {
    if (DEFECTS.includes(impact)) say(`${id}: ${help}: ${nodes[0].target.join(' ')}`);
  }
}
