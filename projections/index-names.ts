/** Names of indices, aliases and templates: each is made here and nowhere else (spec 02 §1). */

export type Docname = 'binary2' | 'status' | 'plugin' | 'annotation' | 'cache';

/** In the order in which templates are put at start-up. */
export const DOCNAMES: readonly Docname[] = ['binary2', 'status', 'plugin', 'annotation', 'cache'];

/** `o`: everybody with minimum access may read it; `x`: labels decide. */
function door(open: boolean): 'o' | 'x' {
  return open ? 'o' : 'x';
}

/** Index of a binary's documents: by the first character of its sha256; the text must not be empty. */
export function binaryIndex(partition: string, sha256: string): string {
  return `azul.x.${partition}.binary2.${String.fromCodePoint(sha256.codePointAt(0)!)}`;
}

/** `timePartition` as `statusPartition` gives it. */
export function statusIndex(partition: string, open: boolean, timePartition: string): string {
  return `azul.${door(open)}.${partition}.status.${timePartition}`;
}

/** Index of a docname without parts: plugin, annotation, cache; for the others the index that makes the alias exist. */
export function plainIndex(partition: string, docname: Docname, open: boolean): string {
  return `azul.${door(open)}.${partition}.${docname}`;
}

/** Alias that all reads use; of the base partition, whatever the generation. */
export function readAlias(basePartition: string, docname: Docname): string {
  return `azul.${basePartition}.${docname}`;
}

/** Patterns of all indices of a docname in one generation, open ones first. */
export function indexPatterns(partition: string, docname: string): string[] {
  const open = `azul.o.${partition}.${docname}`;
  const shut = `azul.x.${partition}.${docname}`;
  return [open, `${open}.*`, shut, `${shut}.*`];
}

export function templateName(partition: string, docname: Docname): string {
  return `azul.${partition}.${docname}`;
}

/** Template of a source that carries `elastic` settings. */
export function sourceTemplateName(partition: string, source: string): string {
  return `azul.${partition}.binary2.${source}prop`;
}
