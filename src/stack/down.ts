import { StackError } from './errors.js';
import { type ServiceName, serviceNames } from './layout.js';
import { withLock } from './lock.js';
import { dataFolderOf, type StackOptions } from './options.js';
import { endProcess, isAlive } from './process.js';
import { type Progress, reportStep } from './progress.js';
import { services } from './services/index.js';
import { readState, recordService, wipeData } from './state.js';

/** Ends every service of a stack, those that need others first, and waits until they are gone. With `wipe`, its data too. */
export async function stackDown(options: Pick<StackOptions, 'data'> & { wipe?: boolean }, progress: Progress): Promise<ServiceName[]> {
  const data = dataFolderOf(options);
  const ended: ServiceName[] = [];
  if (readState(data) === undefined) return ended;
  await withLock(data, 600_000, async () => {
    const end = async (name: ServiceName) => {
      const identity = readState(data)?.services[name];
      if (identity === undefined) return;
      if (isAlive(identity)) {
        await reportStep(progress, name, `${services[name].title}: stopping`, async () => {
          if (!(await endProcess(identity, services[name].graceMs))) {
            throw new StackError('stop_failed', `${services[name].title} (pid ${String(identity.pid)}) could not be ended`);
          }
        });
        ended.push(name);
      }
      recordService(data, name, undefined);
    };
    const dependent = serviceNames.filter((name) => services[name].needs.length > 0);
    await Promise.all(dependent.map(end));
    await Promise.all(serviceNames.filter((name) => !dependent.includes(name)).map(end));
    if (options.wipe === true) wipeData(data);
  });
  return ended;
}
