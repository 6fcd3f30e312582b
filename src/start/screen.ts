/**
 * What `metafold start` shows while it works: lines that stay, and a live status, redrawn in place on a terminal and a line every 5 s
 * elsewhere. With --json both are JSON lines (spec 06 §1.1). All of it goes to stderr; what is asked for goes to stdout.
 */
import { statusBlock, statusLine, type StatusView } from './status-text.js';

export type ScreenMode = 'text' | 'json' | 'silent';

/** A stream to write to; a terminal tells its width. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Screen {
  /** One line about a step. */
  say(stage: string, message: string, done?: number, total?: number): void;
  /** Shows this status from now on, until it is called without one. */
  live(view: (() => StatusView) | undefined): void;
  /** Text for stdout, of any number of lines. */
  print(text: string): void;
  close(): void;
}

export interface ScreenOptions {
  readonly mode: ScreenMode;
  readonly error: Output;
  readonly output: Output;
  /** Milliseconds. */
  readonly now?: () => number;
  /** Milliseconds between two looks at the status. */
  readonly redrawMs?: number;
  /** Brings the width of the terminal up to date. */
  readonly measure?: () => void;
}

const REDRAW_MS = 500;
/** "At least one line every 5 s", with the clock's own delay taken off. */
const LINE_MS = 4_500;
const CLEAR_LINE_END = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
const DEFAULT_COLUMNS = 80;

/** Rows that lines fill on a terminal which may have become narrower since they were written. */
export function rowsOf(lines: readonly string[], columns: number): number {
  return lines.reduce((rows, { length }) => rows + Math.max(1, Math.ceil(length / columns)), 0);
}

/** Moves the cursor to the first row of what was drawn before. */
function back(rows: number): string {
  return rows === 0 ? '' : `\r\x1b[${String(rows)}A`;
}

export function createScreen({
  mode,
  error,
  output,
  now = Date.now,
  redrawMs = REDRAW_MS,
  measure = () => undefined,
}: ScreenOptions): Screen {
  const started = now();
  const inPlace = mode === 'text' && error.isTTY === true;
  let drawn: string[] = [];
  let view: (() => StatusView) | undefined;
  let last = { stage: 'start', message: '', at: started, since: started };

  const columns = (): number => error.columns || DEFAULT_COLUMNS;
  const elapsed = (since = started): number => Math.round((now() - since) / 100) / 10;

  /** Takes the drawn status away; what is written next stands in its place. */
  function erased(): string {
    const text = drawn.length === 0 ? '' : `${back(rowsOf(drawn, columns()))}${CLEAR_BELOW}`;
    drawn = [];
    return text;
  }

  /** One write, each line overwritten and only its rest cleared: nothing flickers. */
  function draw(status: StatusView): void {
    measure();
    const lines = statusBlock(status, columns());
    const text = lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join('');
    error.write(`${back(rowsOf(drawn, columns()))}${text}${CLEAR_BELOW}`);
    drawn = lines;
  }

  function jsonLine(stage: string, done: number, total: number | null, more: object): string {
    return JSON.stringify({ event: 'progress', stage, done, total, elapsed_s: elapsed(), ...more });
  }

  function printStatus(status: StatusView): void {
    last = { ...last, at: now() };
    if (mode === 'text') {
      error.write(`${statusLine(status)}\n`);
      return;
    }
    const { read, events, rate, documents, rejected, lag, api, problems } = status;
    const more = { rate: Math.round(rate), documents, rejected, lag: Object.fromEntries(lag), api, problems };
    error.write(`${jsonLine('fold', read, events, more)}\n`);
  }

  /** A step that says nothing for a while is still under way. */
  function heartbeat(): void {
    const { stage, message, since } = last;
    last = { ...last, at: now() };
    if (mode === 'json') error.write(`${jsonLine(stage, 0, null, { message })}\n`);
    else if (message !== '') error.write(`${message} ... ${String(Math.round(elapsed(since)))} s\n`);
  }

  function tick(): void {
    if (view !== undefined && inPlace) {
      draw(view());
      return;
    }
    if (now() - last.at < LINE_MS) return;
    if (view === undefined) heartbeat();
    else printStatus(view());
  }

  const timer = mode === 'silent' ? undefined : setInterval(tick, redrawMs);
  timer?.unref();

  return {
    say(stage, message, done = 0, total) {
      last = { stage, message, at: now(), since: now() };
      if (mode === 'silent') return;
      error.write(mode === 'json' ? `${jsonLine(stage, done, total ?? null, { message })}\n` : `${erased()}${message}\n`);
    },
    live(next) {
      if (next === undefined && inPlace && view !== undefined) draw(view()); // what was seen last stays
      drawn = next === undefined ? [] : drawn;
      view = next;
      if (next !== undefined && inPlace) draw(next());
    },
    print(text) {
      if (inPlace) error.write(erased());
      output.write(text.endsWith('\n') ? text : `${text}\n`);
    },
    close() {
      clearInterval(timer);
    },
  };
}
