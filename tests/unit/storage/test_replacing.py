from __future__ import annotations

from pathlib import Path

import pytest

from stemset.storage import replacing
from stemset.storage.replacing import replace_file, write_atomically


@pytest.mark.parametrize("patience_s", [0.0, 60.0])
def test_a_file_that_is_being_read_is_replaced_as_soon_as_it_can_be(
    patience_s: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh, target = tmp_path / "fresh", tmp_path / "target"
    fresh.write_bytes(b"new")
    refusals, really = [2], Path.replace

    def replace(self: Path, name: Path) -> Path:
        # As Windows does while somebody reads.
        if refusals[0]:
            refusals[0] -= 1
            raise PermissionError
        return really(self, name)

    monkeypatch.setattr(replacing, "_WAIT_FOR_READERS_S", patience_s)
    monkeypatch.setattr(Path, "replace", replace)
    if patience_s:
        replace_file(fresh, target)
        assert target.read_bytes() == b"new"
    else:
        with pytest.raises(PermissionError):
            replace_file(fresh, target)


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_written_whole_or_not_at_all(durable: bool, tmp_path: Path) -> None:
    target = tmp_path / "folder" / "target"
    with write_atomically(target, durable=durable) as file:
        file.write(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o644

    def fail() -> None:
        with write_atomically(target, durable=durable) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert target.read_bytes() == b"new"
    assert list(target.parent.iterdir()) == [target]
