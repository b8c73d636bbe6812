import { z } from 'zod';
import { ConfigSchema } from './schema.ts';

type Output = z.output<typeof ConfigSchema>;

/**
 * As much of a document as is right by itself. The checks across keys work on this, so that one wrong key
 * does not hide what is wrong between others.
 */
export interface Draft {
  readonly stateDirectory: string | undefined;
  readonly serve: Sound<Output['serve']>;
  readonly netboot: Sound<Output['netboot']>;
  readonly web: Sound<Output['web']>;
  readonly subnets: readonly Sound<Output['subnets'][number]>[];
  readonly hosts: readonly Sound<Output['hosts'][number]>[];
}

/** A key that is not given is absent; one that is wrong by itself is there with the value undefined. */
type Sound<Table> = { readonly [Key in keyof Table]?: Table[Key] | undefined };

export function draftOf(raw: unknown): Draft {
  const { stateDirectory, serve, netboot, web, subnets, hosts } = ConfigSchema.shape;
  return {
    stateDirectory: z.safeParse(stateDirectory, memberOf(raw, 'stateDirectory')).data,
    serve: keysThatParse(serve.def.innerType, memberOf(raw, 'serve')),
    netboot: keysThatParse(netboot.def.innerType, memberOf(raw, 'netboot')),
    web: keysThatParse(web.def.innerType, memberOf(raw, 'web')),
    subnets: listOf(memberOf(raw, 'subnets')).map((item) => keysThatParse(subnets.element, item)),
    hosts: listOf(memberOf(raw, 'hosts')).map((item) => keysThatParse(hosts.element, item)),
  };
}

function keysThatParse<T extends z.ZodObject>(schema: T, raw: unknown): Sound<z.output<T>> {
  const entries = Object.entries(schema.shape).flatMap(([key, value]) => {
    const result = z.safeParse(value, memberOf(raw, key));
    return result.success && result.data === undefined ? [] : [[key, result.data] as const];
  });
  return Object.fromEntries(entries) as Sound<z.output<T>>;
}

function memberOf(raw: unknown, key: string): unknown {
  if (typeof raw !== 'object' || raw === null || !Object.hasOwn(raw, key)) return undefined;
  return Reflect.get(raw, key);
}

const listOf = (raw: unknown): readonly unknown[] => (Array.isArray(raw) ? raw : []);
