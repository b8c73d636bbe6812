import { access as accessFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ConsoleFeed } from '../../../console/feed.ts';
import { type DriveEvent, type DriveResult, drive } from '../../../console/io/driver.ts';
import { writeEvidence } from '../../../console/io/evidence-file.ts';
import { openHub } from '../../../console/io/hub.ts';
import { openRecorder, type Recorder } from '../../../console/io/recorder.ts';
import { secretsOf } from '../../../console/mask.ts';
import type { PromptTable } from '../../../console/prompts/table.ts';
import type { Answer } from '../../autoinstall/response-file.ts';
import { messageOf, OperatorError } from '../../common/error.ts';
import type { Line } from '../../common/line.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { HostAccess } from '../../host/access.ts';
import { VMCTL } from '../../host/vmctl.ts';
import type { Progress } from '../../web/operator.ts';
import { consoleEventOf, consoleFailure } from '../console-event.ts';
import { evidencePath, type Failure, type Install, type InstallState } from '../install.ts';
import type { InstallEvent } from '../lifecycle.ts';
import { observe } from './host-steps.ts';

/** A console that is held for an install: driven, recorded, and watched. */
export interface ConsoleSession {
  /** Ends the driving, not the console. @returns the end of what the console printed, secrets masked */
  tail(): Promise<string>;
  /** Lets the console go; the VM is not touched. */
  close(): void;
  /** Resolves when the console is gone, whoever ended it. */
  readonly ended: Promise<void>;
}

export interface SessionParts {
  readonly vm: string;
  /** The release that is to be installed. */
  readonly release: string;
  readonly access: HostAccess;
  /** Where recordings are kept. */
  readonly directory: string;
  /** File name of this install's recordings, without extension. */
  readonly recording: string;
  readonly answers: readonly Answer[];
  /** Typed where the installer finds no response file by itself. */
  readonly location: string | null;
  /** The prompts to expect; undefined for the built-in ones. */
  readonly prompts: () => Promise<PromptTable | undefined>;
  readonly clock: Clock;
  readonly log: Log;
  readonly opened: (feed: ConsoleFeed) => void;
}

export interface SessionListener {
  event(event: InstallEvent): void;
  /** Null when nothing is being fetched or unpacked any more. */
  progress(progress: Progress | null): void;
}

const SCREEN = { cols: 80, rows: 24 } as const;

/** Boots the ramdisk kernel and takes the console with it: what it prints first is not lost. */
export function startSession(
  parts: SessionParts,
  kernel: string,
  listener: SessionListener,
): Promise<ConsoleSession> {
  return openSession(parts, VMCTL.installStart(parts.vm, kernel), 'start', listener);
}

/** Nothing has been written to the disk yet: a VM that is found stopped can be booted again. */
const UNTOUCHED: ReadonlySet<InstallState> = new Set(['armed', 'booting', 'answering']);

/**
 * Takes up an install that another process left, as the VM is found now.
 * @throws OperatorError INSTALL_FAILED when the VM stopped in between, so that the outcome cannot be known
 */
export async function attachSession(
  parts: SessionParts,
  kernel: string,
  { state }: Install,
  listener: SessionListener,
): Promise<ConsoleSession> {
  const found = await observe(parts.access, parts.vm);
  if (found !== null && found !== 'stopped') {
    const taking = state === 'retrying' ? 'again' : 'resume';
    return openSession(parts, VMCTL.console(parts.vm), taking, listener);
  }
  if (UNTOUCHED.has(state)) return startSession(parts, kernel, listener);
  if (state === 'rebooting') return openSession(parts, VMCTL.start(parts.vm), 'resume', listener);
  throw new OperatorError(
    'INSTALL_FAILED',
    `outcome unseen: ${parts.vm} stopped while nobody watched its console`,
  );
}

async function openSession(
  parts: SessionParts,
  argv: readonly string[],
  taking: 'start' | 'resume' | 'again',
  listener: SessionListener,
): Promise<ConsoleSession> {
  const { access, answers, clock, log, vm } = parts;
  const table = await parts.prompts();
  const path = await unusedPath(parts.directory, parts.recording);
  const secrets = secretsOf(answers);
  const recorder = await openRecorder({
    path,
    clock,
    ...SCREEN,
    title: `${vm}: ${argv.join(' ')}`,
    log,
    secrets,
  });
  const line = openLine(access, argv, recorder);
  recorder.attach(line);
  const hub = openHub({ line, ...SCREEN, log });
  parts.opened(hub);
  const interrupt = new AbortController();
  const facts = {
    mode: 'auto',
    answers,
    location: parts.location,
    until: 'login',
    taking,
    ...(table === undefined ? {} : { table }),
  } as const;
  const onEvent = (event: DriveEvent) => report(event, parts.release, listener);
  const { signal } = interrupt;
  const driven = drive({ line, clock, facts, recorder, onEvent, signal, evidence: true });
  void driven.then(async (result) => {
    const failure = signal.aborted ? null : consoleFailure(result, result.tail);
    if (failure !== null) listener.event({ ...failure, ...(await keepEvidence(parts, path, result)) });
  });
  const ended = line.closed.then(() => recorder.close());
  return {
    ended,
    async tail() {
      interrupt.abort();
      return (await driven).tail;
    },
    close() {
      interrupt.abort();
      hub.close();
      line.close();
    },
  };
}

function openLine(access: HostAccess, argv: readonly string[], recorder: Recorder): Line {
  try {
    return access.openConsole(argv);
  } catch (error) {
    void recorder.close();
    throw error;
  }
}

function report(event: DriveEvent, release: string, listener: SessionListener): void {
  if (event.kind === 'progress') listener.progress(event);
  if (event.kind === 'phase' && !event.name.startsWith('sets-')) listener.progress(null);
  const lifecycle = consoleEventOf(event, release);
  if (lifecycle !== null) listener.event(lifecycle);
}

/** What the machine said of its failure goes beside the recording. Where that fails, the failure is told without. */
async function keepEvidence(
  { vm, clock, log }: SessionParts,
  recording: string,
  { evidence, reason, release }: DriveResult,
): Promise<Pick<Failure, 'evidence' | 'stands'>> {
  if (evidence === null) return {};
  const stands = evidence.stands === null ? {} : { stands: evidence.stands };
  if (evidence.sections.length === 0) return stands;
  const path = evidencePath(recording);
  try {
    await writeEvidence(path, { title: vm, at: clock.now(), reason: reason ?? '', release }, evidence);
    return { ...stands, evidence: basename(path) };
  } catch (error) {
    log.warn('install.evidence', { vm, error: messageOf(error) });
    return stands;
  }
}

/** A console that was taken up again is recorded in a file of its own. */
async function unusedPath(directory: string, name: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o750 });
  for (let part = 1; ; part++) {
    const path = join(directory, part === 1 ? `${name}.cast` : `${name}.${part}.cast`);
    const taken = await accessFile(path).then(
      () => true,
      () => false,
    );
    if (!taken) return path;
  }
}
