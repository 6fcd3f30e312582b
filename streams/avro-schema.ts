/** Avro schemas: our own, read from the package's `.avsc` files when first needed, and any other as JSON, names resolved. */
import { readFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Model } from '../schemas/events.js';

/** Model versions that exist on the wire (spec 01 §2.1). */
export type WireVersion = 4 | 5 | 6;

/** A schema as a graph; a named type used twice is one node. */
export type AvroNode =
  | { readonly kind: 'null' | 'boolean' | 'float' | 'double' | 'bytes' | 'string' }
  | { readonly kind: 'int' | 'long'; readonly logicalType: string | undefined }
  | { readonly kind: 'fixed'; readonly size: number }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'array' | 'map'; readonly items: AvroNode }
  | { readonly kind: 'union'; readonly branches: readonly AvroNode[] }
  | AvroRecord;

export interface AvroRecord {
  readonly kind: 'record';
  readonly name: string;
  readonly fields: { readonly name: string; readonly type: AvroNode }[];
}

/** Folder of the `.avsc` files: beside the sources, and one level further up from the build. */
function schemaFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'schemas');
    if (existsSync(join(candidate, 'v6', 'binary.avsc'))) return candidate;
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no schemas/v6/binary.avsc above ${fileURLToPath(import.meta.url)}`);
    folder = parent;
  }
}

let folder: string | undefined;
const texts = new Map<string, string>();

/** The `.avsc` text of a model in a version. Reads the file on the first call. */
export function schemaText(model: Model, version: WireVersion): string {
  const name = join(`v${version}`, `${model}.avsc`);
  let text = texts.get(name);
  if (text === undefined) {
    folder ??= schemaFolder();
    text = readFileSync(join(folder, name), 'utf8');
    texts.set(name, text);
  }
  return text;
}

type Names = Map<string, AvroNode>;

const PRIMITIVES: ReadonlySet<string> = new Set(['null', 'boolean', 'float', 'double', 'bytes', 'string', 'int', 'long']);

/** The graph of a schema given as JSON text. Throws an Error that says which part is no Avro schema. */
export function parseSchema(text: string): AvroNode {
  return nodeOf(JSON.parse(text), new Map(), '');
}

function nodeOf(schema: unknown, names: Names, namespace: string): AvroNode {
  if (typeof schema === 'string') return namedOrPrimitive(schema, undefined, names, namespace);
  if (Array.isArray(schema)) return { kind: 'union', branches: schema.map((branch) => nodeOf(branch, names, namespace)) };
  if (!isObject(schema)) throw new Error(`${clip(schema)} is no Avro schema`);
  const { type } = schema;
  switch (type) {
    case 'record':
    case 'error':
      return recordNode(schema, names, namespace);
    case 'array':
      return { kind: 'array', items: nodeOf(schema['items'], names, namespace) };
    case 'map':
      return { kind: 'map', items: nodeOf(schema['values'], names, namespace) };
    case 'fixed':
      return define(schema, names, namespace, { kind: 'fixed', size: sizeOf(schema) });
    case 'enum':
      return define(schema, names, namespace, { kind: 'enum', symbols: listOf(schema, 'symbols').map(String) });
    default:
      if (typeof type === 'string') return namedOrPrimitive(type, schema['logicalType'], names, namespace);
      return nodeOf(type, names, namespace);
  }
}

function namedOrPrimitive(name: string, logicalType: unknown, names: Names, namespace: string): AvroNode {
  if (name === 'int' || name === 'long') return { kind: name, logicalType: typeof logicalType === 'string' ? logicalType : undefined };
  if (PRIMITIVES.has(name)) return { kind: name as 'null' };
  const node = names.get(fullName(name, namespace)) ?? names.get(name);
  if (node === undefined) throw new Error(`type ${JSON.stringify(name)} is not defined`);
  return node;
}

function recordNode(schema: Record<string, unknown>, names: Names, namespace: string): AvroNode {
  const node: AvroRecord = { kind: 'record', name: String(schema['name']), fields: [] };
  const inner = define(schema, names, namespace, node);
  const own = namespaceOf(schema, namespace);
  for (const field of listOf(schema, 'fields')) {
    if (!isObject(field) || typeof field['name'] !== 'string') throw new Error(`${clip(field)} is no field of ${node.name}`);
    node.fields.push({ name: field['name'], type: nodeOf(field['type'], names, own) });
  }
  return inner;
}

function define(schema: Record<string, unknown>, names: Names, namespace: string, node: AvroNode): AvroNode {
  const { name } = schema;
  if (typeof name !== 'string' || name === '') throw new Error(`${clip(schema)} has no name`);
  names.set(fullName(name, namespaceOf(schema, namespace)), node);
  return node;
}

function namespaceOf(schema: Record<string, unknown>, outer: string): string {
  const name = String(schema['name']);
  if (name.includes('.')) return name.slice(0, name.lastIndexOf('.'));
  return typeof schema['namespace'] === 'string' ? schema['namespace'] : outer;
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function sizeOf(schema: Record<string, unknown>): number {
  const { size } = schema;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw new Error(`${clip(schema)} has no size`);
  return size;
}

function listOf(schema: Record<string, unknown>, key: string): unknown[] {
  const list = schema[key];
  if (!Array.isArray(list)) throw new Error(`${clip(schema)} has no ${key}`);
  return list as unknown[];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function clip(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 80 ? text.slice(0, 80) + '…' : text;
}
