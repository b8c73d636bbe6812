import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyCommand } from '../../src/cli/apply.ts';
import { doctorCommand } from '../../src/cli/doctor.ts';
import { planCommand } from '../../src/cli/plan.ts';
import { renderFailure, renderPlan } from '../../src/cli/plan-text.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { type SimulatedHost, startSimulatedHost } from '../../src/rehearsal/io/simulated-host.ts';
import { run } from './run.ts';

const HOST = (name: string, number: number, root: string) => `
[[hosts]]
name = "${name}"
access = "rehearsal"
capacity = 4
root = "${root}"
become = []
dhcp = "relay"
lladdrPrefix = "fe:e1:bb:d1:4${number}"
ipv4Range = "192.0.2.${number}0-192.0.2.${number}5"
`;

describe('plan, apply and doctor without serve', () => {
  let directory: string;
  let file: string;
  let host: SimulatedHost;
  let told: string[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-plan-'));
    file = join(directory, 'puffboot.toml');
    const subnet =
      'cidr = "192.0.2.0/24", router = "192.0.2.1", bootAddress = "192.0.2.2", domain = "example.net"';
    const hosts = HOST('gone', 1, join(directory, 'nowhere')) + HOST('here', 2, join(directory, 'host'));
    await writeFile(file, `stateDirectory = "${directory}/state"\nsubnets = [{ ${subnet} }]\n${hosts}`);
    host = await startSimulatedHost({ root: join(directory, 'host'), options: {}, log: SILENT_LOG });
    await mkdir(join(directory, 'nowhere/var/log'), { recursive: true });
    await writeFile(join(directory, 'nowhere/fail.json'), '[{ "command": "", "do": "drop" }]');
    told = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => told.push(String(text)) > 0);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await host.stop();
    await rm(directory, { recursive: true });
  });

  it('tells of a host that cannot be looked at, and goes on with the next', async () => {
    const { stdout, exitCode } = await run(planCommand(), '-f', file);
    expect([told.join(''), exitCode]).toEqual([expect.stringMatching(/^gone: .+\n {2}fix: /), 1]);
    expect(stdout).toMatch(/^here: \d steps\n--- /);
    const json = await run(planCommand(), '-f', file, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject([
      { host: 'gone', plan: null, error: { code: 'HOST_UNREACHABLE' } },
      { host: 'here', plan: { host: 'here', digest: expect.any(String) }, error: null },
    ]);
  });

  it('applies to one host, and then has nothing to do there', async () => {
    const dry = await run(applyCommand(), '-f', file, 'here', '--dry-run');
    const applied = await run(applyCommand(), '-f', file, 'here', '--yes');
    expect(applied.stdout.startsWith(dry.stdout)).toBe(true);
    expect(applied.stdout).toMatch(/here: as it is wanted\n$/);
    expect(await run(planCommand(), '-f', file, 'here')).toEqual({
      stdout: 'here: nothing to do\n',
      exitCode: undefined,
    });
    expect((await run(applyCommand(), '-f', file, 'here')).stdout).toBe('here: nothing to do\n');
  });

  it('asks before it changes anything', async () => {
    await expect(run(applyCommand(), '-f', file, 'here')).rejects.toMatchObject({ code: 'USAGE' });
    expect((await run(planCommand(), '-f', file, 'here')).stdout).toMatch(/^here: \d steps/);
  });

  it('says what was done and what was not when a step fails', async () => {
    const fault = [{ command: '^vmd -n', do: 'exit', stderr: 'vmd: no\n' }];
    await writeFile(join(directory, 'host/etc/doas.conf'), '# BEGIN puffboot\nold\n# END puffboot\n');
    await writeFile(join(directory, 'host/fail.json'), JSON.stringify(fault));
    const failed = await run(applyCommand(), '-f', file, 'here', '--yes').catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'APPLY_FAILED' });
    expect(String(failed)).toMatch(/here: vmd -n .* failed with status 1: vmd: no\n/);
    expect(String(failed)).toMatch(
      / {2}done: {5}add group vmdusers\n {2}failed: {3}check the new \/etc\/vm\.conf with vmd\n {2}not done: check the new \/etc\/doas\.conf with doas\n/,
    );
  });

  it('looks at the health of a host', async () => {
    const { stdout } = await run(doctorCommand(), '-f', file, 'here');
    expect(stdout).toMatch(/^CHECK +STATE +here\nvmd +ok +runs, and answers\n/);
    expect(stdout).toContain(
      '  arp: sysctl net.inet.ip.arpq.maxlen=512, and the same in /etc/sysctl.conf *\n',
    );
    const fixed = await run(doctorCommand(), '-f', file, 'here', '--fix', '--json');
    expect(JSON.parse(fixed.stdout)).toMatchObject([
      { host: 'here', fixed: [expect.stringContaining('arpq')] },
    ]);
  });

  it('refuses a host that is not there', async () => {
    for (const command of [planCommand, applyCommand, doctorCommand]) {
      await expect(run(command(), '-f', file, 'nohost')).rejects.toMatchObject({ code: 'HOST_NOT_FOUND' });
    }
  });
});

describe('a plan as text', () => {
  const view = { host: 'vmm1', diffs: [], steps: [], remarks: [], faults: [], digest: '' };

  it('keeps tabs, and shows no control sequence of a file', () => {
    const text = '--- f\n+++ f\n+\tdisable \u001b[31m\u0007red\n';
    expect(renderPlan({ ...view, diffs: [{ path: 'f', text }] })).toBe(
      'vmm1: nothing to do\n--- f\n+++ f\n+\tdisable red\n',
    );
  });

  it.each([
    ['one step', { steps: ['do'] }, 'vmm1: 1 step\n   1. do\n'],
    [
      'faults',
      { steps: ['do'], faults: ['bad'] },
      'vmm1: nothing can be applied: 1 fault\n   1. do\nfault: bad\n',
    ],
    ['notes', { remarks: ['look'] }, 'vmm1: nothing to do\nnote: look\n'],
  ])('tells %s', (_, change, expected) => expect(renderPlan({ ...view, ...change })).toBe(expected));

  it('tells a failure before any step', () => {
    const error = { code: 'HOST_LOCKED', message: 'busy' } as const;
    expect(renderFailure({ id: '', host: 'vmm1', state: 'failed', steps: [], remarks: [], error })).toBe(
      'vmm1: busy',
    );
  });
});
