import { ConfigError } from './config/config.ts';
import { serve } from './serve.ts';

try {
  await serve(process.env);
} catch (error) {
  // A wrong setting is one line, without a stack.
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}
