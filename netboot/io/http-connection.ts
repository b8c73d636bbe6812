import type { Socket } from 'node:net';
import { LONGEST_HEAD, type RequestHead, readRequest } from '../http/request.ts';
import { type Fields, renderHead, type Status } from '../http/response.ts';
import type { HttpLimits } from './http-limits.ts';

/** What one request is answered with: a text, or a head and the pieces that it promises. */
export interface Reply {
  /** The client's IP address. */
  readonly from: string;
  /** @returns the bytes of the body, which a HEAD is not given */
  text(status: Status, fields: Fields, body: string): number;
  head(status: Status, fields: Fields): void;
  /** Resolves when the system has taken it all, and the bytes may be overwritten. @returns false when the client is gone */
  piece(bytes: Uint8Array): Promise<boolean>;
  /** Why we left the client; null where we did not. */
  cut(): string | null;
}

export interface ConnectionParts {
  readonly limits: HttpLimits;
  /** Says all of the answer before it returns or resolves. What was promised and cannot be kept rejects: that ends the connection. */
  readonly answer: (request: RequestHead, reply: Reply) => undefined | Promise<undefined>;
  /** Told of what is no request, when it has been refused. */
  readonly refused: (from: string, status: Status, reason: string) => void;
  /** Now, as `Date` has it. */
  readonly date: () => string;
}

/** What a client still sends when its connection was ended is read, or it might never see the answer. Bytes. */
const MOST_IGNORED = 64 * 1024;
const FOR_EVER = Number.POSITIVE_INFINITY;

/** An IPv4 address also where a listener for both families shows it inside of IPv6. */
export const plainAddress = (address = ''): string => address.replace(/^::ffff:/i, '');

/** What comes next, and is late when its time is over. */
type Doing = 'wait' | 'read' | 'answer' | 'close';

/**
 * Answers the requests of one connection one by one, in their order: what a client asks before it was answered waits,
 * and so does what it asks before it took the answer. Owns the socket.
 */
export class HttpConnection implements Reply {
  readonly from: string;
  readonly #socket: Socket;
  readonly #parts: ConnectionParts;
  #doing: Doing = 'read';
  /** Milliseconds. */
  #left: number;
  /** Latin1. */
  #unread = '';
  #hasEnded = false;
  #ignored = 0;
  #cut: string | null = null;
  /** Of the request that is answered. */
  #keeps = false;
  #isHead = false;
  #gone: (() => void) | null = null;

  constructor(socket: Socket, parts: ConnectionParts) {
    const { limits } = parts;
    this.#socket = socket;
    this.#parts = parts;
    this.#left = limits.head;
    this.from = plainAddress(socket.remoteAddress);
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('end', () => this.#ended());
    socket.on('error', () => undefined); // its close follows
    socket.on('close', () => this.#gone?.());
    socket.on('timeout', () => this.#cutOff(`took nothing for ${limits.idle / 1000} s`));
  }

  /** To be called every `limits.look` milliseconds: counted so, no time is missed while all stood still. */
  look(): void {
    const { look, slow, slowBytes } = this.#parts.limits;
    this.#left -= look;
    if (this.#left >= 0) return;
    if (this.#doing === 'read') this.#refuse(408, 'took too long for its head');
    else this.#cutOff(`took less than ${slowBytes} bytes in ${slow / 1000} s`);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  text(status: Status, fields: Fields, body: string): number {
    const bytes = Buffer.byteLength(body);
    if (this.#isHead) this.head(status, fields, bytes);
    // As latin1 it leaves without being looked at.
    else
      this.#socket.write(
        this.#headOf(status, fields, bytes) + body,
        bytes === body.length ? 'latin1' : 'utf8',
      );
    return bytes;
  }

  head(status: Status, fields: Fields, length?: number): void {
    this.#socket.write(this.#headOf(status, fields, length), 'latin1');
  }

  piece(bytes: Uint8Array): Promise<boolean> {
    const { idle, slow, slowBytes } = this.#parts.limits;
    if (!this.#socket.timeout) this.#socket.setTimeout(idle);
    this.#left = Math.max(slow, (bytes.length / slowBytes) * slow);
    return new Promise((resolve) => {
      const taken = (isTaken: boolean) => {
        this.#gone = null;
        this.#left = FOR_EVER;
        resolve(isTaken);
      };
      this.#gone = () => taken(false);
      // The end of a connection ends its writes without an error.
      if (this.#socket.destroyed) taken(false);
      else this.#socket.write(bytes, (error) => taken(!error && !this.#socket.destroyed));
    });
  }

  cut(): string | null {
    return this.#cut;
  }

  #take(bytes: Buffer): void {
    if (this.#doing === 'close') {
      this.#ignored += bytes.length;
      if (this.#ignored > MOST_IGNORED) this.#socket.destroy();
      return;
    }
    this.#unread += bytes.toString('latin1');
    if (this.#doing === 'wait') this.#turnTo('read', this.#parts.limits.head);
    this.#readOn();
  }

  #ended(): void {
    this.#hasEnded = true;
    if (this.#doing === 'wait') this.#turnTo('read', this.#parts.limits.head);
    this.#readOn();
  }

  #readOn(): void {
    if (this.#doing === 'read' && !this.#socket.destroyed) this.#read();
    // More than a head is not taken before the one before it was answered.
    if (this.#unread.length > LONGEST_HEAD) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #read(): void {
    const reading = readRequest(this.#unread);
    if (reading.kind === 'broken') {
      this.#refuse(reading.status, reading.reason);
      return;
    }
    this.#unread = reading.rest;
    if (reading.kind === 'request') this.#answer(reading.request);
    else if (this.#hasEnded && this.#unread !== '') this.#refuse(400, 'ended in the middle of its head');
    else if (this.#hasEnded) this.#leave();
  }

  #answer(request: RequestHead): void {
    this.#turnTo('answer', FOR_EVER);
    this.#keeps = request.keepsAlive && !request.hasBody;
    this.#isHead = request.method === 'HEAD';
    const answered = this.#parts.answer(request, this);
    if (answered === undefined) {
      this.#answered();
      return;
    }
    answered.then(
      () => this.#answered(),
      () => this.#socket.destroy(),
    );
  }

  #answered(): void {
    const { head, keepAlive, slow } = this.#parts.limits;
    if (this.#socket.destroyed) return;
    if (this.#socket.timeout) this.#socket.setTimeout(0);
    if (this.#socket.writableLength > 0) {
      this.#left = slow;
      this.#socket.write('', () => this.#answered());
    } else if (!this.#keeps) this.#leave();
    else if (this.#unread === '' && !this.#hasEnded) this.#turnTo('wait', keepAlive);
    else {
      this.#turnTo('read', head);
      setImmediate(() => this.#readOn()); // others have their turn first
    }
  }

  #refuse(status: Status, reason: string): void {
    this.#keeps = false;
    this.head(status, {}, 0);
    this.#leave();
    this.#parts.refused(this.from, status, reason);
  }

  #leave(): void {
    this.#turnTo('close', this.#parts.limits.keepAlive);
    this.#unread = '';
    this.#socket.end();
    this.#socket.resume();
  }

  #cutOff(reason: string): void {
    if (this.#doing === 'answer') this.#cut ??= reason;
    this.#socket.destroy();
  }

  #turnTo(doing: Doing, milliseconds: number): void {
    this.#doing = doing;
    this.#left = milliseconds;
  }

  #headOf(status: Status, fields: Fields, length: number | undefined): string {
    const { date, limits } = this.#parts;
    const keepAliveSeconds = this.#keeps ? limits.keepAlive / 1000 : null;
    return renderHead(status, fields, { date: date(), keepAliveSeconds }, length);
  }
}
