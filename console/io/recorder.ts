import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf, OperatorError } from '../../src/common/error.ts';
import type { Line } from '../../src/common/line.ts';
import { type Clock, type Log, SILENT_LOG } from '../../src/common/port.ts';
import { MASK, maskPiece, maskSecrets } from '../mask.ts';
import { renderEvent, renderHeader } from '../transcript.ts';

export interface RecorderOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly cols: number;
  readonly rows: number;
  readonly title: string;
  readonly log?: Log;
  /** Texts that the console may echo and the file must not contain: see `secretsOf`. */
  readonly secrets?: readonly string[];
  /** Bytes of events; a guest that prints for ever must not fill the disk. Default 64 MiB. */
  readonly limit?: number;
}

/** A recording in the making. Nothing that happens to its file ever reaches the install. */
export interface Recorder {
  /** Records all output of a line from now on. @returns a function that ends it */
  attach(line: Line): () => void;
  output(bytes: Uint8Array): void;
  /** What somebody typed; a secret is kept as `***` and its RETURN. */
  typed(text: string, secret: boolean): void;
  /** A mark between what came before and what follows, which players show. */
  mark(text: string): void;
  /** Writes what is left and closes the file. May be called more than once. */
  close(): Promise<void>;
}

const DEFAULT_LIMIT = 64 * 1024 * 1024;
/** Recordings show a whole machine: only their user may read them. */
const MODE = 0o600;
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;

/**
 * Opens the file, so do this before the console. Each event is handed to the system as soon as the one before
 * it is written: a crash of this process loses what came in the last moment.
 * @throws OperatorError RECORDING_UNWRITABLE when the file cannot be made
 */
export async function openRecorder(options: RecorderOptions): Promise<Recorder> {
  const { path, clock, cols, rows, secrets = [] } = options;
  // The title may be a command line, and a command line may hold anything.
  const title = maskSecrets(options.title, secrets);
  const startedAt = clock.now();
  const header = { width: cols, height: rows, timestamp: Math.floor(startedAt / 1000), title };
  const recorder = new FileRecorder(await openFile(path), startedAt, options);
  recorder.start(renderHeader({ ...header, env: { TERM: 'vt220' } }));
  return recorder;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, FLAGS, MODE);
  } catch (cause) {
    throw new OperatorError('RECORDING_UNWRITABLE', `cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
}

class FileRecorder implements Recorder {
  readonly #file: FileHandle;
  readonly #startedAt: number;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #path: string;
  readonly #secrets: readonly string[];
  /** Bytes that may still be written. */
  #room: number;
  /** Bytes of whole lines that the file holds. */
  #written = 0;
  #pending = '';
  /** The end of the output, while it may be the beginning of a secret. */
  #held = '';
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #writing: Promise<void> | null = null;
  #stopped = false;
  #closing: Promise<void> | null = null;

  constructor(file: FileHandle, startedAt: number, options: RecorderOptions) {
    this.#file = file;
    this.#startedAt = startedAt;
    this.#clock = options.clock;
    this.#log = options.log ?? SILENT_LOG;
    this.#path = options.path;
    this.#secrets = options.secrets ?? [];
    this.#room = options.limit ?? DEFAULT_LIMIT;
  }

  start(header: string): void {
    this.#append(header);
  }

  attach(line: Line): () => void {
    return line.onOutput((bytes) => this.output(bytes));
  }

  output(bytes: Uint8Array): void {
    this.#show(this.#decoder.decode(bytes, { stream: true }));
  }

  typed(text: string, secret: boolean): void {
    this.#flushHeld();
    this.#add('i', secret ? `${MASK}${text.endsWith('\r') ? '\r' : ''}` : maskSecrets(text, this.#secrets));
  }

  mark(text: string): void {
    this.#flushHeld();
    this.#add('m', text);
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  #show(output: string): void {
    const { text, held } = maskPiece(this.#held, output, this.#secrets);
    this.#held = held;
    this.#add('o', text);
  }

  /** Whatever is typed now is typed after this, even where it looks like the beginning of a secret. */
  #flushHeld(): void {
    this.#add('o', maskSecrets(this.#held, this.#secrets));
    this.#held = '';
  }

  #add(code: 'i' | 'm' | 'o', text: string): void {
    if (text === '' || this.#stopped) return;
    const at = (this.#clock.now() - this.#startedAt) / 1000;
    const event = renderEvent({ at, code, text });
    this.#room -= Buffer.byteLength(event);
    if (this.#room < 0) this.#stop('recording.full', { at });
    else this.#append(event);
  }

  #append(text: string): void {
    this.#pending += text;
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    try {
      while (this.#pending !== '') {
        const text = this.#pending;
        this.#pending = '';
        await this.#file.appendFile(text);
        this.#written += Buffer.byteLength(text);
      }
    } catch (error) {
      // A full disk takes half a line, and players stop at it with an error.
      await this.#file.truncate(this.#written).catch(() => undefined);
      this.#stop('recording.failed', { error: messageOf(error) });
    }
    this.#writing = null;
  }

  /** Told once; the install goes on without its recording. */
  #stop(event: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#stopped) return;
    this.#stopped = true;
    if (event === 'recording.failed') this.#pending = '';
    this.#log.warn(event, { file: this.#path, ...fields });
  }

  async #finish(): Promise<void> {
    this.#show(this.#decoder.decode());
    this.#flushHeld();
    while (this.#writing !== null) await this.#writing;
    this.#stopped = true;
    try {
      await this.#file.sync();
    } catch {
      // A pipe or a full disk; what could be said about the disk has been said.
    }
    await this.#file.close().catch((error) => this.#stop('recording.failed', { error: messageOf(error) }));
  }
}
