/** What is not even a request: answered on the socket, before any route is known. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

const REFUSALS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'the chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
};

/** Answers in the shape of all other refusals, unless an answer has begun, and ends the connection. */
export function answerBadHttp({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (socket.writable && socket.bytesWritten === 0 && code !== 'ECONNRESET') {
    const [status, message] = REFUSALS[code ?? ''] ?? [400, 'this is not HTTP'];
    const body = JSON.stringify({ ref: '', message });
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Connection: close',
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroySoon();
}

/**
 * The address with a path that can be decoded: what is no UTF-8 or no percent-encoding is read as Python's servers read it, with
 * U+FFFD for bytes and a bare % for itself, so that the route says what is wrong with the value.
 */
export function decodablePath(url: string): string {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  if (isDecodable(path)) return url;
  const repaired = path.split('/').map((part) => (isDecodable(part) ? part : encodeURIComponent(decodedLoosely(part))));
  return repaired.join('/') + (end < 0 ? '' : url.slice(end));
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function decodedLoosely(part: string): string {
  return part.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}
