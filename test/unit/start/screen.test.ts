import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createScreen, rowsOf, type ScreenMode } from '../../../src/start/screen.js';
import type { StatusView } from '../../../src/start/status-text.js';

const test = suite('screen');

function view(read: number, problems: string[] = []): StatusView {
  const lag = new Map([['binary', 2]]);
  return { read, events: 10, isIdle: false, rate: 1, lag, documents: 3, rejected: 0, seconds: 1, api: 'http://a/api', problems };
}

/** A terminal of some width that understands what the screen sends. */
function terminal(columns: number) {
  let rows: string[] = [''];
  let row = 0;
  let column = 0;
  const put = (character: string): void => {
    if (column === columns) {
      row++;
      column = 0;
    }
    while (rows.length <= row) rows.push('');
    const line = rows[row]!.padEnd(column);
    rows[row] = line.slice(0, column) + character + line.slice(column + 1);
    column++;
  };
  return {
    isTTY: true,
    columns,
    lines: () =>
      rows
        .map((line) => line.trimEnd())
        .join('\n')
        .trimEnd()
        .split('\n'),
    write(text: string) {
      for (const part of text.match(/\x1b\[\d*[A-Z]|[\s\S]/g) ?? []) {
        if (part === '\r') column = 0;
        else if (part === '\n') [row, column] = [row + 1, 0];
        else if (part === '\x1b[K') rows[row] = (rows[row] ?? '').slice(0, column);
        else if (part === '\x1b[J') rows = [...rows.slice(0, row), (rows[row] ?? '').slice(0, column)];
        else if (part.startsWith('\x1b')) row = Math.max(0, row - Number(part.slice(2, -1)));
        else put(part);
        while (rows.length <= row) rows.push('');
      }
    },
  };
}

function written(mode: ScreenMode) {
  const lines: string[] = [];
  const printed: string[] = [];
  const clock = { ms: 0 };
  const screen = createScreen({
    mode,
    error: { write: (text) => lines.push(text) },
    output: { write: (text) => printed.push(text) },
    now: () => clock.ms,
    redrawMs: 5,
  });
  return { screen, lines, printed, clock };
}

test('draws the status in place, and lines that stay above it', () => {
  const error = terminal(200);
  const screen = createScreen({ mode: 'text', error, output: { write: (text) => error.write(text) } });
  let current = view(1);
  screen.say('a', 'first');
  screen.live(() => current);
  current = view(5, ['a problem']);
  screen.say('b', 'second');
  screen.live(() => current);
  screen.live(() => current);
  screen.print('result');
  current = view(9);
  screen.live(() => current);
  screen.live(undefined);
  screen.say('c', 'third');
  screen.close();
  assert.equal(error.lines(), [
    'first',
    'second',
    'result',
    '9 of 10 events read   1 events/s   3 documents   0 rejected   00:01',
    'lag   binary 2',
    'API   http://a/api',
    'third',
  ]);
});

test('redraws a status that has become shorter without leaving anything of it', () => {
  const error = terminal(30);
  const screen = createScreen({ mode: 'text', error, output: error });
  let current = { ...view(1, ['something is wrong here and there']), documents: 3000 };
  screen.live(() => current);
  assert.ok(error.lines().length > 5);
  current = view(2);
  screen.live(() => current);
  screen.close();
  assert.equal(error.lines(), [
    '2 of 10 events read',
    '1 events/s   3 documents',
    '0 rejected   00:01',
    'lag   binary 2',
    'API   http://a/api',
  ]);
});

test('counts the rows of lines on a terminal that has become narrower', () => {
  assert.is(rowsOf(['', 'abcd', 'abcde', 'abcdefghi'], 4), 1 + 1 + 2 + 3);
});

test('prints a line every 5 s where there is no terminal, and says so when a step takes long', async () => {
  const { screen, lines, clock } = written('text');
  screen.say('a', 'looking');
  clock.ms = 5_000;
  await sleep(40);
  screen.live(() => view(4));
  await sleep(40);
  assert.equal(lines, ['looking\n', 'looking ... 5 s\n']);
  clock.ms = 10_000;
  await sleep(40);
  screen.close();
  assert.is(lines.length, 3);
  assert.match(lines[2]!, /^4 of 10 events read, .*lag binary 2, API http:\/\/a\/api\n$/);
});

test('prints JSON lines in the form of all commands', async () => {
  const { screen, lines, clock, printed } = written('json');
  clock.ms = 1_500;
  screen.say('publish', 'half', 5, 10);
  screen.live(() => view(4));
  clock.ms = 7_000;
  await sleep(40);
  screen.close();
  assert.equal(
    lines.map((line) => JSON.parse(line) as unknown),
    [
      { event: 'progress', stage: 'publish', done: 5, total: 10, elapsed_s: 1.5, message: 'half' },
      {
        event: 'progress',
        stage: 'fold',
        done: 4,
        total: 10,
        elapsed_s: 7,
        rate: 1,
        documents: 3,
        rejected: 0,
        lag: { binary: 2 },
        api: 'http://a/api',
        problems: [],
      },
    ],
  );
  assert.equal(printed, []);
});

test('is silent but for what is asked for', async () => {
  const { screen, lines, printed, clock } = written('silent');
  screen.say('a', 'looking');
  screen.live(() => view(4));
  clock.ms = 60_000;
  await sleep(40);
  screen.print('result');
  screen.close();
  assert.equal([lines, printed], [[], ['result\n']]);
});

test.run();
