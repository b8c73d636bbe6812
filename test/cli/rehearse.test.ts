import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROGRAM, puffboot, until } from '../support/puffboot.ts';

/**
 * What the machine with a PXE ROM was served, and that it received what lies on the disk. Its requests come from one
 * port, so that the next one may be seen before the last ACK of the file before.
 */
const NETBOOTED = [
  'typed on the console\n {4}nothing',
  '  DHCP discover, answered with offer .*',
  '  DHCP request, answered with ack .*',
  '  TFTP sent auto_install, 90000 bytes',
  '  TFTP refused /bsd\\.upgrade: .*',
  '  TFTP (?:sent|began) /etc/boot\\.conf.*',
  '  TFTP (?:sent|began) /etc/random\\.seed.*',
  '  TFTP began /bsd\\.rd: the client ended it with error 3',
  '  TFTP (?:sent /bsd\\.rd, 420000 bytes.*|began /bsd\\.rd: the client asked again.*)',
  '  TFTP refused /etc/firmware/intel/06-9e-0a: .*',
  '  served response file /fe:e1:ba:d0:77:02-install\\.conf',
  '  \\d+ requests for set files, [1-9]\\d* KiB',
  'received over TFTP \\(by SHA256\\)\n {4}auto_install, 90000 bytes: the set pxeboot',
  '  /bsd\\.rd, 420000 bytes: the set bsd\\.rd',
];

describe('puffboot rehearse', () => {
  it('installs a VM and a netbooted machine from definition to login prompt and exits 0', async () => {
    const { status, stdout, stderr } = await puffboot(['rehearse', '--pace', '0']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/http:\/\/127\.0\.0\.1:\d+\/login\?vm=demo#[\w-]{43}/);
    expect(stdout).toMatch(/\(A\)utoinstall or \(S\)hell\? {2}<- {2}a$/m);
    expect(stdout).toMatch(/DHCP discover, answered with offer/);
    expect(stdout).toMatch(/served response file \/fe:e1:ba:d0:77:01-install\.conf/);
    expect(stdout).toMatch(/\d+ requests for set files, [1-9]\d* KiB/);
    const phases = [
      'defined',
      'preparing',
      'armed',
      'booting',
      'answering',
      'installing',
      'rebooting',
      'running',
    ];
    for (const phase of phases) expect(stdout).toMatch(new RegExp(`^ +[\\d.]+ s {2}${phase} `, 'm'));
    const machine = stdout.slice(stdout.indexOf('Summary of metal'));
    for (const line of NETBOOTED) expect(machine).toMatch(new RegExp(`^ {2}${line}$`, 'm'));
  });

  it.each([
    [
      'no-answer',
      /failed while installing: Question has no answer in response file: "password for root account\?"/,
      ['cat /tmp/ai/ai.log', 'ifconfig -A', 'route -n show', 'dmesg', 'disklabel sd0'],
    ],
    [
      'http-down',
      /failed while answering: No response file found; non-interactive mode aborted\./,
      ['ifconfig -A'],
    ],
    ['disk-full', /failed while installing: Installation of base76\.tgz failed\./, ['disklabel sd0']],
    ['panic', /failed while installing: panic: ffs_alloccg/, ['trace', 'ps', 'show registers']],
  ])(
    '--fail %s ends in failed with phase, reason, tail, evidence and a way on',
    async (fault, reason, asked) => {
      const { status, stdout, stderr } = await puffboot(['rehearse', '--pace', '0', '--fail', fault]);
      expect(status).toBe(1);
      expect(stderr).toMatch(reason);
      expect(stderr).toMatch(/the console's last lines:\n(?: {4}\| .*\n)+/);
      expect(stderr).toMatch(/next: .*puffboot install demo/);
      expect(stdout).toMatch(/^ +[\d.]+ s {2}failed /m);
      expect(stderr).toMatch(/evidence: demo-[0-9a-f]+\.evidence\.txt; read it with/);
      for (const command of asked) expect(stdout).toMatch(new RegExp(`^ +\\d+ lines {2}${command}$`, 'm'));
      expect(stderr).not.toMatch(/^ +at /m);
    },
  );

  it('killed with -9, leaves nothing that holds a port', async () => {
    // What it leaves behind, its directory, is left here.
    const directory = await mkdtemp(join(tmpdir(), 'puffboot-killed-'));
    const child = spawn(process.execPath, [PROGRAM, 'rehearse', '--pace', '0.5'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, TMPDIR: directory },
    });
    const web = await new Promise<string>((resolve) => {
      let printed = '';
      child.stdout.on('data', (chunk) => {
        printed += String(chunk);
        const address = /(http:\/\/127\.0\.0\.1:\d+)\//.exec(printed)?.[1];
        if (address !== undefined) resolve(address);
      });
    });
    expect((await fetch(web)).status).toBe(200);
    child.kill('SIGKILL');
    await until(() =>
      fetch(web).then(
        () => false,
        () => true,
      ),
    );
    await rm(directory, { recursive: true, maxRetries: 10 });
  });

  it('refuses a fault that it does not know, with status 2', async () => {
    const { status, stderr } = await puffboot(['rehearse', '--fail', 'lightning']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/no-answer/);
  });
});
