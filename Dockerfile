# syntax=docker/dockerfile:1

# Production packages. The Kafka client brings a prebuilt library for glibc, or builds one from what is installed here.
FROM node:20.20.2-bookworm-slim AS packages
WORKDIR /metafold
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates g++ make python3 \
     libssl-dev libsasl2-dev zlib1g-dev libzstd-dev libcurl4-openssl-dev liblz4-dev \
  && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
RUN CKJS_LINKING=dynamic npm ci --omit=dev --no-audit --no-fund && node -e "require('@confluentinc/kafka-javascript')"

FROM node:20.20.2-bookworm-slim AS build
WORKDIR /metafold
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY schemas schemas
COPY projections projections
COPY streams streams
COPY src src
RUN node_modules/.bin/tsc -p tsconfig.build.json

FROM node:20.20.2-bookworm-slim
WORKDIR /metafold
# What a library that was built against the system needs at run time.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates libssl3 libsasl2-2 zlib1g libzstd1 libcurl4 liblz4-1 \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
COPY --from=packages /metafold/node_modules node_modules
COPY --from=build /metafold/dist dist
COPY schemas schemas
COPY package.json LICENSE ./
COPY --chmod=755 src/metafold.sh dist/metafold.sh
RUN ln -s /metafold/dist/metafold.sh /usr/local/bin/metafold
USER node
# Metrics and health of every command; the API of `serve`.
EXPOSE 8900 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.METASTORE_PROMETHEUS_PORT || 8900) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["metafold"]
CMD ["worker"]
