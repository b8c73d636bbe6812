import { posix } from 'node:path';
import { OperatorError } from '../../common/error.ts';
import type { HostAccess } from '../access.ts';
import { commandsOf, type Step } from '../plan/step.ts';
import type { Wanted } from '../plan/wanted.ts';
import { must } from './must.ts';
import { pendingDirectory } from './observe.ts';
import { putKernel } from './put-kernel.ts';

type Of<K extends Step['kind']> = Extract<Step, { readonly kind: K }>;

/** A command may take this long: vmd(8) opens every disk when it checks or loads. */
const SECONDS = 120;

/**
 * Carries out one step. What is interrupted leaves nothing half-written and may be carried out again.
 * @throws OperatorError HOST_COMMAND, HOST_CHANGED and what `access` throws
 */
export async function carryOut(access: HostAccess, wanted: Wanted, step: Step): Promise<void> {
  switch (step.kind) {
    case 'kernel':
      return putKernel(access, step);
    case 'disk':
      return createDisk(access, step);
    case 'check':
      return check(access, step);
    case 'replace':
      return replace(access, wanted, step);
    case 'member':
      await runAll(access, step);
      return access.loginAnew();
    case 'load':
      await access.write(step.path, step.text, { mode: 0o600 });
      await runAll(access, step);
      await must(access, ['rm', '-f', step.path]);
      return;
    case 'unmark':
      return mark(access, wanted, step.mark, step.rest.length === 0 ? null : step.rest);
    default:
      return runAll(access, step);
  }
}

async function runAll(access: HostAccess, step: Step): Promise<void> {
  for (const { argv, ...options } of commandsOf(step))
    await must(access, argv, { ...options, seconds: SECONDS });
}

async function createDisk(access: HostAccess, step: Of<'disk'>): Promise<void> {
  // An install may have made it meanwhile; vmctl refuses to make it twice.
  const { status } = await access.run(['test', '-f', step.path]);
  if (status !== 0) await runAll(access, step);
}

async function check(access: HostAccess, step: Of<'check'>): Promise<void> {
  await access.write(step.candidate, step.text, { mode: 0o600 });
  try {
    await runAll(access, step);
  } finally {
    await access.run(['rm', '-f', step.candidate]);
  }
}

/** The marks come first: see `PENDING_MARKS`. */
async function replace(access: HostAccess, wanted: Wanted, step: Of<'replace'>): Promise<void> {
  const { path, before, text, mode } = step;
  if ((await access.read(path, { asRoot: true })) !== before) {
    throw new OperatorError('HOST_CHANGED', `somebody changed ${path} while this was being applied`);
  }
  for (const { mark: name, names } of step.marks) await mark(access, wanted, name, names);
  await access.write(path, text, { asRoot: true, backup: true, ...(before === null ? { mode } : {}) });
}

/** @param names null takes the mark away */
async function mark(
  access: HostAccess,
  wanted: Wanted,
  name: string,
  names: readonly string[] | null,
): Promise<void> {
  const path = posix.join(pendingDirectory(wanted), name);
  if (names === null) await must(access, ['rm', '-f', path]);
  else await access.write(path, names.map((each) => `${each}\n`).join(''), { mode: 0o600 });
}
