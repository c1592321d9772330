"""Python's garbage collector in processes that live long."""

import gc

YOUNG = 20_000  # objects made before the youngest are looked at; the usual 700 means dozens of looks at every page


def hurry() -> None:
    """While a process starts almost nothing it makes is thrown away: the collector may rest until it has settled."""
    gc.disable()


def settle() -> None:
    """What is there once a process has started stays for good: the collector no longer walks over it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
    gc.enable()
