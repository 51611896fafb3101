// The numbers of a picture as a table and as CSV, for those who want them exactly or do not see the picture.

import { useState } from 'preact/hooks';
import { cell, save } from './chart';
import { Table } from './table';

/** Rows that are shown; the file has all of them. */
const MOST = 1_000;

interface Props {
  title: string;
  head: string[];
  /** Asked for when somebody wants to see them. */
  rows: () => (string | number | null)[][];
  /** How a cell is written; a CSV has it as it is. */
  shown: (value: number | null, column: number, row: number) => string;
}

export function Numbers({ title, head, rows: ask, shown }: Props) {
  const [isOpen, setOpen] = useState(false);
  const rows = isOpen ? ask() : [];
  const csv = () =>
    [head, ...rows].map((row) => row.map((value) => (value === null ? '' : cell(String(value)))).join(',')).join('\n') + '\n';
  return (
    <details class="numbers" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Numbers</summary>
      {isOpen && (
        <>
          <button type="button" onClick={() => save(`${title}.csv`, csv())}>
            Save as CSV
          </button>
          <Table of={{ name: `${title}, numbers` }} columns={head}>
            {rows.slice(0, MOST).map((row, number) => (
              <tr>
                {row.map((value, column) =>
                  column === 0 ? (
                    <th scope="row">{value}</th>
                  ) : (
                    <td>{typeof value === 'string' ? <bdi>{value}</bdi> : shown(value, column, number)}</td>
                  ),
                )}
              </tr>
            ))}
          </Table>
          {rows.length > MOST && <p class="hint">The file has {rows.length - MOST} rows more.</p>}
        </>
      )}
    </details>
  );
}
