import type { RemoteInfo, Socket } from 'node:dgram';
import { messageOf } from '../../src/common/error.ts';
import type { Clock, Log } from '../../src/common/port.ts';
import type { BootEvent } from '../catalog.ts';
import type { NamesBeside, OpenFile } from '../files.ts';
import { type Lookup, sharerOf } from '../lookup.ts';
import { type Named, orOther, resolveName } from '../tftp/names.ts';
import { newsGate } from '../tftp/news-gate.ts';
import { decodeTftp, ERROR_CODES, encodeTftp, type TransferRequest } from '../tftp/packet.ts';
import { enlargeReceiveBuffer } from './receive-buffer.ts';
import { type Mode, nearOther, type OpenedSource, openSource } from './tftp-source.ts';
import { type StartTransfer, transfersHere } from './tftp-start.ts';
import type { RunningTransfer, TransferResult } from './tftp-transfer.ts';

export interface TftpParts {
  /** Bound already, one for each boot address. */
  readonly sockets: readonly Socket[];
  readonly lookup: () => Lookup;
  readonly report: (event: BootEvent) => void;
  /** What the ROM at this address is, where our DHCP server saw it. */
  readonly architectureOf: (address: string) => number | null;
  readonly openFile: OpenFile;
  /** The operator's own directory: what is in it anybody may have. */
  readonly openOther?: OpenFile;
  readonly othersBeside?: NamesBeside;
  /** In this thread unless it is said. */
  readonly startTransfer?: StartTransfer;
  readonly clock: Clock;
  readonly log: Log;
}

export interface TftpService {
  /** Ends the transfers. The sockets are their opener's to close. */
  close(): Promise<void>;
}

/** One request being answered; null until its file is open. */
interface Session {
  readonly request: TransferRequest;
  readonly peer: RemoteInfo;
  running: RunningTransfer | null;
  replaced: boolean;
}

const MOST_PER_CLIENT = 8;
const MOST_IN_ALL = 400;
/** What is left beyond these is for machines of the catalog: a stranger can have many addresses. */
const MOST_WITH_STRANGERS = 300;
const LONGEST_SHOWN = 200;

export function serveTftp(parts: TftpParts): TftpService {
  const { sockets, lookup, report, clock, log, startTransfer: start = transfersHere(clock) } = parts;
  const sessions = new Map<string, Session>();
  const work = new Set<Promise<void>>();
  const isNews = newsGate();
  const isOldNews = (peer: RemoteInfo, { file }: TransferRequest) => !isNews(lookup(), peer.address, file);
  let closing = false;

  const tell = (
    peer: RemoteInfo,
    file: string,
    result: Omit<TransferResult, 'outcome'> & { outcome: Outcome },
  ) => {
    const name = lookup().byRemote(peer.address)?.name ?? null;
    report({ kind: 'tftp', at: clock.now(), name, from: peer.address, file: printable(file), ...result });
  };
  const refuse = (
    socket: Socket,
    peer: RemoteInfo,
    file: string,
    reason: string,
    code: number,
    seen = false,
  ) => {
    socket.send(
      encodeTftp({ kind: 'error', code, message: reason }),
      peer.port,
      peer.address,
      () => undefined,
    );
    if (!seen) tell(peer, file, { outcome: 'refused', bytes: 0, reason });
  };

  const receive = (socket: Socket, bytes: Uint8Array, peer: RemoteInfo) => {
    const drop = (reason: string) => log.debug('tftp.dropped', { from: peer.address, reason });
    // Only a forger sends from there; Node throws where an answer is to go there.
    if (peer.port === 0) return drop('comes from port 0');
    const decoded = decodeTftp(bytes);
    if (!decoded.ok) {
      drop(decoded.reason);
      if (decoded.isRequest) refuse(socket, peer, '', decoded.reason, ERROR_CODES.illegal, true);
      return;
    }
    if (decoded.packet.kind !== 'rrq' && decoded.packet.kind !== 'wrq') return drop(decoded.packet.kind);
    const request = decoded.packet;
    if (request.kind === 'wrq')
      return refuse(socket, peer, request.file, 'read only', ERROR_CODES.accessViolation);
    if (request.mode !== 'octet' && request.mode !== 'netascii') {
      return refuse(socket, peer, request.file, 'no such mode', ERROR_CODES.illegal);
    }
    const key = `${peer.address}:${peer.port}`;
    const before = sessions.get(key);
    if (before !== undefined && isRepeated(before, request)) return before.running?.askAgain();
    if (before !== undefined) {
      sessions.delete(key); // or it would take the next request for a repeat of its own
      if (isSame(before, request)) hush(sessions, key, before);
      else replace(before);
    }
    // Names are refused at once: a loader that hears nothing waits for half a minute.
    const named = nameFor(request.file, peer);
    if (named.kind === 'refused') {
      const seen = named.unknown === true && isOldNews(peer, request);
      return refuse(socket, peer, request.file, named.reason, ERROR_CODES.notFound, seen);
    }
    if (tooMany(sessions, peer, lookup())) {
      return refuse(socket, peer, request.file, 'too many transfers', ERROR_CODES.undefined);
    }
    const session: Session = { request, peer, running: null, replaced: false };
    sessions.set(key, session);
    const served = serve(socket, session, named).finally(() => {
      for (const own of [key, `${key} before`]) if (sessions.get(own) === session) sessions.delete(own);
      work.delete(served);
    });
    work.add(served);
  };

  const nameFor = (file: string, peer: RemoteInfo): Named => {
    const client = lookup().byRemote(peer.address);
    const arch = client === null ? null : parts.architectureOf(client.address);
    const named = resolveName(file, client, arch, clock.now());
    return parts.openOther === undefined ? named : orOther(named, file);
  };

  const serve = async (
    listener: Socket,
    session: Session,
    named: Parameters<typeof openSource>[0],
  ): Promise<void> => {
    const { peer, request } = session;
    let source: OpenedSource | null = null;
    try {
      const opened = await openSource(named, modeOf(request), parts.openFile, parts.openOther);
      if ('missing' in opened) {
        const seen = named.kind === 'other' && isOldNews(peer, request);
        const isUnknown = named.kind === 'other' && opened.missing === named.reason;
        const near = isUnknown && !seen ? await nearOther(named.path, parts.othersBeside) : '';
        if (session.replaced) return;
        return refuse(listener, peer, request.file, opened.missing + near, ERROR_CODES.notFound, seen);
      }
      source = opened;
      if (session.replaced || closing) return;
      const localAddress = listener.address().address;
      session.running = start({ peer, localAddress, options: request.options, source });
      tell(peer, request.file, await session.running.done);
    } catch (error) {
      refuse(listener, peer, request.file, `cannot be sent: ${messageOf(error)}`, ERROR_CODES.undefined);
    } finally {
      await source?.close();
    }
  };

  for (const socket of sockets) {
    enlargeReceiveBuffer(socket);
    socket.on('error', (error) => log.warn('tftp.socket', { error: messageOf(error) }));
    socket.on('message', (bytes, peer) => receive(socket, bytes, peer));
  }
  return {
    async close() {
      closing = true;
      for (const session of sessions.values()) session.running?.abort('the server stops');
      await Promise.all(work);
    },
  };
}

type Outcome = 'sent' | 'refused' | 'aborted';

/** Other modes were refused before. */
const modeOf = ({ mode }: TransferRequest): Mode => (mode === 'netascii' ? 'netascii' : 'octet');

/** Ports are used again at once by some loaders, for the same file too: only an unanswered request is a repeat. */
function isRepeated(session: Session, next: TransferRequest): boolean {
  return isSame(session, next) && session.running?.hasBegun() !== true;
}

function isSame({ request }: Session, next: TransferRequest): boolean {
  const options = (of: TransferRequest) => JSON.stringify([...of.options]);
  return request.file === next.file && request.mode === next.mode && options(request) === options(next);
}

/**
 * It may be a loader that reads the file once more, or a request that waited longer than its answer took to come: the
 * client knows, and goes on with one of the two. Each client port has one such transfer at most.
 */
function hush(sessions: Map<string, Session>, key: string, session: Session): void {
  const hushedKey = `${key} before`;
  sessions.get(hushedKey)?.running?.leave();
  sessions.set(hushedKey, session);
  session.running?.hush();
}

function replace(session: Session): void {
  session.replaced = true;
  session.running?.leave();
}

function tooMany(sessions: ReadonlyMap<string, Session>, { address }: RemoteInfo, lookup: Lookup): boolean {
  if (sessions.size >= MOST_IN_ALL) return true;
  if (sessions.size >= MOST_WITH_STRANGERS && lookup.byRemote(address) === null) return true;
  const sharer = sharerOf(address);
  return (
    [...sessions.values()].filter(({ peer }) => sharerOf(peer.address) === sharer).length >= MOST_PER_CLIENT
  );
}

function printable(text: string): string {
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, '?').slice(0, LONGEST_SHOWN);
}
