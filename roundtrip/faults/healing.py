"""What a store owes while faults go on, and once they have ended. Everything here raises `Mismatch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import DiskFailed
from engine.extents import RESERVED_COUNT

from ..histories.mismatch import Mismatch, shown
from ..histories.operations import Crash, Delete, Flush, Get, Put, PutDurable, Reboot, Scrub, Synchronize
from ..histories.session import Session

if TYPE_CHECKING:
    from engine import Store

    from .session import FaultSession


def expect_no_lost_extent(store: Store) -> None:
    """Every extent that nobody owns can be taken."""
    extents = store.extents
    ordinary = extents.all[RESERVED_COUNT:]
    lost = {extent.number for extent in ordinary if extent.owner == "free"} - set(extents.free)
    if lost:
        raise Mismatch("no extent is lost", "every extent owned, or free to be taken", f"neither: {sorted(lost)}")


def expect_isolation(session: FaultSession) -> None:
    """While one extent cannot be read, a key that needs nothing in it has its value."""
    injector = session.injector
    broken = {one.extent for one in injector.log if one.verb == "read" and one.owner in {"data", "index"}}
    if not broken or not any(fault.lasts == "extent" for fault in injector.faults):
        return
    for key in session.keys:
        options = session.uncertain.get(key, (session.model.get(key),))
        try:
            found = session.store.get(key)
        except DiskFailed as error:
            session.judge(f"get {shown(key)}", error)
            if not broken & extents_for(session, key):
                raise Mismatch("isolation", f"{shown(key)} is read: nothing of it is hurt", str(error)) from error
        else:
            if found not in options:
                raise session.wrong(key, options[0], found)


def extents_for(session: FaultSession, key: bytes) -> set[int]:
    """The extents that a lookup of the key may read."""
    session.injector.is_armed = False
    index = session.store.index
    locators = list(index.find(key) or ())
    for run in index.runs:
        locators += run.chunks
    session.injector.is_armed = True
    return {locator[0] for locator in locators}


def heal(session: FaultSession) -> None:
    """The faults have ended: everything durable is there, and changes, flushes, a crash and a close work as ever."""
    if session.is_down or session.has_failed_sync() or session.is_stuck():
        session.bring_up()
    session.settle_all()
    session.compare_all()
    for operation in (Delete(0), Put(1, 40), PutDurable(2, 10), Flush(), Get(1), Synchronize()):
        Session.apply(session, operation)
    session.compare_all()
    session.expect_all_persistent("a flush that was waited for")
    expected = dict(session.model.values)
    Session.apply(session, Crash(0))
    found = session.model.values
    key = next((key for key in sorted({*expected, *found}) if expected.get(key) != found.get(key)), None)
    if key is not None:
        raise Mismatch("persistence", f"{shown(expected.get(key))} under {shown(key)}", shown(found.get(key)))
    Session.apply(session, Scrub())
    session.reboot(Reboot())
    session.compare_all()
