# Tenure as an image: the API by default, `worker` or `migrate` as the command for the others.
# Run it with `--init` (docker-compose.yml does): PID 1 must reap and pass signals on.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/tenure
WORKDIR /build
# Dependencies first: they change seldom, so that a change of the code rebuilds one layer alone.
COPY constraints.txt pyproject.toml ./
RUN python -c "import tomllib; \
print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
    > requirements.txt \
 && /opt/tenure/bin/pip install -c constraints.txt -r requirements.txt
COPY . .
RUN /opt/tenure/bin/pip install --no-deps .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Tenure" \
      org.opencontainers.image.description="Who protects which customer, since when, and by which rule" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /var/lib/tenure --create-home tenure
COPY --from=build /opt/tenure /opt/tenure
ENV PATH=/opt/tenure/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TENURE_HOST=0.0.0.0
USER 10001
WORKDIR /var/lib/tenure
EXPOSE 8000
# Ready means: the database answers and the views follow. No curl in the slim image, so Python asks.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('TENURE_PORT', '8000') + '/health/ready', timeout=4)"]
ENTRYPOINT ["tenure"]
CMD ["serve"]
