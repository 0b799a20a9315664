import { ConfigError } from './config.ts';
import type { Config } from './config.ts';

/** Explains why the server can't listen: one line that names the setting to change. */
export function listenErrorOf(
  cause: NodeJS.ErrnoException,
  { HOST, PORT }: Pick<Config, 'HOST' | 'PORT'>,
): ConfigError {
  return new ConfigError(reasonOf(cause, { HOST, PORT }), { cause });
}

function reasonOf(
  { code, message }: NodeJS.ErrnoException,
  { HOST, PORT }: Pick<Config, 'HOST' | 'PORT'>,
): string {
  switch (code) {
    case 'EADDRINUSE':
      return `PORT ${PORT} is in use on ${HOST}. Set PORT to a free one, or stop the program that uses it.`;
    case 'EACCES':
      return `PORT ${PORT} needs more permissions than this process has. Set PORT to 1024 or higher.`;
    case 'EADDRNOTAVAIL':
      return `HOST ${HOST} is not an address of this machine. Set HOST to one, or to 0.0.0.0 for all.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST ${HOST} cannot be resolved to an address. Set HOST to an address of this machine, or to 0.0.0.0 for all.`;
    default:
      return `HOST ${HOST} and PORT ${PORT} cannot be used: ${message}.`;
  }
}
