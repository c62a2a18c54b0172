"""The image is what it should be, as far as its text says: there is no engine to build it here."""

from __future__ import annotations

import fnmatch
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
KNOWN = {
    "FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "VOLUME", "EXPOSE", "HEALTHCHECK",
    "ENTRYPOINT", "CMD", "ARG", "LABEL",
}  # fmt: skip


def instructions(text: str) -> list[tuple[str, str]]:
    """(instruction, its words) in order; comments gone, continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\s*\n", " ", "\n".join(lines))
    pairs = [line.strip().partition(" ") for line in joined.splitlines() if line.strip()]
    return [(word.upper(), rest.strip()) for word, _, rest in pairs]


def stages(found: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    split: list[list[tuple[str, str]]] = []
    for word, rest in found:
        if word == "FROM":
            split.append([])
        split[-1].append((word, rest))
    return split


FOUND = instructions((ROOT / "Dockerfile").read_text())
LAST = stages(FOUND)[-1]


def of(word: str) -> list[str]:
    return [rest for name, rest in LAST if name == word]


def test_every_instruction_exists_and_every_image_has_a_tag():
    assert {word for word, _ in FOUND} <= KNOWN
    images = [rest.split()[0] for word, rest in FOUND if word == "FROM"]
    assert images
    assert all(":" in image and not image.endswith(":latest") for image in images)


def test_it_runs_as_somebody_who_is_not_root_and_owns_only_its_data():
    user = of("USER")[-1]
    assert user not in ("root", "0")
    made = next(rest for word, rest in LAST if word == "RUN" and "useradd" in rest)
    assert user in made
    assert [w for w, _ in LAST].index("USER") < [w for w, _ in LAST].index("ENTRYPOINT")
    after = LAST[[w for w, _ in LAST].index("USER") :]
    assert not [rest for word, rest in after if word in ("RUN", "COPY")]


def test_packages_are_the_pinned_ones():
    pip = [rest for word, rest in FOUND if word == "RUN" and "pip install" in rest]
    assert pip
    assert all("--require-hashes" in rest and "--no-cache-dir" in rest for rest in pip)


def test_it_is_checked_by_asking_healthz_without_any_tool_but_python():
    command = of("HEALTHCHECK")[-1].partition("CMD")[2]
    words = json.loads(command)
    assert words[0] == "python"
    assert "/healthz" in words[2]
    compile(words[2], "healthcheck", "exec")


def test_it_starts_the_entry_point_directly_so_signals_reach_it():
    words = json.loads(of("ENTRYPOINT")[-1])
    assert words[0] == "python"
    assert (ROOT / words[1]).is_file()
    assert not of("CMD")


def test_it_listens_to_the_outside_and_keeps_what_it_remembers_in_the_volume():
    env = dict(re.findall(r"(\w+)=(\S+)", " ".join(of("ENV"))))
    assert env["STUDIO_HOST"] == "0.0.0.0"
    assert env["STUDIO_DATA_DIR"] == of("VOLUME")[-1]
    assert env["STUDIO_PORT"] == of("EXPOSE")[-1]


def test_no_secret_is_baked_in():
    assert not re.search(r"(?i)(key|token|password|secret)\w*=", " ".join(r for _, r in FOUND))


def test_only_what_runs_goes_into_the_image_and_all_of_that_does():
    lines = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert lines[0] == "*"
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert {"app.py", "core", "components", "pages", "data", "docker", "requirements.txt"} <= kept
    assert not kept & {".env", ".git", "tests", ".venv"}
    assert any(fnmatch.fnmatch("data/var", line) for line in lines[len(kept) :])
