/**
 * puffboot.toml: the one definition from which types, defaults, messages and the README's table come.
 * Unknown keys are refused. Checks that span several keys are in `cross.ts`.
 */
import { z } from 'zod';
import { hostTable } from './host-schema.ts';
import { netbootTable } from './netboot-schema.ts';
import { setsTable, siteTable } from './sets-schema.ts';
import { subnetTable } from './subnet-schema.ts';
import { absolutePath, ipv4, login, nodeName, port, recordingsSize, WORDS, whole } from './value.ts';

export const ConfigSchema = z.strictObject({
  stateDirectory: absolutePath.default('/var/puffboot').describe('database, recordings and control socket'),
  node: nodeName.default('local').describe('name of this puffboot node'),
  serve: z.prefault(
    z.strictObject({
      operateUser: login.default('_puffboot').describe('user of the operate process when started as root'),
      netbootUser: login.default('_puffnet').describe('user of the netboot process when started as root'),
    }),
    {},
  ),
  netboot: z.prefault(netbootTable, {}),
  sets: z.prefault(setsTable, {}),
  site: z.prefault(siteTable, {}),
  telemetry: z.prefault(
    z.strictObject({
      intervalSeconds: whole(0, 3600, 'seconds, 0 to 3600')
        .default(30)
        .describe('how often each host is asked about its VMs, in seconds; 0: never'),
      samples: whole(10, 100_000, 'a number from 10 to 100000')
        .default(960)
        .describe(
          'how many samples of each VM are kept in memory, 16 bytes each; 960 at 30 s are eight hours',
        ),
    }),
    {},
  ),
  retired: z.prefault(
    z.strictObject({
      holdDays: whole(0, 3650, 'days, 0 to 3650')
        .default(30)
        .describe("how long a removed VM's id and addresses are given to no other VM"),
    }),
    {},
  ),
  web: z.prefault(
    z.strictObject({
      enabled: z.boolean().default(true).describe('serve the operator web'),
      address: ipv4
        .prefault('127.0.0.1')
        .describe(
          'address of the operator web; beyond loopback (127.0.0.0/8) it shows nothing without a login',
        ),
      port: port.default(8080).describe('port of the operator web'),
    }),
    {},
  ),
  console: z.prefault(
    z.strictObject({
      prompts: absolutePath
        .optional()
        .describe(
          'a table of your own prompts, tried before the built-in ones; read anew for each install, and need not exist yet',
        ),
    }),
    {},
  ),
  recordings: z.prefault(
    z.strictObject({
      total: recordingsSize
        .prefault('1G')
        .describe(
          "how much disk the recordings of consoles may take; the oldest go first, a VM's last install and last failure never",
        ),
    }),
    {},
  ),
  subnets: z
    .array(subnetTable)
    .min(1)
    .register(WORDS, { words: 'one or more [[subnets]] tables' })
    .describe('networks of VMs'),
  hosts: z
    .array(hostTable)
    .min(1)
    .register(WORDS, { words: 'one or more [[hosts]] tables' })
    .describe('vmd(8) hosts'),
});

/** Frozen through and through by `parseConfig`. */
export type Config = DeepReadonly<z.output<typeof ConfigSchema>>;
export type SubnetConfig = Config['subnets'][number];
export type HostConfig = Config['hosts'][number];
export type VmDefaults = HostConfig['vmDefaults'];

type DeepReadonly<T> = T extends string | number | boolean | null | undefined
  ? T
  : { readonly [Key in keyof T]: DeepReadonly<T[Key]> };
