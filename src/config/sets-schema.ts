/** The tables [sets] and [site]: what is mirrored, and what a new system gets besides it. */
import { z } from 'zod';
import { SET_PATTERN } from '../common/form.ts';
import { matching, whole } from './value.ts';

/** A mirror's pub/OpenBSD, without a slash at its end. */
const mirrorUrl = matching(
  /^https?:\/\/[^\s/?#]+(\/[^\s?#]*[^\s?#/])?$/,
  'a URL such as https://cdn.openbsd.org/pub/OpenBSD',
);

export const setsTable = z.strictObject({
  mirror: mirrorUrl
    .default('https://cdn.openbsd.org/pub/OpenBSD')
    .describe('where `puffboot sets sync` fetches releases: the pub/OpenBSD of any mirror'),
  without: z
    .array(matching(SET_PATTERN, 'a set name or pattern such as x*'))
    .default([])
    .describe('sets that are not mirrored, such as `x*`'),
  parallel: whole(1, 16, 'a number from 1 to 16').default(4).describe('how many files are fetched at a time'),
});

export const siteTable = z.strictObject({
  installUrl: mirrorUrl
    .default('https://cdn.openbsd.org/pub/OpenBSD')
    .describe('mirror in installurl(5) of a new system'),
  timecounter: matching(/^[a-z0-9]{1,16}$/, 'a time counter such as tsc')
    .default('tsc')
    .describe('kern.timecounter.hardware of a new system'),
  ntpd: z.boolean().default(true).describe('whether a new system runs ntpd(8)'),
  sndiod: z.boolean().default(false).describe('whether a new system runs sndiod(8)'),
  rdate: matching(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, 'a host name such as ntp.example.net')
    .optional()
    .describe(
      'NTP server that cron(8) of a new system asks every quarter of an hour, for guests whose clock drifts',
    ),
  firstTime: z
    .array(matching(/^[^\x00-\x1f\x7f]{1,500}$/, 'a command on one line'))
    .default([])
    .describe('commands for rc.firsttime(8) of a new system'),
});
