/** The logger: JSON lines on stderr, made once and passed in. */
import { pino, type Logger } from 'pino';
import type { LogLevel } from './config/index.js';

export type { Logger } from 'pino';

/** Names that never reach a log line, wherever they stand in a logged object. */
const SECRET_PATHS = ['password', '*.password', '*.*.password', '["sasl.password"]', '*["sasl.password"]', '*.*["sasl.password"]'];

/** `level` as METASTORE_LOG_LEVEL or --log-level says. Writes are synchronous, so nothing is lost when the process ends. */
export function createLogger(level: LogLevel | 'silent', fields: Readonly<Record<string, string | number>> = {}): Logger {
  return pino(
    {
      level,
      base: { ...fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: '********' },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
