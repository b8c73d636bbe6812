import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { replayTranscript } from '../../../console/replay.ts';
import type { ConsoleReport } from '../../../console/report.ts';
import { parseTranscript, type Transcript } from '../../../console/transcript.ts';
import { errnoOf, messageOf, OperatorError } from '../../common/error.ts';
import { type FileName, parseFileName } from '../../install/recordings.ts';
import { whyUnreadable } from '../answers-file.ts';

/** A recording below the state directory. */
export interface RecordingFile extends Pick<FileName, 'vm' | 'of'> {
  readonly path: string;
  readonly bytes: number;
  /** When it was written to last: milliseconds since the epoch. */
  readonly writtenAt: number;
}

export interface RecordingSummary extends Pick<FileName, 'vm' | 'of'> {
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since the epoch, null where the recording does not say. */
  readonly startedAt: number | null;
  readonly durationSeconds: number;
  /** As a replay tells it; `unreadable` when it is no recording, null of a console, where nothing was installed. */
  readonly outcome: ConsoleReport['outcome'] | 'unreadable' | null;
  readonly reason: string | null;
  readonly release: string | null;
}

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

/** The newest evidence of a VM, or the file that is named. @returns null where there is none */
export async function findEvidence(directory: string, meant: string): Promise<string | null> {
  const names = await readdir(directory).catch(() => []);
  const times = names
    .filter((name) => {
      const found = parseFileName(name);
      return found?.kind === 'evidence' && found.vm === meant;
    })
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
  const parsed = parseFileName(name);
  if (parsed?.kind !== 'cast') return null;
  const { vm, of } = parsed;
  const path = join(directory, name);
  // Old recordings may be deleted while this looks.
  const found = await stat(path).catch(() => null);
  return found === null ? null : { vm, of, path, bytes: found.size, writtenAt: found.mtimeMs };
}

/**
 * The file that was meant: the newest recording of a VM, of an install if there is one; a path, or a name in the
 * directory.
 * @throws OperatorError RECORDING_MISSING
 */
export async function resolveRecording(directory: string, meant: string): Promise<string> {
  const ofVm = (await findRecordings(directory)).filter(({ vm }) => vm === meant);
  const newest = ofVm.findLast(({ of }) => of === 'install') ?? ofVm.at(-1);
  const places = [newest?.path, meant, meant === basename(meant) ? join(directory, meant) : undefined];
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
export async function summarize({ vm, of, path, bytes }: RecordingFile): Promise<RecordingSummary> {
  const about = { vm, of, path, bytes };
  try {
    const { header, events } = await readRecording(path);
    const facts = { mode: 'auto', answers: [], location: null, until: 'congratulations' } as const;
    const startedAt = header.timestamp === undefined ? null : header.timestamp * 1000;
    const recorded = { ...about, startedAt, durationSeconds: events.at(-1)?.at ?? 0 };
    if (of === 'console') return { ...recorded, outcome: null, reason: null, release: null };
    const { outcome, reason, release } = replayTranscript(events, facts);
    return { ...recorded, outcome, reason, release };
  } catch (error) {
    const unknown = { startedAt: null, durationSeconds: 0, release: null };
    return { ...about, ...unknown, outcome: 'unreadable', reason: messageOf(error) };
  }
}
