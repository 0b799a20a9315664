import type { NextConfig } from 'next';

const config: NextConfig = {
  // Only for this repository, whose packages are TypeScript sources.
  transpilePackages: ['@millrace/client', '@millrace/protocol'],
};

export default config;
