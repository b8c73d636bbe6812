import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Ipv4, Lladdr } from '../../src/common/address.ts';
import { DHCPLEASED, decodeServerMessage, encodeClientMessage } from '../../src/rehearsal/dhcp-client.ts';
import { parseDiskImage } from '../../src/rehearsal/disk-image.ts';
import { renderProgress } from '../../src/rehearsal/guest/progress.ts';
import { selectSets } from '../../src/rehearsal/guest/set-selection.ts';
import { makeSets } from '../../src/rehearsal/io/sets.ts';
import { verifyEmbedded } from '../../src/rehearsal/io/signify.ts';
import { ROM_DHCP } from '../../src/rehearsal/pxe/rom.ts';

describe('the progress line', () => {
  it.each([
    [
      'Get/Verify bsd',
      0,
      300_032,
      0,
      '\rGet/Verify bsd            0% |                          |     0       --:-- ETA',
    ],
    [
      'Get/Verify bsd',
      300_032,
      300_032,
      0.1,
      '\rGet/Verify bsd          100% |**************************|   293 KB    00:00    \n',
    ],
    [
      'Get/Verify SHA256.sig',
      1441,
      1441,
      0,
      '\rGet/Verify SHA256.sig   100% |**************************|  1441       00:00    \n',
    ],
    [
      'Installing base76.tgz',
      50,
      100,
      70,
      '\rInstalling base76.tgz    50% |*************             |    50       01:10 ETA',
    ],
  ])('%s at %d of %d', (title, received, total, seconds, line) => {
    expect(renderProgress(title, received, total, seconds)).toBe(line);
  });
});

describe('Set name(s)', () => {
  const sets = ['bsd', 'bsd.rd', 'base76.tgz', 'game76.tgz', 'xbase76.tgz', 'site76.tgz'];
  const at = sets.slice(0, 5);
  it.each([
    ['-game*', 'more', ['bsd', 'bsd.rd', 'base76.tgz', 'xbase76.tgz']],
    ['-x* +site*', 'more', ['bsd', 'bsd.rd', 'base76.tgz', 'game76.tgz', 'site76.tgz']],
    ['-all bsd done', 'done', ['bsd']],
    ['all', 'more', sets],
    ['done', 'done', at],
    ['-bsd.r?', 'more', ['bsd', 'base76.tgz', 'game76.tgz', 'xbase76.tgz']],
    ['-[gx]*', 'more', ['bsd', 'bsd.rd', 'base76.tgz']],
    ['nosuch', 'more', at],
  ])('%s', (answer, kind, selected) => {
    expect(selectSets(sets, at, answer)).toEqual({ kind, selected });
  });

  it('abort gives up', () => {
    expect(selectSets(sets, at, '-x* abort')).toEqual({ kind: 'abort' });
  });

  it('never fails on any pattern', () => {
    fc.assert(fc.property(fc.string(), (answer) => selectSets(sets, at, answer).kind.length > 0));
  });
});

describe('the DHCP client', () => {
  const message = {
    xid: 0xdeadbeef,
    secs: 3,
    lladdr: 'fe:e1:bb:d1:4c:07' as Lladdr,
    relayAddress: '127.77.0.254' as Ipv4,
    options: DHCPLEASED.options('fe:e1:bb:d1:4c:07' as Lladdr),
  };

  it('asks as dhcpleased does, through a relay', () => {
    const bytes = Buffer.from(encodeClientMessage({ ...message, kind: 'discover' }));
    expect(bytes.subarray(0, 12).toString('hex')).toBe('01010601deadbeef00030000');
    expect(bytes.subarray(240).toString('hex')).toBe(
      ['350101', '3d0701fee1bbd14c07', '37080103060c0f1c7779', '52021300', 'ff'].join('').padEnd(120, '0'),
    );
  });

  it('asks as a PXE ROM does, through a relay', () => {
    const options = ROM_DHCP.options(message.lladdr);
    const hex = Buffer.from(encodeClientMessage({ ...message, options, kind: 'discover' })).toString('hex');
    const vendorClass = Buffer.from('PXEClient:Arch:00000:UNDI:002001').toString('hex');
    for (const wanted of ['390205c0', '5d020000', '5e03010201', `3c20${vendorClass}`, '3d0701fee1bbd14c07']) {
      expect(hex).toContain(wanted);
    }
    expect(hex).toMatch(/6111[0-9a-f]{22}fee1bbd14c07/);
    expect(hex).toContain('3717010306070c0f');
    expect(hex).toContain('52021300ff');
  });

  it.each([
    ['PXEClient', 1],
    [null, 3],
  ])('a ROM that sees %s waits %i s for other offers', (vendorClass, seconds) => {
    const bytes = encodeClientMessage({ ...message, kind: 'discover' });
    bytes[0] = 2;
    const offer = Uint8Array.from([
      ...bytes.subarray(0, 240),
      ...[53, 1, 2],
      ...(vendorClass === null ? [] : [60, vendorClass.length, ...Buffer.from(vendorClass)]),
      255,
    ]);
    const decoded = decodeServerMessage(offer);
    expect(decoded?.vendorClass).toBe(vendorClass);
    expect(decoded === null ? null : ROM_DHCP.patience(decoded)).toBe(seconds);
  });

  it('names the offer in its request', () => {
    const offer = { address: '127.77.0.11' as Ipv4, serverId: '127.77.0.1' as Ipv4 };
    const hex = Buffer.from(encodeClientMessage({ ...message, kind: 'request', offer })).toString('hex');
    expect(hex).toContain('32047f4d000b36047f4d0001');
  });

  it('takes server and boot file from the header alone', () => {
    const reply = new Uint8Array([
      ...encodeClientMessage({ ...message, kind: 'discover' }).subarray(0, 240),
      53,
      1,
      5,
      67,
      3,
      97,
      98,
      99,
      66,
      1,
      120,
      6,
      4,
      9,
      9,
      9,
      9,
      255,
    ]);
    reply[0] = 2;
    expect(decodeServerMessage(reply)).toMatchObject({
      kind: 'ack',
      xid: 0xdeadbeef,
      lladdr: 'fe:e1:bb:d1:4c:07',
      lease: { nextServer: null, filename: '', dns: ['9.9.9.9'], hostName: null },
    });
  });

  it('drops whatever is no reply', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const forced = Uint8Array.from(bytes);
        if (forced.length > 240) forced.set([2], 0);
        if (forced.length > 240) forced.set([0x63, 0x82, 0x53, 0x63], 236);
        decodeServerMessage(forced);
        return decodeServerMessage(bytes) === null || bytes[0] === 2;
      }),
    );
  });
});

describe('disk images', () => {
  it.each(['', '{', '[]', '{"format":"qcow2"}', 'QFI\xfb'])('%j is none', (text) => {
    expect(parseDiskImage(text)).toBeNull();
  });
});

describe('install sets', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sets-'));
  const made = await makeSets(directory, '7.6', 'amd64');
  afterAll(() => rm(directory, { recursive: true }));

  it('are what a mirror has, the same every time', async () => {
    const names = (await readdir(made)).sort();
    expect(names).toEqual([
      'BUILDINFO',
      'SHA256',
      'SHA256.sig',
      'base76.tgz',
      'bsd',
      'bsd.mp',
      'bsd.rd',
      'comp76.tgz',
      'game76.tgz',
      'index.txt',
      'man76.tgz',
      'pxeboot',
      'xbase76.tgz',
      'xfont76.tgz',
      'xserv76.tgz',
      'xshare76.tgz',
    ]);
    const sums = await readFile(join(made, 'SHA256'), 'utf8');
    expect(sums.split('\n')).toHaveLength(14);
    expect(sums).toMatch(/^(SHA256 \([A-Za-z0-9.]+\) = [0-9a-f]{64}\n)+$/);
    await makeSets(directory, '7.6', 'amd64');
    expect(await readFile(join(made, 'SHA256'), 'utf8')).toBe(sums);
    const tar = gunzipSync(await readFile(join(made, 'base76.tgz')));
    expect(tar.subarray(257, 262).toString()).toBe('ustar');
  });

  it('are signed, and a changed sum or signature is noticed', async () => {
    const signed = await readFile(join(made, 'SHA256.sig'));
    expect(verifyEmbedded(signed)).toBe(true);
    expect(verifyEmbedded(Buffer.concat([signed, Buffer.from('x')]))).toBe(false);
    expect(verifyEmbedded(Buffer.from('<html>'))).toBe(false);
  });
});
