"""The floor: an aiokafka loop that does nothing but the job."""

import asyncio

from aiokafka import AIOKafkaConsumer

from benchmarks.contestants.jobs import group, place, stopwatch


async def main() -> None:
    watch, (broker, topic) = stopwatch(), place()
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=broker, group_id=group(), auto_offset_reset="earliest",
        enable_auto_commit=False, max_poll_records=None,
    )  # fmt: skip
    await consumer.start()
    while True:
        fetched = await consumer.getmany(timeout_ms=500)
        for records in fetched.values():
            for record in records:
                watch.take(record.partition, record.offset, record.value)


if __name__ == "__main__":
    asyncio.run(main())
