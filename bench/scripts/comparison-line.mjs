// One line of `bench/compare` for a comparison's JSON, or the table of all lines; fails when what is wanted is not there.
import { readFileSync } from 'node:fs';

const [file, ...rest] = process.argv.slice(2);
const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];

if (file === 'table') {
  const lines = readFileSync(rest[0], 'utf8').trim().split('\n').map((line) => line.split(' | '));
  let well = true;
  console.log('what            comparisons  failed  open  passed  ended early  median time  median rounds');
  for (const name of new Set(lines.map(([name]) => name.trim()))) {
    const own = lines.filter((line) => line[0].trim() === name);
    const count = (outcome) => own.filter((line) => line[2].trim() === outcome).length;
    const early = own.filter((line) => line[3].trim() === 'futile').length;
    const numbers = (at) => median(own.map((line) => parseFloat(line[at])));
    const cells = [own.length, count('fail'), count('inconclusive'), count('pass'), early];
    console.log(name.padEnd(15), ...cells.map((cell, at) => String(cell).padStart([11, 7, 5, 7, 12][at])),
      `${numbers(5).toFixed(1)} s`.padStart(12), String(numbers(4)).padStart(14));
    well &&= name === 'holiday itself' ? count('fail') === 0 : count('fail') >= 0.9 * own.length;
  }
  process.exit(well ? 0 : 1);
}

const [name, number, code, began, ended, load] = rest;
let result = { outcome: 'none', ended: 'none', rounds: 0, comparisons: [] };
try {
  result = JSON.parse(readFileSync(file, 'utf8'));
} catch {
  // Its exit code tells.
}
const named = (outcome) => result.comparisons.filter((one) => one.outcome === outcome)
  .map((one) => `${one.quantity} ${one.kind === 'ratio' ? `x${one.change.toFixed(3)}` : `${(one.change * 100).toFixed(2)}pp`}`);
console.log([name.padEnd(14), number.padStart(2), result.outcome, result.ended, `${result.rounds} rounds`,
  `${(ended - began).toFixed(1)} s`, `exit ${code}`, `load ${load}`,
  `worse: ${named('fail').join(', ') || 'nothing'}`, `open: ${named('inconclusive').join(', ') || 'nothing'}`].join(' | '));
