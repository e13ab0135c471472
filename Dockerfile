# docker build -t stylegrid . && docker run -p 7860:7860 -v stylegrid:/data stylegrid
FROM python:3.12-slim
RUN useradd --create-home --uid 1000 stylegrid && mkdir /data && chown stylegrid /data
WORKDIR /app
COPY requirements.txt .
# An index of torch's CPU builds, which are gigabytes smaller: see README.md.
ARG PIP_EXTRA_INDEX_URL
RUN pip install --no-cache-dir -r requirements.txt "onnx>=1.17"
# The code belongs to root: the program cannot change it.
COPY . .
USER 1000
# Downloaded weights stay in /data.
ENV HOST=0.0.0.0 PORT=7860 HF_HOME=/data/huggingface PYTHONUNBUFFERED=1
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=4)"]
CMD ["python", "app.py"]
