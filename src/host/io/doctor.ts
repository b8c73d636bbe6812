import { mapLimited } from '../../common/each.ts';
import { messageOf } from '../../common/error.ts';
import type { HostAccess, RunResult } from '../access.ts';
import { type Remedy, withLine } from '../doctor/check.ts';
import {
  type DoctorScene,
  FACT_FILES,
  type Facts,
  PROBES,
  type Probe,
  type ProbeName,
  sensorPrograms,
} from '../doctor/facts.ts';
import { must } from './must.ts';

const AT_ONCE = 6;

/**
 * Asks a host everything that the checks need. What a host does not have, or may not be asked, is a fact too.
 * @throws OperatorError where the host cannot be reached
 */
export async function gatherFacts(access: HostAccess, scene: DoctorScene): Promise<Facts> {
  // The first one alone: a host that cannot be reached is told once, as itself.
  await must(access, PROBES.login.argv());
  const probes = Object.entries(PROBES) as [ProbeName, Probe][];
  const said = await mapLimited(probes, AT_ONCE, async ([name, { argv, asRoot = false }]) => {
    return [name, await attempt(access, argv(scene), asRoot)] as const;
  });
  const paths = [...new Set([...FACT_FILES, ...scene.files])];
  const files = await mapLimited(paths, AT_ONCE, async (path) => [path, await peek(access, path)] as const);
  const texts: Record<string, string | null> = Object.fromEntries(files);
  const programs = sensorPrograms(texts['/etc/sensorsd.conf'] ?? '');
  const there = await mapLimited(programs, AT_ONCE, async (path) => {
    return (await access.run(['test', '-x', path])).status === 0;
  });
  return {
    said: Object.fromEntries(said) as Facts['said'],
    files: texts,
    missingPrograms: programs.filter((_, index) => !there[index]),
  };
}

async function attempt(
  access: HostAccess,
  argv: readonly string[],
  asRoot: boolean,
): Promise<RunResult | null> {
  try {
    return await access.run(argv, { asRoot });
  } catch (error) {
    return { status: 1, stdout: '', stderr: messageOf(error) };
  }
}

/** As root where that is possible: vm.conf and doas.conf are nobody else's to read. */
async function peek(access: HostAccess, path: string): Promise<string | null> {
  return access.read(path, { asRoot: true }).catch(() => access.read(path).catch(() => null));
}

/** @throws OperatorError HOST_COMMAND */
export async function applyRemedy(access: HostAccess, remedy: Remedy): Promise<void> {
  if (remedy.kind === 'run') {
    await must(access, remedy.argv, { asRoot: true });
    return;
  }
  const text = (await access.read(remedy.path, { asRoot: true })) ?? '';
  const mode = text === '' ? { mode: 0o644 } : {};
  await access.write(remedy.path, withLine(text, remedy), { asRoot: true, backup: true, ...mode });
}
