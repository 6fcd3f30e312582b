/** The outcome of one check, and what to do about it. */
export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  /** What was seen. */
  readonly found: string;
  /** What to do; null when nothing has to be done. */
  readonly todo: string | null;
}

export const ok = (name: string, found: string): Check => ({ name, status: 'ok', found, todo: null });
export const skipped = (name: string, found: string): Check => ({ name, status: 'skipped', found, todo: null });
export const warning = (name: string, found: string, todo: string): Check => ({ name, status: 'warning', found, todo });
export const failed = (name: string, found: string, todo: string): Check => ({ name, status: 'failed', found, todo });
