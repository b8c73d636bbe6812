import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireProgram } from '../support/require.ts';
import { type BootServer, machine, startBootServer } from './boot-server.ts';
import { ip, LAN_SKIP, SERVER, type Station, titled } from './lan.ts';

const CURL = requireProgram('curl');
const TFTP_HPA = requireProgram('tftp');
const ATFTP = requireProgram('atftp');
const BUSYBOX = requireProgram('busybox');

const HERE = '10.77.0.7';
/** Behind a router, whose other link carries packets of 1400 bytes. */
const FAR = machine('far', '52:54:00:77:08:07', '10.77.8.7');
const ROUTER = { outside: '10.77.0.8', inside: '10.77.8.1', network: '10.77.8.0/24' } as const;

/** Lengths that matter: the second needs an empty last block at every block size that is asked for below. */
const FILES = {
  bsd: randomBytes(1_000_003),
  'bsd.rd': randomBytes(512 * 1428),
} as const;

interface ClientRow {
  readonly name: string;
  readonly skip: string | false;
  argv(remote: string, local: string): readonly string[];
}

const curl = (...options: readonly string[]) => ({
  skip: CURL.skip,
  argv: (remote: string, local: string) => [
    ...[CURL.path, '-sS', ...options, '-o', local, `tftp://${SERVER}/${remote}`],
  ],
});
const atftp = (...options: readonly string[]) => ({
  skip: ATFTP.skip,
  argv: (remote: string, local: string) => [
    ATFTP.path,
    ...options.flatMap((option) => ['--option', option]),
    ...['--get', '-r', remote, '-l', local, SERVER],
  ],
});
const busybox = (...options: readonly string[]) => ({
  skip: BUSYBOX.skip,
  argv: (remote: string, local: string) => [
    ...[BUSYBOX.path, 'tftp', ...options, '-g', '-r', remote, '-l', local, SERVER],
  ],
});

const CLIENTS: readonly ClientRow[] = [
  { name: 'curl', ...curl() },
  { name: 'curl with blocks of 1428 bytes', ...curl('--tftp-blksize', '1428') },
  { name: 'curl without options, as pxeboot asks', ...curl('--tftp-no-options') },
  {
    name: 'tftp-hpa, which knows no options',
    skip: TFTP_HPA.skip,
    argv: (remote, local) => [TFTP_HPA.path, '-m', 'binary', SERVER, '-c', 'get', remote, local],
  },
  { name: 'atftp', ...atftp() },
  { name: 'atftp with blocks of 1428 bytes', ...atftp('blksize 1428', 'tsize 0') },
  { name: 'atftp with windows of 16', ...atftp('blksize 1428', 'windowsize 16') },
  { name: 'busybox', ...busybox() },
  { name: 'busybox with blocks of 1428 bytes', ...busybox('-b', '1428') },
  { name: 'busybox with larger blocks than fit a frame', ...busybox('-b', '65464') },
];

describe.skipIf(LAN_SKIP)(titled('TFTP clients', LAN_SKIP), () => {
  let server: BootServer;
  let station: Station;
  let stranger: Station;
  beforeAll(async () => {
    server = await startBootServer([machine('web', '52:54:00:77:00:07', HERE), FAR], FILES);
    station = await server.lan.station({ address: HERE });
    stranger = await server.lan.station({ address: '10.77.0.66' });
  });
  afterAll(() => server?.close());

  /** Fetches into a new directory, which is also where the client runs. */
  const fetch = async (row: ClientRow, remote: string, from: Station = station) => {
    const cwd = await mkdtemp(join(server.directory, 'fetch-'));
    const ran = await from.run(row.argv(remote, join(cwd, 'got')), { cwd });
    const got = await readFile(join(cwd, 'got')).catch(() => null);
    return { ...ran, got };
  };
  const digest = (bytes: Uint8Array | null) =>
    bytes === null ? 'nothing' : `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;

  for (const row of CLIENTS) {
    describe.skipIf(row.skip)(titled(row.name, row.skip), () => {
      for (const [name, bytes] of Object.entries(FILES)) {
        it(`fetches ${name}, ${bytes.length} bytes`, async () => {
          const { got, stderr } = await fetch(row, name);
          expect(digest(got), stderr).toBe(digest(bytes));
        });
      }

      it('is told of a name that does not exist', async () => {
        const { got, stdout, stderr } = await fetch(row, 'bsd.upgrade');
        expect(stdout + stderr).toMatch(/no such name|not found|curl: \(68\)/i);
        expect(got?.length ?? 0).toBe(0);
      });
    });
  }

  const ascii: ClientRow = {
    name: 'tftp-hpa in mode netascii',
    skip: TFTP_HPA.skip,
    argv: (remote, local) => [TFTP_HPA.path, '-m', 'ascii', SERVER, '-c', 'get', remote, local],
  };
  it.skipIf(ascii.skip)(
    titled(`${ascii.name} gets lines as its system writes them`, ascii.skip),
    async () => {
      const { got } = await fetch(ascii, '/etc/boot.conf');
      expect(got?.toString()).toMatch(/^stty com0 115200\nset tty com0\n/);
      // The client is gone before its last ACK is told of.
      await expect
        .poll(() => server.events)
        .toContainEqual(expect.objectContaining({ kind: 'tftp', outcome: 'sent', bytes: 66 }));
    },
  );

  it.skipIf(CURL.skip)(titled('a stranger gets nothing', CURL.skip), async () => {
    const row = CLIENTS[0];
    if (row === undefined) throw new Error('there is no client');
    const { status, got } = await fetch(row, 'bsd.rd', stranger);
    expect(status).not.toBe(0);
    expect(got?.length ?? 0).toBe(0);
  });

  it.skipIf(CURL.skip)(
    titled('larger blocks than a link on the way carries are sent in pieces', CURL.skip),
    async () => {
      const router = await server.lan.station({ address: ROUTER.outside });
      const far = await server.lan.stationBehind(router, 'behind', FAR.lladdr);
      await router.run(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
      await ip('-n', router.namespace, 'address', 'add', `${ROUTER.inside}/24`, 'dev', 'behind');
      await ip('-n', router.namespace, 'link', 'set', 'behind', 'mtu', '1400');
      await ip('-n', far.namespace, 'address', 'add', `${FAR.address}/24`, 'dev', 'eth0');
      await ip('-n', far.namespace, 'route', 'add', 'default', 'via', ROUTER.inside);
      await ip('-n', server.lan.server.namespace, 'route', 'add', ROUTER.network, 'via', ROUTER.outside);
      const { got, stderr } = await fetch({ name: 'curl', ...curl('--tftp-blksize', '1468') }, 'bsd', far);
      expect(digest(got), stderr).toBe(digest(FILES.bsd));
    },
  );

  it('reports every transfer with its bytes', () => {
    const sent = server.events.filter((event) => event.kind === 'tftp' && event.outcome === 'sent');
    const wrong = sent.filter(
      (event) =>
        event.kind === 'tftp' &&
        event.file in FILES &&
        event.bytes !== FILES[event.file as keyof typeof FILES]?.length,
    );
    expect(wrong).toEqual([]);
    expect(server.warnings).toEqual([]);
  });
});
