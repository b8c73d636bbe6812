/**
 * The house defaults of a site set: one install.site(5), which the installer runs at its end in the new system. A
 * script, because files of a site set are unpacked at every upgrade too, over what the owner has changed since.
 */
import type { TarEntry } from './ustar.ts';

export interface SiteDefaults {
  /** The mirror in installurl(5). */
  readonly installUrl: string;
  /** kern.timecounter.hardware. */
  readonly timecounter: string;
  readonly ntpd: boolean;
  readonly sndiod: boolean;
  /** An NTP server that cron asks every quarter of an hour, for guests whose clock drifts further than ntpd mends. */
  readonly rdate: string | null;
  /** Commands for rc.firsttime(8). */
  readonly firstTime: readonly string[];
  /** Keys that an account gets besides the one that the installer asks for. */
  readonly keys: readonly { readonly login: string; readonly keys: readonly string[] }[];
  /** `http://192.0.2.1`: boot HTTP, which is told that the install is done; null: nobody is. */
  readonly bootServer: string | null;
}

/** Where an operator's own install.site lies once ours has taken its place. */
export const OWN_SCRIPT = 'etc/puffboot.site';

/**
 * @returns the script, or what of the defaults no shell line can hold
 */
export function renderInstallSite(
  defaults: SiteDefaults,
  hasOwnScript: boolean,
): { readonly text: string } | { readonly fault: string } {
  const unfit = textsOf(defaults).find((text) => /[\0-\x1f\x7f]/.test(text));
  if (unfit !== undefined) return { fault: `${JSON.stringify(unfit)} has a control character` };
  const { installUrl, timecounter, ntpd, sndiod, rdate, firstTime, keys, bootServer } = defaults;
  const lines = [
    '#!/bin/sh',
    '# install.site(5): run once by the installer, with the new system as its root.',
    `printf '%s\\n' ${quote(installUrl)} >/etc/installurl`,
    `printf '%s\\n' ${quote(`kern.timecounter.hardware=${timecounter}`)} >>/etc/sysctl.conf`,
    `rcctl ${ntpd ? 'enable' : 'disable'} ntpd`,
    `rcctl ${sndiod ? 'enable' : 'disable'} sndiod`,
    ...(rdate === null
      ? []
      : [`printf '%s\\n' ${quote(`*/15\t*\t*\t*\t*\trdate -s ${rdate}`)} >>/var/cron/tabs/root`]),
    ...firstTime.map((command) => `printf '%s\\n' ${quote(command)} >>/etc/rc.firsttime`),
    ...keys.flatMap((account) => keyLines(account)),
    'status=0',
    ...(hasOwnScript ? [`/${OWN_SCRIPT} || status=$?`, `rm -f /${OWN_SCRIPT}`] : []),
    // A report that nobody hears is no reason to fail an install.
    ...(bootServer === null
      ? []
      : [`[ $status -eq 0 ] && ftp -w 15 -Mo /dev/null ${quote(`${bootServer}/install-done`)}`]),
    'exit $status',
  ];
  return { text: `${lines.join('\n')}\n` };
}

/** The installer has made account and directory, and written the first key; a key that is there is not added again. */
function keyLines({ login, keys }: SiteDefaults['keys'][number]): readonly string[] {
  const file = `${login === 'root' ? '/root' : `/home/${login}`}/.ssh/authorized_keys`;
  return keys.map(
    (key) => `grep -qxF -- ${quote(key)} ${quote(file)} || printf '%s\\n' ${quote(key)} >>${quote(file)}`,
  );
}

/**
 * A site set's entries with the defaults in front: our install.site takes the place of the operator's own, which
 * it runs.
 */
export function withDefaults(
  entries: readonly TarEntry[],
  defaults: SiteDefaults,
): { readonly entries: readonly TarEntry[] } | { readonly fault: string } {
  const encoder = new TextEncoder();
  const isOwn = ({ path }: TarEntry) => new TextDecoder().decode(path) === 'install.site';
  const own = entries.find(isOwn);
  const script = renderInstallSite(defaults, own !== undefined);
  if ('fault' in script) return script;
  const ours: TarEntry = {
    path: encoder.encode('install.site'),
    mode: 0o755,
    content: { kind: 'file', bytes: encoder.encode(script.text) },
  };
  const moved = own === undefined ? [] : [{ ...own, path: encoder.encode(OWN_SCRIPT) }];
  return { entries: [...entries.filter((entry) => !isOwn(entry)), ...moved, ours] };
}

function textsOf({
  installUrl,
  timecounter,
  rdate,
  firstTime,
  keys,
  bootServer,
}: SiteDefaults): readonly string[] {
  const texts = [installUrl, timecounter, rdate, bootServer].flatMap((text) => text ?? []);
  return [
    ...texts.map((text) => text.replaceAll('\t', ' ')),
    ...firstTime,
    ...keys.flatMap((each) => [each.login, ...each.keys]),
  ];
}

/** One word for sh(1), whatever is in it. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
