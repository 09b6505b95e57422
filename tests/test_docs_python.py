"""The Python of the documents runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine import Shape, Store

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", ["store.md", "engine-pictures.md"])
def test_python_of_a_document_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall((DOCS / name).read_text(encoding="utf-8"))
    assert blocks
    shape = Shape(extent_count=64, extent_size_bytes=65536)
    Store.create("shards", shape).close()
    with Store.create("drawn", shape) as store:
        known = {"Path": Path, "store": store}
        for block in blocks:
            exec(compile(block, name, "exec"), dict(known))  # noqa: S102  # our own documents
