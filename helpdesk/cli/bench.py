"""`helpdesk bench`: the measurements, beside their floors."""

import subprocess
import sys
from pathlib import Path

import click

FOLDER = Path(__file__).resolve().parents[2]


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1)
@click.pass_context
def bench(context: click.Context, words: tuple[str, ...]) -> None:
    """Measure filing, pages and deadlines on this machine; needs a checkout (make bench)."""
    if not (FOLDER / "bench" / "__main__.py").exists():
        raise click.ClickException("The benchmarks are in the source tree only; clone it and run make bench.")
    done = subprocess.run([sys.executable, "-m", "bench", *words], cwd=FOLDER, check=False)
    context.exit(done.returncode)
