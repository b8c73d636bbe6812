import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SILENT_LOG } from '../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../src/io/clock.ts';
import { type ChildSpec, supervise } from '../../src/io/processes/supervisor.ts';
import { until } from '../support/puffboot.ts';

const RUN_CHILD = pathToFileURL(resolve('dist/src/io/processes/child.js')).href;

let directory: string;
const file = (name: string) => join(directory, name);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'puffboot-supervisor-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** A child that says "pid" when it has started, after what `first` does. */
async function childOf(first: string): Promise<URL> {
  const text = `import { existsSync, writeFileSync } from 'node:fs';
    ${first}
    const { runChild } = await import('${RUN_CHILD}');
    runChild(async () => ({ listening: [String(process.pid)], close: async () => undefined }));`;
  await writeFile(file('child.mjs'), text);
  return pathToFileURL(file('child.mjs'));
}

function supervised(module: URL, bind: ChildSpec['bind'] = async () => []) {
  const told: string[] = [];
  const note = (event: string) => void told.push(event);
  const log = { ...SILENT_LOG, info: note, error: note };
  const spec = { name: 'netboot', module, identity: null, settings: {}, bind } as const;
  const child = supervise(spec, { clock: SYSTEM_CLOCK, log, relay: () => undefined });
  return { ...child, told };
}

async function listener(): Promise<Server> {
  const server = createServer((early) => early.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('a supervised child', () => {
  it('is tried again where not even a process could be made', async () => {
    const { started, stop, told } = supervised(await childOf(''));
    const [pid] = await started;
    const real = process.execPath;
    process.execPath = file('no-such-node');
    try {
      process.kill(Number(pid), 'SIGKILL');
      await until(async () => told.includes('child.channel'));
    } finally {
      process.execPath = real;
    }
    await until(async () => told.filter((event) => event === 'child.ready').length === 2);
    await stop();
  });

  it('that cannot be started at first is told of', async () => {
    const real = process.execPath;
    process.execPath = file('no-such-node');
    try {
      await expect(supervised(await childOf('')).started).rejects.toThrow(/cannot be started.*ENOENT/);
    } finally {
      process.execPath = real;
    }
  });

  it('is handed no listener before it can cut off who connects', async () => {
    const module = await childOf(
      `writeFileSync('${file('loading')}', '');
       while (!existsSync('${file('go on')}')) await new Promise((again) => setTimeout(again, 10));`,
    );
    const server = await listener();
    const { port } = server.address() as AddressInfo;
    const { started, stop } = supervised(module, async () => [{ role: 'http', socket: server }]);
    await until(async () => existsSync(file('loading')));
    const cutOff = async () => {
      const early = connect(port, '127.0.0.1').on('error', () => undefined);
      await once(early.resume(), 'close');
    };
    await cutOff();
    await writeFile(file('go on'), '');
    await started;
    await cutOff(); // this one listens to nobody
    await stop();
  });
});
