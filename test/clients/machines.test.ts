import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { puffboot, until } from '../support/puffboot.ts';
import { assembleBootProgram, PROGRAMS_SKIP, PROMPTS, sumOf } from './boot-program.ts';
import { type BootServer, machine, startBootServer } from './boot-server.ts';
import { titled } from './lan.ts';
import { MACHINE_SKIP, type Machine, OVMF, switchOn, UEFI_MACHINE } from './virtual-machine.ts';

interface MachineRow extends Machine {
  readonly name: string;
  /** The last octet of lladdr and address. */
  readonly octet: number;
  /** What it must be handed. */
  readonly program: 'bios' | 'efi';
  readonly skip?: string | false;
  /** Its serial port is a socket, which the driver connects to; else the driver starts the machine. */
  readonly socket?: true;
}

const MACHINES = [
  { name: 'an e1000', octet: 20, nic: 'e1000', program: 'bios' },
  { name: 'a virtio-net', octet: 21, nic: 'virtio-net-pci', program: 'bios' },
  { name: 'an rtl8139', octet: 22, nic: 'rtl8139', program: 'bios', socket: true },
  { ...UEFI_MACHINE, name: 'UEFI', octet: 23, program: 'efi', skip: OVMF.skip },
] as const satisfies readonly MachineRow[];

/** Not armed: what each says when it has done with the network, and goes on to its disk. */
const IDLE = [
  { name: 'a ROM', octet: 24, disk: true, says: /started from disk/ },
  // Its IPv6 and HTTP boot, which nobody answers, would take minutes more.
  { name: 'UEFI', octet: 25, disk: false, says: /Remote boot cancelled/ },
] as const;

const lladdrOf = (octet: number) => `52:54:00:77:02:${octet.toString(16)}`;
const addressOf = (octet: number) => `10.77.0.${octet}`;
const SKIP = MACHINE_SKIP || PROGRAMS_SKIP;

describe.skipIf(SKIP)(titled('computers without a disk', SKIP), () => {
  let directory = '';
  let programs: Readonly<Record<MachineRow['program'], Uint8Array>>;
  let server: BootServer;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'puffboot-machines-'));
    programs = { bios: assembleBootProgram('bios', directory), efi: assembleBootProgram('efi', directory) };
    const disk = Buffer.concat([assembleBootProgram('disk', directory), Buffer.alloc(1024 * 1024)]);
    writeFileSync(join(directory, 'disk'), disk);
    const each = (octet: number) => machine(`vm${octet}`, lladdrOf(octet), addressOf(octet));
    server = await startBootServer(
      [
        ...MACHINES.map(({ octet }) => each(octet)),
        ...IDLE.map(({ octet }) => ({ ...each(octet), armed: null })),
      ],
      { pxeboot: programs.bios, 'BOOTX64.EFI': programs.efi },
    );
  });
  afterAll(async () => {
    await server?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Has the driver type the sum of what was sent; the machine compares. */
  const drive = async (row: MachineRow) => {
    const answers = join(directory, `${row.octet}.conf`);
    writeFileSync(answers, `Sum that was sent = ${sumOf(programs[row.program])}\n`);
    const options = ['drive', '--prompts', PROMPTS, '--answers', answers, '--json'];
    const { status, stdout, stderr } = await puffboot([...options, ...(await consoleOf(row))]);
    const report = stdout.trimEnd().split('\n').at(-1) ?? '';
    return { status, report: report.startsWith('{') ? JSON.parse(report) : report, stderr };
  };
  const consoleOf = async (row: MachineRow): Promise<readonly string[]> => {
    const lladdr = lladdrOf(row.octet);
    if (row.socket === undefined) return ['--', ...(await switchOn(server.lan, row, lladdr, 'stdio'))];
    const path = join(directory, `${row.octet}.serial`);
    const [command = '', ...argv] = await switchOn(server.lan, row, lladdr, `unix:${path},server=on`);
    spawn(command, argv, { stdio: 'ignore' }); // ended with its namespace
    await until(async () => existsSync(path));
    return ['--connect', `unix:${path}`];
  };
  const told = (octet: number) =>
    server.events.flatMap((event): (readonly unknown[])[] => {
      if (event.kind === 'dhcp' && event.from === lladdrOf(octet)) return [[event.message, event.reply]];
      const own = event.kind === 'tftp' && event.from === addressOf(octet);
      return own ? [[event.file, event.outcome, event.bytes]] : [];
    });

  for (const row of MACHINES as readonly MachineRow[]) {
    const { name, octet, skip = false } = row;
    it.skipIf(skip)(
      titled(`${name} receives its boot program unharmed`, skip),
      { concurrent: true, timeout: 120_000 },
      async ({ expect }) => {
        const { status, report, stderr } = await drive(row);
        const program = programs[row.program];
        expect(report, stderr).toMatchObject({
          outcome: 'installed',
          prompts: [{ name: 'sum', answer: sumOf(program) }],
        });
        expect(status).toBe(0);
        expect(told(octet)).toContainEqual(['discover', 'offer']);
        expect(told(octet)).toContainEqual(['request', 'ack']);
        expect(told(octet)).toContainEqual(['auto_install', 'sent', program.length]);
      },
    );
  }

  for (const { name, octet, disk, says } of IDLE) {
    const skip = !disk && OVMF.skip;
    it.skipIf(skip)(
      titled(`${name} that is not armed goes on to its disk, and looks for no other server`, skip),
      { concurrent: true, timeout: 120_000 },
      async ({ expect }) => {
        const file = `file=${join(directory, 'disk')}`;
        const computer = disk ? { nic: 'virtio-net-pci', disk: file } : UEFI_MACHINE;
        const [command = '', ...argv] = await switchOn(server.lan, computer, lladdrOf(octet), 'stdio');
        const child = spawn(command, argv, { stdio: ['ignore', 'pipe', 'ignore'] });
        let said = '';
        child.stdout.on('data', (chunk) => {
          said += String(chunk);
        });
        await until(async () => says.test(said), 90);
        child.kill('SIGKILL');
        expect(told(octet)).toEqual([
          ['discover', 'offer'],
          ['request', 'ack'],
        ]);
      },
    );
  }
});
