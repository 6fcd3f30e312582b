/**
 * Preloaded into a worker's process by tests: kills it at a step, named by METAFOLD_TEST_DIE as `<before|amid|after> <step> <n-th time>`. Amid: the
 * request is on its way and nobody learns what came of it.
 */
import { createRequire } from 'node:module';
import { stepOf } from './steps.mjs';

const require = createRequire(import.meta.url);
const [moment, wanted, nth] = String(process.env.METAFOLD_TEST_DIE).split(' ');
let left = Number(nth);

function die() {
  process.kill(process.pid, 'SIGKILL');
}

/** Whether this is the one. */
function isDue(step) {
  return step === wanted && --left === 0;
}

const { Transport } = require('@opensearch-project/opensearch');
const { request } = Transport.prototype;
Transport.prototype.request = function (params, ...rest) {
  if (!isDue(stepOf(params))) return request.call(this, params, ...rest);
  if (moment === 'before') die();
  const answer = request.call(this, params, ...rest);
  if (moment === 'amid') setTimeout(die, 2);
  return answer.then((value) => {
    die();
    return value;
  });
};

const { KafkaConsumer, Producer } = require('@confluentinc/kafka-javascript');
const { commitCb } = KafkaConsumer.prototype;
KafkaConsumer.prototype.commitCb = function (offsets, done) {
  if (!isDue('commit')) return commitCb.call(this, offsets, done);
  if (moment === 'before') die();
  commitCb.call(this, offsets, die);
  if (moment === 'amid') setTimeout(die, 2);
};
const { produce } = Producer.prototype;
Producer.prototype.produce = function (...args) {
  if (!isDue('letter')) return produce.apply(this, args);
  if (moment === 'before') die();
  const queued = produce.apply(this, args);
  setTimeout(die, moment === 'amid' ? 2 : 100);
  return queued;
};
