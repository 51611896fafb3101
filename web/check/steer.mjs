// Steers a run from its page as people do, and says what is wrong with that: it pauses and resumes, a number that is set
// is taken, one that is too large is refused in words, what is marked stands among what happened, and it is not stopped
// before somebody has said so twice. Another window sees what was done.
//
//   node check/steer.mjs [--pictures FOLDER] ADDRESS
//
// The run has to have been started with `--ui --address 0`, and to have a scenario whose rate can be set.
import { accessible, attend, fits, launched, opened } from './look.mjs';

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
const windows = [
  [1400, 'light'],
  [390, 'dark'],
];
const [one, other] = await Promise.all(
  windows.map(async ([width, colorScheme]) => {
    const page = await opened(browser, { colorScheme, viewport: { width, height: 900 } });
    const say = (what) => problems.push(`${what} (${width} wide, ${colorScheme})`);
    // A number that is refused is answered with 400, and a run that is over with nothing.
    attend(page, new URL(address).origin, (what) => /400|Bad Request|CONNECTION_REFUSED/.test(what) || say(what));
    await page.goto(address);
    await page.waitForSelector('.steering');
    return { page, say };
  }),
);
const button = ({ page }, name) => page.locator('.steering').getByRole('button', { name });

await button(one, 'Pause').click();
await button(one, 'Resume').waitFor();
await button(other, 'Resume').waitFor();
await fits(other.page, other.say);
await accessible(other.page, other.say);
if (pictures) await other.page.screenshot({ path: `${pictures}/steered-390-dark.png` });
await button(other, 'Resume').click();
await button(one, 'Pause').waitFor();

const lever = one.page.locator('.levers li').filter({ hasText: ' per ' }).first();
const before = await lever.locator('input').inputValue();
await lever.locator('input').fill(String(Number(before || 1) + 1));
await lever.getByRole('button', { name: 'Set' }).click();
await lever.getByRole('button', { name: 'Set', disabled: true }).waitFor();
while ((await lever.locator('input').inputValue()) === before) await lever.locator('.hint').innerText();
await lever.locator('input').fill('9999999999');
await lever.getByRole('button', { name: 'Set' }).click();
const refused = await one.page.locator('.steering .wrong').innerText();
if (!/more than|at most/.test(refused)) one.say(`a number that is too large is refused by “${refused}”`);

await one.page.locator('.mark input').fill('deploy 1.4.2');
await button(one, 'Mark').click();
await one.page.locator('.events').getByText('deploy 1.4.2').first().waitFor();
if (pictures) await one.page.screenshot({ path: `${pictures}/steered-1400-light.png` });

await button(one, 'Stop …').click();
await button(one, 'Go on').click();
await button(one, 'Pause').waitFor();
await button(one, 'Stop …').click();
await accessible(one.page, one.say);
await button(one, 'Stop it').click();
await one.page.waitForSelector('.standing.ended');
await browser.close();
for (const problem of [...new Set(problems)]) console.error(`error: ${problem}`);
if (problems.length > 0) process.exit(1);
console.log('the run was paused, resumed, set, marked and stopped');
