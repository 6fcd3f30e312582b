/** What a search may ask of documents, in small parts that are put together, worked out from their fields. */
import { valuesAt, type Fields } from './find-model.js';

/** What may hold for a document. */
export type OfOne = (child: Fields) => boolean;
/** What may hold for the documents of a binary. */
export type OfAll = (documents: readonly Fields[]) => boolean;

export const some =
  (matches: OfOne): OfAll =>
  (documents) =>
    documents.some(matches);
export const is =
  (field: string, value: unknown): OfOne =>
  (child) =>
    valuesAt(child, field).includes(value);
export const isText =
  (field: string, value: string): OfOne =>
  (child) =>
    valuesAt(child, field).some((one) => String(one).toLowerCase() === value.toLowerCase());
export const begins =
  (field: string, value: string): OfOne =>
  (child) =>
    valuesAt(child, field).some((one) => String(one).startsWith(value));
export const beginsText =
  (field: string, value: string): OfOne =>
  (child) =>
    valuesAt(child, field).some((one) => String(one).toLowerCase().startsWith(value.toLowerCase()));
export const has =
  (field: string): OfOne =>
  (child) =>
    valuesAt(child, field).length > 0;
export const number =
  (field: string, holds: (value: number) => boolean): OfOne =>
  (child) =>
    valuesAt(child, field).some((one) => holds(Number(one)));
export const time =
  (field: string, holds: (value: number) => boolean): OfOne =>
  (child) =>
    valuesAt(child, field).some((one) => holds(Date.parse(one as string)));
export const every =
  (...all: OfAll[]): OfAll =>
  (documents) =>
    all.every((one) => one(documents));
export const both =
  (...all: OfOne[]): OfOne =>
  (child) =>
    all.every((one) => one(child));
export const either =
  (...all: OfOne[]): OfOne =>
  (child) =>
    all.some((one) => one(child));
export const not =
  (matches: OfOne): OfOne =>
  (child) =>
    !matches(child);
/** What a term without a key asks of a document. */
export const raw = (text: string): OfOne => either(begins('file_format', text), begins('magic', text));
