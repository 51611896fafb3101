// When plots are drawn: those in sight, a few in each frame, so that a page with many of them stays smooth while a run
// goes on. What is out of sight is drawn when it comes into sight, or is printed.

import type uPlot from 'uplot';

/** How long drawing may take of a frame, in milliseconds. */
const SHARE_MS = 6;

const waiting = new Map<uPlot, () => void>();
const inSight = new Set<Element>();
const watched = new WeakMap<Element, uPlot>();
let isAsked = false;

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

addEventListener('beforeprint', () => {
  for (const job of waiting.values()) job();
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
    waiting.delete(plot);
    job();
    if (performance.now() > until) {
      ask();
      return;
    }
  }
}
