// What happened to a run, as marks on all of its charts.

import type uPlot from 'uplot';
import type { RunDocument } from './document';
import { happened } from './events';
import type { Palette } from './theme';

/** A line at each moment at which something happened, with a sign at its top. */
export function drawMarks(plot: uPlot, run: RunDocument, colours: Palette) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  for (const event of happened(run)) {
    const x = Math.round(plot.valToPos(event.at_s, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const colour = tone(event.kind, colours);
    ctx.strokeStyle = colour;
    ctx.fillStyle = colour;
    ctx.globalAlpha = event.kind === 'stage' ? 0.35 : 0.9;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const size = 4 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top);
    ctx.lineTo(x + size, bbox.top);
    ctx.lineTo(x, bbox.top + size);
    ctx.fill();
  }
  ctx.restore();
}

/** What nobody planned stands out from stages of the plan. */
function tone(kind: string, colours: Palette): string {
  if (kind === 'abort') return colours.limit;
  if (kind === 'stage') return colours.text;
  return colours.event;
}
