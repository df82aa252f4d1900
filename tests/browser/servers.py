"""Servers of this machine for a browser to look at: JupyterLab, Voila, Panel, each in folders of its own.

The one idea: a server is a command, an address that answers once it is up, and an end.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

__all__ = ["free_port", "lab", "quiet", "served"]

START_SECONDS = 120
END_SECONDS = 3  # a server that says goodbye to kernels and sockets takes its time; nobody waits for it


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(command: list[str], address: str, state: Path) -> Iterator[str]:
    """Run a command of Python until the block ends, from the moment on at which its address answers.

    It runs in its own folder: in that of the checkout Python would find the sources, not the package that is tested.
    """
    log = state / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=out, stderr=subprocess.STDOUT, env=quiet(state), cwd=state
        )
        try:
            _wait(address, process, log)
            yield address
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_SECONDS)
            process.kill()
            process.wait()


@contextlib.contextmanager
def lab(root: Path, state: Path) -> Iterator[str]:
    """JupyterLab on `root` with its settings in `state`; gives its address."""
    port = free_port()
    options = {
        "ServerApp.root_dir": root,
        "ServerApp.port_retries": 0,
        "IdentityProvider.token": "",
        "LabApp.expose_app_in_browser": True,
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
        "ServerApp.jpserver_extensions": "voila.server_extension=False",  # It takes long to start; no page asks for it.
    }
    fixed = ["jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    command = [*fixed, *(f"--{name}={value}" for name, value in options.items())]
    with served(command, f"http://127.0.0.1:{port}/api", state) as address:
        yield address.removesuffix("/api")


def quiet(state: Path) -> dict[str, str]:
    """An environment in which no theme, workspace or pop-up of the person who runs the tests reaches the page."""
    page = {"buildCheck": False, "buildAvailable": False}
    page["disabledExtensions"] = {"@jupyterlab/apputils-extension:announcements": True}
    _write(state / "config" / "labconfig" / "page_config.json", page)
    tracker = state / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    _write(tracker, {"windowingMode": "none"})
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "HOME": ".",
    }
    return os.environ | {name: str(state / folder) for name, folder in folders.items()}


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except urllib.error.HTTPError:
            return  # a refusal is an answer, too
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-3000:]}")
