# facevec without PyTorch, for any user id and a read-only root; docs/deploy/container.md.
#
#   BASE     a Debian with Python 3.11
#   WEIGHTS  what `facevec models fetch` takes, such as casia-webface or auto: the image holds them, converted.
#            Empty, both are mounted below /usr/share/facevec.
#   VERSION  for the label
ARG BASE=docker.io/library/debian:bookworm-slim
ARG WEIGHTS=

FROM ${BASE} AS python
SHELL ["/bin/sh", "-euc"]
# hadolint ignore=DL3008  # a fixed version leaves Debian's archive with the next security update
RUN apt-get update; \
    apt-get install --yes --no-install-recommends ca-certificates python3 tini; \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*

FROM python AS packages
# hadolint ignore=DL3008,DL3009  # nothing of this stage but /opt/facevec stays
RUN apt-get update; \
    apt-get install --yes --no-install-recommends python3-pip python3-setuptools python3-venv python3-wheel
WORKDIR /src
COPY constraints/lean-py3.11.txt constraints/
RUN python3 -m venv --without-pip /opt/facevec; \
    python3 -m pip --python /opt/facevec/bin/python install --no-cache-dir --require-hashes \
        --requirement constraints/lean-py3.11.txt
# OpenVINO for other processors than the one that facevec names, 60 MB.
WORKDIR /opt/facevec/lib/python3.11/site-packages/openvino/libs
RUN rm libopenvino_intel_gpu_plugin.so libopenvino_intel_npu_plugin.so cache.json
WORKDIR /src
COPY setup.py setup.cfg README.md LICENSE install.py ./
COPY facevec facevec
COPY migrations migrations
RUN python3 -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .; \
    python3 -m pip --python /opt/facevec/bin/python install --no-cache-dir --no-deps /wheels/*.whl

FROM packages AS networks
ARG WEIGHTS
ENV FACEVEC_HOME=/tmp/facevec FACEVEC_MODELS=/usr/share/facevec/models
# Everything, with PyTorch, for as long as it takes to convert.
RUN mkdir -p /usr/share/facevec/models /usr/share/facevec/graphs; \
    if [ -n "${WEIGHTS}" ]; then \
        python3 -m venv /opt/converter; \
        python3 install.py /opt/converter/bin/python .; \
        /opt/converter/bin/facevec models fetch "${WEIGHTS}"; \
        /opt/converter/bin/facevec --set vision.embedding_model="${WEIGHTS}" \
            models convert /usr/share/facevec/graphs; \
        rm -rf /usr/share/facevec/models/openvino /usr/share/facevec/models/.*.lock /opt/converter; \
    fi; \
    chmod -R u=rwX,go=rX /usr/share/facevec

FROM python
ARG VERSION=unreleased
LABEL org.opencontainers.image.title="facevec" \
      org.opencontainers.image.description="Who is in a picture, for a company that knows its workers" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=packages /opt/facevec /opt/facevec
COPY --from=networks /usr/share/facevec /usr/share/facevec
COPY deploy/container/healthcheck.py /usr/share/facevec/
# Any user id may run it, in the group root: what platforms choose for a container has that.
RUN install -d -m 0770 -g root /var/lib/facevec
ENV PATH=/opt/facevec/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/var/lib/facevec \
    FACEVEC_HOME=/var/lib/facevec/home \
    FACEVEC_MODELS=/usr/share/facevec/models \
    FACEVEC_VISION__GRAPHS=/usr/share/facevec/graphs \
    FACEVEC_SERVER__HOST=0.0.0.0 \
    FACEVEC_LOGGING__FORMAT=json
USER 10001:0
WORKDIR /var/lib/facevec
VOLUME /var/lib/facevec
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s CMD ["python3", "/usr/share/facevec/healthcheck.py"]
ENTRYPOINT ["tini", "--", "facevec"]
CMD ["serve"]
