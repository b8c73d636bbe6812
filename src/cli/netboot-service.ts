import { lchown, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { openFeed } from '../../netboot/io/feed.ts';
import { errnoOf, messageOf, OperatorError } from '../common/error.ts';
import type { Config } from '../config/schema.ts';
import { SYSTEM_CLOCK } from '../io/clock.ts';
import { openLog } from '../io/log.ts';
import { type Identity, identityOf, prepareStateDirectory } from '../io/processes/identity.ts';
import { type SupervisedChild, supervise } from '../io/processes/supervisor.ts';
import { netbootChild } from './processes/netboot-child.ts';

/** Where `serve` of another machine, or who carries its bytes, finds `puffboot netboot`. */
const feedPath = (config: Config): string => join(config.stateDirectory, 'netboot.sock');

/**
 * DHCP, TFTP and boot HTTP alone, until a signal. This parent is as small as that of `serve`: it binds ports,
 * starts the process again when it dies, and passes on what a feed says.
 */
export async function serveNetbootAlone(config: Config): Promise<void> {
  const log = openLog('netboot-parent');
  const clock = SYSTEM_CLOCK;
  const identity = await identityOf(config.serve.operateUser);
  await prepareStateDirectory(config.stateDirectory, identity);
  const spec = await netbootChild(config);
  // Its socket is made when the ports are ours: a second one must not take it away from the first.
  let feed: ReturnType<typeof openFeed> | null = null;
  const child: SupervisedChild = supervise(spec, { clock, log, relay: (body) => feed?.hear(body) });
  const send = (body: unknown) => child.send({ kind: 'relay', body });
  try {
    const listening = await child.started;
    const server = await listenForFeed(feedPath(config), identity);
    feed = openFeed({ server, send, clock, log });
    feed.hear({ kind: 'ready' }); // said before there was somebody to hear it
    process.stdout.write(`puffboot netboot serves ${[...listening, feedPath(config)].join(', ')}\n`);
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
  } finally {
    await feed?.close();
    await child.stop();
  }
}

/** For the user that operates, and its group. */
async function listenForFeed(path: string, owner: Identity | null): Promise<Server> {
  await rm(path, { force: true });
  const server = createServer();
  const before = process.umask(0o117);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    if (owner !== null) await lchown(path, owner.uid, owner.gid);
    return server;
  } catch (cause) {
    throw new OperatorError('STATE_UNWRITABLE', `cannot make ${path}: ${messageOf(cause)}`, { cause });
  } finally {
    process.umask(before);
  }
}

/**
 * Carries standard input to a `puffboot netboot` of this machine and what it says to standard output, until
 * either ends. This is what ssh(1) runs for a `serve` elsewhere.
 * @throws OperatorError NETBOOT_NOT_RUNNING, CONTROL_DENIED
 */
export async function carryFeed(config: Config): Promise<void> {
  const path = feedPath(config);
  const socket = connect(path);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause) => {
      const isDenied = errnoOf(cause) === 'EACCES';
      const code = isDenied ? 'CONTROL_DENIED' : 'NETBOOT_NOT_RUNNING';
      const why = isDenied ? 'this user may not use' : 'nothing answers at';
      reject(new OperatorError(code, `${why} ${path}`, { cause }));
    });
    socket.once('connect', () => resolve());
  });
  await new Promise<void>((resolve) => {
    process.stdin.pipe(socket);
    socket.pipe(process.stdout);
    process.stdin.once('end', () => socket.end());
    socket.on('error', () => undefined);
    process.stdout.once('error', () => socket.destroy());
    socket.once('close', () => resolve());
  });
  // Open, it would keep this process alive.
  process.stdin.destroy();
}
