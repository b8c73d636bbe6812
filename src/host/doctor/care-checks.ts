import { OperatorError } from '../../common/error.ts';
import { ownedPart } from '../owned-block.ts';
import type { Finding } from './check.ts';
import { type DoctorScene, type Facts, sysctlOf } from './facts.ts';
import { FINE, fault, setSysctl, warning } from './findings.ts';

export function clock(facts: Facts): readonly Finding[] {
  const hardware = sysctlOf(facts, 'kern.timecounter.hardware');
  const hasTsc = /\btsc\((?!-)/.test(sysctlOf(facts, 'kern.timecounter.choice') ?? '');
  const slow: readonly Finding[] =
    hardware === null || hardware === 'tsc' || !hasTsc
      ? FINE
      : warning(
          `the time counter is ${hardware} although there is tsc, which is much quicker to read`,
          'sysctl kern.timecounter.hardware=tsc, and the same in /etc/sysctl.conf',
          setSysctl('kern.timecounter.hardware', 'tsc'),
        );
  const hz = Number(/\bhz = (\d+)/.exec(sysctlOf(facts, 'kern.clockrate') ?? '')?.[1] ?? 0);
  if (hz === 0 || hz > GUEST_HZ) return slow;
  const hint: Finding = {
    level: 'hint',
    says: `hz is ${hz}, no more than a guest's own: guests that do not use tsc lose time`,
    fix: 'in guests: sysctl kern.timecounter.hardware=tsc (site sets of puffboot do), or ntpd(8)',
    safe: null,
  };
  return [...slow, hint];
}

/** How often an OpenBSD guest's clock ticks each second. */
const GUEST_HZ = 100;

export function sensorsd({ missingPrograms }: Facts): readonly Finding[] {
  return missingPrograms.flatMap((path) =>
    fault(
      `sensorsd.conf runs ${path}, which is not there: nobody would hear of a failing disk`,
      `put the script at ${path}, mode 755`,
    ),
  );
}

export function files(facts: Facts, scene: DoctorScene): readonly Finding[] {
  return scene.files.flatMap((path) => {
    try {
      const part = ownedPart(facts.files[path] ?? '', path);
      return part?.edited
        ? warning(
            `somebody changed ${path} between puffboot's marker lines`,
            'move those lines out; the next apply replaces them',
          )
        : FINE;
    } catch (error) {
      if (error instanceof OperatorError) return fault(error.message, error.fix);
      throw error;
    }
  });
}
