# The program and git, and nothing else above the base. docs/guides/installing.md says how to build and run it.
# BASE: an image of Debian with Python 3.11 or later. Name it by its digest where you build for others.
ARG BASE=docker.io/library/python:3.13-slim

FROM ${BASE} AS build
# The program is built and installed from here; pip and what builds it stay behind.
RUN python3 -m venv /build
COPY requirements/build.txt requirements/run.txt /source/requirements/
RUN /build/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
      --requirement /source/requirements/build.txt \
 && python3 -m venv --without-pip /opt/reconciler \
 && /build/bin/pip --python /opt/reconciler/bin/python install --no-cache-dir --disable-pip-version-check --require-hashes \
      --requirement /source/requirements/run.txt
COPY pyproject.toml README.md LICENSE /source/
COPY schemas /source/schemas
COPY docs/github /source/docs/github
COPY docs/guides/gitlab /source/docs/guides/gitlab
COPY reconciler /source/reconciler
RUN /build/bin/pip wheel --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir /wheels /source \
 && /build/bin/pip --python /opt/reconciler/bin/python install --no-cache-dir --disable-pip-version-check --no-deps --no-index \
      /wheels/*.whl

FROM ${BASE}
RUN printf 'path-exclude=/usr/share/%s/*\n' doc locale man > /etc/dpkg/dpkg.cfg.d/lean \
 && apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log
COPY --from=build /opt/reconciler /opt/reconciler
# Any user will do, also one without a name (`--user 12345`): all that is written goes to /tmp and to what is mounted.
ENV PATH=/opt/reconciler/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
USER 10001:10001
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="reconciler" \
      org.opencontainers.image.description="Keeps the OAuth auth clients of ProcessMaker Platform instances equal to YAML files in git" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENTRYPOINT ["reconciler"]
