// Lines of a chart as they are drawn. An hour has several values for each pixel: of these a line keeps the least and the
// largest, which are what shows, so that drawing costs what the chart is wide, not what the run is long.

import type uPlot from 'uplot';
import type { Numbers } from './document';
import type { Line } from './lines';

/** So many points in a chart take long enough to draw for their lines to be drawn the fast way. */
const DENSE = 1_000;

/** A part of a line without gaps: x and y of one point after another, in pixels of the canvas. */
export type Piece = number[];

/** Where values come to lie. */
interface Frame {
  /** The pixel of step 0's middle, and pixels from step to step. */
  left: number;
  step: number;
  /** The pixel of 0, and pixels up for each unit. */
  zero: number;
  unit: number;
  /** Steps that are looked at, with one beyond each end. */
  from: number;
  until: number;
}

/** Draws the lines of a chart with the bands between them; behind the limits and marks that come after. */
export function drawLines(plot: uPlot, lines: Line[]) {
  const times = plot.data[0];
  const [first, second] = [times[0], times[1]];
  const { min, max } = plot.scales['x'] ?? {};
  if (first === undefined || min === undefined || max === undefined || min === null || max === null) return;
  const apart = (second ?? first * 3) - first;
  const [zero, left] = [plot.valToPos(0, 'y', true), plot.valToPos(first, 'x', true)];
  const frame: Frame = {
    left,
    step: plot.valToPos(first + apart, 'x', true) - left,
    zero,
    unit: zero - plot.valToPos(1, 'y', true),
    from: Math.max(0, Math.floor((min - first) / apart)),
    until: Math.min(times.length, Math.ceil((max - first) / apart) + 1),
  };
  const drawn = lines.map((line) => pieces(line.values, frame));
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineJoin = 'bevel';
  lines.forEach((line, at) => {
    const [above, below] = [drawn[at] ?? [], line.fillTo && drawn[line.fillTo.at]];
    if (line.fillTo && below) fill(ctx, above, below, line.fillTo.colour);
  });
  const points = drawn.reduce((sum, line) => sum + line.reduce((sum, piece) => sum + piece.length / 2, 0), 0);
  lines.forEach((line, at) => {
    if (line.width > 0) stroke(ctx, drawn[at] ?? [], line, points > DENSE);
  });
  ctx.restore();
}

/** A line's parts between gaps, thinned to what shows. */
export function pieces(values: Numbers, { left, step, zero, unit, from, until }: Frame): Piece[] {
  const found: Piece[] = [];
  // So many steps share a column of a pixel.
  const shared = Math.max(1, Math.round(1 / step));
  let piece: Piece | null = null;
  let [least, most] = [-1, -1];
  for (let at = from; at < until; at += 1) {
    const value = values[at];
    const isThere = value !== null && value !== undefined && Number.isFinite(value);
    if (isThere) {
      if (least < 0 || value < (values[least] as number)) least = at;
      if (most < 0 || value > (values[most] as number)) most = at;
    }
    if (least >= 0 && (!isThere || at % shared === shared - 1 || at === until - 1)) {
      if (!piece) found.push((piece = []));
      put(piece, Math.min(least, most), Math.max(least, most));
      [least, most] = [-1, -1];
    }
    if (!isThere) piece = null;
  }
  return found;

  /** Adds what shows of a column: its two ends in their order, or one where they are at the same pixel. */
  function put(piece: Piece, first: number, second: number) {
    const [here, there] = [zero - (values[first] as number) * unit, zero - (values[second] as number) * unit];
    piece.push(left + first * step, here);
    if (Math.abs(there - here) >= 0.5) piece.push(left + second * step, there);
  }
}

function fill(ctx: CanvasRenderingContext2D, above: Piece[], below: Piece[], colour: string) {
  ctx.fillStyle = colour;
  ctx.beginPath();
  // Both are figures of the same samples: they have the same gaps.
  above.forEach((piece, at) => {
    const under = below[at];
    if (!under) return;
    trace(ctx, piece);
    for (let place = under.length - 2; place >= 0; place -= 2) ctx.lineTo(under[place] as number, under[place + 1] as number);
    ctx.closePath();
  });
  ctx.fill();
}

function stroke(ctx: CanvasRenderingContext2D, pieces: Piece[], line: Line, isDense: boolean) {
  ctx.strokeStyle = ctx.fillStyle = line.colour;
  ctx.setLineDash((line.dash ?? []).map((length) => length * devicePixelRatio));
  const path = new Path2D();
  for (const piece of pieces) {
    if (piece.length > 2) trace(path, piece);
  }
  const width = line.width * devicePixelRatio;
  if (isDense && width > 1) hairs(ctx, path, width);
  else {
    ctx.lineWidth = width;
    ctx.stroke(path);
  }
  // What stands alone between gaps has no line.
  const size = width + 2 * devicePixelRatio;
  for (const piece of pieces) {
    if (piece.length === 2) ctx.fillRect((piece[0] as number) - size / 2, (piece[1] as number) - size / 2, size, size);
  }
}

/** A line as several of a pixel beside each other: ten times as fast as a wide one where a processor has to draw it. */
function hairs(ctx: CanvasRenderingContext2D, path: Path2D, width: number) {
  ctx.lineWidth = 1;
  const beside = Math.ceil(width - 1);
  for (let at = 0; at <= beside; at += 1) {
    const off = (at / beside - 0.5) * (width - 1);
    for (const [x, y] of [
      [off, 0],
      [0, off],
    ] as const) {
      ctx.translate(x, y);
      ctx.stroke(path);
      ctx.translate(-x, -y);
    }
  }
}

function trace(ctx: CanvasPath, piece: Piece) {
  ctx.moveTo(piece[0] as number, piece[1] as number);
  for (let place = 2; place < piece.length; place += 2) ctx.lineTo(piece[place] as number, piece[place + 1] as number);
}
