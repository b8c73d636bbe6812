import { access, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openRecorder, type Recorder, type RecorderOptions } from '../../../console/io/recorder.ts';
import { errnoOf, messageOf } from '../../common/error.ts';
import type { Log } from '../../common/port.ts';
import type { Config } from '../../config/schema.ts';
import { gatherRecordings, type StoredFile, type StoredRecording, surplusOf } from '../recordings.ts';
import type { InstallStore } from '../store.ts';

/** The recordings of consoles, which take no more of the disk than the configuration says. */
export interface Recordings {
  readonly directory: string;
  /**
   * Begins one, in a file of its own: a console that was taken up again is recorded beside what came before. On a full
   * disk nothing is recorded, which is told, and the console goes on.
   * @param name file name, without extension
   * @throws OperatorError RECORDING_UNWRITABLE
   */
  open(name: string, about: RecordingAbout): Promise<OpenRecording>;
  /** Removes the oldest above the limit: never one that is open, nor that of a VM's last install or last failure. */
  prune(): Promise<void>;
  /** Removes no more; resolves when what was begun is done. */
  close(): Promise<void>;
}

export type RecordingAbout = Omit<RecorderOptions, 'path'>;

export interface OpenRecording {
  readonly path: string;
  readonly recorder: Recorder;
  /** Completes it, and makes room for it. */
  close(): Promise<void>;
}

export interface RecordingsParts {
  readonly config: Pick<Config, 'stateDirectory' | 'recordings'>;
  readonly store: Pick<InstallStore, 'latestInstalls' | 'latestFailures'>;
  readonly log: Log;
}

const MEBIBYTE = 1024 * 1024;
/** So many files are looked at together. */
const TOGETHER = 64;

export function openRecordings({ config, store, log }: RecordingsParts): Recordings {
  const directory = join(config.stateDirectory, 'recordings');
  const limit = config.recordings.total * MEBIBYTE;
  /** Names; one that is open twice stands there twice. */
  const open: string[] = [];
  let pruning: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | null = null;
  let closed = false;

  async function keptNames(): Promise<ReadonlySet<string>> {
    const kept = await Promise.all([store.latestInstalls(), store.latestFailures()]);
    return new Set([...kept.flat().map(({ recording }) => recording), ...open]);
  }

  async function removeSurplus(): Promise<void> {
    if (closed) return;
    try {
      const recordings = gatherRecordings(await filesIn(directory));
      const { removed, bytes } = surplusOf(recordings, limit, await keptNames());
      for (const recording of removed) await remove(recording);
      if (bytes > limit) log.warn('recordings.limit', { bytes, limit });
    } catch (error) {
      log.warn('recordings.prune', { directory, error: messageOf(error) });
    }
  }

  async function remove({ name, files, bytes, writtenAt }: StoredRecording): Promise<void> {
    // It may have been opened while others were removed.
    if (open.includes(name)) return;
    for (const file of files) await rm(join(directory, file), { force: true });
    log.info('recording.removed', { recording: name, bytes, written: new Date(writtenAt).toISOString() });
  }

  function prune(): Promise<void> {
    waiting ??= pruning.then(() => {
      waiting = null;
      pruning = removeSurplus();
      return pruning;
    });
    return waiting;
  }

  return {
    directory,
    prune,
    async close() {
      closed = true;
      await pruning;
    },
    async open(name, about) {
      open.push(name);
      const forget = () => void open.splice(open.indexOf(name), 1);
      try {
        const { path, recorder } = await begin(directory, name, about);
        return {
          path,
          recorder,
          async close() {
            await recorder.close();
            forget();
            void prune();
          },
        };
      } catch (error) {
        forget();
        throw error;
      }
    },
  };
}

async function begin(
  directory: string,
  name: string,
  about: RecordingAbout,
): Promise<Pick<OpenRecording, 'path' | 'recorder'>> {
  try {
    await makeDirectory(directory);
    const path = await unusedPath(directory, name);
    return { path, recorder: await openRecorder({ ...about, path }) };
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    const path = join(directory, `${name}.cast`);
    about.log?.warn('recording.failed', { file: path, error: messageOf(error) });
    return { path, recorder: NOTHING };
  }
}

/**
 * It may be there; what else is wrong with it, the file in it will tell. Not `recursive`, which takes a full disk for a
 * directory that is there.
 */
function makeDirectory(directory: string): Promise<void> {
  return mkdir(directory, { mode: 0o750 }).catch((error) => {
    if (isDiskFull(error)) throw error;
  });
}

function isDiskFull(error: unknown): boolean {
  const codes = [errnoOf(error), error instanceof Error ? errnoOf(error.cause) : null];
  return codes.includes('ENOSPC') || codes.includes('EDQUOT');
}

const NOTHING: Recorder = {
  attach: () => () => undefined,
  output: () => undefined,
  typed: () => undefined,
  mark: () => undefined,
  close: async () => undefined,
};

async function unusedPath(directory: string, name: string): Promise<string> {
  for (let part = 1; ; part++) {
    const path = join(directory, part === 1 ? `${name}.cast` : `${name}.${part}.cast`);
    const taken = await access(path).then(
      () => true,
      () => false,
    );
    if (!taken) return path;
  }
}

/** None where there is no directory yet; what is removed meanwhile is left out. */
async function filesIn(directory: string): Promise<readonly StoredFile[]> {
  const names = await readdir(directory).catch((error) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  const files: StoredFile[] = [];
  for (let from = 0; from < names.length; from += TOGETHER) {
    const found = names.slice(from, from + TOGETHER).map(async (name) => {
      const { size, mtimeMs } = await stat(join(directory, name));
      return [{ name, bytes: size, writtenAt: mtimeMs }];
    });
    files.push(...(await Promise.all(found.map((file) => file.catch(() => [])))).flat());
  }
  return files;
}
