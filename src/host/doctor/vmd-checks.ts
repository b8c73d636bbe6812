import { parseGroups } from '../plan/observation.ts';
import type { Finding } from './check.ts';
import { type DoctorScene, type Facts, succeeded, textOf } from './facts.ts';
import { FINE, fault, lines, warning } from './findings.ts';

export function vmd(facts: Facts): readonly Finding[] {
  if (!succeeded(facts, 'vmd')) return fault('vmd(8) does not run', 'rcctl enable vmd && rcctl start vmd');
  // Without any VM, vmctl prints its header and exits with 1.
  return /^\s*ID\b/.test(textOf(facts, 'vmctl'))
    ? FINE
    : fault(
        `vmctl status fails: ${lastLine(facts.said.vmctl?.stderr)}`,
        'see /var/log/daemon and `rcctl check vmd`',
      );
}

export function firmware(facts: Facts): readonly Finding[] {
  return lines(facts, 'firmware').includes('vmm-bios')
    ? FINE
    : fault('there is no /etc/firmware/vmm-bios, without which no VM boots from its disk', 'fw_update vmm');
}

export function root(facts: Facts): readonly Finding[] {
  if (succeeded(facts, 'root')) return FINE;
  const login = textOf(facts, 'login').trim();
  const rule = `permit nopass ${login} as root`;
  return succeeded(facts, 'vmctl') || textOf(facts, 'vmctl') !== ''
    ? warning(
        'puffboot may run vmctl as root and nothing else, so that it cannot apply',
        `in /etc/doas.conf: ${rule}`,
      )
    : fault('puffboot may run nothing as root', `in /etc/doas.conf: ${rule}`);
}

export function groups(facts: Facts, { socketGroup, ownGroup }: DoctorScene): readonly Finding[] {
  const login = textOf(facts, 'login').trim();
  const member = new Set(textOf(facts, 'groups').trim().split(/\s+/));
  if (login === 'root') return FINE;
  const missing = [...new Set([socketGroup, ownGroup])]
    .filter((group) => !member.has(group))
    .flatMap((group) =>
      fault(
        `${login} is not in group ${group}`,
        `puffboot apply (or usermod -G ${group} ${login}), then start puffboot again`,
      ),
    );
  // vmd(8) looks at the members that group(5) lists: whose primary group it is does not count there.
  const listed = parseGroups(facts.files['/etc/group'] ?? '').find(({ name }) => name === ownGroup)?.members;
  return listed === undefined || listed.includes(login) || !member.has(ownGroup)
    ? missing
    : [
        ...missing,
        ...fault(
          `/etc/group does not list ${login} in ${ownGroup}, its primary group: vmd(8) lets it start no VM and open no console`,
          `puffboot apply (or usermod -G ${ownGroup} ${login})`,
        ),
      ];
}

export function socket(facts: Facts, { socketGroup }: DoctorScene): readonly Finding[] {
  const [, , , group] = textOf(facts, 'socket').trim().split(/\s+/);
  // Where vmd does not run there is none, which is told already.
  if (group === undefined || group === socketGroup) return FINE;
  return warning(
    `vmd's socket belongs to group ${group} and not to ${socketGroup}, so that neither customers nor puffboot can use vmctl`,
    'puffboot apply',
  );
}

const lastLine = (text: string | undefined): string => text?.trim().split('\n').at(-1) || 'nothing said';
