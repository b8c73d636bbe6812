import type { Session } from './session.ts';

/** Directories of /usr/share/zoneinfo: naming one leads to a second question. */
const REGIONS = [
  'Africa',
  'America',
  'Antarctica',
  'Arctic',
  'Asia',
  'Atlantic',
  'Australia',
  'Brazil',
  'Canada',
  'Chile',
  'Etc',
  'Europe',
  'Indian',
  'Mexico',
  'Pacific',
  'US',
  'America/Argentina',
  'America/Indiana',
  'America/Kentucky',
  'America/North_Dakota',
];

/** There is no default: openbsd.org, which would have guessed one, can't be reached from here. */
export async function askTimezone(session: Session): Promise<string> {
  for (;;) {
    let zone = trimmed(await session.ask("What timezone are you in? ('?' for list)"));
    if (zone === '') continue;
    if (zone === '?') {
      session.say(`${REGIONS.filter((region) => !region.includes('/')).join('/ ')}/ UTC\n`);
      continue;
    }
    while (REGIONS.includes(zone)) {
      const part = trimmed(await session.ask(`What sub-timezone of '${zone}' are you in? ('?' for list)`));
      if (part !== '' && part !== '?') zone = `${zone}/${part}`;
    }
    if (isZone(zone)) return zone;
    session.say(`'${zone}' is not a valid timezone on this system.\n`);
  }
}

const trimmed = (answer: string): string => answer.replace(/\/+$/, '');

/** Both have the tz database's names. */
function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
