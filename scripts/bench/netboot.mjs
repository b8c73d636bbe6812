// DHCP, TFTP and boot HTTP beside what operators use today, in network namespaces of their own. Needs root.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchDhcp, benchManyReservations } from './netboot/dhcp.mjs';
import { benchDhcpMeanwhile, benchHttp } from './netboot/http.mjs';
import { openLab, which } from './netboot/lab.mjs';
import { bare, dhcpServers, httpServers, puffboot, setsBelow, tftpServers } from './netboot/servers.mjs';
import { benchRack, benchTftp } from './netboot/tftp.mjs';

const RESERVATIONS = 2000;
const MANY_RESERVATIONS = 20_000;
const AT_ONCE = 50;
const RACK = 300;

/** PUFFBOOT_BENCH_PARTS chooses some of `dhcp,tftp,http,rack`. */
export async function bench() {
  if (process.getuid() !== 0 || which('ip') === null) {
    console.log('skipped: needs root and ip(8), to make network namespaces');
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'puffboot-bench-'));
  const many = machinesUpTo(MANY_RESERVATIONS);
  const machines = many.slice(0, RESERVATIONS);
  const root = setsBelow(directory);
  writeFileSync(join(root, 'bsd'), randomBytes(10_000_000));
  writeFileSync(join(root, 'bsd.rd'), randomBytes(1_000_000));
  writeFileSync(join(root, 'base76.tgz'), Buffer.alloc(200_000_000, randomBytes(4096)));
  writeFileSync(join(root, 'comp76.tgz'), Buffer.alloc(20_000_000, randomBytes(4096)));
  writeFileSync(join(root, 'install.conf'), 'System hostname = vm1\n');
  const addresses = Array.from({ length: AT_ONCE }, (_, client) =>
    machines
      .slice(1, 1 + RACK)
      .flatMap(({ address }, index) => (index % AT_ONCE === client ? [address] : [])),
  );
  const lab = openLab(addresses);
  const [product, node] = [puffboot(directory, machines), bare(root)];
  const parts = {
    async dhcp() {
      await benchDhcp(lab, [...dhcpServers(directory, machines), node, product], RESERVATIONS);
      await benchManyReservations(
        lab,
        { machines: RESERVATIONS, server: product },
        { machines: MANY_RESERVATIONS, server: puffboot(directory, many) },
      );
    },
    tftp: () => benchTftp(lab, [...tftpServers(directory, root), node, product]),
    async http() {
      await benchHttp(lab, [...httpServers(directory, root), node, product], addresses);
      await benchDhcpMeanwhile(lab, product, RESERVATIONS);
    },
    rack: () => benchRack(lab, product, addresses),
  };
  try {
    for (const part of (process.env.PUFFBOOT_BENCH_PARTS ?? Object.keys(parts).join()).split(','))
      await parts[part]();
  } finally {
    lab.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function machinesUpTo(count) {
  return Array.from({ length: count }, (_, index) => ({
    lladdr: `00:0c:01:02:${hex(index >> 8)}:${hex(index & 255)}`,
    address: `10.77.${1 + (index >> 8)}.${index & 255}`,
  }));
}

const hex = (octet) => octet.toString(16).padStart(2, '0');
