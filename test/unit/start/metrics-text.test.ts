import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createMetrics } from '../../../src/metrics.js';
import { metricByLabel, metricSum, parseMetrics } from '../../../src/start/metrics-text.js';

const test = suite('metrics of a worker');

test('reads what a worker really exports, an event of two projections once', async () => {
  const metrics = createMetrics();
  metrics.records.inc({ projection: 'binary' }, 100);
  metrics.records.inc({ projection: 'status' }, 40);
  metrics.records.inc({ projection: 'plugin' }, 3);
  metrics.records.inc({ projection: 'download' }, 2);
  metrics.deadLetters.inc({ projection: 'binary', class: 'decode' }, 4);
  metrics.deadLetters.inc({ projection: 'status', class: 'invalid' }, 1);
  metrics.outage.set(7.5);
  assert.equal(parseMetrics(await metrics.registry.metrics()), { eventsRead: 105, rejected: 5, outageSeconds: 7.5 });
});

test('knows a page that is not a worker’s', () => {
  assert.is(parseMetrics('<html>not found</html>'), undefined);
});

test('sums a metric without labels, with labels and with a longer namesake', () => {
  const text = '# HELP a b\n# TYPE a counter\na 1\na_total{x="1",y="p q"} 2\na_total{x="2",y="}"} 3.5 1700000000\na_total_more 100\n';
  assert.is(metricSum(text, 'a'), 1);
  assert.is(metricSum(text, 'a_total'), 5.5);
  assert.is(metricSum(text, 'missing'), 0);
  assert.equal(
    [...metricByLabel(text, 'a_total', 'x')],
    [
      ['1', 2],
      ['2', 3.5],
    ],
  );
});

test.run();
