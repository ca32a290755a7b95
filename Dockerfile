# syntax=docker/dockerfile:1
FROM rust:1.95.0-bookworm AS build
# The image's own compiler; rust-toolchain.toml would add rustfmt and clippy.
ENV RUSTUP_TOOLCHAIN=1.95.0 SQLX_OFFLINE=true
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --profile dist --locked && cp target/dist/tracecast /usr/local/bin/

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/tracecast --shell /usr/sbin/nologin tracecast \
    && chmod 700 /var/lib/tracecast
COPY --from=build /usr/local/bin/tracecast /usr/local/bin/
USER tracecast
ENV TRACECAST_BIND=0.0.0.0:8080 TRACECAST_DATA_DIR=/var/lib/tracecast
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["tracecast", "healthcheck"]
ENTRYPOINT ["tracecast"]
CMD ["serve"]
