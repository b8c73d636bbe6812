import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { puffboot, until } from '../support/puffboot.ts';
import { assembleBootProgram, PROGRAMS_SKIP, PROMPTS, sumOf } from './boot-program.ts';
import { type BootServer, machine, startBootServer } from './boot-server.ts';
import { DHCLIENT, dhclient, start, UDHCPC, udhcpc } from './dhcp-clients.ts';
import { dhcpStation } from './dhcp-station.ts';
import { LAN_SKIP, SERVER, titled } from './lan.ts';
import { DHCPD, OTHER, startOtherDhcpd } from './other-dhcpd.ts';
import { MACHINE_SKIP, type Machine, OVMF, switchOn, UEFI_MACHINE } from './virtual-machine.ts';

const [ROM, INSTALLER, UEFI] = ['52:54:00:77:04:01', '52:54:00:77:04:02', '52:54:00:77:04:03'] as const;
const RESERVED = { [ROM]: '10.77.0.31', [INSTALLER]: '10.77.0.32', [UEFI]: '10.77.0.33' } as const;
/** As a dhcpd is set up whose own machine has the boot server: the answer says that there is one, and no file. */
const SENT_ON = `option vendor-class-identifier "PXEClient"; next-server ${SERVER};`;
const SKIP = LAN_SKIP || DHCPD.skip || UDHCPC.skip || DHCLIENT.skip;
const BOOT_SKIP = MACHINE_SKIP || PROGRAMS_SKIP;

const repliesTo = (server: BootServer, lladdr: string) =>
  server.events.flatMap((event) =>
    event.kind === 'dhcp' && event.from === lladdr ? [[event.message, event.reply]] : [],
  );
const machines = () => [
  machine('rom', ROM, RESERVED[ROM]),
  machine('installer', INSTALLER, RESERVED[INSTALLER]),
  machine('uefi', UEFI, RESERVED[UEFI]),
];

describe.skipIf(SKIP)(titled("beside somebody else's dhcpd, as a proxy", SKIP), () => {
  let directory = '';
  let server: BootServer;
  let programs: Readonly<Record<'bios' | 'efi', Uint8Array>> = {
    bios: new Uint8Array(),
    efi: new Uint8Array(),
  };
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'puffboot-proxy-'));
    if (!BOOT_SKIP)
      programs = { bios: assembleBootProgram('bios', directory), efi: assembleBootProgram('efi', directory) };
    const files = { pxeboot: programs.bios, 'BOOTX64.EFI': programs.efi };
    server = await startBootServer(machines(), files, [], {}, { proxy: true });
    await startOtherDhcpd(server, RESERVED, { [UEFI]: SENT_ON });
  });
  afterAll(async () => {
    await server?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('who is no ROM gets its address from the other server, and no answer from us', async () => {
    const station = await dhcpStation(server, INSTALLER);
    start(station.inside(udhcpc(station, '-B')));
    expect(await station.told('bound')).toMatchObject({ ip: RESERVED[INSTALLER], serverid: OTHER });
    await until(async () => repliesTo(server, INSTALLER).length === 2);
    expect(repliesTo(server, INSTALLER)).toEqual([
      ['discover', null],
      ['request', null],
    ]);
  });

  /** Boots what it is told to, and has the driver compare its sum. */
  const boot = async (computer: Machine, lladdr: string, program: Uint8Array) => {
    const answers = join(directory, `${lladdr}.conf`);
    writeFileSync(answers, `Sum that was sent = ${sumOf(program)}\n`);
    const drive = ['drive', '--prompts', PROMPTS, '--answers', answers, '--json', '--'];
    const argv = await switchOn(server.lan, computer, lladdr, 'stdio');
    const { status, stdout, stderr } = await puffboot([...drive, ...argv]);
    expect(status, stdout + stderr).toBe(0);
  };

  it.skipIf(BOOT_SKIP || OVMF.skip)(
    titled('UEFI that is sent on to the boot server asks it on port 4011', BOOT_SKIP || OVMF.skip),
    { timeout: 120_000 },
    async () => {
      await boot(UEFI_MACHINE, UEFI, programs.efi);
      expect(server.events).toContainEqual(
        expect.objectContaining({
          kind: 'tftp',
          from: RESERVED[UEFI],
          file: 'auto_install',
          outcome: 'sent',
        }),
      );
      // On port 67 a proxy acknowledges nothing.
      expect(repliesTo(server, UEFI)).toContainEqual(['request', 'ack']);
    },
  );

  it.skipIf(BOOT_SKIP)(
    titled('a ROM has its address from the other server, and boots what we name', BOOT_SKIP),
    { timeout: 120_000 },
    async () => {
      await boot({ nic: 'virtio-net-pci' }, ROM, programs.bios);
      // The file was fetched from the address that the other server gave.
      expect(server.events).toContainEqual(
        expect.objectContaining({ kind: 'tftp', from: RESERVED[ROM], file: 'auto_install', outcome: 'sent' }),
      );
      const replies = repliesTo(server, ROM);
      expect(replies).toContainEqual(['discover', 'offer']);
    },
  );

  it('nothing is warned of: the other server is expected', () => {
    expect(server.warnings).toEqual([]);
  });
});

describe.skipIf(SKIP)(titled('beside a dhcpd that should not be there', SKIP), () => {
  let server: BootServer;
  beforeAll(async () => {
    server = await startBootServer(machines());
    await startOtherDhcpd(server, RESERVED);
  });
  afterAll(() => server?.close());

  const told = (sentence: string) =>
    server.warnings.filter(
      (line) => line.includes(OTHER) && new RegExp(sentence).test(line) && /another DHCP server/.test(line),
    );

  it('its broadcast answer is told of once, with what OpenBSD would make of it', async () => {
    for (const lladdr of [INSTALLER, ROM]) {
      const station = await dhcpStation(server, lladdr);
      start(station.inside(udhcpc(station, '-B')));
      await station.told('bound'); // by whichever of the two was first
    }
    await until(async () => told('answers (installer|rom)').length > 0);
    expect(told('answers (installer|rom)')).toEqual([
      expect.stringContaining('with that answer OpenBSD 7.6 says \\"Could not determine auto mode\\"'),
    ]);
  });

  it('the client that chooses it tells of it', async () => {
    const station = await dhcpStation(server, INSTALLER);
    const refusal = station.path('conf');
    await writeFile(refusal, 'reject 10.77.0.1;\n'); // so that it chooses the other one
    start(station.inside(dhclient(station, '-cf', refusal)));
    expect(await station.told('BOUND')).toMatchObject({ new_ip_address: RESERVED[INSTALLER] });
    await until(async () => told('(installer|rom) takes its address from').length > 0);
  });
});
