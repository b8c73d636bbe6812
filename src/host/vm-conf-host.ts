import { interfaceName, refuse, refuseTwins } from './refusal.ts';
import { block, checkGroup, FORMAT, quote, renderVmConf, type VmConf } from './vm-conf.ts';

/** Everything of a host that puffboot writes in vm.conf(5). */
export interface VmConfHost {
  /** The group that may talk to vmd(8): customers, and puffboot's own user among them. */
  readonly socketGroup: string;
  readonly switches: readonly VmSwitch[];
  readonly staggered: { readonly parallel: number; readonly delaySeconds: number };
  /** Whether vmd(8) registers with the SNMP agent. */
  readonly agentx: boolean;
  readonly vms: readonly VmConf[];
}

export interface VmSwitch {
  readonly name: string;
  /** A bridge(4) or a veb(4). */
  readonly interface: string;
}

/**
 * The vm.conf(5) of a host, for between the marker lines. vmd(8) reads the switches before the VMs that are
 * connected to them.
 *
 * @throws OperatorError FILE_REFUSED for what vmd(8) would refuse, and for doubled names, which it would not
 */
export function renderVmConfHost(host: VmConfHost): string {
  const { socketGroup, switches, staggered, agentx, vms } = host;
  const blocks = vms.map(renderVmConf);
  check(host);
  const settings = [
    `socket owner :${socketGroup}`,
    `staggered start parallel ${staggered.parallel} delay ${staggered.delaySeconds}`,
    ...(agentx ? ['agentx'] : []),
  ];
  return [`${settings.join('\n')}\n`, ...switches.map(renderSwitch), ...blocks].join('\n');
}

/** @throws OperatorError FILE_REFUSED for an interface that can be no switch */
export function renderSwitch({ name, interface: on }: VmSwitch): string {
  interfaceName(FORMAT, on);
  if (!/^(bridge|veb)\d/.test(on)) throw refuse(FORMAT, 'a switch is a bridge(4) or a veb(4)', on);
  return block(`switch ${quote(name)}`, [`interface ${on}`]);
}

function check({ socketGroup, switches, staggered, vms }: VmConfHost): void {
  checkGroup(socketGroup);
  for (const [word, value] of Object.entries(staggered)) {
    if (!Number.isInteger(value) || value < 1) throw refuse(FORMAT, `${word} is a number from 1 up`, value);
  }
  refuseTwins(
    FORMAT,
    'switches',
    switches.map(({ name }) => name),
  );
  refuseTwins(
    FORMAT,
    'interfaces of switches',
    switches.map((each) => each.interface),
  );
  refuseTwins(
    FORMAT,
    'VMs',
    vms.map(({ name }) => name),
  );
  refuseTwins(
    FORMAT,
    'lladdrs',
    vms.flatMap(({ nics }) => nics.map(({ lladdr }) => lladdr.toLowerCase())),
  );
  refuseTwins(
    FORMAT,
    'disks',
    vms.flatMap(({ disks }) => disks.map(({ path }) => path)),
  );
  const known = new Set(switches.map(({ name }) => name));
  const stray = vms.flatMap(({ nics }) => nics).find((nic) => !known.has(nic.switch));
  if (stray !== undefined) throw refuse(FORMAT, 'a VM is connected to it, and it is no switch', stray.switch);
}
