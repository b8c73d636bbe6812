import { join } from 'node:path';
import { puffboot } from './puffboot.ts';
import { KEY, type Rig, withRig } from './rig.ts';

/** VMs that have a disk, and as far as anybody knows a system on it: enough to be started and stopped. */
export async function withVms(
  names: readonly string[],
  body: (rig: Rig, run: Run) => Promise<void>,
  options: Parameters<typeof withRig>[2] = {},
) {
  await withRig(
    0,
    async (rig) => {
      for (const name of names) {
        await rig.call('POST', '/vms', { name, owner: 'puffy', sshKeys: [KEY], installed: true });
        await rig.vmctl('create', '-s', '64M', join(rig.stage.directory, `host/home/vm/${name}-0.qcow2`));
      }
      await body(rig, (...argv) => puffboot([...argv, '-f', rig.stage.configFile]));
    },
    options,
  );
}

export type Run = (...argv: readonly string[]) => ReturnType<typeof puffboot>;
