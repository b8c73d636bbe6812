import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BootServer, machine, startBootServer } from './boot-server.ts';
import { ip, LAN_SKIP, SERVER, type Station, titled } from './lan.ts';

const FRESH = machine('fresh', '52:54:00:77:00:06', '10.77.0.6');
const HERE = machine('here', '52:54:00:77:00:07', '10.77.0.7');
/** The second needs an empty last block. */
const FILES = { bsd: randomBytes(1_000_003), 'bsd.rd': randomBytes(700 * 1468) } as const;

/** It forgets to request the address that it was offered, so that is put where it looks for it. */
const DHCP_CLIENT = `
const client = require('dhcp').createClient({ mac: process.argv[1], features: ['hostname'] });
client.on('message', ({ yiaddr, siaddr, file }) => { Object.assign(client._state, { address: yiaddr, siaddr, file }); });
client.on('bound', (state) => { process.stdout.write(JSON.stringify(state)); process.exit(); });
client.listen(68, '0.0.0.0', () => client.sendDiscover());
`;

const TFTP_CLIENT = `
const [, host, remote, options] = process.argv;
const hash = require('crypto').createHash('sha256');
require('tftp').createClient({ host, ...JSON.parse(options) }).createGetStream(remote)
  .on('error', (error) => process.stdout.write(error.message))
  .on('data', (bytes) => hash.update(bytes))
  .on('end', () => process.stdout.write(hash.digest('hex')));
`;

const script = (station: Station, text: string, ...argv: readonly string[]) =>
  station.run([process.execPath, '--input-type=commonjs', '-e', text, ...argv], { cwd: process.cwd() });

/** Packages of the registry: nobody who wrote them knows this server. */
describe.skipIf(LAN_SKIP)(titled('clients written in JavaScript', LAN_SKIP), () => {
  let server: BootServer;
  let station: Station;
  beforeAll(async () => {
    server = await startBootServer([FRESH, HERE], FILES);
    station = await server.lan.station({ address: HERE.address });
  });
  afterAll(() => server?.close());

  it('dhcp is bound to its reservation', async () => {
    const fresh = await server.lan.station({ lladdr: FRESH.lladdr });
    await ip('-n', fresh.namespace, 'route', 'add', '255.255.255.255', 'dev', 'eth0');
    const { stdout, stderr } = await script(fresh, DHCP_CLIENT, FRESH.lladdr);
    const bound = stdout.slice(stdout.indexOf('{'));
    expect(bound, stderr).toMatch(/^\{.*\}$/);
    expect(JSON.parse(bound)).toMatchObject({
      state: 'BOUND',
      server: SERVER,
      address: FRESH.address,
      siaddr: SERVER,
      file: 'auto_install',
      leasePeriod: 3600,
      options: { netmask: '255.255.255.0', hostname: 'fresh' },
    });
  });

  it.each([
    ['its own choice of options', {}],
    ['blocks of 512 bytes, one by one', { blockSize: 512, windowSize: 1 }],
    ['windows of 16', { blockSize: 1428, windowSize: 16 }],
  ])('tftp fetches both kernels with %s', async (_, options) => {
    for (const [name, bytes] of Object.entries(FILES)) {
      const { stdout, stderr } = await script(station, TFTP_CLIENT, SERVER, name, JSON.stringify(options));
      expect(stdout, stderr).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  it('tftp is told of a name that does not exist', async () => {
    const { stdout } = await script(station, TFTP_CLIENT, SERVER, 'bsd.upgrade', '{}');
    expect(stdout).toMatch(/no such name|not found/i);
  });
});
