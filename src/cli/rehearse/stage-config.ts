import { userInfo } from 'node:os';
import type { Ports } from './ports.ts';

/** A VM binds the address that it was leased, which takes a system with all of 127.0.0.0/8 on its loopback. */
export const NETWORK = {
  cidr: '127.77.0.0/24',
  boot: '127.77.0.1',
  relay: '127.77.0.254',
  range: '127.77.0.10-127.77.0.49',
};
/** Elsewhere one VM shares the only address there is. */
export const LONE_NETWORK = {
  cidr: '127.0.0.0/24',
  boot: '127.0.0.1',
  relay: '127.0.0.1',
  range: '127.0.0.1-127.0.0.1',
};
type Network = typeof NETWORK;

type Told = { readonly release: string; readonly telemetrySeconds: number; readonly reach: string };

/** The puffboot.toml of a stage. */
export function renderConfig(directory: string, network: Network, ports: Ports, told: Told): string {
  const me = userInfo().username;
  // Root's netboot gives its privileges up here too; anybody else's has none.
  const netbootUser = me === 'root' ? 'netbootUser = "nobody"\n' : '';
  return `# The rehearsal's configuration.
stateDirectory = "${directory}/state"

[serve]
operateUser = "${me}"
${netbootUser}
[netboot]
dhcpPort = ${ports.dhcp}
tftpPort = ${ports.tftp}
httpPort = ${ports.http}
broadcast = false
setsDirectory = "${directory}/sets"

[telemetry]
intervalSeconds = ${told.telemetrySeconds}

[web]
port = ${ports.web}

[[subnets]]
cidr = "${network.cidr}"
router = "${network.boot}"
dns = ["${network.boot}"]
domain = "rehearsal.example"
bootAddress = "${network.boot}"

[[hosts]]
name = "stage"
${told.reach}
dhcp = "relay"
lladdrPrefix = "fe:e1:ba:d0:77"
ipv4Range = "${network.range}"
capacity = ${network === NETWORK ? 40 : 1}

[hosts.vmDefaults]
memory = "512M"
disks = ["10G"]
release = "${told.release}"
timezone = "Europe/Amsterdam"
`;
}
