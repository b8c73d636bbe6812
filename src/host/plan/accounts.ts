import { ownedBlock, ownedPart, replaceOwned } from '../owned-block.ts';
import type { Login, Observation } from './observation.ts';
import { isClosed, isOurs, list, type Step } from './step.ts';
import type { Wanted, WantedOwner } from './wanted.ts';

export interface Part {
  readonly steps: readonly Step[];
  /** What a human should know; nothing is done about it. */
  readonly remarks: readonly string[];
}

/**
 * Groups, and a login for each owner. A login that puffboot did not make is used as it is: an order that names
 * `operator` as owner must not change what the operator's login may do.
 */
export function planAccounts({ groups, owners }: Wanted, seen: Observation): Part {
  const wanted = [...new Set([groups.socket, groups.own])];
  const missing = wanted.filter((group) => !seen.groups.some(({ name }) => name === group));
  const mine = wanted.filter((group) => seen.me.login !== 'root' && !isMember(seen, seen.me.login, group));
  const late = mine.filter((group) => !seen.me.groups.includes(group));
  const parts = owners.map((owner) => planOwner(owner, groups.socket, seen));
  return {
    steps: [
      ...missing.map((group) => ({ kind: 'group', group }) as const),
      ...mine.map((group) => ({ kind: 'member', login: seen.me.login, group }) as const),
      ...parts.flatMap(({ steps }) => steps),
    ],
    remarks: [
      ...(late.length === 0
        ? []
        : [
            `puffboot, where it runs on this host itself, is a member of ${list(late)} only after it was started again`,
          ]),
      ...parts.flatMap(({ remarks }) => remarks),
    ],
  };
}

function planOwner({ login, fullName, keys }: WantedOwner, group: string, seen: Observation): Part {
  const found = seen.logins.find(({ name }) => name === login);
  if (found !== undefined && !isOurs(found)) {
    if (isMember(seen, login, group)) return { steps: [], remarks: [] };
    const fix = `\`usermod -G ${group} ${login}\``;
    return {
      steps: [],
      remarks: [
        `login ${login} was there before puffboot and is left as it is; if it is the owner's, ${fix} lets him use vmctl`,
      ],
    };
  }
  const isLockedByHand = found !== undefined && !isClosed(found) && found.shell.endsWith('-');
  return {
    steps: [
      ...(found === undefined ? [{ kind: 'login', login, fullName, group } as const] : []),
      ...(found !== undefined && isClosed(found)
        ? [{ kind: 'open', login, comment: found.comment } as const]
        : []),
      ...(found !== undefined && !isMember(seen, login, group)
        ? [{ kind: 'member', login, group } as const]
        : []),
      ...planKeys(login, keys, found, seen),
    ],
    remarks: isLockedByHand
      ? [`login ${login} was locked by somebody else and stays so; \`usermod -U ${login}\` opens it`]
      : [],
  };
}

function planKeys(
  login: string,
  keys: readonly string[],
  found: Login | undefined,
  { keyFiles }: Observation,
): readonly Step[] {
  const file = found === undefined ? null : keyFileOf(found);
  const text = file === null ? null : (keyFiles[file] ?? null);
  if (text === null && keys.length === 0) return [];
  const wanted = withKeys(text ?? '', keys, file ?? login);
  return wanted === text ? [] : [{ kind: 'keys', login, text: wanted, count: keys.length }];
}

/**
 * Closes the logins that puffboot made for owners who have no VM here any more. Nothing of theirs is deleted. A login
 * that was closed and that somebody opened again by hand stays open.
 */
export function planLeavers({ groups, owners, leaving }: Wanted, seen: Observation): readonly Step[] {
  const staying = new Set([...owners.map(({ login }) => login), ...leaving, seen.me.login]);
  return seen.logins
    .filter((found) => isOurs(found) && !staying.has(found.name))
    .flatMap((found): readonly Step[] => {
      const { name: login, comment } = found;
      const kept = seen.groups
        .filter(({ name, members }) => members.includes(login) && name !== groups.socket)
        .map(({ name }) => name);
      return [
        ...(isClosed(found) ? [] : [{ kind: 'close', login, comment, groups: kept } as const]),
        // After it: what stands in his home could keep this from being done.
        ...planKeys(login, [], found, seen),
      ];
    });
}

/** Where sshd(8) looks for a login's keys. */
export const keyFileOf = ({ home }: Pick<Login, 'home'>): string => `${home}/.ssh/authorized_keys`;

/** Keys that the owner put there himself stay, outside of the marker lines. */
function withKeys(text: string, keys: readonly string[], file: string): string {
  const body = keys.map((key) => `${key}\n`).join('');
  // A file without our part is not given an empty one.
  return body === ownedPart(text, file)?.body || (body === '' && ownedPart(text, file) === null)
    ? text
    : replaceOwned(text, ownedBlock(body), file);
}

/** vmd(8) looks at the members that group(5) lists: that it is somebody's primary group does not count there. */
const isMember = ({ groups }: Observation, login: string, group: string): boolean =>
  groups.some(({ name, members }) => name === group && members.includes(login));
