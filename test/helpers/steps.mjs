/**
 * Names for the requests of a worker, so that fault tests can say where something happens. Whatever a worker changes or learns outside of itself
 * goes through these, so "between any two of them" is between any two of its steps. Plain JavaScript: it is preloaded as well.
 */

/** @param {{ path: string, body?: unknown, bulkBody?: unknown }} request a bulk body may be a stream of pieces (src/opensearch/bulk-transport.ts) */
export function stepOf({ path, body, bulkBody }) {
  if (path === '/_bulk') return bulkStep(bulkBody.pieces ? Buffer.concat(bulkBody.pieces).toString() : String(bulkBody));
  if (path.endsWith('/_refresh')) return 'refresh';
  if (path === '/_mget') return 'read';
  if (path.endsWith('/_search')) return body !== undefined && 'aggs' in body ? 'count' : 'search';
  return 'other';
}

/** @param {string} text */
function bulkStep(text) {
  if (text.includes('"if_seq_no"')) {
    if (text.includes('{"index":')) return 'replace';
    return text.includes('{"delete":') ? 'delete' : 'losers';
  }
  if (text.includes('{"update":')) return 'merge';
  return text.includes('"fold":') ? 'create' : 'parents';
}
