import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { spawn as spawnOnTerminal } from 'node-pty';
import { describe, expect, it } from 'vitest';
import { mkdirFor } from '../netboot/io/running.ts';
import { childrenOf, eachInDirectory, responseFileStatus, startAlone } from '../support/netboot-alone.ts';
import { PROGRAM, puffboot, until } from '../support/puffboot.ts';

const directory = eachInDirectory();

describe('puffboot netboot alone', () => {
  it('costs who was fetching a set one more request when it dies', async () => {
    const path = 'pub/OpenBSD/7.6/amd64/comp76.tgz';
    const set = randomBytes(40 * 1024 * 1024);
    await writeFile(await mkdirFor(join(directory(), path)), set);
    await chmod(directory(), 0o755); // netboot's user reads there
    const alone = await startAlone(directory());
    const children = await childrenOf(alone.process);
    const request = httpRequest(`${alone.origin}/${path}`);
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage]; // not read yet: it waits on its way
    for (const pid of children) process.kill(pid, 'SIGKILL');
    const pieces: Buffer[] = [];
    response.on('data', (piece: Buffer) => pieces.push(piece));
    response.on('error', () => undefined);
    await new Promise((resolve) => response.once('close', resolve));
    expect(response.complete).toBe(false);
    const had = Buffer.concat(pieces);
    const again = await until(async () => {
      const headers = { Range: `bytes=${had.length}-`, 'If-Range': response.headers.etag ?? '' };
      return fetch(`${alone.origin}/${path}`, { headers, signal: AbortSignal.timeout(5000) }).catch(
        () => null,
      );
    });
    expect(again.status).toBe(206);
    const whole = Buffer.concat([had, Buffer.from(await again.arrayBuffer())]);
    expect(whole.equals(set)).toBe(true);
    await alone.stop();
  });

  // Only root has privileges to give up, and only Linux tells about them in /proc.
  it.skipIf(process.getuid?.() !== 0 || !existsSync('/proc/self/status'))(
    'started as root, has a netboot process that may do nothing and holds nothing but its sockets',
    async () => {
      const alone = await startAlone(directory());
      const [pid = 0] = await childrenOf(alone.process);
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      const field = (name: string) =>
        new RegExp(`^${name}:[\\t ]*(.*)$`, 'm').exec(status)?.[1]?.trim().split(/\s+/) ?? [];
      const [uid, gid] = [Number(field('Uid')[0]), Number(field('Gid')[0])];
      expect([field('Uid'), field('Gid')]).toEqual([Array(4).fill(String(uid)), Array(4).fill(String(gid))]);
      expect([uid === 0, gid === 0, field('Groups').join('')]).toEqual([false, false, '']);
      for (const name of ['CapPrm', 'CapEff', 'CapInh', 'CapAmb'])
        expect(field(name)).toEqual(['0000000000000000']);
      const open = await readdir(`/proc/${pid}/fd`);
      const targets = await Promise.all(
        open.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => 'pipe:gone')),
      );
      expect(
        targets.filter((target) => !/^(socket:|pipe:|anon_inode:|\/dev\/(null|urandom)$)/.test(target)),
      ).toEqual([]);
      for (const path of [
        join(directory(), 'state'),
        join(directory(), 'state/netboot.sock'),
        '/etc/shadow',
      ]) {
        const tried = spawn('cat', [path], { uid, gid, stdio: 'ignore' });
        expect([path, (await once(tried, 'exit'))[0]]).toEqual([path, 1]);
      }
      await alone.stop();
    },
  );

  it.skipIf(process.getuid?.() !== 0 || !existsSync('/proc/self/status'))(
    'started by root on a terminal, has processes that can neither read nor type there, and outlives it',
    async () => {
      const alone = await startAlone(directory());
      await alone.stop(); // only its configuration is wanted
      const shell = ['-mc', '"$@" & echo "started as $!"; read line', 'sh']; // in the background, until a line is typed
      const argv = [...shell, process.execPath, PROGRAM, 'netboot', '-f', alone.config];
      const terminal = spawnOnTerminal('/bin/sh', argv, { env: { ...process.env, PUFFBOOT_LOG: 'info' } });
      let shown = '';
      terminal.onData((text) => {
        shown += text;
      });
      const logs = '"process":"netboot"';
      await until(async () => shown.includes('puffboot netboot serves') && shown.includes(logs));
      const pid = Number(/started as (\d+)/.exec(shown)?.[1]);
      const [netboot = 0] = await childrenOf({ pid });
      const [bootHttp = 0] = await childrenOf({ pid: netboot });
      for (const child of [netboot, bootHttp]) {
        const open = await readdir(`/proc/${child}/fd`);
        const targets = open.map((fd) => readlink(`/proc/${child}/fd/${fd}`).catch(() => 'gone'));
        expect((await Promise.all(targets)).filter((target) => /^\/dev\/(?:pts|tty)/.test(target))).toEqual(
          [],
        );
        // Behind the name in brackets: state, parent, group, session, the terminal that controls it (proc(5)).
        const facts = (await readFile(`/proc/${child}/stat`, 'utf8')).split(') ').at(-1)?.split(' ');
        expect(facts?.[4]).toBe('0');
      }
      const ended = new Promise((resolve) => terminal.onExit(resolve));
      terminal.write('\r');
      await ended;
      expect(await responseFileStatus(alone)).toBe(404); // which the child logs, by way of its parent
      process.kill(netboot, 'SIGKILL');
      await until(async () => !existsSync(`/proc/${bootHttp}`));
      await until(async () => (await responseFileStatus(alone).catch(() => null)) === 404); // it was started again
      process.kill(pid, 'SIGTERM');
      await until(async () => !existsSync(`/proc/${pid}`));
    },
  );

  it('is told to be started where it is not', async () => {
    const alone = await startAlone(directory());
    await alone.stop('SIGKILL');
    const { status, stderr } = await puffboot(['netboot', '-f', alone.config, '--channel', 'stdio']);
    expect(status).toBe(1);
    expect(stderr).toContain('nothing answers at');
    expect(stderr).toContain('puffboot netboot');
  });
});
