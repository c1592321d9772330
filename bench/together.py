"""Several processes at one job, begun at one moment."""

import multiprocessing
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import configure_mappers

from bench.places import desk
from helpdesk.collector import settle
from helpdesk.config import Config

LONGEST = 600.0

Work = Callable[[Config], int]


def together(work: Work, config: Config, workers: int, count: int) -> tuple[float, float]:
    """How many a second they do, and the microseconds of their CPU for each; AssertionError when they do not do *count*."""
    context = multiprocessing.get_context("spawn")
    barrier, ends = context.Barrier(workers + 1), context.Queue()
    started = [context.Process(target=_worker, args=(work, config, barrier, ends)) for _ in range(workers)]
    for one in started:
        one.start()
    barrier.wait(LONGEST)
    begun = time.monotonic()
    told = [ends.get(timeout=LONGEST) for _ in started]
    for one in started:
        one.join()
    done, ended, cpu = zip(*told, strict=True)
    assert sum(done) == count, f"{sum(done)} of {count} were done"
    return count / (max(ended) - begun), 1_000_000 * sum(cpu) / count


def _worker(work: Work, config: Config, barrier: Any, ends: Any) -> None:
    with desk(config):
        configure_mappers()
        settle()
        barrier.wait(LONGEST)
        worked = time.process_time()
        done = work(config)
        ends.put((done, time.monotonic(), time.process_time() - worked))
