import { createMillrace } from '@millrace/server';
import type { MillraceOptions, Settings } from '@millrace/server';
import { expect, test } from 'vitest';

const authenticate = () => null;

test.each([
  [{ settings: { PORT: 'many' } }, 'PORT takes a whole number from 0 to 65535.'],
  [{ settings: { GUESTS: 5 } }, 'GUESTS takes "on" (or true, 1) or "off" (or false, 0, none).'],
  [{ settings: { GEMINI_APIKEY: 'x' } as Settings }, 'There is no setting GEMINI_APIKEY.'],
  [{ settings: { DATA_DIR: '/dev/null/data' } }, 'DATA_DIR cannot be used (/dev/null/data)'],
  [{ settings: { PRICES_FILE: '/nowhere.json' } }, 'PRICES_FILE (/nowhere.json) cannot be used'],
  [
    { settings: { JWT_SECRET: 'x'.repeat(32) }, authenticate },
    'authenticate excludes JWT_SECRET and JWKS_URL',
  ],
  [{ prefix: 'chat' }, 'prefix takes a path such as /chat'],
  [{ prefix: '/chat/' }, 'prefix takes a path such as /chat'],
  [{ prefix: '/:chat' }, 'prefix takes a path such as /chat'],
  [{ authenticate: {} as () => null }, 'authenticate takes a function'],
  [{ webRoot: '/nowhere' }, 'webRoot takes the folder of the built web app; /nowhere has no index.html.'],
] as [MillraceOptions, string][])(
  '%o is refused with one line that names the option and what it takes',
  async (options, line) => {
    const refused = createMillrace(options);
    await expect(refused).rejects.toThrow(line);
    await expect(refused).rejects.toMatchObject({ name: 'ConfigError' });
  },
);
