import { modelsSchema } from '@millrace/protocol/schemas';
import { z } from 'zod';
import { ok } from '../operation.ts';
import type { Operation } from '../operation.ts';

export const serverOperations: readonly Operation[] = [
  {
    route: 'GET /api/models',
    id: 'listModels',
    summary: 'Models with limits and prices',
    answers: [ok(modelsSchema)],
  },
  {
    route: 'GET /health',
    id: 'getHealth',
    summary: 'Whether the process lives',
    isOpen: true,
    answers: [
      ok(
        z.strictObject({
          status: z.literal('ok'),
          version: z.string(),
          model: z.strictObject({
            provider: z.string().nullable(),
            default: z.string(),
            demo: z.boolean(),
          }),
        }),
      ),
    ],
  },
  {
    route: 'GET /ready',
    id: 'getReadiness',
    summary: 'Whether it can serve: database and model are there, and it isn’t ending',
    isOpen: true,
    answers: [ok(z.strictObject({ status: z.literal('ready') }))],
    problems: ['model_not_configured', 'shutting_down', 'storage_failed'],
  },
  {
    route: 'GET /metrics',
    id: 'getMetrics',
    summary: 'Prometheus metrics, for administrators or loopback',
    answers: [{ status: 200, description: 'Metrics', contentType: 'text/plain' }],
  },
  {
    route: 'GET /openapi.json',
    id: 'getOpenApi',
    summary: 'This document',
    isOpen: true,
    answers: [ok(z.looseObject({ openapi: z.literal('3.1.1') }), 'OpenAPI 3.1')],
  },
];
