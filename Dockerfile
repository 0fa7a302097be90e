# Two stages of one base: pip and its cache stay behind in the first.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /src
RUN python -m venv /opt/sogawatch
COPY pyproject.toml README.md LICENSE ./
COPY markets markets
COPY detectors detectors
COPY alerts alerts
COPY forensics forensics
COPY dashboards dashboards
COPY streams streams
# Wheels only: the image has no compiler, and nothing is to be built from what changes unseen.
RUN /opt/sogawatch/bin/pip install --no-cache-dir --only-binary :all: .

FROM ${PYTHON}
RUN useradd --system --uid 10001 --home-dir /var/lib/sogawatch --create-home sogawatch
COPY --from=build /opt/sogawatch /opt/sogawatch
ENV PATH=/opt/sogawatch/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER sogawatch
WORKDIR /var/lib/sogawatch
ENTRYPOINT ["sogawatch"]
