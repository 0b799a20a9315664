import { ConfigError } from './config/config.ts';
import { serve } from './serve.ts';

try {
  await serve(process.env);
} catch (error) {
  // One line when it is the settings that are wrong.
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}
