import type { HostConfig } from '../../config/schema.ts';
import type { HostAccess } from '../../host/access.ts';
import { type Checked, examine } from '../../host/doctor/check.ts';
import type { DoctorScene } from '../../host/doctor/facts.ts';
import { applyRemedy, gatherFacts } from '../../host/io/doctor.ts';
import type { Vm } from '../../inventory/vm.ts';
import type { DoctorView } from '../../web/host-operator.ts';
import { appliedPaths } from '../wanted.ts';

/** Looks at the health of a host. @throws OperatorError where it cannot be reached */
export async function diagnose(
  access: HostAccess,
  host: HostConfig,
  vms: readonly Vm[],
): Promise<DoctorView> {
  const checks = await look(access, host, vms);
  return { host: host.name, checks: checks.map(viewOf), fixed: [] };
}

/**
 * Does what can be done without a question, then looks again.
 * @throws OperatorError HOST_COMMAND at the first remedy that fails
 */
export async function remedy(access: HostAccess, host: HostConfig, vms: readonly Vm[]): Promise<DoctorView> {
  const safe = (await look(access, host, vms)).flatMap(({ findings }) =>
    findings.filter(({ safe: s }) => s !== null),
  );
  for (const finding of safe) {
    for (const each of finding.safe ?? []) await applyRemedy(access, each);
  }
  const after = await diagnose(access, host, vms);
  return { ...after, fixed: safe.map(({ says }) => says) };
}

async function look(access: HostAccess, host: HostConfig, vms: readonly Vm[]): Promise<readonly Checked[]> {
  const scene = sceneOf(host, vms);
  return examine(await gatherFacts(access, scene), scene);
}

function sceneOf(host: HostConfig, vms: readonly Vm[]): DoctorScene {
  return {
    vms: vms.map(({ name, memoryMiB, nics }) => ({ name, memoryMiB, nics: 1 + nics.length })),
    disksMiB: vms.reduce((sum, vm) => sum + vm.diskSizesMiB.reduce((each, size) => each + size, 0), 0),
    diskDirectory: host.diskDirectory,
    configDirectory: host.configDirectory,
    socketGroup: host.socketGroup,
    ownGroup: host.group,
    dhcp: host.dhcp,
    hasIpv6: host.ipv6Prefix !== undefined,
    files: appliedPaths(host),
  };
}

const viewOf = ({ name, fine, findings }: Checked): DoctorView['checks'][number] => ({
  name,
  fine,
  findings: findings.map(({ level, says, fix, safe }) => ({ level, says, fix, safe: safe !== null })),
});
