"""The folder on disk and the folder in memory answer alike, whatever is asked of them."""

import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from hypothesis import given, settings
from hypothesis import strategies as st

from modicum.model.errors import ModicumError
from modicum.storage import Folder, MemoryFolder

PATHS = st.sampled_from(["a", "a/b", "a/b/c", "a/d", "e", "e/f"])
DATA = st.binary(max_size=8)
ACTS = st.one_of(
    st.tuples(st.sampled_from(["write_new", "replace"]), PATHS, DATA),
    st.tuples(st.sampled_from(["read", "exists", "list", "remove", "mkdir"]), PATHS),
    st.tuples(st.just("replace_all"), st.dictionaries(st.sampled_from(["a/b/c", "a/d", "e/f"]), DATA, max_size=3)),
    st.tuples(st.just("discard"), st.lists(PATHS, max_size=2)),
    st.tuples(st.sampled_from(["stage", "stage_fails"]), PATHS, DATA),
)


class UnsyncedFolder(Folder):
    """A real folder that does not wait for the disk: nobody cuts the power here."""

    def _sync_file(self, file: BinaryIO) -> None:
        file.flush()

    def _sync_folder(self, directory: Path) -> None:
        os.scandir(directory).close()


def act(folder: Folder | MemoryFolder, verb: str, *arguments: object) -> object:
    try:
        if verb in {"stage", "stage_fails"}:
            with folder.stage(arguments[0]) as file:  # type: ignore[arg-type]
                file.write(arguments[1])  # type: ignore[arg-type]
                if verb == "stage_fails":
                    1 // 0  # noqa: B018 - the block fails
            return None
        return getattr(folder, verb)(*arguments)
    except (ModicumError, ZeroDivisionError) as error:
        return type(error), str(error)


@settings(max_examples=120, deadline=None)
@given(acts=st.lists(ACTS, max_size=14))
def test_disk_and_memory_answer_alike(acts: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as root:
        disk, memory = UnsyncedFolder(Path(root)), MemoryFolder()
        for verb, *arguments in acts:
            assert act(disk, verb, *arguments) == act(memory, verb, *arguments), (verb, arguments)
            files = disk.list()
            assert files == memory.list()
            assert [disk.read(path) for path in files] == [memory.read(path) for path in files]
