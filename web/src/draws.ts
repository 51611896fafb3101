// When plots are drawn: those in sight, a few in each frame, so that a page with many of them stays smooth while a run
// goes on. What is out of sight is drawn when it comes into sight, or is printed. Meanwhile a pointer waits: what follows
// it takes as long as a plot.

import type uPlot from 'uplot';

/**
 * So long of a frame may pass before the next plot has to wait for another one, in milliseconds. The browser takes
 * several times as long to put on the canvas what a plot says here.
 */
const SHARE_MS = 2;

const waiting = new Map<uPlot, () => void>();
const inSight = new Set<Element>();
const watched = new WeakMap<Element, uPlot>();
let isAsked = false;
/** Where the pointer went while plots were drawn. */
let held: MouseEvent | null = null;

const watch = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) inSight.add(target);
      else inSight.delete(target);
    }
    ask();
  },
  { rootMargin: '200px' },
);

addEventListener(
  'mousemove',
  (event) => {
    if (!isAsked || !event.isTrusted || event.buttons > 0) return;
    held = event;
    event.stopPropagation();
  },
  { capture: true },
);

addEventListener('beforeprint', () => {
  for (const [plot, job] of waiting) plot.batch(job);
  waiting.clear();
});

/** Draws a plot soon; what it was asked for before and is not done is left out. */
export function draw(plot: uPlot, job: () => void) {
  if (!watched.has(plot.root)) {
    watched.set(plot.root, plot);
    watch.observe(plot.root);
  }
  waiting.set(plot, job);
  ask();
}

/** A plot that is no more. */
export function forget(plot: uPlot) {
  waiting.delete(plot);
  inSight.delete(plot.root);
  watch.unobserve(plot.root);
}

function ask() {
  if (isAsked || waiting.size === 0) return;
  isAsked = true;
  requestAnimationFrame(frame);
}

function frame() {
  isAsked = false;
  const until = performance.now() + SHARE_MS;
  for (const [plot, job] of waiting) {
    if (!inSight.has(plot.root)) continue;
    if (performance.now() > until) {
      ask();
      return;
    }
    waiting.delete(plot);
    plot.batch(job);
  }
  if (held) requestAnimationFrame(release);
}

/** The pointer is where it went last. */
function release() {
  const event = held;
  const target = event?.target;
  held = null;
  if (event && target instanceof Element && target.isConnected) target.dispatchEvent(new MouseEvent('mousemove', event));
}
