"""The environment of the outside witnesses: made when somebody asks for it, in the user's cache folder.

The one idea: the witnesses are never imported here and never installed beside workbench; they live in an environment of
their own, named after what is pinned in requirements.txt, and are spoken to through standard input and output.
`python tests/peers/environment.py` makes it and prints its interpreter.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import platformdirs

__all__ = ["asked", "interpreter"]

HERE = Path(__file__).parent
PINNED = HERE / "requirements.txt"


def interpreter() -> Path:
    """The Python of the witnesses; what is missing is made first, whole or not at all."""
    name = f"peers-{hashlib.sha256(PINNED.read_bytes()).hexdigest()[:12]}-{sys.version_info[0]}.{sys.version_info[1]}"
    folder = Path(platformdirs.user_cache_dir("workbench")) / name
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        # The constraints of the project's own tests mean nothing here.
        clean = {key: value for key, value in os.environ.items() if key not in ("PIP_CONSTRAINT", "PYTHONPATH")}
        install = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--requirement", PINNED]
        subprocess.run(install, env=clean, check=True)
        (folder / "complete").touch()
    return folder / "bin" / "python"


def asked(peer: str, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a witness answers to each question: its fills, and its money at the end."""
    command = [interpreter(), "-W", "ignore", HERE / "witnesses" / f"{peer}_side.py"]
    told = subprocess.run(command, input=json.dumps(questions), capture_output=True, text=True, check=False)
    if told.returncode:
        raise RuntimeError(f"{peer} failed:\n{told.stderr}")
    answers: list[dict[str, Any]] = json.loads(told.stdout.splitlines()[-1])
    return answers


if __name__ == "__main__":
    print(interpreter())
