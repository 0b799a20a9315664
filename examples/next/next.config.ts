import type { NextConfig } from 'next';

const config: NextConfig = {
  // Sources, where a registry's packages would be built: only needed in this repository.
  transpilePackages: ['@millrace/client', '@millrace/protocol'],
};

export default config;
