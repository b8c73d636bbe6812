import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { errnoOf, messageOf, OperatorError } from '../../src/common/error.ts';
import type { Line, LineEnd } from '../../src/common/line.ts';
import { decodeTelnet, encodeTelnet, TELNET_START } from '../telnet.ts';

/** Where a console listens. */
export type ConsoleAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'telnet'; readonly host: string; readonly port: number };

/** Milliseconds until an address that does not answer is given up. */
const CONNECT_WITHIN = 10_000;
/** Typed text that an end which reads nothing may leave waiting. Bytes. */
const MAX_UNWRITTEN = 64 * 1024;
/** What is typed last gets this long to leave before the connection is cut. Milliseconds. */
const CLOSE_WITHIN = 1_000;
/** After this silence the system asks whether the other end is still there. Milliseconds. */
const KEEP_ALIVE_AFTER = 30_000;

/** `unix:/path/of/socket`, `HOST:PORT`, `[IPV6]:PORT`; null for anything else. */
export function parseConsoleAddress(text: string): ConsoleAddress | null {
  const path = /^unix:(.+)$/s.exec(text)?.[1];
  if (path !== undefined) return path.includes('\0') ? null : { kind: 'unix', path };
  const [, bracketed, plain, digits = ''] =
    /^(?:\[([0-9a-f:.%\w]+)\]|([^\s:[\]/]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return null;
  return { kind: 'telnet', host, port };
}

/**
 * Connects to a console. Subscribe to the output in the same turn of the event loop: none is delivered before,
 * and what nobody listens to is dropped.
 * @throws OperatorError CONSOLE_CONNECT naming the address
 */
export function openAddress(address: ConsoleAddress): Promise<Line> {
  return address.kind === 'unix' ? openUnixLine(address.path) : openTelnetLine(address.host, address.port);
}

/** A unix socket whose bytes are the console's, such as QEMU's `-serial unix:PATH,server`. */
export function openUnixLine(path: string): Promise<Line> {
  const title = `unix:${path}`;
  return connected(title, { path }, PLAIN);
}

/** A TCP port, with or without telnet: a console server, or QEMU's `-serial telnet:HOST:PORT,server`. */
export function openTelnetLine(host: string, port: number): Promise<Line> {
  const title = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const target = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER };
  return connected(title, target, telnet());
}

/** How bytes of the console become bytes on the wire, and back. */
interface Coding {
  /** @param bytes may be overwritten afterwards */
  decode(bytes: Uint8Array): { readonly output: Uint8Array; readonly reply: Uint8Array };
  encode(bytes: Uint8Array): Uint8Array;
}

const NOTHING = new Uint8Array();
const PLAIN: Coding = {
  decode: (bytes) => ({ output: Buffer.from(bytes), reply: NOTHING }),
  encode: (bytes) => Uint8Array.from(bytes),
};

function telnet(): Coding {
  let state = TELNET_START;
  return {
    decode(bytes) {
      const { telnet: next, ...decoded } = decodeTelnet(state, bytes);
      state = next;
      return decoded;
    },
    encode: (bytes) => encodeTelnet(state, bytes),
  };
}

/**
 * What a socket reads goes here, whosever it is: it is copied before the next one reads. Node would make room of
 * this size for each read, most of which brings a few hundred bytes.
 */
const INBOX = Buffer.allocUnsafeSlow(64 * 1024);

function connected(title: string, target: NetConnectOpts, coding: Coding): Promise<Line> {
  return new Promise((resolve, reject) => {
    let line: SocketLine | null = null;
    const receive = (length: number): boolean => {
      line?.receive(INBOX.subarray(0, length));
      return true;
    };
    const socket = connect({ ...target, onread: { buffer: INBOX, callback: receive } });
    const fail = (cause: unknown): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(refusal(title, cause));
    };
    const timer = setTimeout(() => fail(null), CONNECT_WITHIN);
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      line = new SocketLine(title, socket, coding);
      resolve(line);
    });
  });
}

function refusal(title: string, cause: unknown): OperatorError {
  const why =
    cause === null
      ? `it did not answer within ${CONNECT_WITHIN / 1000} seconds`
      : (REFUSALS[errnoOf(cause) ?? ''] ?? messageOf(cause));
  return new OperatorError('CONSOLE_CONNECT', `cannot connect to the console at ${title}: ${why}`, { cause });
}

const REFUSALS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOENT: 'there is no such socket',
  ENOTSOCK: 'it is not a socket',
  EACCES: 'this user may not connect to it',
  ENOTFOUND: 'the name is not known',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  ETIMEDOUT: 'it does not answer',
};

class SocketLine implements Line {
  readonly title: string;
  readonly closed: Promise<LineEnd>;
  readonly #socket: Socket;
  readonly #coding: Coding;
  #listeners: readonly ((bytes: Uint8Array) => void)[] = [];
  #closeTimer: NodeJS.Timeout | undefined;

  constructor(title: string, socket: Socket, coding: Coding) {
    this.title = title;
    this.#socket = socket;
    this.#coding = coding;
    // Node would first wait until everything is sent, which an end that reads nothing prevents for ever.
    socket.on('end', () => socket.destroy());
    // Of a connection that breaks the end tells enough.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        clearTimeout(this.#closeTimer);
        resolve({ exitCode: null, signal: null });
      });
    });
  }

  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  write(bytes: Uint8Array): void {
    this.#send(this.#coding.encode(bytes));
  }

  close(): void {
    if (this.#socket.destroyed || this.#closeTimer !== undefined) return;
    this.#closeTimer = setTimeout(() => this.#socket.destroy(), CLOSE_WITHIN);
    this.#socket.end(() => this.#socket.destroy());
  }

  /** @param bytes are overwritten afterwards */
  receive(bytes: Uint8Array): void {
    const { output, reply } = this.#coding.decode(bytes);
    this.#send(reply);
    if (output.length === 0) return;
    for (const listener of this.#listeners) listener(output);
  }

  #send(bytes: Uint8Array): void {
    const full = this.#socket.writableLength + bytes.length > MAX_UNWRITTEN;
    if (bytes.length > 0 && !full && this.#socket.writable) this.#socket.write(bytes);
  }
}
