import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { uriParts } from '../../../../projections/binary/uri.js';
import type { DocumentBody } from '../../../../projections/types.js';
import uris from '../../../fixtures/enrich/uris.json' with { type: 'json' };

const test = suite('uri features');

/** The table of spec 02 §4.7, then what its steps say about single quirks. */
const EXAMPLES: [string, DocumentBody | undefined][] = [
  [
    'http://myuser:pw@Blah.com:443/t/p.html;x=1?q=1&r#frag',
    {
      scheme: 'http',
      netloc: 'myuser:pw@Blah.com:443',
      filepath: '/t/p.html',
      params: 'x=1',
      query: 'q=1&r',
      fragment: 'frag',
      username: 'myuser',
      password: 'pw',
      hostname: 'blah.com',
      port: 443,
    },
  ],
  ['1.2.3.4:8080/a;b;c', { netloc: '1.2.3.4:8080', filepath: '/a;b;c', hostname: '1.2.3.4', port: 8080, ip: '1.2.3.4' }],
  ['//x/y', { filepath: '//x/y' }],
  ['http://a[::1]b:8/', { scheme: 'http', netloc: 'a[::1]b:8', filepath: '/', hostname: '::1', ip: '::1', port: 8 }],
  ['MAILTO:A@b.com', { scheme: 'mailto', filepath: 'A@b.com' }],
  ['', {}],
  ['?q', { query: 'q' }],
  ['h:99999', undefined],
  ['h:abc', undefined],
  ['http://[::1/x', undefined],
  ['http://2001:db8::1/', undefined],
  ['hxxp://evil[.]com/', undefined],
  ['javascript:x', undefined],
  ['h:080', { netloc: 'h:080', hostname: 'h', port: 80 }],
  ['h:0', { netloc: 'h:0', hostname: 'h' }],
  ['h:65535', { netloc: 'h:65535', hostname: 'h', port: 65535 }],
  ['h:65536', undefined],
  ['none://H;p', { netloc: 'H;p', hostname: 'h;p' }],
  ['  http://h', { scheme: 'http', netloc: 'h', hostname: 'h' }],
  [' http:x', undefined],
  ['ht\ttp://h\n/a\r', { scheme: 'http', netloc: 'h', hostname: 'h', filepath: '/a' }],
  ['http://a@b@c/', { scheme: 'http', netloc: 'a@b@c', username: 'a@b', hostname: 'c', filepath: '/' }],
  ['http://[FE80::1%Eth0]/', { scheme: 'http', netloc: '[FE80::1%Eth0]', hostname: 'fe80::1%Eth0', ip: 'fe80::1%Eth0', filepath: '/' }],
  ['http://[vF.a:B]/', { scheme: 'http', netloc: '[vF.a:B]', hostname: 'vf.a:b', filepath: '/' }],
  ['http://[1.2.3.4]/', undefined],
  ['http://a\u2100b/', undefined],
  ['http://\uff41.com', { scheme: 'http', netloc: '\uff41.com', hostname: '\uff41.com' }],
  ['http://h/a;b/c;d;e', { scheme: 'http', netloc: 'h', hostname: 'h', filepath: '/a;b/c', params: 'd;e' }],
  ['http://h/a;b/c', { scheme: 'http', netloc: 'h', hostname: 'h', filepath: '/a;b/c' }],
  ['http:a;b;c', { scheme: 'http', filepath: 'a', params: 'b;c' }],
  ['git://h/a;b', { scheme: 'git', netloc: 'h', hostname: 'h', filepath: '/a;b' }],
  ['://a;b', { filepath: '://a', params: 'b' }],
  ['http://h#a?b', { scheme: 'http', netloc: 'h', hostname: 'h', fragment: 'a?b' }],
  ['http://h?a#', { scheme: 'http', netloc: 'h', hostname: 'h', query: 'a' }],
];

for (const [value, expected] of EXAMPLES) {
  test(`takes ${JSON.stringify(value)} apart`, () => assert.equal(uriParts(value), expected));
}

const WITH_PARAMS = 'ftp hdl prospero http imap https shttp rtsp rtsps rtspu sip sips mms sftp tel'.split(' ');

test('looks for params in the schemes that have them', () => {
  for (const scheme of WITH_PARAMS)
    assert.equal(uriParts(`${scheme}://h/;p`), { scheme, netloc: 'h', hostname: 'h', filepath: '/', params: 'p' });
  for (const scheme of ['file', 'git', 'nntp', 'ws'])
    assert.equal(uriParts(`${scheme}://h/;p`), { scheme, netloc: 'h', hostname: 'h', filepath: '/;p' });
});

test('takes values apart as CPython 3.12.1 does', () => {
  for (const [value, expected] of uris as unknown as [string, DocumentBody | null][]) {
    assert.equal(uriParts(value), expected ?? undefined, JSON.stringify(value));
  }
});

test('reads ports of at most 4300 digits', () => {
  assert.is(uriParts(`h:${'0'.repeat(4299)}8`)?.['port'], 8);
  assert.is(uriParts(`h:${'0'.repeat(4300)}8`), undefined);
});

test.run();
