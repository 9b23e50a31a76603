# docker build -t mcp-server:latest .
# Built by tests/image_test.ts; docs/image.md says how it is run.

# Leaves of deno.json and deno.lock what the server needs, so that nothing else is fetched or shipped.
FROM denoland/deno:2.9.6 AS production
WORKDIR /app
COPY . .
RUN deno run --no-config --allow-read=. --allow-write=deno.json scripts/image/production.ts \
  && deno install --frozen=false --lockfile-only

FROM denoland/deno:2.9.6 AS build
WORKDIR /app
# These two files by themselves: the packages are fetched anew only where they changed.
COPY --from=production /app/deno.json /app/deno.lock ./
RUN deno ci --prod
COPY --from=production /app ./
# Types, source maps and texts are half of what the packages weigh, and nothing reads them. The last program ends by
# SIGKILL, and has a cache of its own: see there.
RUN deno run --cached-only --frozen --allow-all scripts/image/warm.ts \
  && deno run --cached-only --frozen --allow-all main.ts --check-config \
  && deno run --cached-only --frozen scripts/image/launcher.ts >start \
  && chmod 0755 start \
  && find /deno-dir/npm -type f \( -name '*.d.?ts' -o -name '*.d.ts' -o -name '*.map' -o -name '*.md' \) -delete \
  && { DENO_DIR=/tmp/deno deno run --allow-all scripts/image/seal.ts /deno-dir || test -f /deno-dir/v8_code_cache_v2-shm; } \
  && rm -r scripts/image \
  && chmod -R a+rX,go-w /app /deno-dir

FROM denoland/deno:2.9.6
# The sampler counts only with OTEL_DENO: docs/monitoring.md says what for.
ENV DENO_NO_UPDATE_CHECK=1 DATA_DIR=/data OTEL_TRACES_SAMPLER=parentbased_always_on
WORKDIR /app
COPY --from=build /deno-dir /deno-dir
COPY --from=build /app /app
# An account that the host does not know has group 0, as OpenShift's have.
RUN install -d -o 1993 -g 0 -m 0770 /data
VOLUME /data
USER 1993:0
EXPOSE 9000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["deno", "run", "--cached-only", "--no-prompt", "--allow-net=127.0.0.1", "--allow-env=PORT", "scripts/healthcheck.ts"]
# tini is process 1, so that a signal ends the server also before it listens for signals.
ENTRYPOINT ["/tini", "--", "/app/start"]

ARG VERSION=1.0.0 REVISION=unknown CREATED=unknown
LABEL org.opencontainers.image.title="mcp-server" \
  org.opencontainers.image.description="One safe door for AI agents into a Kubernetes cluster" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION" \
  org.opencontainers.image.created="$CREATED"
