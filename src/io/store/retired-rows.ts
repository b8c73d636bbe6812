import type { Insertable, Kysely } from 'kysely';
import { z } from 'zod';
import { type Ipv4, type Lladdr, parseIpv4, parseLladdr } from '../../common/address.ts';
import { OperatorError } from '../../common/error.ts';
import { DISK_FATES, RETIRE_STAGES, type Retired } from '../../inventory/retired.ts';
import type { RetiredTable, Tables } from './tables.ts';

/** @throws OperatorError STATE_DAMAGED */
export async function listRetired(database: Kysely<Tables>): Promise<readonly Retired[]> {
  const rows = await database.selectFrom('retired_vms').selectAll().orderBy('seq').execute();
  return rows.map(({ name, retired }) => parseRetired(name, retired));
}

export function renderRetired(retired: Retired): Insertable<RetiredTable> {
  const { key, name, stage } = retired;
  return { key, name, stage, retired: JSON.stringify(retired) };
}

export async function saveRetired(database: Kysely<Tables>, retired: Retired): Promise<void> {
  await database
    .updateTable('retired_vms')
    .set(renderRetired(retired))
    .where('key', '=', retired.key)
    .execute();
}

/** @throws OperatorError VM_BUSY */
export async function refuseRetirement(database: Kysely<Tables>, name: string): Promise<void> {
  const open = await database
    .selectFrom('retired_vms')
    .select('stage')
    .where('name', '=', name)
    .where('stage', '<>', 'retired')
    .executeTakeFirst();
  if (open === undefined) return;
  throw new OperatorError(
    'VM_BUSY',
    `VM ${name} is being removed; \`puffboot vm rm ${name}\` goes on with that`,
  );
}

const lladdr = z
  .string()
  .refine((text) => parseLladdr(text) === text, 'is no lladdr')
  .transform((text) => text as Lladdr);

const RETIRED = z.object({
  key: z.string(),
  name: z.string(),
  host: z.string(),
  id: z.int().positive(),
  lladdr,
  ipv4: z
    .string()
    .refine((text) => parseIpv4(text) === text, 'is no IPv4 address')
    .transform((text) => text as Ipv4),
  ipv6: z.string().nullable(),
  owner: z.string().nullable(),
  nics: z.array(z.object({ lladdr })),
  fragment: z.string(),
  disks: z.array(z.string()),
  fate: z.enum(DISK_FATES),
  stage: z.enum(RETIRE_STAGES),
  orderedAt: z.int(),
  retiredAt: z.int().nullable(),
  heldUntil: z.int(),
  kept: z.array(z.string()),
  failure: z.string().nullable(),
});

function parseRetired(name: string, text: string): Retired {
  try {
    return RETIRED.parse(JSON.parse(text));
  } catch (cause) {
    throw new OperatorError('STATE_DAMAGED', `the row of the removed VM ${name} is damaged`, { cause });
  }
}
