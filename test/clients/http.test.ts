import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireProgram } from '../support/require.ts';
import { type BootServer, machine, SETS, startBootServer } from './boot-server.ts';
import { LAN_SKIP, LAN6_SKIP, SERVER, SERVER6, type Station, titled } from './lan.ts';

const CURL = requireProgram('curl');
const SKIP = LAN_SKIP || CURL.skip;

const WEB = { ...machine('web', '52:54:00:77:00:07', '10.77.0.7'), ipv6: '2001:db8:77:7::/64' };
const MAIL = machine('mail', '52:54:00:77:00:08', '10.77.0.8');
const SET = randomBytes(3_000_000);
const SET_URL = `http://${SERVER}/${SETS}/base76.tgz`;

describe.skipIf(SKIP)(titled('boot HTTP by curl', SKIP), () => {
  let server: BootServer;
  let web: Station;
  let mail: Station;
  beforeAll(async () => {
    server = await startBootServer([WEB, MAIL], { 'base76.tgz': SET });
    const six = (address6: string) => (LAN6_SKIP === false ? { address6 } : {});
    web = await server.lan.station({ address: WEB.address, ...six('2001:db8:77:7::7') });
    mail = await server.lan.station({ address: MAIL.address, ...six('2001:db8:77:8::8') });
  });
  afterAll(() => server?.close());

  const curl = async (station: Station, ...argv: readonly string[]) => {
    const body = join(server.directory, `body-${station.namespace}`);
    const { stdout } = await station.run([
      ...[CURL.path, '-sS', '-D', '-', '-o', body, '-w', '%{http_code}', ...argv],
    ]);
    const status = Number(stdout.slice(-3));
    return { status, headers: stdout.toLowerCase(), body: await readFile(body).catch(() => Buffer.alloc(0)) };
  };

  it('a set, whole', async () => {
    const { status, body } = await curl(web, SET_URL);
    expect(status).toBe(200);
    expect(body.equals(SET)).toBe(true);
  });

  it.each([
    ['100-199', SET.subarray(100, 200)],
    ['2999990-', SET.subarray(2_999_990)],
    ['-7', SET.subarray(-7)],
  ])('bytes %s of a set', async (range, bytes) => {
    const { status, body } = await curl(web, '-r', range, SET_URL);
    expect(status).toBe(206);
    expect(body.equals(bytes)).toBe(true);
  });

  it('no bytes behind the end', async () => {
    expect((await curl(web, '-r', '3000000-', SET_URL)).status).toBe(416);
  });

  it('the length alone', async () => {
    const { status, headers } = await curl(web, '-I', SET_URL);
    expect(status).toBe(200);
    expect(headers).toContain(`content-length: ${SET.length}`);
  });

  it('nothing new', async () => {
    const etag = /etag: (".*")/.exec((await curl(web, '-I', SET_URL)).headers)?.[1];
    expect((await curl(web, '-H', `If-None-Match: ${etag}`, SET_URL)).status).toBe(304);
    expect((await curl(web, '-H', 'If-None-Match: "other"', SET_URL)).status).toBe(200);
  });

  it('the rest of the file that curl began with, and of no other', async () => {
    const rest = ['-r', '2999990-'] as const;
    expect((await curl(web, ...rest, '-H', 'If-Match: "other"', SET_URL)).status).toBe(412);
    expect((await curl(web, ...rest, '-z', '-1 Jan 2001 UTC', SET_URL)).status).toBe(412); // If-Unmodified-Since
    expect((await curl(web, ...rest, '-z', '-1 Jan 2090 UTC', SET_URL)).status).toBe(206);
    expect((await curl(web, '-z', '1 Jan 2090 UTC', SET_URL)).status).toBe(304);
  });

  it('a set below a directory that ends in a slash', async () => {
    const { status, body } = await curl(web, `http://${SERVER}//${SETS}//base76.tgz`);
    expect([status, body.equals(SET)]).toEqual([200, true]);
  });

  const mine = `http://${SERVER}/${WEB.lladdr}-install.conf?path=7.6/amd64`;

  it('the response file, to the address that the VM has', async () => {
    const { status, body } = await curl(web, mine);
    expect(status).toBe(200);
    expect(body.toString()).toContain('System hostname = web');
  });

  it('no response file to another address, nor to the server itself', async () => {
    for (const station of [mail, server.lan.server]) {
      const { status, body } = await curl(station, mine);
      expect(status).toBe(404);
      expect(body.toString()).toBe('not found\n');
    }
    expect(server.events).toContainEqual(
      expect.objectContaining({ kind: 'response-file', from: MAIL.address, outcome: 'refused' }),
    );
  });

  it('no response file to the kernel of another release', async () => {
    expect((await curl(web, mine.replace('7.6', '7.5'))).status).toBe(404);
    expect(server.events).toContainEqual(
      expect.objectContaining({ kind: 'response-file', reason: 'booted 7.5, wants 7.6' }),
    );
  });

  it('an ftp(1) that speaks HTTP/1.0', async () => {
    const { status, body } = await curl(web, '-0', '-A', '', SET_URL);
    expect(status).toBe(200);
    expect(body.equals(SET)).toBe(true);
  });

  describe.skipIf(LAN6_SKIP)(titled('over IPv6', LAN6_SKIP), () => {
    const origin = `http://[${SERVER6}]`;

    it('bytes 100-199 of a set, and the length alone', async () => {
      const url = `${origin}/${SETS}/base76.tgz`;
      const { status, body } = await curl(web, '-6', '-g', '-r', '100-199', url);
      expect([status, body.equals(SET.subarray(100, 200))]).toEqual([206, true]);
      const { headers } = await curl(web, '-6', '-g', '-I', url);
      expect(headers).toContain(`content-length: ${SET.length}`);
      expect(server.events).toContainEqual(
        expect.objectContaining({
          kind: 'set',
          name: 'web',
          from: '2001:db8:77:7::7',
          status: 206,
          bytes: 100,
        }),
      );
    });

    it('the response file, to the /64 that the VM has, and to no other', async () => {
      const url = `${origin}/${WEB.lladdr}-install.conf?path=7.6/amd64`;
      const { status, body } = await curl(web, '-6', '-g', url);
      expect([status, body.toString()]).toEqual([200, expect.stringContaining('System hostname = web')]);
      expect((await curl(mail, '-6', '-g', url)).status).toBe(404);
    });
  });
});
