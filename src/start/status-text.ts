/** The live status as text: for a terminal of any width, and as one line of a log. Pure. */

export interface StatusView {
  /** Events in the log. */
  readonly events: number;
  /** Those of them that have been read; an event that was read may not be durable yet: see `lag`. */
  readonly read: number;
  /** Nothing is left to fold. */
  readonly isIdle: boolean;
  /** Events read a second, lately. */
  readonly rate: number;
  /** Records not yet committed, by projection. */
  readonly lag: ReadonlyMap<string, number>;
  readonly documents: number;
  /** Dead letters. */
  readonly rejected: number;
  /** Since the worker was started. */
  readonly seconds: number;
  /** Address of the API. */
  readonly api: string;
  /** What is wrong, if something is. */
  readonly problems: readonly string[];
}

const GAP = '   ';

function number(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function duration(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const clock = `${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? clock : `${String(Math.floor(seconds / 3600))}:${clock}`;
}

/** The pieces of the status, in order of their importance; a piece is never broken unless it alone is too wide. */
function pieces({
  events,
  read,
  isIdle,
  rate,
  documents,
  rejected,
  seconds,
  lag,
  api,
}: StatusView): Record<'head' | 'lag' | 'api', string[]> {
  return {
    head: [
      isIdle ? `${number(events)} events folded` : `${number(read)} of ${number(events)} events read`,
      `${number(rate)} events/s`,
      `${number(documents)} documents`,
      `${number(rejected)} rejected`,
      duration(seconds),
    ],
    lag: ['lag', ...[...lag].map(([projection, behind]) => `${projection} ${number(behind)}`)],
    api: ['API', api],
  };
}

/** Fills lines of at most `width` characters with pieces. */
function wrap(words: readonly string[], gap: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? word : `${line}${gap}${word}`;
    if (longer.length <= width || line === '') line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].map((each) => (each.length > width ? each.slice(0, width) : each));
}

/** Lines for a terminal with that many columns; the last column stays free, because some terminals wrap after it. */
export function statusBlock(view: StatusView, columns: number): string[] {
  const width = Math.max(1, columns - 1);
  const { head, lag, api } = pieces(view);
  const problems = view.problems.flatMap((problem) => wrap(problem.split(' '), ' ', width));
  return [...[head, lag, api].flatMap((words) => wrap(words, GAP, width)), ...problems];
}

/** The same as one line. */
export function statusLine(view: StatusView): string {
  const { head, lag, api } = pieces(view);
  return [...head, lag.join(' '), api.join(' '), ...view.problems].join(', ');
}
