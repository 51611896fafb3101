// Whatever the run carries beside what is shown first: memory, a database, scraped metrics, those of a script. Which
// panels there are is said by the run. Each is a line until somebody opens it; those of which a requirement is
// not met are open from the start.

import { useState } from 'preact/hooks';
import { Chart } from './chart';
import type { RunDocument } from './document';
import { amount, count } from './format';
import { isZero, type ChartPlan } from './lines';
import { More, Search } from './table';
import type { Palette } from './theme';

/** Panels that stand there before anybody asks for more. */
const SHOWN = 40;
/** So many panels are open from the start where there are no more. */
const FEW = 3;
/** Lines whose figures stand in a panel's line. */
const TOLD = 3;

interface Panel {
  title: string;
  /** Whether a requirement about it is not met. */
  fails: boolean;
  charts: ChartPlan[];
}

interface Props {
  panels: Panel[];
  /** Titles of panels that were opened, and with `-` before them of those that were closed. */
  open: string[];
  onOpen: (open: string[]) => void;
  run: RunDocument;
  colours: Palette;
  zoom: [number, number] | null;
  onZoom: (zoom: [number, number] | null) => void;
}

export function Panels({ panels, open, onOpen, ...common }: Props) {
  const [most, setMost] = useState(SHOWN);
  const [text, setText] = useState('');
  const there = panels.filter((panel) => panel.charts.length > 0);
  const filled = there.filter((panel) => !panel.charts.every(isZero));
  const zero = there.filter((panel) => panel.charts.every(isZero)).map((panel) => panel.title);
  if (there.length === 0) return null;
  const isOpen = ({ title, fails }: Panel) => open.includes(title) || (!open.includes(`-${title}`) && (filled.length <= FEW || fails));
  const toggle = (panel: Panel, to: boolean) => {
    if (to === isOpen(panel)) return;
    const others = open.filter((one) => one !== panel.title && one !== `-${panel.title}`);
    onOpen([...others, to ? panel.title : `-${panel.title}`]);
  };
  const found = filled.filter((panel) => panel.title.toLowerCase().includes(text.toLowerCase()));
  return (
    <section aria-labelledby="more">
      <div class="heading">
        <h2 id="more">More of what was measured</h2>
        {filled.length > SHOWN && <Search what="Find a metric" text={text} onText={setText} />}
      </div>
      {found.slice(0, most).map((panel) => (
        <details class="panel" key={panel.title} open={isOpen(panel)} onToggle={(event) => toggle(panel, event.currentTarget.open)}>
          <summary>
            <bdi>{panel.title}</bdi> <span class="hint">{told(panel)}</span>
          </summary>
          {isOpen(panel) && (
            <div class="charts">
              {panel.charts
                .filter((chart) => !isZero(chart))
                .map((chart) => (
                  <Chart key={chart.id} plan={chart} {...common} />
                ))}
            </div>
          )}
        </details>
      ))}
      {found.length > most && (
        <p class="hint">
          <More left={found.length - most} onMore={() => setMost(most * 4)} />
        </p>
      )}
      {zero.length > 0 && (
        <p class="hint">
          Always zero: {zero.slice(0, SHOWN).join(', ')}
          {zero.length > SHOWN && ` and ${count(zero.length - SHOWN)} more`}.
        </p>
      )}
    </section>
  );
}

/** What a panel comes to, in a line. */
function told(panel: Panel): string {
  const lines = panel.charts.flatMap((chart) => {
    // Of a distribution one figure says enough.
    const best = chart.lines.find((line) => line.label === 'p95');
    const chosen = best ? [{ ...best, label: `${chart.title} p95` }] : chart.lines;
    return chosen.map((line) => (line.whole === null || line.whole === undefined ? line.label : `${line.label} ${amount(line.whole, chart.unit, chart.per)}`));
  });
  const more = lines.length - TOLD;
  return lines.slice(0, TOLD).join(' · ') + (more > 0 ? ` · and ${more} more` : '');
}
