// A table as all of them are: it scrolls by itself where it is wider than its window, a keyboard reaches it, and it
// has a name for those who do not see it. And what long ones have beside them: a search, and the button for more.

import type { ComponentChildren } from 'preact';
import { count } from './format';

/** A column's heading, and how its cells are laid out where not as numbers are. */
export type Column = string | [heading: ComponentChildren, layout: 'wide' | 'words'];

interface Props {
  /** The heading that names the table, by its id; or a name of its own. */
  of: string | { name: string };
  columns: Column[];
  kind?: string;
  children: ComponentChildren;
}

export function Table({ of, columns, kind, children }: Props) {
  return (
    <div class="scroll" tabIndex={0} role="region" {...(typeof of === 'string' ? { 'aria-labelledby': of } : { 'aria-label': of.name })}>
      <table {...(kind ? { class: kind } : {})}>
        <thead>
          <tr>
            {columns.map((column) =>
              typeof column === 'string' ? (
                <th scope="col">{column}</th>
              ) : (
                <th scope="col" class={column[1]}>
                  {column[0]}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** Asks for so many rows more, if there are any. */
export function More({ left, onMore }: { left: number; onMore: () => void }) {
  if (left <= 0) return null;
  return (
    <button type="button" onClick={onMore}>
      Show {count(left)} more
    </button>
  );
}

/** Looks for rows with these words. */
export function Search({ what, text, onText }: { what: string; text: string; onText: (text: string) => void }) {
  return <input type="search" placeholder={what} aria-label={what} value={text} onInput={(event) => onText(event.currentTarget.value)} />;
}
