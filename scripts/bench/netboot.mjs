// DHCP, TFTP and boot HTTP beside what operators use today, in network namespaces of their own. Needs root.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchDhcp } from './netboot/dhcp.mjs';
import { benchHttp } from './netboot/http.mjs';
import { openLab, which } from './netboot/lab.mjs';
import { dhcpServers, httpServers, puffboot, setsBelow, tftpServers } from './netboot/servers.mjs';
import { benchTftp } from './netboot/tftp.mjs';

const RESERVATIONS = 2000;
const AT_ONCE = 50;

export async function bench() {
  if (process.getuid() !== 0 || which('ip') === null) {
    console.log('skipped: needs root and ip(8), to make network namespaces');
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'puffboot-bench-'));
  const machines = Array.from({ length: RESERVATIONS }, (_, index) => ({
    lladdr: `00:0c:01:02:${hex(index >> 8)}:${hex(index & 255)}`,
    address: `10.77.${1 + (index >> 8)}.${index & 255}`,
  }));
  const root = setsBelow(directory);
  writeFileSync(join(root, 'bsd'), randomBytes(10_000_000));
  writeFileSync(join(root, 'bsd.rd'), randomBytes(1_000_000));
  writeFileSync(join(root, 'base76.tgz'), Buffer.alloc(200_000_000, randomBytes(4096)));
  writeFileSync(join(root, 'install.conf'), 'System hostname = vm1\n');
  const lab = openLab(machines.slice(1, 1 + AT_ONCE).map(({ address }) => address));
  const product = puffboot(directory, machines);
  try {
    await benchDhcp(lab, [...dhcpServers(directory, machines), product], RESERVATIONS);
    await benchTftp(lab, [...tftpServers(directory, root), product]);
    await benchHttp(lab, [...httpServers(directory, root), product]);
  } finally {
    lab.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

const hex = (octet) => octet.toString(16).padStart(2, '0');
