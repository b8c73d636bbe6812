import { Command } from 'commander';
import { type Api, openApi } from './api.ts';

/** What every command about the inventory takes. */
export interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export function common(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON');
}

/** One conversation with the inventory, through `serve` or without it. */
export async function ask({ config }: CommonOptions, call: (api: Api) => Promise<unknown>): Promise<unknown> {
  const api = await openApi(config === undefined ? {} : { config });
  try {
    return await call(api);
  } finally {
    await api.close();
  }
}

export function print({ json }: CommonOptions, value: unknown, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : text);
}
