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
  assert.match(text, 'Ctrl-C ends the worker and the stack');
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
