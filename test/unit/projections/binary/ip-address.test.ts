import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isIpv4, isIpv6 } from '../../../../projections/binary/ip-address.js';

const test = suite('ip addresses');

const IPV4 = ['0.0.0.0', '1.2.3.4', '255.255.255.255', '10.0.0.1'];
const NOT_IPV4 = [
  '',
  '1.2.3',
  '1.2.3.4.5',
  '01.2.3.4',
  '1.2.3.00',
  '1.2.3.256',
  '1.2.3.',
  '.1.2.3',
  '1..2.3',
  '1.2.3.4 ',
  '1.2.3.-4',
  '1.2.3.4%z',
];
NOT_IPV4.push('0x1.2.3.4', '\u0661.2.3.4', '1.2.3.1000');

const IPV6 = ['::', '::1', '1::', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', '::2:3:4:5:6:7:8', '2001:DB8::1', '::1.2.3.4', '::ffff:1.2.3.4%3'];
IPV6.push('1:2:3:4:5:6:1.2.3.4', 'fe80::1%eth0', 'fe80::1% ', '1::3:4:5:6:7:8');
const NOT_IPV6 = [
  '',
  ':',
  ':::',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1::2::3',
  ':1',
  '1:',
  ':1:2:3:4:5:6:7:8',
  '12345::',
  'g::',
  '::1.2.3.04',
];
NOT_IPV6.push(
  '::1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7:1.2.3.4',
  'fe80::1%',
  'fe80::1%a%b',
  '1.2.3.4',
  '1.2.3.4::',
  '::1.2.3.4:5',
  '%1',
  '::1:',
  '1::2:3:4:5:6:7:8',
);

for (const text of IPV4) test(`knows ${text} as IPv4`, () => assert.ok(isIpv4(text)));
for (const text of NOT_IPV4) test(`does not know ${JSON.stringify(text)} as IPv4`, () => assert.not(isIpv4(text)));
for (const text of IPV6) test(`knows ${text} as IPv6`, () => assert.ok(isIpv6(text)));
for (const text of NOT_IPV6) test(`does not know ${JSON.stringify(text)} as IPv6`, () => assert.not(isIpv6(text)));

test.run();
