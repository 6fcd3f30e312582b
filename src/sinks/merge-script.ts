/**
 * The stored Painless script that merges contributions into a document (spec 00 "Create, then merge").
 *
 * Contract. `params.fold`: a `fold` object in its stored form (projections/fold-json.ts); `params.body`: the body of its greatest contribution;
 * `params.max`: bound of the list. Effect: within one identity the greatest (offset, insert offsets) stands; the greatest contribution of all
 * is the winner. Its body is written when it is the incoming one; when it is the one already shown, the body stays; when it is another (the shown one was
 * replaced by a later record of its key that ranks lower), `fold.owed` is set and the caller fetches the winner's record. A document
 * without `fold` (written by azul-metastore) is replaced. Nothing changed: noop. Commutative, associative and idempotent.
 */
import { createHash } from 'node:crypto';
import { FOLD_FIELDS as F } from '../../projections/fold-json.js';

export const mergeScriptSource = `
int compareText(String a, String b) {
  // code-point order: UTF-16 order is right except where a surrogate meets a character above it
  int n = a.length() < b.length() ? a.length() : b.length();
  for (int i = 0; i < n; i++) {
    int x = (int) a.charAt(i);
    int y = (int) b.charAt(i);
    if (x != y) {
      if (x >= 0xD800 && y >= 0xD800) {
        x = x >= 0xE000 ? x - 0x800 : x + 0x2000;
        y = y >= 0xE000 ? y - 0x800 : y + 0x2000;
      }
      return x < y ? -1 : 1;
    }
  }
  return Integer.compare(a.length(), b.length());
}
int compareTexts(def a, def b) {
  int n = a.size() < b.size() ? a.size() : b.size();
  for (int i = 0; i < n; i++) {
    int c = compareText(a.get(i), b.get(i));
    if (c != 0) return c;
  }
  return Integer.compare(a.size(), b.size());
}
String eventKey(Map c) { return c.containsKey('${F.eventKey}') ? c.get('${F.eventKey}') : c.get('${F.recordKey}'); }
long timestamp(Map c) { return Long.parseLong(c.get('${F.timestamp}')); }
long recordTimestamp(Map c) { return c.containsKey('${F.recordTimestamp}') ? Long.parseLong(c.get('${F.recordTimestamp}')) : timestamp(c); }
List inserts(Map c, String field) { return c.containsKey(field) ? c.get(field) : new ArrayList(); }
long number(def n) { return ((Number) n).longValue(); }
int compareContributions(Map a, Map b) {
  int c = Long.compare(timestamp(a), timestamp(b));
  if (c != 0) return c;
  c = compareText(eventKey(a), eventKey(b));
  if (c != 0) return c;
  c = Long.compare(recordTimestamp(a), recordTimestamp(b));
  if (c != 0) return c;
  c = compareText(a.get('${F.recordKey}'), b.get('${F.recordKey}'));
  if (c != 0) return c;
  c = compareTexts(inserts(a, '${F.insertKeys}'), inserts(b, '${F.insertKeys}'));
  if (c != 0) return c;
  c = compareText(a.get('${F.topic}'), b.get('${F.topic}'));
  if (c != 0) return c;
  return Long.compare(number(a.get('${F.partition}')), number(b.get('${F.partition}')));
}
boolean sameIdentity(Map a, Map b) {
  return number(a.get('${F.partition}')) == number(b.get('${F.partition}'))
    && a.get('${F.recordKey}').equals(b.get('${F.recordKey}'))
    && a.get('${F.topic}').equals(b.get('${F.topic}'))
    && eventKey(a).equals(eventKey(b))
    && inserts(a, '${F.insertKeys}').equals(inserts(b, '${F.insertKeys}'));
}
int compareOffsets(Map a, Map b) {
  int c = Long.compare(number(a.get('${F.offset}')), number(b.get('${F.offset}')));
  if (c != 0) return c;
  List x = inserts(a, '${F.insertOffsets}');
  List y = inserts(b, '${F.insertOffsets}');
  int n = x.size() < y.size() ? x.size() : y.size();
  for (int i = 0; i < n; i++) {
    c = Long.compare(number(x.get(i)), number(y.get(i)));
    if (c != 0) return c;
  }
  return Integer.compare(x.size(), y.size());
}
Map greatest(List list) {
  Map best = null;
  for (def c : list) {
    if (best == null || compareContributions(c, best) > 0) best = c;
  }
  return best;
}

Map fold = ctx._source.fold;
List merged = new ArrayList();
Map shown = null;
boolean owed = false;
boolean truncated = false;
if (fold != null) {
  merged.addAll(fold.${F.contributions});
  owed = fold.owed == true;
  truncated = fold.${F.truncated} == true;
  if (!owed) shown = greatest(merged);
}
Map incoming = greatest(params.fold.${F.contributions});
boolean changed = fold == null;
truncated |= params.fold.${F.truncated} == true;
for (def c : params.fold.${F.contributions}) {
  int at = -1;
  for (int i = 0; i < merged.size() && at < 0; i++) {
    if (sameIdentity(merged.get(i), c)) at = i;
  }
  if (at < 0) {
    merged.add(c);
    changed = true;
  } else if (compareOffsets(c, merged.get(at)) > 0) {
    merged.set(at, c);
    changed = true;
  }
}
merged.sort((a, b) -> compareContributions(b, a));
if (merged.size() > params.max) {
  merged = new ArrayList(merged.subList(0, (int) params.max));
  truncated = true;
}
Map winner = merged.get(0);
boolean winnerIncoming = sameIdentity(winner, incoming) && compareOffsets(winner, incoming) == 0;
boolean winnerShown = shown != null && sameIdentity(winner, shown) && compareOffsets(winner, shown) == 0;
if (!changed && !(owed && winnerIncoming)) {
  ctx.op = 'none';
} else {
  if (winnerIncoming && !winnerShown) {
    ctx._source.clear();
    ctx._source.putAll(params.body);
    owed = false;
  } else if (!winnerShown) {
    owed = true;
  }
  TreeSet tokens = new TreeSet();
  for (def c : merged) tokens.addAll(c.${F.contributionTokens});
  Map next = new LinkedHashMap();
  next.put('${F.tokens}', new ArrayList(tokens));
  next.put('${F.contributions}', merged);
  if (truncated) next.put('${F.truncated}', true);
  if (owed) next.put('owed', true);
  ctx._source.fold = next;
}
`.trim();

/** The id changes with the text, so that workers of two releases do not overwrite each other's script. */
export const mergeScriptId = `metafold-merge-${createHash('sha256').update(mergeScriptSource).digest('hex').slice(0, 16)}`;
