# The control plane, and with --target agent the agent. Both platforms are built on the builder's own:
#   docker buildx build --platform linux/amd64,linux/arm64 .
# The base needs Node.js 20.19 or newer with npm, and glibc.
ARG BASE_IMAGE=node:24-trixie-slim
# Whose C and C++ libraries the agent's image gets.
ARG AGENT_LIBRARIES=${BASE_IMAGE}

FROM ${AGENT_LIBRARIES} AS libraries

FROM --platform=$BUILDPLATFORM ${BASE_IMAGE} AS build
WORKDIR /src
ENV CI=true
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY patches patches
COPY proto/package.json proto/
COPY control-plane/package.json control-plane/
COPY agent/package.json agent/
COPY client/package.json client/
COPY cli/package.json cli/
COPY web/package.json web/
# A registry of your own, or its login: --secret id=npmrc,src=$HOME/.npmrc
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    npx -y "$(node -p 'require("./package.json").packageManager')" install \
      --frozen-lockfile --cpu=x64 --cpu=arm64 --os=linux --libc=glibc
COPY . .
RUN for part in control-plane agent cli; do (cd $part && NODE_ENV=production node build.mjs) || exit 1; done \
 && cd web && NODE_ENV=production node node_modules/vite/bin/vite.js build --logLevel warn
# The agent for other servers, for both platforms, which the control plane hands out.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc node agent/packaging/main.mjs
ARG TARGETARCH
# The agent as an image of the platform that is built, which the control plane hands out, too.
RUN --mount=type=bind,from=libraries,target=/libraries \
    case "$TARGETARCH" in amd64) arch=x64 ;; *) arch=$TARGETARCH ;; esac \
 && if node agent/packaging/main.mjs --images --base /libraries "linux-$arch"; then \
      mkdir /agent \
      && tar -xOzf dist/agent/*/bridgeport-agent-image-linux-$arch-*.gz --wildcards '*/layer.tar' | tar -x -C /agent; \
    else echo "The control plane is built without an image of the agent for linux/$TARGETARCH."; fi
RUN case "$TARGETARCH" in amd64) arch=x64 ;; *) arch=$TARGETARCH ;; esac \
 && node packaging/runtime-files.mjs /out "$arch" \
 && install -d -m 700 /empty \
 && mkdir /commands && ln -s /app/cli/dist/bridgeport.cjs /commands/bridgeport

FROM scratch AS files
COPY --from=build /out /app

FROM scratch AS agent
LABEL org.opencontainers.image.title="Bridgeport agent"
COPY --from=build /agent /
ENV PATH=/usr/local/bin \
    HOME=/state
VOLUME /state
ENTRYPOINT ["/usr/local/bin/bridgeport-agent", "--state-dir", "/state"]

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="Bridgeport" \
      org.opencontainers.image.description="Control plane that moves image digests safely to Docker services on your own servers"
ENV NODE_ENV=production \
    BRIDGEPORT_HTTP_ADDR=0.0.0.0:3000 \
    BRIDGEPORT_AGENT_ADDR=0.0.0.0:7443 \
    BRIDGEPORT_DATA_DIR=/data \
    BRIDGEPORT_HOME=/app \
    BRIDGEPORT_LOCAL_AGENT=off
COPY --from=files /app /app
# `docker compose exec bridgeport bridgeport backup`, and every other command.
COPY --from=build /commands /usr/local/bin
COPY --from=build --chown=10001:10001 /empty /data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 3000 7443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "/app/control-plane/dist/check-health.js"]
ENTRYPOINT ["node", "/app/control-plane/dist/main.js"]
