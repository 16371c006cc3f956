# syntax=docker/dockerfile:1
# One image for web and worker. Two stages: the environment is built with uv, the image gets the result alone.
#   docker build --build-arg WEIGHTS=u2net .                  weights as a layer; else they come from the volume /models
#   docker build --build-arg RUNTIME=onnxruntime-gpu .        the CUDA build of ONNX Runtime, in the lock's version
FROM python:3.11-slim AS build
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN pip install --no-cache-dir "uv>=0.11,<1"
WORKDIR /app
COPY requirements.lock .
RUN uv venv /app/.venv && uv pip install --no-cache --python /app/.venv/bin/python --require-hashes -r requirements.lock
ARG RUNTIME="onnxruntime"
RUN if [ "$RUNTIME" != onnxruntime ]; then \
      version="$(sed -n 's/^onnxruntime==\([^ ]*\).*/\1/p' requirements.lock | tail -1)" && \
      uv pip uninstall --python /app/.venv/bin/python onnxruntime && \
      uv pip install --no-cache --python /app/.venv/bin/python "$RUNTIME[cuda,cudnn]==$version"; fi
COPY . .
ARG WEIGHTS=""
RUN mkdir /models && if [ -n "$WEIGHTS" ]; then \
      DATA_DIR=/tmp/data MODELS_DIR=/models .venv/bin/python manage.py models fetch "$WEIGHTS"; fi

FROM python:3.11-slim
RUN groupadd --system --gid 10001 bgsite && useradd --system --uid 10001 --gid 10001 --create-home bgsite && \
    install -d -o bgsite -g bgsite /data /models
COPY --from=build /app /app
COPY --from=build --chown=bgsite:bgsite /models /models
WORKDIR /app
USER bgsite
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data MODELS_DIR=/models HOST=0.0.0.0 PORT=8000 NUMBA_CACHE_DIR=/data/numba
VOLUME ["/data", "/models"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD \
    ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8000/healthz', timeout=3)"]
# As it is: the embedded mode in one container. docker-compose.yml starts web and worker apart.
CMD ["sh", "-c", "python manage.py prepare && exec python manage.py up"]
