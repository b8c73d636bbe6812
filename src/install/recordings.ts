/** How recordings are called, and which of them make room for new ones. Pure; their files lie in one directory. */

/** A file of that directory. */
export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
  /** When it was written to last: milliseconds since the epoch. */
  readonly writtenAt: number;
}

/** Everything of one install, or of one console that somebody opened: what was recorded, and the evidence. */
export interface StoredRecording {
  readonly name: string;
  readonly files: readonly string[];
  readonly bytes: number;
  /** Of the file written last. */
  readonly writtenAt: number;
}

/** What the name of a file says. */
export interface FileName {
  readonly vm: string;
  /** All files with the same name belong together. */
  readonly name: string;
  /** What was recorded: an install, or a console that somebody opened. */
  readonly of: 'install' | 'console';
  readonly kind: 'cast' | 'evidence' | 'unfinished';
}

/**
 * `web1-0123456789abcdef.cast` of an install, `web1-console-20241001T101500.cast` of a console; those after it end in
 * `.2.cast`.
 */
const FILE =
  /^((.+)-(?:[0-9a-f]{16}|(console)-\d{8}T\d{6}))(?:\.\d+)?\.(cast|evidence\.txt|evidence\.txt\.new)$/;
const KINDS: Readonly<Record<string, FileName['kind']>> = { cast: 'cast', 'evidence.txt': 'evidence' };

/** @returns null for a file that is not ours */
export function parseFileName(file: string): FileName | null {
  const [, name, vm, console, ending = ''] = FILE.exec(file) ?? [];
  if (name === undefined || vm === undefined) return null;
  const of = console === undefined ? 'install' : 'console';
  return { vm, name, of, kind: KINDS[ending] ?? 'unfinished' };
}

export function gatherRecordings(files: readonly StoredFile[]): readonly StoredRecording[] {
  const gathered = new Map<string, StoredRecording>();
  for (const { name: file, bytes, writtenAt } of files) {
    const name = parseFileName(file)?.name;
    if (name === undefined) continue;
    const before = gathered.get(name) ?? { name, files: [], bytes: 0, writtenAt: 0 };
    gathered.set(name, {
      name,
      files: [...before.files, file],
      bytes: before.bytes + bytes,
      writtenAt: Math.max(before.writtenAt, writtenAt),
    });
  }
  return [...gathered.values()];
}

export interface Surplus {
  /** The oldest first. */
  readonly removed: readonly StoredRecording[];
  /** What remains, in bytes: more than the limit only where all of it has to be kept. */
  readonly bytes: number;
}

/**
 * The oldest recordings, until the others take no more than `limit`.
 * @param limit bytes
 * @param kept names of those that stay whatever they take
 */
export function surplusOf(
  recordings: readonly StoredRecording[],
  limit: number,
  kept: ReadonlySet<string>,
): Surplus {
  let bytes = recordings.reduce((sum, recording) => sum + recording.bytes, 0);
  const removed: StoredRecording[] = [];
  const candidates = recordings.filter(({ name }) => !kept.has(name));
  for (const recording of candidates.sort((a, b) => a.writtenAt - b.writtenAt)) {
    if (bytes <= limit) break;
    bytes -= recording.bytes;
    removed.push(recording);
  }
  return { removed, bytes };
}
