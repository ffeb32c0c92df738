# Two images, each with a portable bundle in /opt/dynafilter. The build context is the bundle's folder:
#
#   scripts/portable-bundle --device cpu --out /tmp/bundle
#   docker build --target cpu --tag dynafilter:cpu --file Dockerfile /tmp/bundle/dynafilter-*-linux-x86_64-cpu
#   docker run --rm --volume runs:/work dynafilter:cpu train --data sample --backbone random
#
#   scripts/portable-bundle --device cuda --out /tmp/bundle
#   docker build --target cuda --tag dynafilter:cuda --file Dockerfile /tmp/bundle/dynafilter-*-linux-x86_64-cuda
#   docker run --rm --gpus all --shm-size 1g dynafilter:cuda doctor
#
# Both run as user 10001. A folder that is mounted to write into must belong to that user.

FROM debian:12-slim AS cpu
# The allocator is a matter of speed; the program finds it by itself.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libtcmalloc-minimal4 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home dynafilter \
    && install --directory --owner=dynafilter --group=dynafilter /work
COPY . /opt/dynafilter
RUN /opt/dynafilter/bin/dynafilter --version
ENV PATH=/opt/dynafilter/bin:$PATH
WORKDIR /work
USER 10001
ENTRYPOINT ["/opt/dynafilter/bin/dynafilter"]
CMD ["--help"]

# CUDA 13's libraries, cuDNN 9 and NCCL 2 come with the base; the driver (580 or newer) with the host.
FROM nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04 AS cuda
# Python is for scripts/gpu-acceptance.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libtcmalloc-minimal4t64 python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home dynafilter \
    && install --directory --owner=dynafilter --group=dynafilter /work
COPY . /opt/dynafilter
RUN /opt/dynafilter/bin/dynafilter --version
ENV PATH=/opt/dynafilter/bin:$PATH \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
WORKDIR /work
USER 10001
ENTRYPOINT ["/opt/dynafilter/bin/dynafilter"]
CMD ["--help"]
