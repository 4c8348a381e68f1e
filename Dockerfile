# The server with everything that is optional: Postgres, and tracing. docs/deployment.md says how to run it.
# Node as the tests have it. The build needs a compiler where there is no compiled SQLite to download.
ARG NODE_VERSION=20
FROM node:${NODE_VERSION}-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build
# Without what only the build needs, and with the optional packages, in the versions that package.json names. npm installs no
# optional peers, and nothing that is for development too, even if it is named: so the manifest of this stage forgets both.
RUN node -p "Object.entries(require('./package.json').peerDependencies).map((pair) => pair.join('@')).join(' ')" > optional.txt \
  && npm pkg delete devDependencies overrides peerDependencies peerDependenciesMeta \
  && xargs npm install --no-save < optional.txt

FROM node:${NODE_VERSION}-bookworm-slim
LABEL org.opencontainers.image.title="graphrunner" \
      org.opencontainers.image.description="A small, durable, graph-based workflow engine behind a REST API" \
      org.opencontainers.image.source="https://github.com/graphrunner/graphrunner" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATABASE_URL=/data/workflow.db
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY package.json .env.example LICENSE /app/
COPY drizzle /app/drizzle
COPY schemas /app/schemas
# The one folder that is written. A new volume gets the owner that it has here.
RUN mkdir /data && chown node:node /data
USER node
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/main.js"]
