import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { replayTranscript } from '../../../console/replay.ts';
import type { ConsoleReport } from '../../../console/report.ts';
import { parseTranscript, type Transcript } from '../../../console/transcript.ts';
import { errnoOf, messageOf, OperatorError } from '../../common/error.ts';
import { whyUnreadable } from '../answers-file.ts';

/** A recording below the state directory. */
export interface RecordingFile {
  readonly vm: string;
  readonly path: string;
  readonly bytes: number;
  /** When it was written to last: milliseconds since the epoch. */
  readonly writtenAt: number;
}

export interface RecordingSummary {
  readonly vm: string;
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since the epoch, null where the recording does not say. */
  readonly startedAt: number | null;
  readonly durationSeconds: number;
  /** As a replay tells it; `unreadable` when it is no recording. */
  readonly outcome: ConsoleReport['outcome'] | 'unreadable';
  readonly reason: string | null;
  readonly release: string | null;
}

/** `web1-0123456789abcdef.cast`; the second console of one install ends in `.2.cast`. */
const NAME = /^(.+)-[0-9a-f]{16}(?:\.\d+)?\.cast$/;

/**
 * The recordings in a directory, oldest first. There are none where there is no directory yet.
 * @throws OperatorError RECORDING_INVALID when this user may not look into it
 */
export async function findRecordings(directory: string): Promise<readonly RecordingFile[]> {
  let names: readonly string[];
  try {
    names = await readdir(directory);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return [];
    throw new OperatorError('RECORDING_INVALID', `cannot read ${directory}: ${whyUnreadable(cause)}`, {
      cause,
    });
  }
  const found = await Promise.all(names.map((name) => describe(directory, name)));
  return found
    .flatMap((file) => file ?? [])
    .sort((a, b) => a.writtenAt - b.writtenAt || (a.path < b.path ? -1 : 1));
}

/** `web1-0123456789abcdef.evidence.txt`, named as the recording beside it. */
const EVIDENCE_NAME = /^(.+)-[0-9a-f]{16}(?:\.\d+)?\.evidence\.txt$/;

/** The newest evidence of a VM, or the file that is named. @returns null where there is none */
export async function findEvidence(directory: string, meant: string): Promise<string | null> {
  const names = await readdir(directory).catch(() => []);
  const times = names
    .filter((name) => EVIDENCE_NAME.exec(name)?.[1] === meant)
    .map(async (name) => {
      const path = join(directory, name);
      return { path, at: (await stat(path).catch(() => null))?.mtimeMs ?? 0 };
    });
  const newest = (await Promise.all(times)).sort((a, b) => a.at - b.at).at(-1)?.path;
  const places = [newest, meant, meant === basename(meant) ? join(directory, meant) : undefined];
  for (const place of places) if (place !== undefined && (await isFile(place))) return place;
  return null;
}

async function describe(directory: string, name: string): Promise<RecordingFile | null> {
  const vm = NAME.exec(name)?.[1];
  if (vm === undefined) return null;
  const path = join(directory, name);
  // Old recordings may be deleted while this looks.
  const found = await stat(path).catch(() => null);
  return found === null ? null : { vm, path, bytes: found.size, writtenAt: found.mtimeMs };
}

/**
 * The file that was meant: the newest recording of a VM, a path, or a name in the directory.
 * @throws OperatorError RECORDING_MISSING
 */
export async function resolveRecording(directory: string, meant: string): Promise<string> {
  const ofVm = (await findRecordings(directory)).filter(({ vm }) => vm === meant);
  const places = [ofVm.at(-1)?.path, meant, meant === basename(meant) ? join(directory, meant) : undefined];
  for (const place of places) if (place !== undefined && (await isFile(place))) return place;
  const what = `${meant} is neither a file nor a VM with a recording in ${directory}`;
  throw new OperatorError('RECORDING_MISSING', what);
}

export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/**
 * Reads a recording, also while it is being written: a last line that is cut off is left out.
 * @throws OperatorError RECORDING_INVALID
 */
export async function readRecording(path: string): Promise<Transcript> {
  try {
    return parseTranscript(await readFile(path, 'utf8'), path);
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError('RECORDING_INVALID', `cannot read ${path}: ${whyUnreadable(cause)}`, { cause });
  }
}

/** One that cannot be read is told as such, and spoils no list. */
export async function summarize({ vm, path, bytes }: RecordingFile): Promise<RecordingSummary> {
  const about = { vm, path, bytes };
  try {
    const { header, events } = await readRecording(path);
    const facts = { mode: 'auto', answers: [], location: null, until: 'congratulations' } as const;
    const { outcome, reason, release } = replayTranscript(events, facts);
    const startedAt = header.timestamp === undefined ? null : header.timestamp * 1000;
    return { ...about, startedAt, durationSeconds: events.at(-1)?.at ?? 0, outcome, reason, release };
  } catch (error) {
    const unknown = { startedAt: null, durationSeconds: 0, release: null };
    return { ...about, ...unknown, outcome: 'unreadable', reason: messageOf(error) };
  }
}
