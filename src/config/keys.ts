import type { z } from 'zod';
import { ConfigSchema } from './schema.ts';
import { WORDS } from './value.ts';

/** One key of puffboot.toml. */
export interface ConfigKey {
  /** `hosts[].vmDefaults.memory`; `[]` stands for each table of a list. */
  readonly path: string;
  /** What the value must be, in words. */
  readonly words: string;
  /** As written in TOML; null: the key must be given; undefined: it may be left out and has no default. */
  readonly default: string | null | undefined;
  readonly description: string;
}

/** Every key that takes a value, in the order of the schema; tables are not listed themselves. */
export function configKeys(): readonly ConfigKey[] {
  return [...leaves('', ConfigSchema)];
}

/** The README's table of keys, in markdown. */
export function renderConfigTable(): string {
  const rows = configKeys().map((key) => [
    `\`${key.path}\``,
    key.words,
    key.default === null ? 'required' : key.default === undefined ? 'none' : `\`${key.default}\``,
    key.description,
  ]);
  const lines = [['key', 'value', 'default', 'meaning'], ['---', '---', '---', '---'], ...rows];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
}

/** What the value at `path` must be, in words. */
export function wordsAt(path: readonly PropertyKey[]): string {
  return wordsOf(schemaAt(path));
}

/** The keys that the table at `path` may hold. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  return Object.keys(shapeOf(schemaAt(path)) ?? {});
}

type Schema = z.core.$ZodType;
type Wrapping = z.core.$ZodDefault | z.core.$ZodPrefault | z.core.$ZodOptional;

function schemaAt(path: readonly PropertyKey[]): Schema {
  let schema: Schema = ConfigSchema;
  for (const key of path) {
    const bare = unwrap(schema);
    const next = typeof key === 'number' ? elementOf(bare) : shapeOf(bare)?.[String(key)];
    if (next === undefined) break;
    schema = next;
  }
  return schema;
}

function* leaves(path: string, schema: Schema): Generator<ConfigKey> {
  const element = elementOf(schema);
  const shape = shapeOf(schema) ?? (element && shapeOf(element));
  if (!shape) {
    yield { path, words: wordsOf(schema), default: defaultOf(schema), description: descriptionOf(schema) };
    return;
  }
  const prefix = element ? `${path}[].` : path === '' ? '' : `${path}.`;
  for (const [key, value] of Object.entries(shape)) yield* leaves(prefix + key, value);
}

const asTyped = (schema: Schema) => schema as z.core.$ZodTypes;
const isWrapping = (schema: Schema): schema is Wrapping =>
  ['default', 'prefault', 'optional'].includes(schema._zod.def.type);

function unwrap(schema: Schema): Schema {
  return isWrapping(schema) ? unwrap(schema._zod.def.innerType) : schema;
}

function shapeOf(schema: Schema): Readonly<Record<string, Schema>> | undefined {
  const { def } = asTyped(unwrap(schema))._zod;
  return def.type === 'object' ? def.shape : undefined;
}

function elementOf(schema: Schema): Schema | undefined {
  const { def } = asTyped(unwrap(schema))._zod;
  return def.type === 'array' ? def.element : undefined;
}

/** Registered words win; the rest follows from the type. */
function wordsOf(schema: Schema): string {
  const registered = WORDS.get(schema);
  if (registered) return registered.words;
  const { def } = asTyped(schema)._zod;
  if (def.type === 'pipe') return wordsOf(def.in);
  if (isWrapping(schema)) return wordsOf(schema._zod.def.innerType);
  if (def.type === 'boolean') return 'true or false';
  if (def.type === 'enum') return Object.values(def.entries).map(quote).join(' or ');
  if (def.type === 'literal') return def.values.map(quote).join(' or ');
  return def.type === 'array' ? `a list, each ${wordsOf(def.element)}` : 'a table';
}

const quote = (value: unknown): string => JSON.stringify(value);

function defaultOf(schema: Schema): string | null | undefined {
  const { def } = asTyped(schema)._zod;
  if (def.type === 'optional') return undefined;
  return def.type === 'default' || def.type === 'prefault' ? JSON.stringify(def.defaultValue) : null;
}

function descriptionOf(schema: Schema): string {
  return 'description' in schema && typeof schema.description === 'string' ? schema.description : '';
}
