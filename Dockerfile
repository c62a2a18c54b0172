# The studio in a container: docker build -t lewis-studio . && docker run -p 8501:8501 -v studio:/data lewis-studio
FROM python:3.11-slim AS packages
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --no-deps --require-hashes --disable-pip-version-check -r requirements.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /studio --no-create-home studio \
    && install -d -o studio -g studio /studio /data
COPY --from=packages /venv /venv
WORKDIR /studio
COPY . .
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STUDIO_HOST=0.0.0.0 \
    STUDIO_PORT=8501 \
    STUDIO_DATA_DIR=/data \
    STUDIO_INIT_DB=1 \
    LOG_FORMAT=json
USER studio
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['STUDIO_PORT'] + '/healthz', timeout=2)"]
ENTRYPOINT ["python", "docker/entrypoint.py"]
