import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clientTrouble, KafkaClientError } from '../../../streams/client-trouble.js';

const test = suite('trouble of Kafka clients');

const TRANSPORT = { message: 'broker transport failure', code: -195 };
const REFUSED =
  '[thrd:sasl_ssl://k:9093/bootstrap]: sasl_ssl://k:9093/bootstrap: SASL authentication error: Authentication failed (after 312ms in state AUTH_REQ, 1 identical error(s) suppressed)';
const REASON = 'sasl_ssl://k:9093/bootstrap: SASL authentication error: Authentication failed';

test('an error of the client itself says why its connection failed, when that is known', () => {
  const { handlers, explain } = clientTrouble();
  assert.is(explain(TRANSPORT).message, 'broker transport failure');
  handlers['event.log']({ fac: 'CONFWARN', message: 'something else' });
  assert.is(explain(TRANSPORT).message, 'broker transport failure');
  handlers['event.log']({ fac: 'FAIL', message: REFUSED });
  const explained = explain(TRANSPORT);
  assert.instance(explained, KafkaClientError);
  assert.is(explained.message, `broker transport failure (${REASON})`);
  assert.is(explained.code, -195);
});

test('an error of the broker says what it says', () => {
  const { handlers, explain } = clientTrouble();
  handlers['event.log']({ fac: 'FAIL', message: REFUSED });
  assert.is(explain({ message: 'Broker: Topic authorization failed', code: 29 }).message, 'Broker: Topic authorization failed');
});

test('the same error is told once, another one too', () => {
  const told: string[] = [];
  const { handlers } = clientTrouble({ who: 'group g', onError: (error) => told.push(error.message) });
  for (let i = 0; i < 3; i++) {
    handlers['event.error']({ message: 'authentication failure', code: -1 });
    handlers['event.error'](Object.assign(new Error('all broker connections are down'), { code: -1 }));
  }
  assert.equal(told, ['group g: authentication failure', 'group g: all broker connections are down']);
});

test.run();
