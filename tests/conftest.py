"""Brokers for the tests: every test that asks for `kafka` runs on both."""

import os
import resource
import sys
import threading
import uuid
import warnings
from collections.abc import Iterator

import hypothesis
import pytest
from mode.threads import WorkerThread

with warnings.catch_warnings():  # it reads its schemas in a way that Python 3.11 deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    import kafka

from streams.broker import BrokerSettings, embedded_broker
from tests.apache_kafka import ApacheKafka, absent, apache_kafka


def pytest_configure() -> None:
    """Allow as many open files as may be: the engine keeps some of each store ever opened.

    Hypothesis is not to call a test slow because the machine is.
    """
    slow = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=slow)
    hypothesis.settings.load_profile("patient")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@pytest.fixture(autouse=True)
def no_consumer_outlives_its_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """End this process where a consumer's thread does not stop: it would wait for it for ever.

    pytest-xdist tells which test it was, and goes on with another process.
    """
    yield
    for thread in threading.enumerate():
        if isinstance(thread, WorkerThread):
            thread.join(10.0)
            if thread.is_alive():
                print(f"{request.node.nodeid} left a consumer running", file=sys.__stderr__)
                os._exit(1)


@pytest.fixture(scope="session")
def apache() -> Iterator[ApacheKafka]:
    """Apache Kafka; mark the test with `services`."""
    if reason := absent():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with apache_kafka() as broker:
        yield broker


@pytest.fixture(
    scope="session",
    params=["embedded", pytest.param("apache", marks=pytest.mark.services)],
)
def kafka(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a broker: the embedded one, then Apache Kafka."""
    if request.param == "apache":
        yield request.getfixturevalue("apache").plain
        return
    with embedded_broker() as address:
        yield address


@pytest.fixture
def embedded(kafka: str, request: pytest.FixtureRequest) -> bool:
    """Whether `kafka` is the embedded broker."""
    return bool(request.node.callspec.params["kafka"] == "embedded")


@pytest.fixture
def settings(kafka: str) -> BrokerSettings:
    return BrokerSettings(bootstrap=kafka)


@pytest.fixture
def prefix() -> str:
    """Keeps the topics and groups of a test to itself."""
    return f"t{uuid.uuid4().hex[:8]}-"
