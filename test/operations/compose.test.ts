import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configOf, describeSettings } from '@millrace/server/config';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');

interface Service {
  environment?: Record<string, string | number>;
  volumes?: string[];
  stop_grace_period?: string;
}

const read = (file: string) => readFile(join(root, file), 'utf8');
const { services } = parse(await read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
};
const nodes = Object.keys(services).filter((name) => name.startsWith('millrace-'));

test('nginx forwards to exactly the nodes that Docker Compose starts', async () => {
  const upstreams = [...(await read('deploy/nginx.conf')).matchAll(/^ *server ([\w-]+):(\d+)/gm)];
  expect(upstreams.map(([, name]) => name)).toEqual(nodes);
  for (const [, , port] of upstreams)
    expect(services[nodes[0] ?? '']?.environment?.['PORT']).toBe(Number(port));
  expect(services['nginx']?.volumes).toEqual(['./deploy/nginx.conf:/etc/nginx/nginx.conf:ro']);
});

test('nodes have valid settings and the same databases, and a longer grace period than SHUTDOWN_GRACE', () => {
  expect(nodes).toHaveLength(3);
  const known = new Set(describeSettings().map(({ name }) => name));
  for (const node of nodes) {
    const { environment = {}, stop_grace_period: gracePeriod = '' } = services[node] ?? {};
    for (const name of Object.keys(environment)) expect(known).toContain(name);
    expect(environment['DATABASE_URL']).toContain('@postgres:5432/');
    expect(environment['REDIS_URL']).toBe('redis://redis:6379');
    expect(Number.parseInt(gracePeriod, 10) * 1000).toBeGreaterThan(configOf({}).SHUTDOWN_GRACE);
  }
});
