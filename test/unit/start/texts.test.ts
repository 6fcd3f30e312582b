import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { emptyResult, type StartResult } from '../../../src/start/result.js';
import { endedText, foldedText } from '../../../src/start/texts.js';

const test = suite('texts of a start');

const OPTIONS = { data: '/tmp/it is here', portBase: undefined, binaries: 500, untilFolded: false, logLevel: undefined };

function result(changes: Partial<StartResult>): StartResult {
  return { ...emptyResult(OPTIONS), documents: 6094, ...changes };
}

test('names how to go on, for the data folder that is in use', () => {
  const text = foldedText({ untilFolded: false }, result({ published: 5700, fold_seconds: 6.25 }));
  assert.match(text, 'after 6.3 s');
  assert.match(text, '6,094 documents, 0 records rejected');
  assert.match(text, `--prefix sample | METAFOLD_DATA='/tmp/it is here' npx metafold publish -`);
  assert.match(text, 'Ctrl-C ends the worker, the API and the stack; the data stays.');
});

test('shows what can be asked while this runs, or else what can be asked afterwards', () => {
  const requests = [{ title: 'Find', curl: 'curl -s http://127.0.0.1:1/api/v0/binaries', url: '', answer: '2 binaries' }];
  const queries = [{ title: 'Count', curl: 'curl -s http://127.0.0.1:2/a/_search', url: '', body: {}, hits: 1, answer: '1 document' }];
  const folded = result({ requests, queries, api: 'http://127.0.0.1:1/api' });
  const running = foldedText({ untilFolded: false }, folded);
  assert.match(running, 'Find:\n  curl -s http://127.0.0.1:1/api/v0/binaries\n  -> 2 binaries\n');
  assert.match(running, 'All that the API answers:\n  http://127.0.0.1:1/api\n');
  assert.not.match(running, '_search');
  const ended = foldedText({ untilFolded: true }, folded);
  assert.match(ended, 'Count:\n  curl -s http://127.0.0.1:2/a/_search\n');
  assert.not.match(ended, '/api');
});

test('promises to leave a stack alone that was up before', () => {
  assert.match(foldedText({ untilFolded: false }, result({ stack_was_running: true })), 'the stack was up before and stays up');
  assert.match(endedText(result({ stack_was_running: true, ended: ['worker'] })), /^Ended: worker\. What was up before stays up/);
});

test('says what was ended, and how to get rid of the rest', () => {
  const text = endedText(result({ ended: ['worker', 'kafka'] }));
  assert.is(
    text,
    `Ended: worker, kafka. Documents and events stay in /tmp/it is here ("npx metafold stack down --wipe --data '/tmp/it is here'" removes them).`,
  );
});

test.run();
