import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Log } from '../../src/common/port.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { isBlankImage } from '../../src/install/io/blank-image.ts';
import { prepareHost } from '../../src/install/io/host-steps.ts';
import { openKernels } from '../../src/install/io/kernels.ts';
import { allocate } from '../../src/inventory/allocate.ts';
import { allocationHost } from '../../src/web/routes/allocation-host.ts';
import { makeKey, signWith, sumsOf } from '../sets/signed.ts';
import { modelHost } from './model-host.ts';

/** A release whose key nobody has built in. */
const RELEASE = '9.7';
const KERNEL = '/etc/puffboot/bsd.rd-9.7-amd64';
const OWNER_KEY = `ssh-ed25519 ${Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), Buffer.alloc(32)]).toString('base64')}`;
const key = makeKey();

describe('the ramdisk kernel of an install', () => {
  let directory: string;
  let sets: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-prepare-'));
    sets = join(directory, 'sets/pub/OpenBSD/9.7/amd64');
    await mkdir(sets, { recursive: true });
    await writeFile(join(sets, 'bsd.rd'), 'a kernel');
    await writeFile(join(sets, 'SHA256.sig'), signWith(key, sumsOf({ 'bsd.rd': 'a kernel' })));
    await writeFile(join(directory, 'openbsd-97-base.pub'), key.file);
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** Prepares one VM after the other, as installs do. */
  function scene(access: 'local' | 'rehearsal' = 'local') {
    const config = parseConfig(
      `stateDirectory = "${directory}/state"
subnets = [{ cidr = "192.0.2.0/24", router = "192.0.2.1", bootAddress = "192.0.2.2" }]
[[hosts]]
name = "vmm1"
access = "${access}"
${access === 'rehearsal' ? `root = "${directory}/host"` : ''}
lladdrPrefix = "fe:e1:bb:d1:4c"
ipv4Range = "192.0.2.10-192.0.2.49"
vmDefaults.release = "${RELEASE}"
`,
      'puffboot.toml',
    );
    const [host] = config.hosts;
    if (host === undefined) throw new Error('no host');
    const order = { name: 'web1', host: null, owner: 'puffy', sshKeys: [OWNER_KEY] };
    const vm = allocate(order, [allocationHost(host)], [], 0);
    const { host: there } = modelHost();
    there.directories.add('/home/vm');
    const warnings: string[] = [];
    const log: Log = { debug() {}, info() {}, warn: (event) => void warnings.push(event), error() {} };
    const kernelOf = openKernels({ root: join(directory, 'sets'), keyDirectories: [directory] });
    const prepare = () => prepareHost({ access: there, host, vm, kernelOf, log });
    return { there, warnings, prepare };
  }

  it('is verified, and copied once', async () => {
    const { there, warnings, prepare } = scene();
    await prepare();
    await prepare();
    expect(there.text(KERNEL)).toBe('a kernel');
    expect(there.written.filter((path) => path === KERNEL)).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  it('finds a root disk as fresh as one that it makes until something was written to it', async () => {
    const { there, prepare } = scene();
    there.on(/^vmctl create /, ({ argv }) => {
      there.put(argv.at(-1) ?? '', 'image');
      return '';
    });
    const used = (kib: number) => there.on(/^du -k /, `${kib}\t/home/vm/web1-0.qcow2\n`);
    there.on(/^od /, ` ${'00 '.repeat(16)}\n`);
    expect(await prepare()).toEqual({ freshDisk: true });
    used(320);
    expect(await prepare()).toEqual({ freshDisk: true });
    used(600_000);
    expect(await prepare()).toEqual({ freshDisk: false });
  });

  it.each<[string, () => Promise<unknown>, string, RegExp]>([
    [
      'that was changed',
      () => writeFile(join(sets, 'bsd.rd'), 'b kernel'),
      'KERNEL_REFUSED',
      /is not what was signed/,
    ],
    [
      'signed by somebody else',
      () => writeFile(join(sets, 'SHA256.sig'), signWith(makeKey(), sumsOf({ 'bsd.rd': 'a kernel' }))),
      'KERNEL_REFUSED',
      /another key/,
    ],
    ['that nobody signed', () => rm(join(sets, 'SHA256.sig')), 'KERNEL_REFUSED', /cannot be read/],
    ['that is not there', () => rm(join(sets, 'bsd.rd')), 'SETS_MISSING', /there is no/],
  ])('%s is not put on the host, and nothing else is', async (_, change, code, message) => {
    const { there, prepare } = scene();
    await change();
    await expect(prepare()).rejects.toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
    expect(there.written).toEqual([]);
  });

  it('that is replaced between two installs is verified anew', async () => {
    const { there, prepare } = scene();
    await prepare();
    await writeFile(join(sets, 'new'), 'b kernel');
    await rename(join(sets, 'new'), join(sets, 'bsd.rd'));
    await expect(prepare()).rejects.toThrowError(expect.objectContaining({ code: 'KERNEL_REFUSED' }));
    expect(there.text(KERNEL)).toBe('a kernel');
  });

  it('without a key is used, and the log says so', async () => {
    const { there, warnings, prepare } = scene();
    await rm(join(directory, 'openbsd-97-base.pub'));
    await prepare();
    expect(there.text(KERNEL)).toBe('a kernel');
    expect(warnings).toEqual(['install.kernel-unverified']);
  });

  it('of a rehearsal is not verified', async () => {
    const { there, warnings, prepare } = scene('rehearsal');
    await writeFile(join(sets, 'bsd.rd'), 'b kernel');
    await prepare();
    expect(there.text(KERNEL)).toBe('b kernel');
    expect(warnings).toEqual([]);
  });
});

describe('the root disk of an install', () => {
  const header = (text: string) =>
    ` ${Buffer.from(text.padEnd(32, '0'), 'hex').toString('hex').replace(/../g, '$& ')}\n`;
  const QCOW2 = '514649fb00000003';
  it.each<[string, number, string, boolean]>([
    ['a new qcow2 image', 320, header(QCOW2), true],
    ['a new raw image, of which ffs keeps the end', 96, header(''), true],
    ['an installed system', 700_000, header(QCOW2), false],
    ['an image on top of another one', 320, header(`${QCOW2}0000000000000168`), false],
    ['an image that may not be read', 320, '', false],
  ])('that is %s', async (_, kib, bytes, blank) => {
    const { host } = modelHost();
    host.on(/^du -k /, `${kib}\t/home/vm/web1-0.qcow2\n`);
    host.on(/^od /, bytes === '' ? { status: 1, stderr: 'od: Permission denied\n' } : bytes);
    expect(await isBlankImage(host, '/home/vm/web1-0.qcow2')).toBe(blank);
  });
});
