import type { Installation } from '../install.js';
import type { Ports, ServiceName } from '../layout.js';
import type { ServiceCommand } from '../process.js';
import type { ServiceUser } from '../user.js';

/** What a service needs to know to write its configuration and its command line. */
export interface ServiceContext {
  readonly installation: Installation;
  readonly ports: Ports;
  /** The service's own folder; made and owned by its user. */
  readonly folder: string;
  readonly user: ServiceUser | undefined;
  /** Java heap of OpenSearch in MiB. */
  readonly heapMb: number;
  /** Log of what preparation runs (formatting of the Kafka storage). */
  readonly logFile: string;
}

/** One server of the stack. */
export interface Service {
  readonly name: ServiceName;
  readonly title: string;
  /** Services that must answer before this one is started. */
  readonly needs: readonly ServiceName[];
  /** Writes configuration and returns the command; repeating it is harmless. */
  readonly prepare: (context: ServiceContext) => Promise<ServiceCommand>;
  /** Throws unless the service answers on its port. */
  readonly probe: (ports: Ports) => Promise<void>;
  /** How long it gets to end by itself, in milliseconds. */
  readonly graceMs: number;
}
