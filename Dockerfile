# syntax=docker/dockerfile:1

# ---- build --------------------------------------------------------------------------------------------------------
FROM rust:1.95-bookworm AS build
# hadolint ignore=DL3008  # the base image's own release pins the version
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpq-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
# The binary is copied out because the cache is not part of the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin cauce \
    && cp target/release/cauce /usr/local/bin/cauce

# ---- run ----------------------------------------------------------------------------------------------------------
FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libpq5 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 cauce \
    && useradd --system --uid 10001 --gid cauce --home-dir /var/lib/cauce --shell /usr/sbin/nologin cauce \
    && install -d -o cauce -g cauce -m 0700 /var/lib/cauce
COPY --from=build /usr/local/bin/cauce /usr/local/bin/cauce
USER 10001:10001
WORKDIR /var/lib/cauce
# Everything else is set as config/default.toml says; without DATABASE_URL the start is refused, since this image has no
# PostgreSQL of its own.
ENV HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/var/lib/cauce \
    LOG_FORMAT=json
VOLUME /var/lib/cauce
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=40s --retries=3 CMD ["cauce", "health"]
ENTRYPOINT ["cauce"]
CMD ["serve"]
