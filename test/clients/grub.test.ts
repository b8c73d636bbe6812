import { execFile, execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireProgram } from '../support/require.ts';
import { type BootServer, machine, startBootServer } from './boot-server.ts';
import { titled } from './lan.ts';
import { MACHINE_SKIP, switchOn } from './virtual-machine.ts';

const MKIMAGE = requireProgram('grub-mkimage');
const PXE_MODULE = requireProgram('/usr/lib/grub/i386-pc/pxe.mod');
const SKIP = MACHINE_SKIP || MKIMAGE.skip || PXE_MODULE.skip;

const HERE = machine('grub', '52:54:00:77:03:01', '10.77.0.30');
const MODULES = 'pxe tftp normal configfile serial terminal hashsum gcry_sha256 halt'.split(' ');
const KERNEL = randomBytes(300_001);

/** What an operator would keep in netboot.tftpDirectory. */
const CONFIG = `serial --unit=0 --speed=115200
terminal_output serial
sha256sum (pxe)/bsd.rd
halt
`;

describe.skipIf(SKIP)(titled('GRUB as the loader', SKIP), () => {
  let directory = '';
  let server: BootServer;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'puffboot-grub-'));
    const core = join(directory, 'core.0');
    execFileSync(MKIMAGE.path, ['-O', 'i386-pc-pxe', '-p', '(pxe)/grub', '-o', core, ...MODULES]);
    const files = { pxeboot: readFileSync(core), 'bsd.rd': KERNEL };
    server = await startBootServer([HERE], files, [], { 'grub/grub.cfg': Buffer.from(CONFIG) });
  });
  afterAll(async () => {
    await server?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('reads its configuration and a kernel with its own network', { timeout: 120_000 }, async () => {
    const [command = '', ...argv] = await switchOn(server.lan, { nic: 'e1000' }, HERE.lladdr, 'stdio');
    const { stdout: printed } = await promisify(execFile)(command, argv, { timeout: 100_000 });
    expect(printed).toContain(createHash('sha256').update(KERNEL).digest('hex'));
    const sent = server.events.flatMap((event) =>
      event.kind === 'tftp' && event.outcome === 'sent' ? [[event.file, event.bytes]] : [],
    );
    expect(sent).toContainEqual(['/grub/grub.cfg', CONFIG.length]);
    expect(sent).toContainEqual(['/bsd.rd', KERNEL.length]);
  });
});
