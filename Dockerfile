# Unearth in a container: the API with its page, and the worker.
#
#   docker build --tag unearth:cpu .
#   docker build --tag unearth:cuda --build-arg TORCH=cuda .
#
# Needs BuildKit. Both images carry the same binary, compiled once: it loads CUDA when it starts, where there is any.

# Which libtorch the image carries: `cpu` or `cuda`.
ARG TORCH=cpu


# The page.
FROM node:20-bookworm-slim AS page
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY web/ ./
RUN npm run build


# libtorch, out of the wheels that `cargo xtask setup` takes. Python only unpacks them.
FROM debian:bookworm-slim AS wheels
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3-pip \
 && rm -rf /var/lib/apt/lists/*
ENV PIP_NO_DEPS=1 \
    PIP_ONLY_BINARY=:all: \
    PIP_PYTHON_VERSION=3.12 \
    PIP_REQUIRE_HASHES=1 \
    PIP_ROOT_USER_ACTION=ignore \
    PIP_TARGET=/wheels
WORKDIR /wheels

# What linking and computing on a CPU take; libtorch_cpu itself needs two of the CUDA libraries.
FROM wheels AS libtorch-cpu
COPY xtask/requirements/libtorch-cpu.txt /
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --no-compile --requirement /libtorch-cpu.txt \
 && cd torch/lib \
 && rm -r libc10_cuda* libcaffe2_nvrtc* libshm* libtorch_cuda* libtorch_nvshmem* libtorch_python* \
 && find /wheels/nvidia -type f ! -name libcudart.so.13 ! -name libcupti.so.13 -delete

FROM wheels AS libtorch-cuda
COPY xtask/requirements/libtorch-cuda.txt /
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --no-compile --requirement /libtorch-cuda.txt \
 && rm -r torch/lib/libshm* torch/lib/libtorch_python*

# The shared libraries alone, arranged so that each finds the others by the paths written in them:
# the binary looks in ../lib/libtorch, and libtorch looks in ../../nvidia from there.
FROM libtorch-${TORCH} AS libraries
RUN mkdir -p /opt/unearth/lib/libtorch \
 && cp torch/lib/*.so* /opt/unearth/lib/libtorch \
 && find nvidia -name '*.so*' -exec cp --no-dereference --parents --target-directory /opt/unearth {} +


# The binary, always against the small libtorch: the interface is the same.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY --from=libtorch-cpu /wheels .deps/libtorch
COPY Cargo.toml Cargo.lock ./
COPY .cargo/ .cargo/
COPY .sqlx/ .sqlx/
COPY migrations/ migrations/
COPY crates/ crates/
COPY xtask/ xtask/
COPY --from=page /src/web/dist web/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package unearth \
 && install -D target/release/unearth /opt/unearth/bin/unearth


FROM debian:bookworm-slim AS runtime
# By these a bucket is trusted.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/*
# A volume mounted on the blob folder takes its owner from here.
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/unearth --no-create-home unearth \
 && install --directory --owner unearth --group unearth --mode 0750 /var/lib/unearth /var/lib/unearth/blobs
COPY --from=libraries /opt/unearth /opt/unearth
COPY --from=build /opt/unearth/bin /opt/unearth/bin
ENV PATH=/opt/unearth/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    UNEARTH_DATA_DIR=/var/lib/unearth
WORKDIR /var/lib/unearth
USER 10001
# An image whose libraries are not found is not finished.
RUN ["unearth", "--version"]
EXPOSE 8080
# Fits `serve`; other commands run without it (`--no-healthcheck`).
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["unearth", "health", "http://127.0.0.1:8080"]
ENTRYPOINT ["unearth"]
CMD ["serve", "--listen", "0.0.0.0:8080", "--behind-proxy"]
