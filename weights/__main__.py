"""The command line of the weights: `python -m weights list`."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Table

from weights import publish, space
from weights.catalog import CATALOG, WeightFile, entry
from weights.errors import WeightsError
from weights.inventory import item, verified
from weights.load import resolve
from weights.progress import Download, watching


def parser() -> argparse.ArgumentParser:
    """The verbs and their arguments."""
    top = argparse.ArgumentParser(prog="python -m weights", description="The weights files of StyleGrid.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="every file: whether it is at hand, its size, commit, SHA-256 and licence")
    fetch = verbs.add_parser("fetch", help="download files from the Hub")
    fetch.add_argument("keys", nargs="+", metavar="KEY", help="as `list` shows them, or `all`")
    verify = verbs.add_parser("verify", help="check the SHA-256 of files that are at hand")
    verify.add_argument("keys", nargs="*", metavar="KEY", help="as `list` shows them; none: all")
    for verb, purpose in (
        ("publish", "upload our own networks, with a model card, into a repository of yours on the Hub"),
        ("space", "upload the app as a Space of yours on the Hub"),
    ):
        upload = verbs.add_parser(verb, help=purpose)
        upload.add_argument("repo", metavar="OWNER/NAME")
        upload.add_argument("--dry-run", action="store_true", help="write the folder and upload nothing")
        upload.add_argument("--out", type=Path, metavar="DIR", help="the folder of --dry-run (out/VERB)")
        upload.add_argument("--private", action="store_true", help="where the repository is new")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0, 1 where something went wrong, 2 for wrong arguments, 130 after Ctrl-C."""
    arguments = parser().parse_args(argv)
    try:
        if arguments.verb == "list":
            show()
            return 0
        if arguments.verb in ("publish", "space"):
            send(arguments)
            return 0
        named = bool(arguments.keys) and "all" not in arguments.keys
        chosen = [entry(key) for key in arguments.keys] if named else [*CATALOG.values()]
        return fetch_all(chosen, named) if arguments.verb == "fetch" else verify_all(chosen, named)
    except (KeyError, ValueError) as error:
        print(error.args[0], file=sys.stderr)
        return 2
    except WeightsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def show() -> None:
    """Print the catalog as a table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("key", "state", "MB", "commit", "SHA-256", "licence", "source"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "key")
    for weight in CATALOG.values():
        each = item(weight)
        source = f"{weight.repo}: {weight.source}" if weight.repo else weight.source
        size, digest = f"{each.size / 1e6:.1f}", each.sha256[:12] or "recorded later"
        table.add_row(weight.key, each.state, size, each.revision[:7], digest, weight.licence, source)
    Console(width=None if sys.stdout.isatty() else 200).print(table, highlight=False, markup=False)


def fetch_all(chosen: Sequence[WeightFile], named: bool) -> int:
    """Download what is not at hand, with a bar each; 1 where one could not be had.

    Unless it was named, what comes with an optional package is left out where that is not installed.
    """
    status = 0
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for weight in chosen:
            bar = progress.add_task(weight.key, total=None)

            def move(download: Download, bar: int = bar) -> None:
                progress.update(bar, completed=download.done, total=download.total)  # type: ignore[arg-type]

            try:
                with watching(move):
                    data, path = resolve(weight)
                progress.update(bar, completed=len(data), total=len(data))
                print(f"{weight.key}: {path}")
            except WeightsError as error:
                progress.remove_task(bar)
                if weight.optional and not named and item(weight).state == "missing":
                    print(f"{weight.key}: left out. {error}")
                else:
                    status = 1
                    print(f"{weight.key}: {error}", file=sys.stderr)
    return status


def verify_all(chosen: Sequence[WeightFile], named: bool) -> int:
    """Say of each file whether its hash is right; 1 where one is not, or where a named one is missing."""
    status = 0
    for weight in chosen:
        verdict, why = verified(weight)
        status |= verdict in ("wrong", "not known") or (verdict == "missing" and named)
        print(f"{weight.key}: {verdict}{': ' if why else ''}{why}")
    return status


def send(arguments: argparse.Namespace) -> None:
    """Build the folder, and upload it unless it is a dry run."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", arguments.repo):
        raise ValueError(f"The repository is {arguments.repo!r}; it must be OWNER/NAME.")
    if arguments.dry_run:
        folder: Path = arguments.out or Path("out") / arguments.verb
        if folder.exists() and any(folder.iterdir()):
            raise ValueError(f"{folder} is not empty: remove it, or name another with --out.")
        folder.mkdir(parents=True, exist_ok=True)
        build(arguments.verb, folder, arguments.repo)
        print(f"{folder} is what would be uploaded to {arguments.repo}.")
        return
    from weights import hub

    with tempfile.TemporaryDirectory() as name:
        build(arguments.verb, Path(name), arguments.repo)
        kind = "model" if arguments.verb == "publish" else "space"
        print(hub.upload(Path(name), arguments.repo, kind, arguments.private))


def build(verb: str, folder: Path, repo: str) -> None:
    """Write what is uploaded into an existing folder."""
    if verb == "space":
        space.build(folder, repo)
        return
    from methods import ALL

    keys = {weight.key for weight in publish.ours()}
    names = {key.split("/")[0] for key in keys}
    users = [each for each in ALL if each.name in names or not keys.isdisjoint(each.weights)]
    publish.build(folder, repo, {each.name: (each.summary, each.paper) for each in users})


if __name__ == "__main__":
    sys.exit(main())
