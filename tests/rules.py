"""The rules of the house that no linter knows: what they judge goes in, what is wrong comes out."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINES_MAX, PAGE_LINES_MAX, FOLDER_MAX, FILE_BYTES_MAX = 400, 150, 15, 1_000_000
CODE = ("core", "components", "pages", "docker")
SCREEN_FORBIDDEN = {"sqlmodel", "sqlalchemy", "litellm", "lancedb", "redis", "fsspec", "gradio"}
EMPTY_NAME = re.compile(
    r"(Manager|Service|Helper|Util|Utils|Base|Impl|Factory|Handler)s?$|^Base[A-Z]|V\d+$"
)
EMPTY_PLACE = {"util", "utils", "common", "helper", "helpers", "misc", "manager", "service", "base"}
CHANGES = {
    "append", "add", "update", "pop", "popitem", "clear", "extend", "insert", "remove", "discard",
    "setdefault", "sort", "reverse", "appendleft", "popleft",
}  # fmt: skip
EMPTIES = {"list", "dict", "set", "deque", "defaultdict", "Counter", "OrderedDict", "Lock", "RLock"}
PRIVATE = {
    "a folder of one machine": re.compile(
        r"(?<![\w.])(/home/[a-z]\w+/|/ro[o]t/|/Users/[A-Za-z]\w+/|/wor[k]/|[A-Z]:\\\\?Users\\)"
    ),
    "a key": re.compile(
        r"\bsk-(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{24,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}"
        r"|\bxox[abp]-[0-9A-Za-z-]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY"
    ),
}
LEFT_BEHIND = {
    ".venv", ".env", ".git", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis",
    ".import_linter_cache", ".coverage",
}  # fmt: skip
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".in", ".ini", ".cfg", ".sh", ".css", ".js",
        ".html", ".json", ".csv", ".svg", ".mako", ".example", ""}  # fmt: skip


def tree() -> list[Path]:
    """Every file that is, or would be, in the repository; relative to the root."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    names = listed.stdout.decode().split("\0") if listed.returncode == 0 else _unpacked()
    return sorted({Path(name) for name in names if name and (ROOT / name).is_file()})


def _unpacked() -> Iterable[str]:
    """The same of a tree that came without its repository."""
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT)
        if not LEFT_BEHIND & set(inside.parts) and inside.parts[:2] != ("data", "var"):
            yield inside.as_posix()


def python(files: Iterable[Path], *folders: str) -> list[Path]:
    """The Python files of these folders of the root; of all of them without one."""
    return [f for f in files if f.suffix == ".py" and (not folders or f.parts[0] in folders)]


def test_of(module: Path) -> Path:
    """Where the tests of a module are."""
    return Path("tests", *module.parts[:-1], f"test_{module.stem.strip('_')}.py")


def untested(files: Iterable[Path]) -> list[str]:
    """Modules without a test file of their name. Migrations are tested as a whole."""
    files = list(files)
    there = set(files)
    modules = [f for f in python(files, *CODE) if f.name != "__init__.py"]
    modules += [f for f in files if f in (Path("app.py"), Path("start.py"))]
    return [
        f"{module} has no {test_of(module)}"
        for module in modules
        if module.parts[:2] != ("core", "migrations") and test_of(module) not in there
    ]


def too_long(texts: Mapping[Path, str]) -> list[str]:
    """Python files over their number of lines."""
    found = []
    for file, text in texts.items():
        most = PAGE_LINES_MAX if file.parts[0] == "pages" else LINES_MAX
        if (lines := text.count("\n")) > most:
            found.append(f"{file} has {lines} lines of {most}")
    return found


def too_full(files: Iterable[Path]) -> list[str]:
    """Folders of code with more files than a room holds; the root is the hall, not a room."""
    rooms: dict[Path, int] = {}
    for file in files:
        if file.suffix == ".py" and file.name != "__init__.py" and len(file.parts) > 1:
            rooms[file.parent] = rooms.get(file.parent, 0) + 1
    return [f"{room} has {n} files of {FOLDER_MAX}" for room, n in rooms.items() if n > FOLDER_MAX]


def imported(source: str) -> set[str]:
    """Top names of the modules that a source imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def uses_mocks(source: str) -> bool:
    """Whether a source imports unittest.mock or asks pytest for its mocker."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module in (
            "unittest",
            "unittest.mock",
            "mock",
        ):
            return True
        if isinstance(node, ast.Import) and any("mock" in alias.name for alias in node.names):
            return True
        if isinstance(node, ast.arg) and node.arg == "mocker":
            return True
    return False


def state(source: str) -> list[str]:
    """Module-level names that a source's functions change, or that begin empty to be filled."""
    module = ast.parse(source)
    names, empty = set(), []
    for node in module.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        here = {target.id for target in targets if isinstance(target, ast.Name)} - {"__all__"}
        if _called(node.value) != "Registry":  # filled while files are imported, then only read
            names |= here
        if _is_empty(node.value):
            empty += [f"line {node.lineno}: {name} begins empty" for name in sorted(here)]
    functions = [
        n for n in ast.walk(module) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    changes = {
        (node.lineno, changed)
        for function in functions
        for node in ast.walk(function)
        if (changed := _changed(node)) and (changed in names or isinstance(node, ast.Global))
    }
    return empty + [f"line {line}: {name} is changed" for line, name in sorted(changes)]


def _called(value: ast.expr | None) -> str:
    """The name of what an expression calls."""
    if not isinstance(value, ast.Call):
        return ""
    return getattr(value.func, "id", getattr(value.func, "attr", ""))


def _is_empty(value: ast.expr | None) -> bool:
    if isinstance(value, ast.List | ast.Set):
        return not value.elts
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, ast.Call) and _called(value) in EMPTIES and not value.args


def _changed(node: ast.AST) -> str:
    """The name that a node changes, if it changes one."""
    if isinstance(node, ast.Global):
        return ", ".join(node.names)
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        return getattr(node.value, "id", "")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return getattr(node.func.value, "id", "") if node.func.attr in CHANGES else ""
    return ""


def empty_names(file: Path, source: str) -> list[str]:
    """Names of classes, files and folders that do not say what the thing is."""
    parts = (*file.parts[:-1], file.stem)
    classes = [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    return [f"{file}: {part}" for part in parts if part in EMPTY_PLACE] + [
        f"{file}: class {name}" for name in classes if EMPTY_NAME.search(name)
    ]


def broad_excepts(source: str) -> list[int]:
    """Lines that catch everything and keep it."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ExceptHandler)
        and {"Exception", "BaseException"} & _caught(node.type)
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]


def _caught(kind: ast.expr | None) -> set[str]:
    if kind is None:
        return {"BaseException"}
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return {getattr(one, "id", getattr(one, "attr", "")) for one in kinds}


def private(text: str) -> list[str]:
    """What a text tells of a machine or an account."""
    return [
        f"{what}: {hit[0][:12]}" for what, look in PRIVATE.items() for hit in look.finditer(text)
    ]


def unpinned(text: str) -> list[str]:
    """Requirements without a version or a hash, and lines that name a place to get them from."""
    wanted = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*$", "", text))
    found = []
    for line in filter(None, map(str.strip, wanted.splitlines())):
        if line.startswith("-") or "://" in line or " @ " in line:
            found.append(f"names a place: {line[:40]}")
        elif not re.match(r"[A-Za-z0-9][\w.-]*(\[[\w,-]+\])?==\S+", line) or "--hash=" not in line:
            found.append(f"is not pinned: {line[:40]}")
    return found


def pins(text: str) -> dict[str, set[str]]:
    """Package -> its versions (one a Python) of a compiled requirements file."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"(?m)^([A-Za-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([^\s;]+)", text):
        found.setdefault(name, set()).add(version)
    return found
