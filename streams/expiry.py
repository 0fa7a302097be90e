"""Expiry: the archive worker deletes what has expired, soon after it starts and then every hour."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from forensics.retention import retain
from forensics.settings import RetentionSettings
from forensics.store import Store, StoreRefused, StoreUnavailable
from streams.app import App

log = logging.getLogger(__name__)

FIRST_AFTER_S = 5.0  # a worker that never lives for an hour deletes as well
EVERY_S = 3600.0
AGAIN_AFTER_S = 300.0


def keep_expiring(
    app: App,
    store: Store,
    settings: RetentionSettings,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Let the app delete what has expired for as long as it runs; what fails is tried again.

    Only what the store says no to is tried again. Anything else ends the worker, for an archive
    that quietly keeps what it must not keep is worse than one that stands still.
    """

    async def expire_() -> None:
        wait = FIRST_AFTER_S
        while not app.should_stop:
            await app.sleep(wait)
            if not app.should_stop:
                done = await asyncio.to_thread(expire, store, settings, now())
                wait = EVERY_S if done else AGAIN_AFTER_S

    app.task(expire_)


def expire(store: Store, settings: RetentionSettings, at: datetime) -> bool:
    """Delete what has expired at a moment and say so in the log; False when the store did not."""
    try:
        deleted = retain(store, settings, at)
    except (StoreRefused, StoreUnavailable) as error:
        log.critical(
            "RETENTION FAILED, expired records of persons are still kept: %s; trying again in "
            "%.0f s, `sogawatch retain` does at once",
            error,
            AGAIN_AFTER_S,
        )
        return False
    if deleted:
        counts = ", ".join(f"{count:,} rows of {table}" for table, count in deleted.items())
        log.warning("expired and deleted: %s", counts)
    return True
