"""Makes `.venv` beside this folder and installs the locked requirements into it. Needs Python and nothing else.

    python3 scripts/bootstrap.py          what the product needs to run
    python3 scripts/bootstrap.py --dev    and what its tests need

A stamp in `.venv` holds a digest of the lock, so a second call costs nothing. Every failure is one sentence.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed"
LOCKS = {False: ROOT / "requirements.lock", True: ROOT / "requirements-dev.lock"}
UV = "uv>=0.11,<1"


class BootstrapError(Exception):
    """Its text is all that the person at the terminal needs to see."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Installs what bgsite needs into .venv.")
    parser.add_argument("--dev", action="store_true", help="with what the tests need")
    dev = parser.parse_args(arguments).dev
    try:
        bootstrap(dev)
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    return 0


def bootstrap(dev: bool) -> None:
    """Brings `.venv` to the state of the lock; does nothing when it is there."""
    if sys.version_info < (3, 11):
        found = ".".join(map(str, sys.version_info[:3]))
        raise BootstrapError(f"Python 3.11 or newer is needed, this is {found}: start me with a newer one.")
    stamps = {key: stamp(lock) for key, lock in LOCKS.items()}
    if installed() in {stamps[True], stamps[dev]}:  # the development lock holds everything of the other
        return
    if not working_python():
        make_venv()
    print(f"Installing the requirements of {LOCKS[dev].name} (about 1 GB, once) ...", flush=True)
    install(LOCKS[dev])
    STAMP.write_text(stamps[dev])


def stamp(lock: Path) -> str:
    version = f"{sys.implementation.name} {sys.version_info[:2]} {sysconfig.get_platform()} compiled"
    return hashlib.sha256(version.encode() + lock.read_bytes()).hexdigest()


def installed() -> str:
    """The stamp of what is there; "" when nothing is, or when the environment does not start any more."""
    return STAMP.read_text().strip() if STAMP.is_file() and working_python() else ""


def python() -> str:
    return str(VENV / "bin" / "python")


def working_python() -> bool:
    """True when `.venv` holds a Python of our version: a moved folder or an upgraded system breaks it."""
    if not Path(python()).is_file():
        return False
    version = "import sys; print(sys.version_info[:2])"
    answer = subprocess.run([python(), "-c", version], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.strip() == str(sys.version_info[:2])


def make_venv() -> None:
    """By the standard library; where Debian has taken `ensurepip` out of it, by virtualenv."""
    shutil.rmtree(VENV, ignore_errors=True)
    makers = (
        [sys.executable, "-m", "venv", str(VENV)],
        [sys.executable, "-m", "virtualenv", "-q", str(VENV)],
    )
    for command in makers:
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return
        shutil.rmtree(VENV, ignore_errors=True)
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    raise BootstrapError(
        f"this Python cannot make a virtual environment in {VENV}: install it with "
        f"`apt install {package}` (Debian, Ubuntu) or `{sys.executable} -m pip install virtualenv`, then try again."
    )


def install(lock: Path) -> None:
    STAMP.unlink(missing_ok=True)
    run(
        [python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV], "uv, the installer,"
    )
    # Compiled once, here: else every start does it anew where the environment keeps Python from writing, and a start
    # takes three times as long.
    uv = [python(), "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python()]
    run([*uv, "--require-hashes", "-r", str(lock)], "the locked requirements")


def run(command: list[str], what: str) -> None:
    """Runs an installer; on failure its last words become part of the sentence."""
    answer = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if answer.returncode:
        said = " / ".join(line.strip() for line in answer.stdout.splitlines()[-4:] if line.strip())
        raise BootstrapError(
            f"{what} could not be installed; is a package index reachable? The installer said: {said}"
        )


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
