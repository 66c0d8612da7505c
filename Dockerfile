# The bot as an image. docs/deployment.md says how it is built and run, and what of it could not be tried.
# The Python is the one on which the tests run.

FROM python:3.11-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv --without-pip /venv

# The dependencies first: this layer is made anew only when the lock changes. Everything is named there with its hash, so
# nothing is resolved, and nothing is compiled, since every one of them comes as a wheel.
COPY requirements/runtime.txt requirements/build.txt requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip --python /venv/bin/python install --no-compile --no-deps --only-binary :all: --require-hashes \
        --requirement requirements/runtime.txt \
    && python -m pip install --no-deps --only-binary :all: --require-hashes --requirement requirements/build.txt

COPY pyproject.toml README.md manifest.yml .env.example ./
COPY deploy deploy
COPY whmcs whmcs
COPY bot bot
# Compiled now, since nothing can be written later; "unchecked", so that no copying of files makes it stale.
RUN python -m pip wheel --no-build-isolation --no-deps --no-index --wheel-dir /dist . \
    && python -m pip --python /venv/bin/python install --no-compile --no-deps --no-index /dist/*.whl \
    && /venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /venv/lib


FROM python:3.11-slim-trixie
# The base image brings pip and leaves the standard library uncompiled: a start and each health check would compile it.
RUN python -m pip uninstall --yes --quiet --root-user-action ignore pip setuptools wheel \
    && rm -rf /usr/local/lib/python3.11/ensurepip \
    && python -m compileall -q --invalidation-mode unchecked-hash /usr/local/lib/python3.11 \
    && install --directory --owner=10001 --group=10001 --mode=0700 /app/var
COPY --from=build /venv /venv
# HOME: slack_sdk asks for it when it is imported, and a user without a name has none.
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 HOME=/app HOST=0.0.0.0
# The database's default, sqlite:///var/bot.db, is relative to this.
WORKDIR /app
VOLUME ["/app/var"]
USER 10001:10001
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["reset-password-bot", "health"]
ENTRYPOINT ["reset-password-bot"]
CMD ["serve"]
