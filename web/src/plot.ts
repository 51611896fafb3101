// Keeps a plot in its place: made once, and given new numbers as they come, so that zoom, cursor and time are kept.

import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { draw, forget } from './draws';

/**
 * A plot in `place`. It is made again when something of `shape` changes, which a plot that is there cannot take up;
 * new data, a new width and anything of `shown` are drawn into it.
 */
export function usePlot(
  place: preact.RefObject<HTMLDivElement | null>,
  width: number,
  data: uPlot.AlignedData,
  make: (element: HTMLElement) => uPlot,
  reset: () => void,
  shape: unknown[],
  shown: unknown[],
) {
  const plot = useRef<uPlot | null>(null);
  const drawn = useRef({ data, width });
  const wanted = useRef({ data, width, reset });
  wanted.current = { data, width, reset };

  useEffect(() => {
    const element = place.current;
    if (!element || width === 0) return;
    const made = make(element);
    plot.current = made;
    drawn.current = { data, width };
    made.over.addEventListener('dblclick', () => wanted.current.reset());
    return () => {
      forget(made);
      made.destroy();
      plot.current = null;
    };
  }, [width > 0, ...shape]);

  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    const made = plot.current;
    if (!made || width === 0) return;
    draw(made, () => {
      const { data, width } = wanted.current;
      if (width !== drawn.current.width) made.setSize({ width, height: made.height });
      drawn.current = { data, width };
      made.setData(data);
    });
  }, [data, width, ...shown]);
}
