import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PROGRAM, until } from '../support/puffboot.ts';
import { type Rig, withRig } from '../support/rig.ts';
import { openSshd, SSHD, type TestSshd } from '../support/sshd.ts';

const run = promisify(execFile);

/** `puffboot netboot` of another machine, which has a state directory of its own. */
interface Far {
  process: ChildProcess;
  start(): Promise<void>;
  kill(): Promise<void>;
}

/** Has the rig's `serve` feed a netboot of another machine by ssh(1) from now on. */
async function moveNetboot(rig: Rig, sshd: TestSshd): Promise<Far> {
  await rig.kill();
  const { configFile, directory } = rig.stage;
  const farConfig = join(directory, 'far.toml');
  const text = await readFile(configFile, 'utf8');
  await writeFile(farConfig, text.replace(`${directory}/state`, `${directory}/far`));
  const { address, port, identity, knownHosts } = sshd.target;
  const options = [`UserKnownHostsFile=${knownHosts}`, 'BatchMode=yes', 'IdentitiesOnly=yes'].map(
    (o) => `-o${o}`,
  );
  const ssh = ['ssh', '-F', 'none', '-p', String(port), '-i', identity, ...options, address];
  const remote = [...ssh, process.execPath, PROGRAM, 'netboot', '-f', farConfig, '--channel', 'stdio'];
  await writeFile(configFile, text.replace('[netboot]', `[netboot]\nremote = ${JSON.stringify(remote)}`));
  const far: Far = {
    process: spawn('true'),
    async start() {
      const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
      far.process = spawn(process.execPath, [PROGRAM, 'netboot', '-f', farConfig], { stdio });
      await once(createInterface({ input: far.process.stdout ?? process.stdin }), 'line');
    },
    async kill() {
      const gone = once(far.process, 'exit');
      far.process.kill('SIGKILL');
      await gone;
    },
  };
  await far.start();
  await rig.restart();
  return far;
}

describe.skipIf(SSHD.skip)('an install whose netboot is on another machine', { timeout: 240_000 }, () => {
  const reach = (rig: Rig, ...states: string[]) =>
    until(async () => states.includes((await rig.stateOf('web1').catch(() => null)) ?? ''));
  const DAMAGE: Readonly<Record<string, (rig: Rig, far: Far, sshd: TestSshd) => Promise<void>>> = {
    'the connection is cut': async (_rig, _far, sshd) => sshd.cut(),
    'the connection is away for long': async (rig, _far, sshd) => {
      await sshd.stop();
      await reach(rig, 'rebooting', 'running', 'failed');
      await sshd.start();
    },
    'serve is killed': async (rig) => {
      const { stdout } = await run('ps', ['-o', 'ppid=', '-p', String(await rig.childPid('operate'))]);
      process.kill(Number(stdout), 'SIGKILL');
      await rig.restart();
    },
    'all of its netboot is killed': async (_rig, far) => {
      await far.kill();
      await far.start();
    },
  };
  it.concurrent.each(Object.keys(DAMAGE))('ends well while %s', (name) =>
    withRig(0.3, async (rig) => {
      const sshd = await openSshd(null);
      const far = await moveNetboot(rig, sshd);
      try {
        await rig.add('web1');
        await rig.install('web1');
        await reach(rig, 'installing');
        await DAMAGE[name]?.(rig, far, sshd);
        const state = await rig.ended('web1');
        const { install } = await rig.show('web1');
        expect([state, install?.failure]).toEqual(['running', null]);
      } finally {
        await far.kill();
        await sshd.close();
      }
    }),
  );
});
