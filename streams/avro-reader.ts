/**
 * Reads Avro records into events: code is generated from a writer schema and a record layout, so that a field of the one
 * meets the field of the same name of the other. Older versions are upcast on the way: what version 6 does not have is a
 * field that is skipped, what the writer lacks becomes the zero value (spec 01 §6). The same holds for schemas of others.
 *
 * Why not avsc for this: it checks bounds only after the fact, so a garbage block count makes it allocate without end; it
 * takes any byte as a boolean, throws for integers beyond 2^53, and replaces invalid UTF-8 otherwise than Go does. Besides, it
 * is several times slower, and decoding is a good part of a fold.
 */
import { ZERO_TIME } from '../schemas/events.js';
import type { FieldLayout, RecordLayout } from '../schemas/layout.js';
import { recordOf } from '../schemas/layout.js';
import type { Cursor } from './avro-cursor.js';
import type { AvroNode, AvroRecord } from './avro-schema.js';

/** Reads one record at the cursor. Throws MalformedError. */
export type RecordReader = (cursor: Cursor) => unknown;

/** What `model_version` is after decoding, nested events included (spec 01 §2.1). */
const CURRENT_VERSION = 6;

/**
 * Compile a reader from the writer's schema and the layout that is wanted. Objects of a record always have the layout's
 * fields in its order. Throws an Error that names a field which can't be read as the layout asks.
 */
export function compileReader(writer: AvroNode, layout: RecordLayout): RecordReader {
  if (writer.kind !== 'record') throw new Error(`a schema of kind ${writer.kind}, expected a record`);
  const compiler = new Compiler();
  const entry = compiler.record(writer, layout);
  const code = `'use strict';\n${compiler.functions.join('\n')}\nreturn ${entry};`;
  // The code holds names from our own layouts only; of a foreign schema nothing but its structure goes into it.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  return (new Function('ZERO_TIME', code) as (zeroTime: bigint) => RecordReader)(ZERO_TIME);
}

class Compiler {
  readonly functions: string[] = [];
  private readonly readers = new Map<AvroNode, Map<RecordLayout, string>>();
  private readonly skippers = new Map<AvroNode, string>();
  private readonly sizes = new Map<AvroNode, number>();
  private counter = 0;

  private define(prefix: string, body: (name: string) => string): string {
    const name = `${prefix}${this.counter++}`;
    const place = this.functions.push('') - 1;
    this.functions[place] = `function ${name}(c) {\n${body(name)}\n}`;
    return name;
  }

  /** Name of the function that reads a record. */
  record(writer: AvroRecord, layout: RecordLayout): string {
    const known = this.readers.get(writer)?.get(layout);
    if (known !== undefined) return known;
    return this.define('read', (name) => {
      const byLayout = this.readers.get(writer) ?? new Map<RecordLayout, string>();
      this.readers.set(writer, byLayout.set(layout, name));
      return this.recordBody(writer, layout);
    });
  }

  private recordBody(writer: AvroRecord, layout: RecordLayout): string {
    const lines: string[] = [];
    const wanted = new Map(layout.fields.map((field) => [field.name, field]));
    const passed = new Map((layout.passed ?? []).map((field) => [field.name, field]));
    const values = new Map<string, string>();
    for (const { name, type } of writer.fields) {
      const field = wanted.get(name);
      if (field === undefined || values.has(name) || name === 'model_version') {
        lines.push(this.pass(type, name === 'model_version' ? undefined : passed.get(name)));
        passed.delete(name);
        continue;
      }
      const variable = `v${values.size}`;
      values.set(name, field.absent ? absentIfZero(field, variable) : variable);
      lines.push(`const ${variable} = ${this.value(type, field)};`);
    }
    if (layout.fields.length === 0) return lines.join('\n');
    const members = layout.fields.map((field) => `${field.name}: ${values.get(field.name) ?? missing(field)}`);
    return [...lines, `return { ${members.join(', ')} };`].join('\n');
  }

  /** Expression for a field's value; zero is made absent by the caller. */
  private value(type: AvroNode, field: FieldLayout): string {
    if (type.kind === 'union') return this.union(type.branches, field);
    const { kind } = field;
    if (kind === 'record' && type.kind === 'record') return `${this.record(type, recordOf(field))}(c)`;
    if (kind === 'records' && type.kind === 'array') return this.list(type.items, { ...field, kind: 'record' });
    if (kind === 'strings' && type.kind === 'array') return this.list(type.items, STRING_ITEM);
    if (kind === 'map' && type.kind === 'map') return this.map(type.items);
    const expression = scalar(type, field);
    if (expression === undefined) throw new Error(`field ${field.name}: ${type.kind} can't be read as ${kind}`);
    return field.kind === 'json' && !field.absent ? `(${expression} || c.fail('${field.name} is empty'))` : expression;
  }

  /** A union reads the branch that was written; null is the zero value. */
  private union(branches: readonly AvroNode[], field: FieldLayout): string {
    const name = this.define('union', () => {
      const cases = branches.map((branch, i) => {
        const value = branch.kind === 'null' ? missing(field) : this.value(branch, field);
        return `case ${i}: return ${value};`;
      });
      return `switch (c.long()) {\n${cases.join('\n')}\n}\nreturn c.fail('no such branch of a union');`;
    });
    return `${name}(c)`;
  }

  private list(items: AvroNode, field: FieldLayout): string {
    const name = this.define('list', () =>
      [
        'const items = [];',
        `for (let n = c.block(${this.itemSize(items)}); n > 0; n = c.block(${this.itemSize(items)})) {`,
        `  while (n-- > 0) items.push(${this.value(items, field)});`,
        '}',
        'return items;',
      ].join('\n'),
    );
    return `${name}(c)`;
  }

  /** A map, or undefined when it is empty. */
  private map(values: AvroNode): string {
    const minimum = this.minSize(values) + 1;
    const name = this.define('map', () =>
      [
        `let n = c.block(${minimum});`,
        'if (n === 0) return undefined;',
        'const map = Object.create(null);',
        'do {',
        `  while (n-- > 0) { const key = c.string(); map[key] = ${this.value(values, STRING_ITEM)}; }`,
        `  n = c.block(${minimum});`,
        '} while (n > 0);',
        'return map;',
      ].join('\n'),
    );
    return `${name}(c)`;
  }

  /** Statement that passes a value; of a known field, failing where reading it would. */
  private pass(type: AvroNode, field: FieldLayout | undefined): string {
    return field === undefined ? this.skip(type) : this.check(type, field);
  }

  private check(type: AvroNode, field: FieldLayout): string {
    if (field.kind === 'json') return `${this.value(type, field)};`;
    if (type.kind === 'union') return this.checkUnion(type.branches, field);
    const { kind } = field;
    if (kind === 'record' && type.kind === 'record') return `${this.record(type, passedPart(field))}(c);`;
    if (kind === 'records' && type.kind === 'array') return this.checkItems(type.items, { ...field, kind: 'record' });
    if (kind === 'strings' && type.kind === 'array') return this.checkItems(type.items, STRING_ITEM);
    if (kind === 'map' && type.kind === 'map') return this.checkItems(type.items, STRING_ITEM, true);
    if (kind === 'string' && (type.kind === 'string' || type.kind === 'bytes')) return 'c.skipString();';
    if (kind === 'size' && type.kind === 'fixed' && type.size === 8) return 'c.skip(8);';
    if (kind === 'time' && type.kind === 'long' && type.logicalType !== 'timestamp-millis') return 'c.skipTime();';
    return `${this.value(type, field)};`;
  }

  private checkUnion(branches: readonly AvroNode[], field: FieldLayout): string {
    const name = this.define('check', () => {
      const cases = branches.map((branch, i) => `case ${i}: ${branch.kind === 'null' ? '' : this.check(branch, field)} return;`);
      return `switch (c.long()) {\n${cases.join('\n')}\n}\nc.fail('no such branch of a union');`;
    });
    return `${name}(c);`;
  }

  /** Each item is looked at, also of blocks that tell their size. */
  private checkItems(items: AvroNode, field: FieldLayout, named = false): string {
    const minimum = named ? this.minSize(items) + 1 : this.itemSize(items);
    const item = `${named ? 'c.skipString(); ' : ''}${this.check(items, field)}`;
    const name = this.define(
      'check',
      () => `for (let n = c.block(${minimum}); n > 0; n = c.block(${minimum})) while (n-- > 0) { ${item} }`,
    );
    return `${name}(c);`;
  }

  /** Statement that passes a value. */
  private skip(type: AvroNode): string {
    switch (type.kind) {
      case 'null':
        return '';
      case 'boolean':
        return 'c.boolean();';
      case 'int':
      case 'long':
      case 'enum':
        return 'c.skipLong();';
      case 'bytes':
      case 'string':
        return 'c.skipString();';
      case 'float':
      case 'double':
        return `c.skip(${type.kind === 'float' ? 4 : 8});`;
      case 'fixed':
        return `c.skip(${type.size});`;
      default:
        return `${this.skipper(type)}(c);`;
    }
  }

  private skipper(type: AvroNode): string {
    const known = this.skippers.get(type);
    if (known !== undefined) return known;
    return this.define('skip', (name) => {
      this.skippers.set(type, name);
      if (type.kind === 'record') return type.fields.map((field) => this.skip(field.type)).join('\n');
      if (type.kind === 'union') {
        const cases = type.branches.map((branch, i) => `case ${i}: ${this.skip(branch)} return;`);
        return `switch (c.long()) {\n${cases.join('\n')}\n}\nc.fail('no such branch of a union');`;
      }
      const items = (type as { items: AvroNode }).items;
      const minimum = type.kind === 'map' ? this.minSize(items) + 1 : this.itemSize(items);
      const item = `${type.kind === 'map' ? 'c.skipString(); ' : ''}${this.skip(items)}`;
      return `for (let n = c.skipBlock(${minimum}); n >= 0; n = c.skipBlock(${minimum})) while (n-- > 0) { ${item} }`;
    });
  }

  /** Least size of an array's item; items without any size could be claimed without end. */
  private itemSize(items: AvroNode): number {
    const size = this.minSize(items);
    if (size === 0) throw new Error('array items that take no bytes');
    return size;
  }

  /** Least number of bytes that a value takes. */
  private minSize(type: AvroNode): number {
    if (type.kind === 'null') return 0;
    if (type.kind === 'fixed') return type.size;
    if (type.kind === 'float') return 4;
    if (type.kind === 'double') return 8;
    if (type.kind !== 'record' && type.kind !== 'union') return 1;
    const known = this.sizes.get(type);
    if (known !== undefined) return known;
    this.sizes.set(type, 0); // while inside of itself
    const size =
      type.kind === 'union'
        ? 1 + type.branches.reduce((least, branch) => Math.min(least, this.minSize(branch)), Infinity)
        : type.fields.reduce((sum, field) => sum + this.minSize(field.type), 0);
    this.sizes.set(type, size);
    return size;
  }
}

const STRING_ITEM: FieldLayout = { name: 'item', kind: 'string', drop: false, absent: false, optional: false, repeats: false };

/** Expression for a value that is no container, undefined when the type can't be promoted. */
function scalar(type: AvroNode, { kind, repeats }: FieldLayout): string | undefined {
  const integer = type.kind === 'int' || type.kind === 'long';
  switch (kind) {
    case 'string':
      return type.kind === 'string' || type.kind === 'bytes' ? (repeats ? 'c.repeated()' : 'c.string()') : undefined;
    case 'json':
      return type.kind === 'string' || type.kind === 'bytes' ? 'c.json()' : undefined;
    case 'boolean':
      return type.kind === 'boolean' ? 'c.boolean()' : undefined;
    case 'uint32':
      return integer ? 'c.uint32()' : undefined;
    case 'time':
      return integer ? (type.logicalType === 'timestamp-millis' ? 'c.timeMillis()' : 'c.time()') : undefined;
    case 'size':
      if (integer) return 'c.sizeLong()';
      return type.kind === 'fixed' && type.size === 8 ? 'c.size()' : undefined;
    case 'double':
      if (type.kind === 'double' || type.kind === 'float') return `c.${type.kind}()`;
      return integer ? 'c.long()' : undefined;
    default:
      return undefined;
  }
}

const PASSED = new WeakMap<RecordLayout, RecordLayout>();

/** The part of a field's record that holds nothing of it; the same for each field of that record, so that one function reads all. */
function passedPart(field: FieldLayout): RecordLayout {
  const layout = recordOf(field);
  const part = PASSED.get(layout) ?? { name: layout.name, fields: [], passed: layout.fields };
  PASSED.set(layout, part);
  return part;
}

/** Maps are made absent by their own reader. */
function absentIfZero(field: FieldLayout, variable: string): string {
  if (field.kind === 'map') return variable;
  const zero = field.kind === 'string' || field.kind === 'json' ? "''" : '0';
  return `${variable} === ${zero} ? undefined : ${variable}`;
}

/** Expression for what the writer lacks: the zero value as the layout holds it. */
function missing(field: FieldLayout): string {
  if (field.name === 'model_version') return String(CURRENT_VERSION);
  if (field.absent) return 'undefined';
  switch (field.kind) {
    case 'string':
      return "''";
    case 'json':
      return `c.fail('${field.name} is missing')`;
    case 'time':
      return 'ZERO_TIME';
    case 'boolean':
      return 'false';
    case 'records':
    case 'strings':
      return '[]';
    case 'record':
      return `{ ${recordOf(field)
        .fields.map((inner) => `${inner.name}: ${missing(inner)}`)
        .join(', ')} }`;
    default:
      return '0';
  }
}
