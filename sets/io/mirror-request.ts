import type { Clock } from '../../src/common/port.ts';

export interface DownloadParts {
  readonly clock: Clock;
  /** Ends everything at once; what is on disk stays, to go on from. */
  readonly signal: AbortSignal;
}

/** A mirror that sends nothing for so long is asked again, from where it stopped. */
const STALL_SECONDS = 30;

/** What a mirror answers. */
export interface MirrorAnswer {
  readonly absent: boolean;
  /** The offset at which the body begins. */
  readonly from: number;
  /** Of the whole file; null where the mirror does not say. */
  readonly size: number | null;
  body(): AsyncIterable<Buffer>;
}

/** One request; ends with an error when nothing comes for a while. */
export async function askMirror(
  url: string,
  headers: Record<string, string>,
  parts: DownloadParts,
): Promise<MirrorAnswer> {
  const { clock, signal } = parts;
  const stalled = new AbortController();
  let cancel = (): void => undefined;
  const watch = (): void => {
    cancel();
    cancel = clock.timer(clock.now() + STALL_SECONDS * 1000, () =>
      stalled.abort(new Error(`nothing came for ${STALL_SECONDS} s`)),
    );
  };
  watch();
  try {
    const options = { signal: AbortSignal.any([signal, stalled.signal]) };
    // Without it a server may compress a text, and the length would be another.
    const response = await fetch(url, { ...options, headers: { 'accept-encoding': 'identity', ...headers } });
    const { status } = response;
    if (status === 404 || status === 410) {
      cancel();
      await response.body?.cancel();
      return { absent: true, from: 0, size: null, body: nothing };
    }
    // What stands on disk is as long as the file or longer: it is another one.
    if (status === 416 && headers.range !== undefined) {
      cancel();
      await response.body?.cancel();
      return askMirror(url, {}, parts);
    }
    if (status !== 200 && status !== 206) {
      cancel();
      await response.body?.cancel();
      throw new Error(`the mirror answers ${status} ${response.statusText}`.trim());
    }
    return { absent: false, ...extentOf(response), body: () => bodyOf(response, watch, () => cancel()) };
  } catch (error) {
    cancel();
    throw stalled.signal.aborted ? stalled.signal.reason : error;
  }
}

/** `Content-Range: bytes 100-199/200`. */
function extentOf({ status, headers }: Response): { from: number; size: number | null } {
  if (status === 206) {
    const [, from, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    if (from === undefined) throw new Error('the mirror sends a part without saying which');
    return { from: Number(from), size: size === '*' ? null : Number(size) };
  }
  const length = headers.get('content-length');
  return { from: 0, size: length === null ? null : Number(length) };
}

async function* bodyOf(response: Response, watch: () => void, cancel: () => void): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response.body ?? []) {
      watch();
      yield Buffer.from(chunk);
    }
  } finally {
    cancel();
  }
}

async function* nothing(): AsyncGenerator<Buffer> {}
