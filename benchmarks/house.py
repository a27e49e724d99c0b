"""The figures of the house: how many files lie in a folder, how they import one another, how large functions are.

    python benchmarks/house.py            # of the working tree
    python benchmarks/house.py --at REV   # of a commit

A room is a file or folder right below the place. A floor is the longest chain of rooms that import one another. What
TypeScript imports is read from its import statements; of Python, from its syntax trees.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import subprocess
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
PLACES = (
    "stemset", "stemset/api", "stemset/jobs", "stemset/server", "stemset/web", "stemset/features",
    "stemset/features/jobs", "stemset/features/library", "stemset/models", "stemset/models/engine",
    "stemset/models/networks", "stemset/worker", "frontend/src/audio", "frontend/src/features",
    "frontend/src/features/player",
)  # fmt: skip
_TYPESCRIPT_IMPORT = re.compile(r"""(?:from|import\()\s*['"](\.[^'"]+|@/[^'"]+)['"]""")
_LONG_LINES = 60


def main() -> None:
    """Print a table of places and a table of totals, both in Markdown."""
    parser = argparse.ArgumentParser(description="figures of the project's structure")
    parser.add_argument("--at", metavar="REV", help="a commit instead of the working tree")
    rev: str | None = parser.parse_args().at
    with tempfile.TemporaryDirectory() as folder:
        root = ROOT if rev is None else _extract(rev, Path(folder))
        imports = {**_python_imports(root), **_typescript_imports(root)}
        print("| place | rooms | arrows | floors | rooms in a circle |\n|---|---|---|---|---|")
        for place in PLACES:
            if any(name.startswith(f"{place}/") for name in imports):
                print(_describe_place(place, imports))
        print()
        for name, figure in _totals(root, imports).items():
            print(f"- {name}: {figure}")


def _extract(rev: str, folder: Path) -> Path:
    archive = subprocess.run(
        ["git", "archive", rev],  # noqa: S607 - the developer's own git
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def _python_imports(root: Path) -> dict[str, set[str]]:
    """File -> the files of the package that it imports, late imports included."""
    files = {path.relative_to(root).as_posix(): path for path in sorted((root / "stemset").rglob("*.py"))}
    imports: dict[str, set[str]] = {}
    for name, path in files.items():
        found = (_python_file(module, files) for module in _imported_modules(ast.parse(path.read_text("utf-8"))))
        imports[name] = {target for target in found if target} - {name}
    return imports


def _imported_modules(tree: ast.AST) -> Iterator[str]:
    """Dotted names, the longest first: `from a.b import c` may mean the module a.b.c."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _python_file(module: str, files: Mapping[str, Path]) -> str | None:
    path = module.replace(".", "/")
    parent = path.rpartition("/")[0]
    candidates = (f"{path}.py", f"{path}/__init__.py", f"{parent}.py", f"{parent}/__init__.py")
    return next((candidate for candidate in candidates if candidate in files), None)


def _typescript_imports(root: Path) -> dict[str, set[str]]:
    """File -> the files of the page that it imports; tests and generated files are left out."""
    source = root / "frontend" / "src"
    files = {
        path.relative_to(root).as_posix(): path
        for path in sorted(source.rglob("*.ts*"))
        if ".test." not in path.name and "generated" not in path.parts and ".gen." not in path.name
    }
    imports: dict[str, set[str]] = {}
    for name, path in files.items():
        found = (
            _typescript_file(name, target, files) for target in _TYPESCRIPT_IMPORT.findall(path.read_text("utf-8"))
        )
        imports[name] = {target for target in found if target} - {name}
    return imports


def _typescript_file(importer: str, target: str, files: Mapping[str, Path]) -> str | None:
    if target.startswith("@/"):
        parts = PurePosixPath("frontend/src") / target[2:]
    else:
        parts = PurePosixPath(importer).parent / target
    steps: list[str] = []
    for step in parts.parts:
        if step == "..":
            steps.pop()
        elif step != ".":
            steps.append(step)
    path = "/".join(steps)
    candidates = (path, f"{path}.ts", f"{path}.tsx", f"{path}/index.ts", f"{path}/index.tsx")
    return next((candidate for candidate in candidates if candidate in files), None)


def _describe_place(place: str, imports: Mapping[str, Iterable[str]]) -> str:
    """One row: rooms of the place, arrows between them, floors, and how many rooms lie in a circle."""
    arrows: defaultdict[str, set[str]] = defaultdict(set)
    for name, targets in imports.items():
        room = _room(place, name)
        if room is None:
            continue
        arrows[room] |= {other for target in targets if (other := _room(place, target)) and other != room}
    number = sum(len(targets) for targets in arrows.values())
    circle = _in_circles(arrows)
    floors = "-" if circle else str(_floors(arrows))
    return f"| {place}/ | {len(arrows)} | {number} | {floors} | {len(circle)} |"


def _room(place: str, name: str) -> str | None:
    """The file or folder right below the place that a file lies in; None for a face, and for files elsewhere."""
    path = PurePosixPath(name)
    if not path.is_relative_to(place):
        return None
    first = path.relative_to(place).parts[0]
    return None if first in ("__init__.py", "index.ts") else first


def _in_circles(arrows: Mapping[str, set[str]]) -> set[str]:
    """The rooms that import themselves by way of others."""

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(arrows.get(start, ()))
        while waiting:
            room = waiting.pop()
            if room not in seen:
                seen.add(room)
                waiting.extend(arrows.get(room, ()))
        return seen

    return {room for room in arrows if room in reachable(room)}


def _floors(arrows: Mapping[str, set[str]]) -> int:
    floor: dict[str, int] = {}
    for room in TopologicalSorter(arrows).static_order():
        floor[room] = 1 + max((floor[target] for target in arrows.get(room, ())), default=0)
    return max(floor.values(), default=0)


def _totals(root: Path, imports: Mapping[str, set[str]]) -> dict[str, str]:
    python = [root / name for name in imports if name.endswith(".py")]
    page = [root / name for name in imports if not name.endswith(".py") and "/testing/" not in name]
    tests = [*(root / "tests").rglob("*.py")]
    page_tests = [path for path in (root / "frontend" / "src").rglob("*.ts*") if ".test." in path.name]
    page_tests += [path for path in (root / "frontend" / "e2e").rglob("*.ts") if path.is_file()]
    page_tests += [path for path in (root / "frontend" / "src" / "testing").rglob("*.ts*") if path.is_file()]
    trees = [ast.parse(path.read_text("utf-8")) for path in python]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]
    long = sum((node.end_lineno or node.lineno) - node.lineno + 1 > _LONG_LINES for node in functions)
    source = "\n".join(path.read_text("utf-8") for path in python)
    return {
        "Python": f"{len(python)} files, {_lines(python)} lines; tests {_lines(tests)} lines",
        "page": f"{len(page)} files, {_lines(page)} lines; tests {_lines(page_tests)} lines",
        "tests to source, in lines": f"{_lines([*tests, *page_tests]) / _lines([*python, *page]):.2f}",
        "files in circles of imports": str(len(_files_in_circles(imports))),
        f"Python functions of more than {_LONG_LINES} lines": str(long),
        "escapes from types: `Any`, `cast`, ignored errors, rules off for a file": ", ".join(
            str(len(re.findall(pattern, source)))
            for pattern in (r"\bAny\b", r"\bcast\(", r"pyright: ignore", r"(?m)^# pyright:")
        ),
    }


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _files_in_circles(imports: Mapping[str, set[str]]) -> set[str]:
    try:
        TopologicalSorter(imports).prepare()
    except CycleError:
        return _in_circles(imports)
    return set()


def _lines(paths: Iterable[Path]) -> int:
    return sum(len(path.read_text("utf-8").splitlines()) for path in paths)


if __name__ == "__main__":
    main()
