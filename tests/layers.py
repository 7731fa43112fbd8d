"""Layers and image archives made byte by byte, for what no real tool would write."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from binaries import elf

Content = str | bytes


class Member(NamedTuple):
    """One member of a layer that plain text cannot say: its mode, owner, or kind."""

    path: str
    content: Content = b""
    mode: int = 0o644
    owner: int = 0
    kind: bytes = tarfile.REGTYPE
    link: str = ""


Members = Mapping[str, Content] | Sequence[Member]

BUILT_IN = [
    *("_abc", "_ast", "_codecs", "_collections", "_functools", "_imp", "_io", "_locale"),
    *("_operator", "_signal", "_sre", "_stat", "_string", "_symtable", "_thread", "_weakref"),
    *("_tracemalloc", "atexit", "errno", "faulthandler", "gc", "itertools", "posix", "pwd", "time"),
]
LOADER = "/lib64/ld-linux-x86-64.so.2"
PREFIX = "usr/local"
LIBRARY = f"{PREFIX}/lib/python3.11"
PYTHON: dict[str, Content] = {
    "lib64/ld-linux-x86-64.so.2": elf(),
    f"{PREFIX}/bin/python3.11": elf(interpreter=LOADER, modules=BUILT_IN),
    f"{PREFIX}/bin/python3": "-> python3.11",
    f"{PREFIX}/bin/python": "-> python3",
    f"{LIBRARY}/os.py": "import sys\n",
    f"{LIBRARY}/json/__init__.py": "def loads(s): ...\n",
    f"{LIBRARY}/lib-dynload/math.cpython-311-x86_64-linux-gnu.so": elf(modules=["math"]),
    f"{LIBRARY}/site-packages/README.txt": "",
}
SH: dict[str, Content] = {"bin/sh": elf(interpreter=LOADER)}


def layer(members: Members) -> bytes:
    """Give a tar archive of members; `-> x` is a link, `=> x` a hard link, `x/` a directory."""
    if isinstance(members, Mapping):
        members = [_member(path, content) for path, content in members.items()]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            content = member.content
            data = content.encode() if isinstance(content, str) else content
            header = tarfile.TarInfo(member.path)
            header.type, header.linkname, header.mode = member.kind, member.link, member.mode
            header.uid = header.gid = member.owner
            header.size = len(data) if member.kind == tarfile.REGTYPE else 0
            archive.addfile(header, io.BytesIO(data))
    return buffer.getvalue()


def _member(path: str, content: Content) -> Member:
    if isinstance(content, str) and content.startswith("-> "):
        return Member(path, kind=tarfile.SYMTYPE, link=content[3:], mode=0o777)
    if isinstance(content, str) and content.startswith("=> "):
        return Member(path, kind=tarfile.LNKTYPE, link=content[3:])
    if path.endswith("/"):
        return Member(path, kind=tarfile.DIRTYPE, mode=0o755)
    program = "/bin/" in f"/{path}" or path.endswith(".sh")
    return Member(path, content, 0o755 if program else 0o644)


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def image_config(layers: Sequence[bytes], **process: Any) -> bytes:
    """Give the configuration document of an image; `process` are the keys of `config`."""
    created_by = [f"COPY part{number} /" for number in range(1, len(layers) + 1)]
    document = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"WorkingDir": "/srv", **process},
        "rootfs": {"type": "layers", "diff_ids": [sha256(data) for data in layers]},
        "history": [{"created_by": text} for text in created_by],
    }
    return json.dumps(document).encode()


def docker_archive(path: Path, layers: Sequence[bytes], **process: Any) -> Path:
    """Write what `docker save` writes, with plain layers and manifest.json at the end."""
    config = image_config(layers, **process)
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = [{"Config": "config.json", "RepoTags": ["shop:1"], "Layers": names}]
    files: dict[str, Content] = dict(zip(names, layers, strict=True))
    files |= {"config.json": config, "manifest.json": json.dumps(manifest)}
    path.write_bytes(layer(files))
    return path


def oci_layout(path: Path, layers: Sequence[bytes], **process: Any) -> Path:
    """Write an OCI layout with gzip layers."""
    write_blobs(path, [gzip.compress(data, 1) for data in layers], image_config(layers, **process))
    return path


def write_blobs(
    path: Path, blobs: Sequence[bytes], config: bytes, *, media_types: bool = False
) -> None:
    """Write an OCI layout of layers as they are stored; `media_types` are for other tools."""
    kinds = [f"application/vnd.oci.image.{name}" for name in ("config.v1+json", "layer.v1.tar")]
    kinds += ["application/vnd.oci.image.manifest.v1+json"]
    directory = path / "blobs" / "sha256"
    directory.mkdir(parents=True)

    def put(data: bytes, kind: str = "") -> dict[str, Any]:
        digest = sha256(data)
        (directory / digest[7:]).write_bytes(data)
        kind = kind if media_types else ""
        return {"mediaType": kind, "digest": digest, "size": len(data)}

    layers = [put(blob, kinds[1]) for blob in blobs]
    manifest = {"schemaVersion": 2, "config": put(config, kinds[0]), "layers": layers}
    image = put(json.dumps(manifest).encode(), kinds[2])
    named = {"annotations": {"org.opencontainers.image.ref.name": "1"}} if media_types else {}
    index = {"schemaVersion": 2, "manifests": [image | named]}
    (path / "index.json").write_text(json.dumps(index))
    (path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
