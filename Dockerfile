# One node: the server, the web app and the command line. Node runs their TypeScript directly.

FROM node:24-slim AS web
WORKDIR /build
COPY package.json package-lock.json tsconfig.base.json ./
COPY scripts scripts
COPY server/package.json server/
COPY protocol protocol
COPY client client
COPY web web
RUN node scripts/run.mjs build

FROM node:24-slim AS dependencies
WORKDIR /build
COPY package.json package-lock.json ./
COPY protocol/package.json protocol/
COPY client/package.json client/
COPY gemini-simulator/package.json gemini-simulator/
COPY server/package.json server/
COPY cli/package.json cli/
# npm links commands only for files that exist.
COPY cli/bin cli/bin
# Optional dependencies are peers of libraries that the server doesn't use.
RUN npm ci --omit=dev --omit=optional --workspace=server --workspace=cli --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
RUN mkdir /data && chown node:node /data
VOLUME /data
WORKDIR /app
COPY --from=dependencies /build ./
COPY protocol protocol
COPY client client
COPY gemini-simulator gemini-simulator
COPY server server
COPY cli cli
COPY --from=web /build/web/dist web/dist
USER node
EXPOSE 4000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --start-interval=1s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Not through npm or a shell: SIGTERM must reach the server itself.
CMD ["node", "server/src/main.ts"]
