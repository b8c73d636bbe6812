import { basename } from 'node:path';
import { type DriveEvent, type DriveFacts, type DriveResult, drive } from '../../../console/io/driver.ts';
import { writeEvidence } from '../../../console/io/evidence-file.ts';
import { secretsOf } from '../../../console/mask.ts';
import type { PromptTable } from '../../../console/prompts/table.ts';
import type { Answer } from '../../autoinstall/response-file.ts';
import { messageOf, OperatorError } from '../../common/error.ts';
import type { LineEnd } from '../../common/line.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { HostAccess } from '../../host/access.ts';
import { VMCTL } from '../../host/vmctl.ts';
import type { Progress } from '../../web/operator.ts';
import { consoleEventOf, consoleFailure, questionOf } from '../console-event.ts';
import { evidencePath, type Failure, type Install, type InstallState } from '../install.ts';
import type { InstallEvent } from '../lifecycle.ts';
import { type HeldConsole, openHeldConsole } from './held-console.ts';
import { observe } from './host-steps.ts';
import type { Recordings } from './recordings.ts';

/** A console that is held for an install: driven, recorded, and watched. */
export interface ConsoleSession {
  /** Ends the driving, not the console. @returns the end of what the console printed, secrets masked */
  tail(): Promise<string>;
  /** A human types there now. */
  isHeld(): boolean;
  /** Ends the driving, and lets the console go as soon as no human holds or keeps it. */
  release(): void;
  /** Lets the console go now; the VM is not touched. */
  close(): void;
  /** Resolves when the console is gone, whoever ended it. */
  readonly ended: Promise<void>;
}

export interface SessionParts {
  readonly vm: string;
  /** The release that is to be installed; null for any. */
  readonly release: string | null;
  readonly mode: DriveFacts['mode'];
  readonly access: HostAccess;
  readonly recordings: Recordings;
  /** File name of this install's recordings, without extension. */
  readonly recording: string;
  readonly answers: readonly Answer[];
  /** Typed where the installer finds no response file by itself. */
  readonly location: string | null;
  /** The prompts to expect; undefined for the built-in ones. */
  readonly prompts: () => Promise<PromptTable | undefined>;
  readonly clock: Clock;
  readonly log: Log;
  readonly opened: (console: HeldConsole) => void;
  /** Resolves when no console of the VM is in our hands any more. */
  readonly makeWay: () => Promise<void>;
  /** What a guest was seen to run after it upgraded itself. */
  readonly upgradedTo: (release: string) => void;
  /** Called when what is shown of the console changed. */
  readonly changed: () => void;
}

export interface SessionListener {
  event(event: InstallEvent): void;
  /** Null when nothing is being fetched or unpacked any more. */
  progress(progress: Progress | null): void;
  /** What the machine asks and nothing answers; null when that is over. */
  question(text: string | null): void;
  /**
   * The line closed before the install was done.
   * @param why the connection to it was lost; null: its command ended
   * @param failure what it is if nobody can take the console again
   */
  lost?(why: string | null, failure: InstallEvent & { readonly kind: 'fail' }): void;
}

/** Boots the ramdisk kernel and takes the console with it: what it prints first is not lost. */
export function startSession(
  parts: SessionParts,
  kernel: string,
  listener: SessionListener,
): Promise<ConsoleSession> {
  return openSession(parts, VMCTL.installStart(parts.vm, kernel), { taking: 'start' }, listener);
}

/** Nothing has been written to the disk yet: a VM that is found stopped can be booted again. */
const UNTOUCHED: ReadonlySet<InstallState> = new Set(['armed', 'booting', 'answering']);

/** An upgrade that is to be watched begins later; every other install that is attached to is under way. */
const TAKING: Partial<Record<InstallState, Taking>> = { watching: 'start', retrying: 'again' };
type Taking = NonNullable<DriveFacts['taking']>;

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
    const taking = TAKING[state] ?? 'resume';
    return openSession(parts, VMCTL.console(parts.vm), { taking, early: UNTOUCHED.has(state) }, listener);
  }
  if (UNTOUCHED.has(state)) return startSession(parts, kernel, listener);
  if (state === 'rebooting') return openSession(parts, VMCTL.start(parts.vm), { taking: 'resume' }, listener);
  throw new OperatorError(
    'INSTALL_FAILED',
    `outcome unseen: ${parts.vm} stopped while nobody watched its console`,
  );
}

async function openSession(
  parts: SessionParts,
  argv: readonly string[],
  took: Pick<DriveFacts, 'taking' | 'early'>,
  listener: SessionListener,
): Promise<ConsoleSession> {
  const { answers, clock } = parts;
  const table = await parts.prompts();
  await parts.makeWay();
  const console = await openHeldConsole({ ...parts, argv, secrets: secretsOf(answers) });
  parts.opened(console);
  const { held, recorder, ended } = console;
  const { line } = held;
  const interrupt = new AbortController();
  const facts = {
    mode: parts.mode,
    answers,
    location: parts.location,
    until: 'login',
    ...took,
    ...(table === undefined ? {} : { table }),
  } as const;
  const onEvent = (event: DriveEvent) => report(event, parts.release, listener);
  const { signal } = interrupt;
  held.onHuman(({ kind }) => {
    if (kind === 'taken') listener.event({ kind: 'failing', reason: null });
  });
  let gone: LineEnd | null = null;
  void line.closed.then((end) => {
    gone = end;
  });
  const driven = drive({ line, held, clock, facts, recorder, onEvent, signal, evidence: true });
  void driven.then(async (result) => {
    const failure = signal.aborted ? null : consoleFailure(result, result.tail);
    // Also after a gap: the kernel that led to `login:` has said what it is.
    const runs = parts.release === null && result.phases.at(-1)?.name === 'login' ? result.release : null;
    if (runs !== null && !signal.aborted) parts.upgradedTo(runs);
    const lost = gone !== null && result.outcome === 'incomplete';
    if (failure !== null && lost && listener.lost) listener.lost(gone?.lost ?? null, failure);
    else if (failure !== null)
      listener.event({ ...failure, ...(await keepEvidence(parts, console.path, result)) });
  });
  return {
    ended,
    isHeld: () => held.holder !== null,
    async tail() {
      interrupt.abort();
      return (await driven).tail;
    },
    release() {
      interrupt.abort();
      console.release();
    },
    close() {
      interrupt.abort();
      console.close();
    },
  };
}

function report(event: DriveEvent, release: string | null, listener: SessionListener): void {
  if (event.kind === 'progress') listener.progress(event);
  if (event.kind === 'prompt') listener.question(questionOf(event));
  if (event.kind === 'moved-on') listener.question(null);
  if (event.kind === 'phase' && !event.name.startsWith('sets-')) listener.progress(null);
  const lifecycle = consoleEventOf(event, release);
  if (lifecycle !== null) listener.event(lifecycle);
}

/** What the machine said of its failure goes beside the recording. Where that fails, the failure is told without. */
async function keepEvidence(
  { vm, clock, log }: SessionParts,
  recording: string,
  { evidence, reason, release }: DriveResult,
): Promise<Pick<Failure, 'evidence' | 'noEvidence' | 'stands'>> {
  if (evidence === null) return {};
  const stands = evidence.stands === null ? {} : { stands: evidence.stands };
  const { sections, cut } = evidence;
  if (sections.length === 0) return cut === null ? stands : { ...stands, noEvidence: cut };
  const path = evidencePath(recording);
  try {
    await writeEvidence(path, { title: vm, at: clock.now(), reason: reason ?? '', release }, evidence);
    return { ...stands, evidence: basename(path) };
  } catch (error) {
    log.warn('install.evidence', { vm, error: messageOf(error) });
    return { ...stands, noEvidence: messageOf(error) };
  }
}
