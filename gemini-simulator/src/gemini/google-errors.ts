interface GoogleError {
  code: number;
  status: string;
  message: string;
  details?: object[];
}

const badKey = 'API key not valid. Please pass a valid API key.';
const quota =
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.';
const quotaFailure = {
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [
    {
      quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
      quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier',
      quotaDimensions: { location: 'global', model: 'gemini-3.8-flash' },
      quotaValue: '10',
    },
  ],
};

const googleErrors = {
  '400': {
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: 'Request contains an invalid argument.',
  },
  '400-bad-key': {
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: badKey,
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'API_KEY_INVALID',
        domain: 'googleapis.com',
        metadata: { service: 'generativelanguage.googleapis.com' },
      },
      {
        '@type': 'type.googleapis.com/google.rpc.LocalizedMessage',
        locale: 'en-US',
        message: badKey,
      },
    ],
  },
  '400-region': {
    code: 400,
    status: 'FAILED_PRECONDITION',
    message: 'User location is not supported for the API use.',
  },
  '401': {
    code: 401,
    status: 'UNAUTHENTICATED',
    message: 'Request had invalid authentication credentials. Expected OAuth 2 access token or API key.',
  },
  '402': {
    code: 402,
    status: 'RESOURCE_EXHAUSTED',
    message: 'Your prepayment credits are depleted. Please add credits to your project.',
  },
  '403': {
    code: 403,
    status: 'PERMISSION_DENIED',
    message: 'The caller does not have permission',
  },
  '403-no-key': {
    code: 403,
    status: 'PERMISSION_DENIED',
    message:
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  },
  '404': { code: 404, status: 'NOT_FOUND', message: 'Requested entity was not found.' },
  '429': {
    code: 429,
    status: 'RESOURCE_EXHAUSTED',
    message: `${quota}\nPlease retry in 34.4s.`,
    details: [quotaFailure, retryInfo('34.4s')],
  },
  '429-no-retry-info': {
    code: 429,
    status: 'RESOURCE_EXHAUSTED',
    message: quota,
    details: [quotaFailure],
  },
  '499': { code: 499, status: 'CANCELLED', message: 'The operation was cancelled.' },
  '500': {
    code: 500,
    status: 'INTERNAL',
    message: 'An internal error has occurred. Please retry or report in https://ai.google.dev/support',
  },
  '503': {
    code: 503,
    status: 'UNAVAILABLE',
    message: 'The model is overloaded. Please try again later.',
  },
  '504': {
    code: 504,
    status: 'DEADLINE_EXCEEDED',
    message: 'Deadline expired before operation could complete.',
  },
} as const satisfies Record<string, GoogleError>;

export type ErrorName = keyof typeof googleErrors;

export const errorNames = Object.keys(googleErrors) as ErrorName[];

/** An answer other than 200; `error` is what goes under the body's `error`. */
export class GoogleApiError extends Error {
  override readonly name = 'GoogleApiError';
  readonly error: GoogleError;

  constructor(
    name: ErrorName,
    changes: { message?: string | undefined; retryDelay?: string | undefined } = {},
  ) {
    const known: GoogleError = googleErrors[name];
    const message = changes.message ?? known.message;
    super(message);
    this.error = { code: known.code, message, status: known.status };
    if (known.details) this.error.details = known.details;
    if (changes.retryDelay) this.error.details = [quotaFailure, retryInfo(changes.retryDelay)];
  }
}

function retryInfo(retryDelay: string) {
  return { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay };
}
