"""Container images made by real tools, for the tests: root file systems, layouts, archives.

Nothing is pulled. The files of the images come from this machine's Python and from Debian
packages that `apt-get` downloads; the images are made by umoci and skopeo. What was
downloaded is kept in the user's cache directory.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "linkstep-tests", "images-1")
TOOLS = ("umoci", "skopeo")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

DEBIAN_PACKAGES = [
    *("python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib", "libsqlite3-0"),
    *("libc6", "libgcc-s1", "zlib1g", "libexpat1", "libffi8", "libssl3", "libbz2-1.0", "dash"),
    *("liblzma5", "libuuid1", "libcrypt1", "python3-markupsafe", "python3-jinja2"),
]


def run(*words: str | Path, cwd: Path | None = None) -> str:
    """Run a tool and give its output; its own words are in the error when it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=cwd,
        check=False,
    )
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def why_not() -> str | None:
    """Say why no image can be made here; install the tools when that is possible."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if not missing:
        return None
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return f"{' and '.join(missing)} are not installed, and only root could install them"
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *TOOLS]):
        subprocess.run(
            ["apt-get", *words], capture_output=True, check=False, timeout=300, env=environ
        )
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"apt-get could not install {' and '.join(missing)}" if missing else None


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a directory; a text that starts with `-> ` makes a link."""
    for name, content in files.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str) and content.startswith("-> "):
            path.symlink_to(content[3:])
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            if path.parent.name == "bin" or path.suffix == ".sh":
                path.chmod(0o755)
    return root


def debian_packages() -> Path | None:
    """Give a directory with Debian's packages, None when they cannot be downloaded."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return None
    key = hashlib.sha256(" ".join(DEBIAN_PACKAGES).encode()).hexdigest()[:8]
    directory = CACHE / f"debian-{key}"
    done = directory / "complete"
    if not done.exists():
        directory.mkdir(parents=True, exist_ok=True)
        download = ["download", *DEBIAN_PACKAGES]
        for words in (download, ["update", "-qq"], download):
            tried = subprocess.run(
                ["apt-get", *words], capture_output=True, check=False, timeout=200, cwd=directory
            )
            if words is download and tried.returncode == 0:
                break
        else:
            return None
        done.touch()
    return directory


def debian_root(target: Path, leave_out: Sequence[str] = ()) -> Path:
    """Unpack Debian's Python to a root file system, with a merged /usr."""
    packages = debian_packages()
    assert packages is not None
    for name in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "tmp", "etc"):
        (target / name).mkdir(parents=True, exist_ok=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        (target / name).symlink_to(f"usr/{name}")
    for package in sorted(packages.glob("*.deb")):
        if package.name.partition("_")[0] in leave_out:
            continue
        tar = subprocess.run(
            ["dpkg-deb", "--fsys-tarfile", package], capture_output=True, check=True, timeout=60
        ).stdout
        subprocess.run(
            ["tar", "-x", "--keep-directory-symlink", "-C", target],
            input=tar,
            check=True,
            timeout=60,
        )
    for name in ("usr/share", "usr/lib/x86_64-linux-gnu/gconv", "usr/lib/aarch64-linux-gnu/gconv"):
        shutil.rmtree(target / name, ignore_errors=True)
    (target / "usr/bin/python3").symlink_to("python3.11")
    return target


def slim_root(target: Path) -> Path:
    """Make a root file system like `python:3.x-slim`: a CPython in /usr/local, and a C library.

    The CPython is the one that runs the tests; its libraries are those it loads.
    """
    prefix = Path(sys.base_prefix)
    local = target / "usr/local"
    (local / "bin").mkdir(parents=True)
    shutil.copy2(prefix / "bin" / f"python{VERSION}", local / "bin" / f"python{VERSION}")
    for name in ("python3", "python"):
        (local / "bin" / name).symlink_to(f"python{VERSION}")
    left_out = shutil.ignore_patterns(
        "__pycache__", "test", "tests", "idlelib", "lib2to3", "ensurepip", "site-packages",
        "dist-packages", "config-*", "turtledemo", "pydoc_data", "_test*", "tkinter", "_tkinter*",
    )  # fmt: skip
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(library, local / "lib" / f"python{VERSION}", ignore=left_out)
    (local / "lib" / f"python{VERSION}" / "site-packages").mkdir()
    for name in ("tmp", "etc", "usr/bin", "usr/lib"):
        (target / name).mkdir(parents=True, exist_ok=True)
    for name in ("bin", "lib"):
        (target / name).symlink_to(f"usr/{name}")
    _copy_libraries(target, local)
    write(target, {"etc/passwd": "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:\n"})
    write(target, {"etc/ld.so.conf": "/usr/local/lib\n"})
    subprocess.run(["ldconfig", "-r", target], check=True, timeout=60)
    return target


def _copy_libraries(target: Path, local: Path) -> None:
    """Copy what the interpreter and its extension modules load, as `ldd` tells."""
    binaries = [local / "bin" / f"python{VERSION}", Path("/bin/sh")]
    binaries += (local / "lib" / f"python{VERSION}" / "lib-dynload").glob("*.so")
    shutil.copy2(os.path.realpath("/bin/sh"), target / "usr/bin/sh")
    seen: set[str] = set()
    for name in ("libgcc_s.so.1", "libstdc++.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"):
        binaries += Path("/lib").glob(f"*-linux-gnu/{name}")
        for path in Path("/lib").glob(f"*-linux-gnu/{name}"):
            place = target / str(path).lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(os.path.realpath(path), place)
    for binary in binaries:
        listed = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False)
        for line in listed.stdout.splitlines():
            for word in line.split():
                if word.startswith("/") and os.path.exists(word) and word not in seen:
                    seen.add(word)
                    own = word.startswith(f"{sys.base_prefix}/lib") and sys.base_prefix != "/usr"
                    inside = f"/usr/local/lib/{os.path.basename(word)}" if own else word
                    place = target / inside.lstrip("/")
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(os.path.realpath(word), place)


def virtual_environment(root: Path, packages: Mapping[str, str], place: str = "opt/venv") -> Path:
    """Add a virtual environment that was made from /usr/local, holding these files."""
    site = f"{place}/lib/python{VERSION}/site-packages"
    write(
        root,
        {
            f"{place}/pyvenv.cfg": f"home = /usr/local/bin\nversion = {VERSION}.0\n",
            f"{place}/bin/python": "-> python3",
            f"{place}/bin/python3": "-> /usr/local/bin/python3",
            **{f"{site}/{name}": text for name, text in packages.items()},
        },
    )
    return root


class Layout:
    """An OCI layout in the making: `umoci` adds layers and configuration."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        run("umoci", "init", "--layout", directory)

    def new(self, tag: str) -> None:
        """Begin an empty image."""
        run("umoci", "new", "--image", f"{self.directory}:{tag}")

    def copy(self, tag: str, new: str) -> None:
        """Begin an image where another one is now."""
        run("umoci", "tag", "--image", f"{self.directory}:{tag}", new)

    def add(self, tag: str, source: Path, target: str, created_by: str) -> None:
        """Add a layer that has `source` at `target`, as `COPY source target` does."""
        self._insert(tag, created_by, str(source), target)

    def remove(self, tag: str, target: str, created_by: str) -> None:
        """Add a layer with a whiteout, as `RUN rm -r target` does."""
        self._insert(tag, created_by, "--whiteout", target)

    def _insert(self, tag: str, created_by: str, *words: str) -> None:
        history = ("--history.created_by", created_by)
        run("umoci", "insert", "--image", f"{self.directory}:{tag}", *history, *words)

    def configure(self, tag: str, *options: str) -> None:
        """Set the configuration, in umoci's own options without their `--config.`."""
        words = [word if not word.startswith("--") else f"--config.{word[2:]}" for word in options]
        run("umoci", "config", "--image", f"{self.directory}:{tag}", *words)

    def save(self, tag: str, target: Path, form: str) -> Path:
        """Write the image in another form: oci, oci-zstd, docker-archive, oci-archive, dir."""
        options = ["--dest-compress-format", "zstd"] if form == "oci-zstd" else []
        transport = form.removesuffix("-zstd")
        name = f":{tag}" if transport == "oci" else f":shop:{tag}"
        destination = f"{transport}:{target}" + ("" if transport == "dir" else name)
        policy = ["--insecure-policy"]
        run("skopeo", *policy, "copy", *options, f"oci:{self.directory}:{tag}", destination)
        return target


def installed_packages(*requirements: str) -> Path | None:
    """Give a directory with packages from PyPI as pip installs them, None without network."""
    target = CACHE / "-".join(("packages", VERSION, *requirements))
    if not (target / "complete").exists():
        shutil.rmtree(target, ignore_errors=True)
        words = ["-m", "pip", "install", "-q", "--no-compile", "--target", str(target)]
        done = subprocess.run(
            [sys.executable, *words, *requirements], capture_output=True, check=False, timeout=200
        )
        if done.returncode != 0:
            return None
        (target / "complete").touch()
    return target


def in_chroot(root: Path, *words: str) -> str:
    """Run a program of an unpacked image; give the last line it says."""
    done = subprocess.run(
        [shutil.which("chroot") or "chroot", root, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={},
    )
    return ((done.stdout + done.stderr).strip().splitlines() or [""])[-1]
