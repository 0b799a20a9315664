import { setting } from '../setting.ts';
import * as type from '../setting-types.ts';

export const model = {
  AI_PROVIDER: setting({
    type: type.oneOf('gemini', 'none'),
    default: 'gemini',
    description: 'The model provider: `gemini`, or `none` for a server without a model.',
  }),
  GEMINI_API_KEY: setting({
    type: type.text,
    description: 'Without a key, and without a `GEMINI_BASE_URL`, the demo model answers.',
  }),
  GEMINI_BASE_URL: setting({
    type: type.httpUrl,
    description: "Another service with the same API. Default: Google's.",
  }),
  GEMINI_MODEL: setting({ type: type.text, default: 'gemini-3.8-flash', description: 'The default model.' }),
  GEMINI_FALLBACK_MODELS: setting({
    type: type.listOf(
      type.matching(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, ''),
      'names of models, separated by commas',
    ),
    default: '',
    description: 'Fallback models, in order, for when the requested model is out of service.',
  }),
  GEMINI_TUNED_MODELS: setting({
    type: type.listOf(
      type.matching(/^tunedModels\/[a-z0-9][a-z0-9-]*$/, ''),
      'names such as tunedModels/my-model, separated by commas',
    ),
    default: '',
    description:
      'Tuned models that users may choose, such as `tunedModels/my-model`. Their prices are set in `PRICES_FILE`.',
  }),
  MODEL_RETRIES: setting({
    type: type.integer({ min: 0, max: 10 }),
    default: '2',
    description: 'How often a request is retried when the model fails before its first word.',
  }),
  MODEL_RETRY_WINDOW: setting({
    type: type.duration(),
    default: '30s',
    description: 'The longest wait for all retries of one reply.',
  }),
  MODEL_BREAKER_THRESHOLD: setting({
    type: type.limit({ off: 'for no cool-downs' }),
    default: '5',
    description: 'After this many outages in a row, a model is not asked for a cool-down of ten seconds.',
  }),
  // The HTTP client reads 0 as no timeout.
  MODEL_IDLE_TIMEOUT: setting({
    type: type.duration({ min: '100ms', max: type.LONGEST_TIMER }),
    default: '60s',
    description: 'How long the model may send nothing before the request fails.',
  }),
  PRICES_FILE: setting({
    type: type.text,
    description:
      'A file of model prices with the days from which they apply. Default: `server/prices.json`; check it before you bill.',
  }),
};
