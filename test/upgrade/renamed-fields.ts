/** Fields and values that a later version of the protocol renamed, by the version that still had the old name. */
const RENAMED: Record<
  number,
  { fields: Record<string, string>; values: Record<string, Record<string, string>> }
> = {
  1: {
    fields: {
      micros: 'costMicros',
      counted: 'usageSource',
      leftOut: 'omitted',
      takesImages: 'acceptsImages',
    },
    values: { usageSource: { counted: 'tokenizer', estimated: 'estimate' } },
  },
};

/** Renames the fields of an older version's answer to the current names. */
export function inCurrentNames(body: unknown, protocol: number): unknown {
  const versions = Object.keys(RENAMED).map(Number);
  const later = versions.filter((version) => version >= protocol).toSorted((a, b) => a - b);
  return later.reduce((renamed, version) => rename(renamed, version), body);
}

function rename(body: unknown, version: number): unknown {
  if (Array.isArray(body)) return body.map((item) => rename(item, version));
  if (typeof body !== 'object' || body === null) return body;
  const { fields = {}, values = {} } = RENAMED[version] ?? {};
  const entries = Object.entries(body).map(([oldName, value]) => {
    const name = fields[oldName] ?? oldName;
    const renamed = typeof value === 'string' ? values[name]?.[value] : undefined;
    return [name, renamed ?? rename(value, version)];
  });
  return Object.fromEntries(entries);
}
