# The bot as an image: no root, no shell needed, nothing written but to /data (and, in a demo, /tmp).
#
#   docker build -t watchdog-bot .        or: make image
#   docker run --rm watchdog-bot demo     the whole product, with no token and no network
#   docker compose up -d                  see compose.yaml
#
# It keeps to what docker, podman and buildah all build: no heredocs, no COPY --link, no digests.

ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
WORKDIR /app
COPY requirements/base.lock requirements/base.lock
# Wheels only: nothing is compiled, and no package runs code of its own to be installed.
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --quiet --only-binary=:all: --require-hashes -r requirements/base.lock
COPY bot.py LICENSE ./
COPY watchdog_bot watchdog_bot
# Compiled here, because the root file system is read-only later.
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash . \
 && rm -r requirements

FROM python:${PYTHON_VERSION}-slim
LABEL org.opencontainers.image.title="Watchdog Bot" \
      org.opencontainers.image.description="Alerts Telegram chats of human-rights news by country and keyword" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app \
    HOME=/tmp \
    WATCHDOG_DATABASE__PATH=/data/watchdog.db
RUN mkdir /data && chown 10001:10001 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
USER 10001:10001
# The database lives here; a config.toml put here is found, and without one the environment configures the bot.
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=15s --start-period=60s --retries=3 \
  CMD ["python", "/app/bot.py", "health"]
ENTRYPOINT ["python", "/app/bot.py"]
CMD ["run"]
