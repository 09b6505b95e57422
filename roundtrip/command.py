"""The command line: `shardproof`.

Subcommands are loaded when they are run, so that `--help` starts fast. Whatever happens ends here: in one line on
standard error (or, with `--json`, one object on standard output) and an exit code of `roundtrip.commands.exits`.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from formats.errors import ShardproofError

from .commands.exits import INTERRUPTED, OUTPUT_CLOSED, PROVED, UNEXPECTED, USAGE, CommandError, exit_code_of, facts_of
from .commands.output import note, one_line, write_json

#: Subcommand -> its module in `roundtrip.commands` and what `--help` says of it.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "check": (".commands.check", "Prove every law over every format of a catalog."),
    "formats": (".commands.formats", "List, show, generate and lint the formats of a catalog."),
    "validate": (".commands.validate", "Judge a format change: is it safe, who upgrades first, which file breaks."),
    "inspect": (".commands.inspect", "Show a file as annotated bytes, damaged or not."),
    "diff": (".commands.diff", "Show what differs between two files of one format."),
    "corpus": (".commands.corpus", "Check every kept file with every reader."),
    "conform": (".commands.conform", "Run random histories of the engine beside its model."),
    "crash": (".commands.crash", "Recover from every state that a power failure can leave."),
    "faults": (".commands.faults", "Let operations of the disk fail or lie, one by one."),
    "plant": (".commands.plant", "Plant bugs in the engine, and name the checker that finds each."),
    "exhaust": (".commands.exhaust", "Prove completely, within stated bounds: flips, checksums, places, decoders."),
    "fuzz": (".commands.fuzz", "Mutate frames by the million, and show them to every lane."),
    "replay": (".commands.replay", "Repeat one finding."),
    "shrink": (".commands.shrink", "Make a finding smaller."),
    "mutants": (".commands.mutants", "Plant bugs in the codecs and name the law that kills each."),
    "bench": (".commands.bench", "Measure what the codecs and the engine cost, beside their peers."),
    "store": (".commands.store", "Keep real data in a store: put, get, list, verify."),
    "compile": (".commands.compile", "Compile the engine, for `shardproof --compiled COMMAND`."),
}

EPILOG: Final = "Exit codes: 0 proved, 1 refuted, 2 usage or bad input, 3 nothing was tested, 4 unexpected exception."


#: Where the context remembers that the compiled engine is wanted; the command that makes it does without.
COMPILED: Final = f"{__name__}.compiled"
COMPILING: Final = "compile"


class LazyGroup(click.Group):
    """A group whose subcommands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if ctx.meta.get(COMPILED) and cmd_name != COMPILING:
            from .compiled.loading import use_compiled  # noqa: PLC0415  # rarely asked for

            use_compiled()
        module = import_module(COMMANDS[cmd_name][0], __package__)
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # likewise
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


def show_version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    """Print the version of the installed distribution, and stop."""
    if wanted:
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  # slow, and rarely asked for

        try:
            click.echo(f"shardproof {version('shardproof')}")
        except PackageNotFoundError:
            click.echo("shardproof (not installed)")
        context.exit()


def choose_compiled(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Note that the compiled engine is to be put in the place of its sources, before a command imports it."""
    context.meta[COMPILED] = wanted


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=show_version, help="Show the version."
)
@click.option(
    "--compiled",
    is_flag=True,
    expose_value=False,
    envvar="SHARDPROOF_COMPILED",
    callback=choose_compiled,
    help="Run the command with the compiled engine.",
)
def command() -> None:
    """Proves, on real bytes, that on-disk formats keep their promises."""


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    closed = open_closed_streams()
    try:
        signal.signal(signal.SIGINT, interrupt_of(os.getpid()))
        code = run(sys.argv[1:]) if "stdout" not in closed else fail(CLOSED, as_json=False)
    except KeyboardInterrupt:  # before `run` was ready for it, or behind its end
        code = INTERRUPTED
    # From here on Ctrl-C ends the process without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = OUTPUT_CLOSED
    except OSError as error:
        code = fail({"message": f"standard output: {error.strerror}", "exit_code": USAGE}, as_json=False)
        silence_stdout()
    if code == OUTPUT_CLOSED:
        silence_stdout()
    sys.exit(code)


def open_closed_streams() -> list[str]:
    """Put something in the place of each standard stream that is closed: a file opened later must not get its number.

    Who reads from such a standard input is told, and standard error goes nowhere. The answer names the streams.
    """
    closed = [name for name in STREAMS if getattr(sys, name) is None]
    for name in closed:
        number = STREAMS.index(name)
        nowhere = os.open(os.devnull, os.O_RDWR)
        if nowhere != number:
            os.dup2(nowhere, number)
            os.close(nowhere)
        stream = io.BufferedReader(ClosedInput()) if name == "stdin" else os.fdopen(number, "wb", closefd=False)
        setattr(sys, name, io.TextIOWrapper(stream, encoding="utf-8"))
    return closed


class ClosedInput(io.RawIOBase):
    """Standard input where there is none."""

    def readable(self) -> bool:
        """So that it can be tried."""
        return True

    def readinto(self, _buffer: Any, /) -> int:
        """Say why nothing can be read."""
        raise CommandError("standard input is closed")


def interrupt_of(parent: int) -> Callable[[int, Any], None]:
    """What Ctrl-C does: worker processes end without a word, the command itself gets to say its one line."""

    def interrupt(_signal: int, _frame: Any) -> None:
        if os.getpid() != parent:
            os._exit(INTERRUPTED)
        workers = sys.modules.get("multiprocessing")
        for worker in workers.active_children() if workers is not None else ():
            worker.terminate()
        raise KeyboardInterrupt

    return interrupt


def run(arguments: Sequence[str]) -> int:
    """Run one command; every error is reported here, and the answer is the exit code."""
    as_json = "--json" in arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a file name may hold what the terminal cannot show
    if not __debug__:
        return fail({"type": "UsageError", "message": OPTIMIZED, "exit_code": USAGE}, as_json=as_json)
    try:
        with command.make_context("shardproof", list(arguments)) as context:
            code = command.invoke(context)
        return code if isinstance(code, int) else PROVED
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return refuse_usage(error, as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        return fail({"type": "Interrupted", "message": "interrupted", "exit_code": INTERRUPTED}, as_json=as_json)
    except BrokenPipeError:
        return OUTPUT_CLOSED
    except ShardproofError as error:
        debug_trace()
        return fail({**facts_of(error), "exit_code": exit_code_of(error)}, as_json=as_json)
    except Exception as error:  # noqa: BLE001  # the last resort: a bug of ours is reported, not spilled
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            facts = {"type": "OutputError", "message": f"cannot write: {error.strerror}", "exit_code": USAGE}
            return fail(facts, as_json=False)
        shown = debug_trace()
        hint = "" if shown else "; SHARDPROOF_DEBUG=1 shows the traceback"
        message = f"unexpected {type(error).__name__}: {error}{hint}"
        return fail({"type": type(error).__name__, "message": message, "exit_code": UNEXPECTED}, as_json=as_json)


STREAMS: Final = ("stdin", "stdout", "stderr")
CLOSED: Final = {"message": "standard output is closed", "exit_code": USAGE}
#: What a write meets where there is no room: the world's doing, not ours.
DISK_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
OPTIMIZED: Final = "assertions are part of the proof, and Python runs without them; do not use -O or PYTHONOPTIMIZE"


def refuse_usage(error: click.ClickException, *, as_json: bool) -> int:
    """Say what is wrong with the command line; a group without a command shows its help instead."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and not as_json:
        note(error.format_message())
        return USAGE
    return fail(usage_facts(error), as_json=as_json)


def usage_facts(error: click.ClickException) -> dict[str, Any]:
    """What is wrong with the command line, and where to read on."""
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if context is not None:
        message += f" (see {context.command_path} --help)"
    return {"type": "UsageError", "message": message, "exit_code": USAGE}


def fail(facts: dict[str, Any], *, as_json: bool) -> int:
    """Report an error in one line, or as one object, and answer its exit code."""
    code: int = facts["exit_code"]
    try:
        if as_json:
            write_json({"ok": False, "error": facts})
        note(f"error: {one_line(str(facts['message']))}")
    except BrokenPipeError:
        return OUTPUT_CLOSED
    return code


def debug_trace() -> bool:
    """Print the traceback of the error being handled, where SHARDPROOF_DEBUG asks for it."""
    if not os.environ.get("SHARDPROOF_DEBUG"):
        return False
    import traceback  # noqa: PLC0415  # rarely needed

    traceback.print_exc()
    return True


def silence_stdout() -> None:
    """Let Python's own flush at exit go nowhere: the reader has gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
