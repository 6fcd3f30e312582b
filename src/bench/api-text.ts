/** The measurements of the API as a table. Pure. */
import type { ApiBenchResult, EndpointResult, Latency, LoadResult } from './api.js';

const TARGET_MS = 3;

const ms = (value: number): string => value.toFixed(Math.abs(value) < 10 ? 2 : 1);

function cells({ clients, api, bare, added }: LoadResult, title: string, searches: string): string[] {
  const pair = (latency: Latency | null): string => (latency === null ? '-' : `${ms(latency.p50)} / ${ms(latency.p99)}`);
  return [title, searches, String(clients), pair(bare), pair(api), added === null ? '-' : ms(added)];
}

function rowsOf({ title, searches, overlapped, loads }: EndpointResult): string[][] {
  const count = searches === 0 ? 'memory' : `${searches}${overlapped ? '*' : ''}`;
  return loads.map((load, index) => cells(load, index === 0 ? title : '', index === 0 ? count : ''));
}

/** The first column is text, the others are figures. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('   ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

/** The most that the API adds at the median, with one client; undefined when all answers come from memory. */
export function mostAdded({ endpoints }: ApiBenchResult): number | undefined {
  const added = endpoints.flatMap(({ loads }) => loads.filter(({ clients }) => clients === 1).map((load) => load.added));
  const numbers = added.filter((value) => value !== null);
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

export function apiText(result: ApiBenchResult): string {
  const { events, binaries, rounds, seconds, endpoints } = result;
  const head = ['endpoint', 'searches', 'clients', 'searches alone, p50 / p99 ms', 'API, p50 / p99 ms', 'added at p50'];
  const most = mostAdded(result);
  return [
    `${binaries} binaries of ${events} events; ${rounds} rounds of ${seconds} s for each figure, both sides in turns`,
    '',
    aligned([head, ...endpoints.flatMap(rowsOf)]),
    '',
    ...(endpoints.some(({ overlapped }) => overlapped) ? ['* some at the same time; alone they are sent one after the other'] : []),
    `added at the median, one client   ${most === undefined ? '-' : `${ms(most)} ms at most`}   target ${TARGET_MS} ms at most`,
  ].join('\n');
}
