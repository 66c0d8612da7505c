# The bot's image. docs/deployment.md describes how to build and run it, and which parts were not tested.
# The Python version is that of the tests.

FROM python:3.11-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv --without-pip /venv

# Dependencies come first, so that this layer is rebuilt only when the lock files change. They list every package with
# its hash, so pip resolves nothing, and --only-binary means that nothing is compiled.
COPY requirements/runtime.txt requirements/build.txt requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip --python /venv/bin/python install --no-compile --no-deps --only-binary :all: --require-hashes \
        --requirement requirements/runtime.txt \
    && python -m pip install --no-deps --only-binary :all: --require-hashes --requirement requirements/build.txt

COPY pyproject.toml README.md manifest.yml .env.example ./
COPY deploy deploy
COPY whmcs whmcs
COPY bot bot
# Bytecode is compiled now, because the root file system is read-only later. With unchecked hashes, copying the files
# doesn't make it stale.
RUN python -m pip wheel --no-build-isolation --no-deps --no-index --wheel-dir /dist . \
    && python -m pip --python /venv/bin/python install --no-compile --no-deps --no-index /dist/*.whl \
    && /venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /venv/lib


FROM python:3.11-slim-trixie
# The base image has pip, which isn't needed, and an uncompiled standard library, which every start and health check
# would compile again.
RUN python -m pip uninstall --yes --quiet --root-user-action ignore pip setuptools wheel \
    && rm -rf /usr/local/lib/python3.11/ensurepip \
    && python -m compileall -q --invalidation-mode unchecked-hash /usr/local/lib/python3.11 \
    && install --directory --owner=10001 --group=10001 --mode=0700 /app/var
COPY --from=build /venv /venv
# HOME: slack_sdk reads it when imported, and a user without a name has none.
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 HOME=/app HOST=0.0.0.0
# The default database, sqlite:///var/bot.db, is relative to this folder.
WORKDIR /app
VOLUME ["/app/var"]
USER 10001:10001
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["reset-password-bot", "health"]
ENTRYPOINT ["reset-password-bot"]
CMD ["serve"]
