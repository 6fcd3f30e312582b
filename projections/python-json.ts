/**
 * JSON text to the text that Python's `json.dumps` gives for it (spec 02 §4.9), in one pass over the characters:
 * an md5 is taken over that text, so number lexemes, key order and escapes must come out as Python writes them.
 * Also applies what the peer's encoder does to free-form objects (§4.1): keys starting with `_sa` are dropped at any
 * depth, of duplicate keys the last value stands at the first position, numbers that are not finite become null.
 * The result is JSON without line ends, equal to the input but for those rules, so it serves as document text as well.
 */

/**
 * OpenSearch's parser takes 1000 levels, counted from the request. A merge holds a document a few levels deeper than a create does;
 * what only one of them took would depend on the order of arrival.
 */
const MAX_DEPTH = 990;
/** Objects with more keys than this look their keys up in a map. */
const LINEAR_KEYS = 12;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Numbers that Python prints as they are written, in a list without spaces; up to 15 significant digits are exact. */
const PLAIN_NUMBERS = /(?:(?:0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,7})\.(?!0000)(?:\d{0,6}[1-9]|0)),)*/y;

/** Members of an object in order of first appearance; values are Python texts. */
export interface ScannedMembers {
  readonly keys: readonly string[];
  readonly values: readonly string[];
  /** Whether the object had no members before `_sa` keys were dropped. */
  readonly empty: boolean;
}

/** A double as Python's `repr`: shortest digits, `.0` if integral, exponent form below 1e-4 and from 1e16 on. */
export function pythonFloat(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split('e') as [string, string];
    return `${digits}e${exponent[0]!}${exponent.slice(1).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value.toString()}.0` : value.toString();
}

function escapeNonAscii(unit: string): string {
  return '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0');
}

/** A string as `json.dumps` writes it: everything outside 0x20-0x7E escaped, by UTF-16 units. */
export function pythonString(value: string): string {
  return JSON.stringify(value).replace(/[\x7f-\uffff]/g, escapeNonAscii);
}

class Scanner {
  private at = 0;
  constructor(private readonly text: string) {}

  /** Reads the object that is the whole text. */
  wholeObject(): ScannedMembers {
    if (this.peek() !== 0x7b) this.fail('an object');
    const members = this.members(1);
    if (!Number.isNaN(this.peek())) this.fail('the end of the text');
    return members;
  }

  wholeValue(): string {
    const value = this.value(0);
    if (!Number.isNaN(this.peek())) this.fail('the end of the text');
    return value;
  }

  private fail(expected: string): never {
    const found = this.at < this.text.length ? JSON.stringify(this.text[this.at]) : 'the end';
    throw new SyntaxError(`JSON text has ${found} at offset ${this.at}, expected ${expected}`);
  }

  /** The next character code after whitespace; NaN at the end. */
  private peek(): number {
    let code = this.text.charCodeAt(this.at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = this.text.charCodeAt(++this.at);
    return code;
  }

  private value(depth: number): string {
    switch (this.peek()) {
      case QUOTE:
        return this.string();
      case 0x7b:
        return joinMembers(this.members(depth + 1));
      case 0x5b:
        return this.array(depth + 1);
      case 0x74:
        return this.word('true', 'true');
      case 0x66:
        return this.word('false', 'false');
      case 0x6e:
        return this.word('null', 'null');
      case 0x4e:
        return this.word('NaN', 'null');
      case 0x49:
        return this.word('Infinity', 'null');
      default:
        return this.number();
    }
  }

  private word(word: string, result: string): string {
    if (!this.text.startsWith(word, this.at)) this.fail('a value');
    this.at += word.length;
    return result;
  }

  private members(depth: number): ScannedMembers {
    if (depth > MAX_DEPTH) this.fail(`at most ${MAX_DEPTH} levels`);
    const keys: string[] = [];
    const values: string[] = [];
    const index = new KeyIndex(keys);
    this.at++;
    if (this.peek() === 0x7d) {
      this.at++;
      return { keys, values, empty: true };
    }
    for (;;) {
      if (this.peek() !== QUOTE) this.fail('a key');
      const key = this.string();
      if (this.peek() !== COLON) this.fail('":"');
      this.at++;
      const value = this.value(depth);
      if (!key.startsWith('"_sa')) values[index.place(key)] = value;
      const next = this.peek();
      this.at++;
      if (next === 0x7d) return { keys, values, empty: false };
      if (next !== COMMA) this.failBack('"," or "}"');
    }
  }

  private array(depth: number): string {
    if (depth > MAX_DEPTH) this.fail(`at most ${MAX_DEPTH} levels`);
    this.at++;
    if (this.peek() === 0x5d) {
      this.at++;
      return '[]';
    }
    let out = '[' + this.plainNumbers();
    for (;;) {
      out += this.value(depth);
      const next = this.peek();
      this.at++;
      if (next === 0x5d) return out + ']';
      if (next !== COMMA) this.failBack('"," or "]"');
      out += ', ';
    }
  }

  /** The numbers at the front of a list, but the last, that need no thought: entropy blocks come in hundreds. */
  private plainNumbers(): string {
    PLAIN_NUMBERS.lastIndex = this.at;
    PLAIN_NUMBERS.test(this.text);
    const end = PLAIN_NUMBERS.lastIndex;
    if (end === this.at) return '';
    const run = this.text.slice(this.at, end).replaceAll(',', ', ');
    this.at = end;
    return run;
  }

  private failBack(expected: string): never {
    this.at--;
    this.fail(expected);
  }

  private string(): string {
    const text = this.text;
    const start = this.at;
    let plain = true;
    let at = start + 1;
    for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(++at)) {
      if (code >= 0x20 && code <= 0x7e && code !== BACKSLASH) continue;
      if (Number.isNaN(code)) {
        this.at = at;
        this.fail('the end of a string');
      }
      plain = false;
      if (code === BACKSLASH) at++;
    }
    this.at = at + 1;
    const slice = text.slice(start, this.at);
    return plain ? slice : pythonString(JSON.parse(slice) as string);
  }

  private digits(): void {
    const start = this.at;
    let code = this.text.charCodeAt(this.at);
    while (code >= 0x30 && code <= 0x39) code = this.text.charCodeAt(++this.at);
    if (this.at === start) this.fail('a value');
  }

  private number(): string {
    const text = this.text;
    const start = this.at;
    if (text.charCodeAt(this.at) === 0x2d) this.at++;
    if (text.charCodeAt(this.at) === 0x49) return this.word('Infinity', 'null');
    if (text.charCodeAt(this.at) === 0x30) this.at++;
    else this.digits();
    let float = false;
    if (text.charCodeAt(this.at) === 0x2e) {
      float = true;
      this.at++;
      this.digits();
    }
    if ((text.charCodeAt(this.at) | 0x20) === 0x65) {
      float = true;
      const sign = text.charCodeAt(++this.at);
      if (sign === 0x2b || sign === 0x2d) this.at++;
      this.digits();
    }
    const lexeme = text.slice(start, this.at);
    if (!float) return lexeme === '-0' ? '0' : lexeme;
    const value = Number(lexeme);
    return Number.isFinite(value) ? pythonFloat(value) : 'null';
  }
}

/** Places of keys in an object; the keys are compared as Python texts, which are unique per decoded key. */
class KeyIndex {
  private places: Map<string, number> | undefined;
  constructor(private readonly keys: string[]) {}

  /** The place of a key, a new one at the end if it has none yet. */
  place(key: string): number {
    const keys = this.keys;
    if (keys.length === LINEAR_KEYS) this.places ??= new Map(keys.map((known, i) => [known, i]));
    const known = this.places === undefined ? keys.indexOf(key) : (this.places.get(key) ?? -1);
    if (known >= 0) return known;
    this.places?.set(key, keys.length);
    return keys.push(key) - 1;
  }
}

/** Members as Python text; keys are Python texts with their quotes. */
export function joinMembers(members: ScannedMembers): string {
  const { keys, values } = members;
  if (keys.length === 0) return '{}';
  let out = '{' + keys[0]! + ': ' + values[0]!;
  for (let i = 1; i < keys.length; i++) out += ', ' + keys[i]! + ': ' + values[i]!;
  return out + '}';
}

/** Members of a JSON object; keys carry their quotes. Throws a SyntaxError with the offset when the text is anything else. */
export function scanObject(text: string): ScannedMembers {
  return new Scanner(text).wholeObject();
}

/** Python text of any JSON value. Accepts what `json.loads` does, `NaN` and `Infinity` included; throws a SyntaxError otherwise. */
export function pythonJson(text: string): string {
  return new Scanner(text).wholeValue();
}
