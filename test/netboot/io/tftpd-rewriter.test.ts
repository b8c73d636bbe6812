import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BootEvent } from '../../../netboot/catalog.ts';
import type { OpenFile } from '../../../netboot/files.ts';
import { filesBelow, namesBeside } from '../../../netboot/io/sets-directory.ts';
import { REWRITER_SOCKET, type RewriterParts, serveRewriter } from '../../../netboot/io/tftpd-rewriter.ts';
import { lookupOf } from '../../../netboot/lookup.ts';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../../src/io/clock.ts';
import { ARMED, CATALOG, WEB } from '../example.ts';
import { mkdirFor } from './running.ts';
import { startTftpd } from './tftpd.ts';

/** The directories of a path, with the mode that each must have. */
const dirsOf = (path: string) =>
  path
    .split('/')
    .slice(1, -1)
    .map((_, index, names) => [names.slice(0, index + 1).join('/'), 0o755] as const);

describe('the rewriter behind tftpd', () => {
  const SETS = 'pub/OpenBSD/7.6/amd64';
  const armed = { ...WEB, ipv6: '2001:db8:0:1::/64', armed: { ...ARMED, until: Date.now() + 3_600_000 } };
  let directory: string;
  let sets: string;
  let events: BootEvent[];
  let others: string;
  let service: { close(): Promise<void> };
  const lookup = lookupOf({ ...CATALOG, clients: [armed] });
  const start = (more: Partial<RewriterParts> = {}) =>
    serveRewriter({
      directory,
      lookup: () => lookup,
      report: (event) => events.push(event),
      architectureOf: (address) => (address === WEB.address ? 7 : null),
      openFile: filesBelow(sets),
      openOther: filesBelow(others),
      othersBeside: namesBeside(others),
      clock: SYSTEM_CLOCK,
      log: SILENT_LOG,
      ...more,
    });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-tftpd-'));
    sets = await mkdtemp(join(tmpdir(), 'puffboot-sets-'));
    others = await mkdtemp(join(tmpdir(), 'puffboot-others-'));
    events = [];
    for (const name of ['bsd.rd', 'BOOTX64.EFI'])
      await writeFile(await mkdirFor(join(sets, SETS, name)), name);
    service = await start();
  });
  afterEach(async () => {
    await service.close();
    await rm(directory, { recursive: true });
    await rm(sets, { recursive: true });
    await rm(others, { recursive: true });
  });

  /** Writes as tftpd does, and reads as many answers. */
  async function ask(text: string | readonly string[], answers: number): Promise<readonly string[]> {
    const socket: Socket = connect(join(directory, REWRITER_SOCKET)).setEncoding('latin1');
    for (const piece of [text].flat()) {
      await new Promise((sent) => socket.write(piece, 'latin1', sent));
      await new Promise((pause) => setImmediate(pause));
    }
    let told = '';
    for await (const chunk of socket) {
      told += String(chunk);
      if (told.split('\n').length > answers) break;
    }
    return told.trimEnd().split('\n');
  }

  it('names, in order, what lies in its directory then', async () => {
    const names = ['auto_install', '/bsd.rd', '/etc/boot.conf', '/etc/random.seed', 'bsd.upgrade', 'bsd.rd'];
    const answers = await ask(names.map((name) => `${WEB.address} read ${name}\n`).join(''), names.length);
    expect(answers).toEqual([
      `/${SETS}/BOOTX64.EFI`,
      `/${SETS}/bsd.rd`,
      '/web-boot.conf',
      '/etc/random.seed',
      '/refused',
      `/${SETS}/bsd.rd`,
    ]);
    expect(await readFile(join(directory, answers[1] ?? ''), 'utf8')).toBe('bsd.rd');
    expect(await readFile(join(directory, 'web-boot.conf'), 'utf8')).toContain('set tty com0');
    expect((await stat(join(directory, REWRITER_SOCKET))).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, answers[1] ?? ''))).mode & 0o777).toBe(0o644);
    expect(events).toMatchObject([{ kind: 'tftp', name: 'web', file: 'bsd.upgrade', outcome: 'refused' }]);
  });

  it("names a copy of the operator's own file, to anybody, and tells once of what is not there", async () => {
    await writeFile(await mkdirFor(join(others, 'grün/loader')), 'own');
    await writeFile(join(others, 'auto_install'), 'of yesterday');
    const names = ['/gr\\303\\274n//loader', 'auto_install', 'gr\\303\\274n/loadr', 'gr\\303\\274n/loadr'];
    const answers = await ask(names.map((name) => `10.77.0.99 read ${name}\n`).join(''), names.length);
    const [own = ''] = answers;
    expect(answers).toEqual([own, '/refused', '/refused', '/refused']);
    expect(Buffer.from(own, 'latin1').toString()).toBe('/other/grün/loader');
    expect(await readFile(join(directory, 'other/grün/loader'), 'utf8')).toBe('own');
    expect(events.map((event) => event.kind === 'tftp' && event.reason)).toEqual([
      'asks from an unknown address',
      'asks from an unknown address; netboot.tftpDirectory has grün/loader',
    ]);
    expect(await ask(`${WEB.address} read bsd.rdd\n`.repeat(2), 2)).toEqual(['/refused', '/refused']);
    expect(events).toHaveLength(3);
  });

  it('copies so that tftpd can read it, whatever the umask is', async () => {
    const before = process.umask(0o077);
    try {
      const [name = ''] = await ask(`${WEB.address} read bsd.rd\n`, 1);
      for (const [path, mode] of [[name, 0o644] as const, ...dirsOf(name)])
        expect([path, (await stat(join(directory, path))).mode & 0o777]).toEqual([path, mode]);
    } finally {
      process.umask(before);
    }
  });

  it('copies nothing that changed meanwhile', async () => {
    await service.close();
    const open = filesBelow(sets);
    const changing: OpenFile = async (path) => {
      const file = await open(path);
      return 'missing' in file ? file : { ...file, isUnchanged: async () => false };
    };
    service = await start({ openFile: changing });
    expect(await ask(`${WEB.address} read bsd.rd\n`, 1)).toEqual(['/refused']);
    expect(await readdir(join(directory, SETS))).toEqual([]);
    expect(events).toMatchObject([{ reason: 'cannot be copied: the file changed while it was copied' }]);
  });

  it('copies a kernel anew when it has changed, and never half', async () => {
    const [name = ''] = await ask(`${WEB.address} read bsd.rd\n`, 1);
    await writeFile(join(sets, SETS, 'bsd.rd'), 'a newer kernel');
    await utimes(join(sets, SETS, 'bsd.rd'), 1_000_000_000, 1_000_000_000);
    await ask(`${WEB.address} read bsd.rd\n`, 1);
    expect(await readFile(join(directory, name), 'utf8')).toBe('a newer kernel');
    await rm(join(sets, SETS, 'bsd.rd'));
    expect(await ask(`${WEB.address} read bsd.rd\n`, 1)).toEqual(['/refused']);
  });

  it.each<[string, string | readonly string[], readonly string[]]>([
    ['a stranger', '10.77.0.99 read auto_install\n', ['/refused']],
    ['a VM over IPv6', '2001:db8:0:1::7 read auto_install\n', [`/${SETS}/BOOTX64.EFI`]],
    ['another VM over IPv6', '2001:db8:0:2::7 read auto_install\n', ['/refused']],
    ['a link-local address', 'fe80::1%em0 read auto_install\n', ['/refused']],
    ['a write', `${WEB.address} write bsd.rd\n`, ['/refused']],
    ['a way out', `${WEB.address} read ../../etc/passwd\n`, ['/refused']],
    ['its own socket', `${WEB.address} read ${REWRITER_SOCKET}\n`, ['/refused']],
    ['an encoded name', `${WEB.address} read \\142sd.rd\n`, [`/${SETS}/bsd.rd`]],
    [
      'the rest of a name behind a newline',
      `${WEB.address} read x\ny\n${WEB.address} read bsd.rd\n`,
      ['/refused', `/${SETS}/bsd.rd`],
    ],
    ['a line in pieces', [`${WEB.address} re`, 'ad bsd', '.rd\n'], [`/${SETS}/bsd.rd`]],
    [
      'a line without an end, and then another',
      [`${'x'.repeat(9000)}`, `\n${WEB.address} read bsd.rd\n`],
      [`/${SETS}/bsd.rd`],
    ],
  ])('%s', async (_, lines, answers) => {
    expect(await ask(lines, answers.length)).toEqual(answers);
  });

  it('answers two hundred at once, in their order, also after a tftpd was lost', async () => {
    connect(join(directory, REWRITER_SOCKET)).end(`${WEB.address} read bsd`);
    const lines = Array.from(
      { length: 200 },
      (_, index) => `${WEB.address} read ${index % 2 ? 'bsd.rd' : 'nothing'}\n`,
    );
    const answers = await ask(lines.join(''), 200);
    expect(answers).toEqual(lines.map((_, index) => (index % 2 ? `/${SETS}/bsd.rd` : '/refused')));
  });

  describe('asked by a tftpd', () => {
    const socket = () => join(directory, REWRITER_SOCKET);
    /** Each name, and what its client is sent. A newline is left out: see below. */
    const HOSTILE: readonly (readonly [string, string])[] = [
      ['', 'File not found'],
      [' ', 'File not found'],
      ['../../../etc/passwd', 'File not found'],
      [REWRITER_SOCKET, 'File not found'],
      ['bsd.rd\r', 'File not found'],
      ['bsd.rd ', 'File not found'],
      ['\\142sd.rd', 'File not found'],
      ['/////bsd.rd', 'bsd.rd'],
      ['\0bsd.rd', 'File not found'],
      [`${'\xff'.repeat(500)}`, 'File not found'],
      ['read bsd.rd', 'File not found'],
      ['"; rm -rf / #', 'File not found'],
    ];

    it.each([
      ['in whole writes', [65536]],
      ['one byte at a time', [1]],
      ['in uneven pieces', [3, 1, 77, 2, 500, 13]],
    ])('gives each of many clients at once what is its own, %s', async (_, cut) => {
      const tftpd = await startTftpd(directory, socket(), cut);
      const wanted = Array.from({ length: 20 }, () => [
        ['bsd.rd', 'bsd.rd'] as const,
        ['auto_install', 'BOOTX64.EFI'] as const,
        ...HOSTILE,
      ]).flat();
      const got = await Promise.all(wanted.map(([name]) => tftpd.ask(WEB.address, name)));
      expect(got).toEqual(wanted.map(([, sent]) => sent));
      expect(await tftpd.ask('10.77.0.99', 'bsd.rd')).toBe('File not found');
      expect(await tftpd.ask(WEB.address, 'bsd.rd', 'write')).toBe('File not found');
      tftpd.kill();
    });

    it('ends with puffboot, and started again after it serves on', async () => {
      const first = await startTftpd(directory, socket());
      expect(await first.ask(WEB.address, 'bsd.rd')).toBe('bsd.rd');
      const asked = Array.from({ length: 50 }, () => first.ask(WEB.address, 'bsd.rd').catch(() => 'lost'));
      await service.close();
      expect(await first.ended).toBe('the rewriter is gone');
      for (const got of await Promise.all(asked)) expect(['bsd.rd', 'lost']).toContain(got);
      await expect(startTftpd(directory, socket())).rejects.toThrow();
      service = await start();
      const second = await startTftpd(directory, socket());
      expect(await second.ask(WEB.address, 'bsd.rd')).toBe('bsd.rd');
      second.kill();
    });

    it('never sends it an answer too many for a name of two lines, unless the second is made to look like a request', async () => {
      const tftpd = await startTftpd(directory, socket());
      const all = ['x\ny', `x\n${WEB.address}`, 'x\n\n\nread y', 'bsd.rd'];
      expect(await Promise.all(all.map((name) => tftpd.ask(WEB.address, name)))).toEqual([
        ...['File not found', 'File not found', 'File not found'],
        'bsd.rd',
      ]);
      await tftpd.ask(WEB.address, `x\n${WEB.address} read bsd.rd`);
      expect(await tftpd.ended).toBe('unexpected rwmap reply'); // as README says
    });
  });

  it('takes the place of one that was killed', async () => {
    await service.close();
    await writeFile(join(directory, REWRITER_SOCKET), '');
    service = await start();
    expect(await ask(`${WEB.address} read bsd.rd\n`, 1)).toEqual([`/${SETS}/bsd.rd`]);
  });
});
