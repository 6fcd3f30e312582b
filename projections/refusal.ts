import type { RefusalClass } from './types.js';

/** An event that can never become a document; `refusalClass` is the class of spec 02 §6, the message names field, value and what was expected. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError';
  constructor(
    readonly refusalClass: RefusalClass,
    message: string,
  ) {
    super(message);
  }
}
