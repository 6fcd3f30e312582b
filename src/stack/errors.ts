/** What can go wrong with the local stack, as codes that a script can test. */
export type StackErrorCode =
  | 'tool_missing'
  | 'download_failed'
  | 'port_taken'
  | 'start_failed'
  | 'stop_failed'
  | 'not_running'
  | 'bad_option'
  | 'locked'
  | 'unreachable_folder'
  | 'interrupted';

/** A failure whose message, one line, already says what to do about it. */
export class StackError extends Error {
  override readonly name = 'StackError';
  /** What a server or tool printed before it failed; may be empty, may have many lines. */
  readonly output: string;

  constructor(
    readonly code: StackErrorCode,
    message: string,
    options: ErrorOptions & { readonly output?: string } = {},
  ) {
    super(message, options);
    this.output = options.output ?? '';
  }
}
