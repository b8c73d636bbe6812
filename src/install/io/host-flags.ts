import type { HostAccess } from '../../host/access.ts';
import { withFlags } from '../../host/plan/flags.ts';
import type { Vm } from '../../inventory/vm.ts';
import { HOST_FILES } from '../host-files.ts';
import { type Install, isOpen } from '../install.ts';
import { hasSystem } from '../wanted.ts';

export const VM_CONF = HOST_FILES['vm.conf'].path();

/**
 * Lets vmd(8) start at the host's next boot what is installed and not stopped on purpose, and nothing else: in the
 * vm.conf(5) as it was last applied, `enable` and `disable` alone are changed.
 *
 * @param vms those of one host
 * @returns the file as it is to be; null where it need not change
 */
export async function dueFlags(
  access: HostAccess,
  vms: readonly Vm[],
  installs: readonly Install[],
  stopped: ReadonlySet<string>,
): Promise<string | null> {
  const last = new Map(installs.map((install) => [install.vm, install]));
  const ended = vms.filter(({ name }) => {
    const install = last.get(name);
    return install === undefined || !isOpen(install);
  });
  const enabled = new Map(
    ended.map(({ name, installed }) => {
      return [name, hasSystem(last.get(name) ?? null, installed) && !stopped.has(name)];
    }),
  );
  const text = await access.read(VM_CONF, { asRoot: true });
  return text === null ? null : withFlags(text, VM_CONF, enabled);
}
