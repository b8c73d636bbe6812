import { chmod, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '../../src/common/error.ts';
import type { Clock, Log } from '../../src/common/port.ts';
import type { BootEvent } from '../catalog.ts';
import { type NamesBeside, NO_SUCH_FILE, type OpenFile } from '../files.ts';
import type { Lookup } from '../lookup.ts';
import { orOther, resolveName } from '../tftp/names.ts';
import { newsGate } from '../tftp/news-gate.ts';
import { parseRewrite, REFUSED, type RewriteRequest } from '../tftp/rewrite.ts';
import { nearOther } from './tftp-source.ts';
import { type TftpdFiles, tftpdFiles } from './tftpd-files.ts';

export interface RewriterParts {
  /** tftpd's own, with the socket in it: `tftpd -r DIRECTORY/rewriter.sock DIRECTORY`. */
  readonly directory: string;
  readonly lookup: () => Lookup;
  readonly report: (event: BootEvent) => void;
  readonly architectureOf: (address: string) => number | null;
  readonly openFile: OpenFile;
  /** The operator's own directory: what is in it anybody may have. */
  readonly openOther?: OpenFile;
  readonly othersBeside?: NamesBeside;
  readonly clock: Clock;
  readonly log: Log;
}

export const REWRITER_SOCKET = 'rewriter.sock';
/** Where copies of the operator's own files lie, apart from what is made for machines. */
const OTHERS = 'other';

/** A name of TFTP is at most 512 bytes, four times as long when encoded. */
const LONGEST_LINE = 4096;
const RANDOM_SEED = /^\/*etc\/random\.seed$/;

/**
 * Tells the base system's tftpd(8) which file a name means to a client. tftpd ends when this socket does, so
 * nothing that it writes closes it.
 */
export async function serveRewriter(parts: RewriterParts): Promise<{ close(): Promise<void> }> {
  const { directory, log } = parts;
  const path = join(directory, REWRITER_SOCKET);
  const files: Copies = {
    sets: tftpdFiles(directory, parts.openFile),
    others: parts.openOther && tftpdFiles(join(directory, OTHERS), parts.openOther),
    isNews: newsGate(),
  };
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    log.info('tftpd.connected');
    socket.on('close', () => connections.delete(socket));
    socket.on('error', (error) => log.warn('tftpd.lost', { error: messageOf(error) }));
    answerAll(socket, (request) => rewrite(parts, files, request), log).catch((error) => {
      log.warn('tftpd.lost', { error: messageOf(error) });
      socket.destroy();
    });
  });
  await rm(path, { force: true }); // of a process that was killed
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
  await chmod(path, 0o600); // tftpd connects before it gives its privileges up
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of connections) socket.destroy();
      }),
  };
}

interface Copies {
  readonly sets: TftpdFiles;
  readonly others: TftpdFiles | undefined;
  readonly isNews: ReturnType<typeof newsGate>;
}

/** One line after the other, each answered before the next is looked at: tftpd takes answers in its own order. */
async function answerAll(
  socket: Socket,
  answer: (request: RewriteRequest) => Promise<string>,
  log: Log,
): Promise<void> {
  let rest = '';
  let tooLong = false;
  for await (const chunk of socket.setEncoding('latin1')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const request = tooLong ? null : parseRewrite(line);
      tooLong = false;
      // Behind a newline in a name stands the rest of that name, which was answered already.
      if (request === null) log.warn('tftpd.line', { line: line.slice(0, 200) });
      else socket.write(`${await answer(request)}\n`);
    }
    if (rest.length > LONGEST_LINE) [rest, tooLong] = ['', true];
  }
}

async function rewrite(
  { lookup, report, architectureOf, othersBeside, clock, log }: RewriterParts,
  { sets, others, isNews }: Copies,
  { address, operation, name }: RewriteRequest,
): Promise<string> {
  // tftpd makes these bytes itself, but only under this name.
  if (operation === 'read' && RANDOM_SEED.test(name)) return '/etc/random.seed';
  const client = lookup().byRemote(address);
  const refuse = (reason: string, isTold = true) => {
    const file = name.replace(/[\0-\x1f\x7f-\x9f]/g, '?').slice(0, 200);
    const event = { kind: 'tftp', at: clock.now(), name: client?.name ?? null, from: address, file } as const;
    if (isTold) report({ ...event, outcome: 'refused', bytes: 0, reason });
    return REFUSED;
  };
  const give = (file: string) => {
    log.info('tftpd.rewritten', { from: address, name: client?.name ?? null, file });
    return file;
  };
  if (operation === 'write') return refuse('read only');
  const arch = client === null ? null : architectureOf(client.address);
  const found = resolveName(name, client, arch, clock.now());
  const named = others === undefined ? found : orOther(found, name);
  try {
    switch (named.kind) {
      case 'file': {
        const copied = await sets.file(named.path);
        return typeof copied === 'string' ? give(copied) : refuse(copied.missing);
      }
      case 'other': {
        const copied = (await others?.file(named.path)) ?? { missing: NO_SUCH_FILE };
        if (typeof copied === 'string') return give(`/${OTHERS}${copied}`);
        if (!isNews(lookup(), address, name)) return REFUSED;
        if (copied.missing !== NO_SUCH_FILE) return refuse(copied.missing);
        return refuse(named.reason + (await nearOther(named.path, othersBeside)));
      }
      case 'text':
        return await sets.text(`${client?.name ?? 'unknown'}-boot.conf`, named.text);
      case 'random':
        return '/etc/random.seed';
      case 'refused':
        return refuse(named.reason, named.unknown !== true || isNews(lookup(), address, name));
    }
  } catch (error) {
    return refuse(`cannot be copied: ${messageOf(error)}`);
  }
}
