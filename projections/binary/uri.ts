/**
 * Parts of a URI as `urlparse` of CPython 3.12.1 finds them, with the peer's rules around it (spec 02 §4.7 "uri"; the
 * numbers in comments are its steps). Analysts' values are rarely clean, so the quirks are data: documents must be equal.
 *
 * This runs for a large share of all features: positions instead of intermediate strings, no regular expression on the
 * common path, and undefined instead of an exception for a failure.
 */
import type { DocumentBody, DocumentValue } from '../types.js';
import { isIpv4, isIpv6 } from './ip-address.js';

type Parts = Record<string, DocumentValue>;

interface Authority {
  readonly hostname: string;
  /** undefined when there is none or it is empty. */
  readonly port: number | undefined;
}

const NONE = 'none';
const SCHEMES_WITH_PARAMS = new Set([
  '',
  'ftp',
  'hdl',
  'prospero',
  'http',
  'imap',
  'https',
  'shttp',
  'rtsp',
  'rtsps',
  'rtspu',
  'sip',
  'sips',
]);
for (const scheme of ['mms', 'sftp', 'tel']) SCHEMES_WITH_PARAMS.add(scheme);

const HASH = 0x23;
const SLASH = 0x2f;
const COLON = 0x3a;
const QUESTION = 0x3f;
const AT = 0x40;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Step 1: whether the value is parsed as it stands; all others get the scheme `none`. */
function hasScheme(value: string): boolean {
  if (value.includes('://')) return true;
  const first = value.charCodeAt(0) | 0x20;
  if (first !== 0x68 && first !== 0x6d) return false;
  const start = value.slice(0, 7).toLowerCase();
  return start === 'mailto:' || start.startsWith('http:') || start.startsWith('https:');
}

/** Step 2, second half. */
function withoutLineBreaks(text: string): string {
  return text.includes('\n') || text.includes('\t') || text.includes('\r') ? text.replace(/[\t\r\n]/g, '') : text;
}

/** Step 2, first half: control characters and blanks at the start. */
function withoutLeadingControls(text: string): string {
  let start = 0;
  while (start < text.length && text.charCodeAt(start) <= 0x20) start++;
  return start === 0 ? text : text.slice(start);
}

/** Step 3: length of the scheme before its colon, 0 when there is none. */
function schemeLength(text: string): number {
  const colon = text.indexOf(':');
  for (let index = 0; index < colon; index++) {
    const unit = text.charCodeAt(index);
    const letter = unit | 0x20;
    if (letter >= 0x61 && letter <= 0x7a) continue;
    const inside = (unit >= 0x30 && unit <= 0x39) || unit === 0x2b || unit === 0x2d || unit === 0x2e;
    if (index === 0 || !inside) return 0;
  }
  return Math.max(colon, 0);
}

/** Step 4: whether the first bracketed text is an IPv6 address or of the form reserved for later versions. */
function hasValidBrackets(netloc: string): boolean {
  const after = netloc.slice(netloc.indexOf('[') + 1);
  const close = after.indexOf(']');
  const host = close < 0 ? after : after.slice(0, close);
  return host.startsWith('v') ? /^v[0-9a-fA-F]+\.[^\n]+$/.test(host) : isIpv6(host);
}

/** Step 6: characters that turn into delimiters when normalised would move the end of the host. */
function isSafeWhenNormalised(netloc: string): boolean {
  const text = netloc.replace(/[@:#?]/g, '');
  const normalised = text.normalize('NFKC');
  return normalised === text || !/[/?#@:]/.test(normalised);
}

/** Step 8, port: undefined when empty, NaN when it makes the whole enrichment fail. */
function readPort(text: string): number | undefined {
  if (text === '') return undefined;
  // Python refuses to read more digits, even if they are zeros.
  if (text.length > 4300) return NaN;
  let port = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return NaN;
    port = port * 10 + digit;
  }
  return port <= 65535 ? port : NaN;
}

/** Step 8, host: a zone (from `%` on) keeps its case. */
function lowerCaseHost(host: string): string {
  const percent = host.indexOf('%');
  return percent < 0 ? host.toLowerCase() : host.slice(0, percent).toLowerCase() + host.slice(percent);
}

/** Step 8: host and port of what follows the last `@`. */
function readHost(text: string): Authority {
  const open = text.indexOf('[');
  if (open < 0) {
    const colon = text.indexOf(':');
    if (colon < 0) return { hostname: lowerCaseHost(text), port: undefined };
    return { hostname: lowerCaseHost(text.slice(0, colon)), port: readPort(text.slice(colon + 1)) };
  }
  const close = text.indexOf(']', open);
  if (close < 0) return { hostname: lowerCaseHost(text.slice(open + 1)), port: undefined };
  const colon = text.indexOf(':', close);
  return { hostname: lowerCaseHost(text.slice(open + 1, close)), port: colon < 0 ? undefined : readPort(text.slice(colon + 1)) };
}

function addUser(parts: Parts, userinfo: string): void {
  const colon = userinfo.indexOf(':');
  const username = colon < 0 ? userinfo : userinfo.slice(0, colon);
  if (username !== '') parts['username'] = username;
  if (colon >= 0 && colon < userinfo.length - 1) parts['password'] = userinfo.slice(colon + 1);
}

/** Steps 8 and 9 for the netloc; answers whether it could be read. */
function addAuthority(parts: Parts, netloc: string, lastAt: number): boolean {
  const { hostname, port } = readHost(lastAt < 0 ? netloc : netloc.slice(lastAt + 1));
  if (Number.isNaN(port)) return false;
  parts['netloc'] = netloc;
  if (lastAt >= 0) addUser(parts, netloc.slice(0, lastAt));
  if (hostname !== '') {
    parts['hostname'] = hostname;
    if (isIpv4(hostname) || (hostname.includes(':') && isIpv6(hostname))) parts['ip'] = hostname;
  }
  if (port !== undefined && port !== 0) parts['port'] = port;
  return true;
}

/** Reads the netloc from `start`; answers the position after it, or -1 when it makes the enrichment fail. */
function takeNetloc(parts: Parts, text: string, start: number): number {
  let lastAt = -1;
  let bits = 0;
  let open = false;
  let close = false;
  let end = start;
  for (; end < text.length; end++) {
    const unit = text.charCodeAt(end);
    if (unit === SLASH || unit === QUESTION || unit === HASH) break;
    bits |= unit;
    if (unit === AT) lastAt = end - start;
    else if (unit === OPEN) open = true;
    else if (unit === CLOSE) close = true;
  }
  if (end === start) return end;
  const netloc = text.slice(start, end);
  if (open !== close || (open && !hasValidBrackets(netloc))) return -1;
  if (bits > 0x7f && !isSafeWhenNormalised(netloc)) return -1;
  return addAuthority(parts, netloc, lastAt) ? end : -1;
}

/** Step 7: position of the `;` before the params, after the last slash if there is one; -1 without params. */
function paramsAt(path: string, scheme: string): number {
  if (!path.includes(';') || !SCHEMES_WITH_PARAMS.has(scheme)) return -1;
  return path.indexOf(';', path.lastIndexOf('/'));
}

/** Steps 5, 7 and 9 for what follows the netloc. */
function addPath(parts: Parts, text: string, start: number, scheme: string): void {
  let end = text.length;
  const hash = text.indexOf('#', start);
  if (hash >= 0) {
    if (hash < end - 1) parts['fragment'] = text.slice(hash + 1);
    end = hash;
  }
  const question = text.indexOf('?', start);
  if (question >= 0 && question < end) {
    if (question < end - 1) parts['query'] = text.slice(question + 1, end);
    end = question;
  }
  if (end <= start) return;
  const path = text.slice(start, end);
  const semicolon = paramsAt(path, scheme);
  if (semicolon < 0) {
    parts['filepath'] = path;
    return;
  }
  if (semicolon > 0) parts['filepath'] = path.slice(0, semicolon);
  if (semicolon < path.length - 1) parts['params'] = path.slice(semicolon + 1);
}

/** Parts of a URI feature's value; undefined when it can't be parsed. */
export function uriParts(value: string): DocumentBody | undefined {
  const parts: Parts = {};
  if (!hasScheme(value)) {
    const text = withoutLineBreaks(value);
    const end = takeNetloc(parts, text, 0);
    if (end < 0) return undefined;
    addPath(parts, text, end, NONE);
    return parts;
  }
  const text = withoutLineBreaks(withoutLeadingControls(value));
  const length = schemeLength(text);
  const scheme = text.slice(0, length).toLowerCase();
  if (scheme !== '' && scheme !== NONE) parts['scheme'] = scheme;
  let start = text.charCodeAt(length) === COLON && length > 0 ? length + 1 : 0;
  if (text.startsWith('//', start)) start = takeNetloc(parts, text, start + 2);
  if (start < 0) return undefined;
  addPath(parts, text, start, scheme);
  return parts;
}
