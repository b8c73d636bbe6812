/**
 * What an install goes through, as its console shows it, in order. `seconds` is how long nothing new may come
 * in that phase before it counts as stalled: a new phase, a percentage and an answered prompt are new.
 */
export const PHASES = {
  'boot-loader': { seconds: 120 },
  kernel: { seconds: 180 },
  menu: { seconds: 120 },
  'response-file': { seconds: 180 }, // 30 s for DHCP, then three URLs
  questions: { seconds: 300 },
  disk: { seconds: 900 }, // newfs of large disks on slow ones
  'sets-fetch': { seconds: 1200 },
  'sets-install': { seconds: 1200 },
  finishing: { seconds: 1800 }, // relinking the kernel on a busy host
  done: { seconds: 180 },
  reboot: { seconds: 180 },
  'first-boot': { seconds: 1800 }, // fw_update and syspatch may wait for a network
  login: { seconds: 60 },
} as const satisfies Record<string, { readonly seconds: number }>;

export type Phase = keyof typeof PHASES;

/** Until the first phase shows: a console attached to in the middle may be silent for that long. */
export const SECONDS_TO_FIRST_PHASE = 300;

/**
 * Lines by which an upgrade that is only watched has begun: the loader takes its kernel, or the installer speaks.
 * Whatever came before is the guest at its work, and says nothing.
 */
export const UPGRADE_BEGINS: ReadonlySet<string> = new Set(['upgrade-kernel', 'welcome', 'performing']);

/** `WATCHDOG_PERIOD_SEC` of install.sub is half an hour. */
export const SECONDS_TO_WATCHDOG = 2000;

/** An installer that stands at a prompt answers a RETURN at once. */
export const SECONDS_TO_STANDING_PROMPT = 30;

/**
 * CONGRATULATIONS is followed by the reboot within seconds. Where the reboot cannot be seen, the disks have been
 * written after this long.
 */
export const SECONDS_FROM_DONE_TO_REBOOT = 15;

const ORDER = Object.keys(PHASES);
const rank = (phase: Phase): number => ORDER.indexOf(phase);

/** Something is being installed, or has been. */
function isProgress(phase: Phase): boolean {
  return rank(phase) >= rank('response-file');
}

/**
 * The installer has left its menu and not finished: its menu coming back now means that it gave up, and reaching one of
 * these after a failure that somebody mended it.
 */
export function isUnderWay(phase: Phase | null): boolean {
  return phase !== null && isProgress(phase) && rank(phase) < rank('done');
}

/**
 * True when what announces `next` says nothing new, because disks and questions are mentioned again later
 * on (`Location of sets? disk` lists the disks).
 */
export function isLookingBack(current: Phase | null, next: Phase): boolean {
  if (next !== 'questions' && next !== 'disk') return false;
  return isUnderWay(current) && current !== null && rank(next) < rank(current);
}
