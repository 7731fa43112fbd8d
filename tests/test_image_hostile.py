"""Images that want to do harm: a clear sentence, in bounded time and memory, nothing written."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import random
import subprocess
import sys
import tarfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from layers import Content, Member, docker_archive, image_config, layer, oci_layout, sha256
from linkstep.errors import LinkstepError
from linkstep.model.observer import Unobserved
from linkstep.tree.container.limits import GIB, MIB, Limits
from linkstep.tree.container.manifests import Choice
from linkstep.tree.open_image import OpenImage, open_image

FILES = layer({"etc/os-release": "", "srv/a.py": "a" * 3000})
SECONDS = 20


@pytest.fixture(autouse=True)
def _nothing_is_written_and_it_ends_soon(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    watched = tmp_path_factory.mktemp("watched")
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(watched))
    monkeypatch.chdir(watched)
    started = time.process_time()
    yield
    assert time.process_time() - started < SECONDS
    assert list(watched.rglob("*")) == []


def refused(source: Path | str, stdin: io.BytesIO | None = None, limits: Limits = Limits()) -> str:  # noqa: B008
    """Give the error that an image ends with, its reason included."""
    with pytest.raises(LinkstepError) as caught:
        open_image(str(source), stdin or io.BytesIO(), Unobserved(), Choice(), limits)
    error = caught.value
    return f"{error.what}: {error.why}" if error.why else error.what


def accepted(source: Path) -> OpenImage:
    return open_image(str(source), io.BytesIO(), Unobserved())


def layout(tmp_path: Path, blob: bytes, plain: bytes = b"", **changes: Any) -> Path:
    """Write an OCI layout of one layer, with changes to its descriptor."""
    source = oci_layout(tmp_path / "layout", [])
    blobs = source / "blobs" / "sha256"

    def put(data: bytes) -> dict[str, Any]:
        (blobs / sha256(data)[7:]).write_bytes(data)
        return {"digest": sha256(data), "size": len(data)}

    config = image_config([plain] if plain else [])
    manifest = {"config": put(config), "layers": [put(blob) | changes]}
    index = {"manifests": [put(json.dumps(manifest).encode())]}
    (source / "index.json").write_text(json.dumps(index))
    return source


BOMB = Limits(unsuspicious=16 * MIB)  # a quarter of a gigabyte would only take longer


def zeros(size: int) -> bytes:
    """Give the header of a file that would have this size."""
    first = tarfile.TarInfo("srv/zeros")
    first.size = size
    return first.tobuf()


@pytest.fixture(scope="module")
def gzip_bomb() -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(MIB)
    parts = [squeeze.compress(zeros(GIB)), *(squeeze.compress(block) for _ in range(64))]
    return b"".join(parts) + squeeze.flush()


def test_a_gzip_bomb(tmp_path: Path, gzip_bomb: bytes) -> None:
    said = refused(layout(tmp_path, gzip_bomb), limits=BOMB)
    assert said.startswith("a layer looks like a decompression bomb: ")


def test_a_gzip_bomb_from_a_pipe(gzip_bomb: bytes) -> None:
    said = refused("-", io.BytesIO(gzip_bomb), BOMB)
    assert said.startswith("a layer looks like a decompression bomb: ")


def test_a_zstd_bomb(tmp_path: Path) -> None:
    zstd = pytest.importorskip("backports.zstd")
    squeeze = zstd.ZstdCompressor()
    blob = squeeze.compress(zeros(GIB))
    blob += b"".join(squeeze.compress(bytes(MIB)) for _ in range(64)) + squeeze.flush()
    said = refused(layout(tmp_path, blob), limits=BOMB)
    assert said.startswith("a layer looks like a decompression bomb: ")


def test_an_image_that_is_too_large(tmp_path: Path) -> None:
    source = docker_archive(tmp_path / "saved.tar", [layer({"srv/x": bytes(3 * MIB)})])
    said = refused(source, limits=Limits(size=MIB))
    assert said == "the image is larger than 1,048,576 bytes when decompressed"


def test_ten_million_entries(tmp_path: Path) -> None:
    """Five thousand stand for them; the bound is lowered as much."""
    members = [Member(f"srv/{number}") for number in range(5_000)]
    source = docker_archive(tmp_path / "saved.tar", [layer(members)])
    assert refused(source, limits=Limits(entries=4_000)).startswith(
        "the image has more than 4,000 entries"
    )


def header(name: bytes, kind: bytes = b"0", size: bytes = b"") -> bytes:
    """Give a tar header; `tarfile` needs too long for so many."""
    data = bytearray(512)
    data[: len(name)] = name
    data[100:108] = b"0000644\0"
    data[124 : 124 + len(size)] = size
    data[148:157] = b" " * 8 + kind
    data[148:156] = b"%06o\0 " % sum(data)
    return bytes(data)


READING = """
import io, sys
from linkstep.errors import LinkstepError
from linkstep.model.observer import Unobserved
from linkstep.tree.container.limits import Limits
from linkstep.tree.container.manifests import Choice
from linkstep.tree.open_image import open_image

said = "read"
try:
    limits = Limits(entries=int(sys.argv[2]))
    open_image(sys.argv[1], io.BytesIO(), Unobserved(), Choice(), limits)
except LinkstepError as error:
    said = error.what
[peak] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(said, peak, sep="\\n")
"""


def peak_of(source: Path, entries: int = 600_000) -> tuple[str, int]:
    """Read an image in a process of its own; give what came of it, and its peak in MB."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of a process is read from /proc")
    done = subprocess.run(
        [sys.executable, "-c", READING, str(source), str(entries)],
        capture_output=True,
        text=True,
        check=True,
    )
    said, kilobytes = done.stdout.splitlines()
    return said, int(kilobytes) // 1024


def test_many_entries_take_little_memory(tmp_path: Path) -> None:
    squeeze = zlib.compressobj(1, zlib.DEFLATED, 31)
    parts = [squeeze.compress(header(b"d/%060d" % number)) for number in range(60_000)]
    blob = b"".join(parts)
    source = layout(tmp_path, blob + squeeze.flush())
    said, megabytes = peak_of(source, entries=59_000)
    assert said == "the image has more than 59,000 entries"
    assert megabytes < 110


def test_contents_that_are_kept_have_a_bound(tmp_path: Path) -> None:
    data = layer({f"srv/{number}.py": bytes(100_000) for number in range(20)})
    assert refused(layout(tmp_path, gzip.compress(data)), limits=Limits(kept=MIB)).startswith(
        "the image has more than 1,048,576 bytes of Python files and metadata"
    )


def test_a_layer_that_is_cut_off(tmp_path: Path) -> None:
    blob = gzip.compress(FILES)
    assert refused(layout(tmp_path, blob[: len(blob) // 2])) == (
        "a layer is damaged: the gzip stream is broken: it ends in the middle"
    )
    assert refused(layout(tmp_path / "plain", FILES[:2100])) == (
        "a layer is damaged: 'srv/a.py' is cut off"
    )


def test_a_flipped_byte(tmp_path: Path) -> None:
    blob = bytearray(gzip.compress(FILES))
    blob[-6] ^= 1
    assert refused(layout(tmp_path, bytes(blob))).startswith(
        "a layer is damaged: the gzip stream is broken: Error -3"
    )
    data = bytearray(FILES)
    data[600] ^= 1
    assert refused(layout(tmp_path / "plain", bytes(data))).startswith("a layer is damaged: ")


def test_a_digest_that_does_not_fit(tmp_path: Path) -> None:
    source = oci_layout(tmp_path / "layout", [FILES])
    [blob] = [p for p in (source / "blobs/sha256").iterdir() if p.read_bytes()[:2] == b"\x1f\x8b"]
    blob.write_bytes(gzip.compress(layer({"srv/a.py": "evil"})))
    assert refused(source).startswith("layer 1 is not what its digest promises: it has sha256:")


def test_a_diff_id_that_does_not_fit(tmp_path: Path) -> None:
    manifest = [{"Config": "c", "RepoTags": ["x:1"], "Layers": ["l.tar"]}]
    files: dict[str, Content] = {
        "c": image_config([FILES]),
        "l.tar": layer({"srv/a.py": "evil"}),
        "manifest.json": json.dumps(manifest),
    }
    (tmp_path / "saved.tar").write_bytes(layer(files))
    assert refused(tmp_path / "saved.tar").startswith("layer 1 is not what its digest promises")


def test_a_document_whose_digest_does_not_fit(tmp_path: Path) -> None:
    source = oci_layout(tmp_path / "layout", [FILES])
    digest = json.loads((source / "index.json").read_text())["manifests"][0]["digest"]
    path = source / "blobs/sha256" / digest[7:]
    path.write_bytes(path.read_bytes() + b" ")
    assert refused(source).startswith("a document is not what its digest promises")


def test_a_wrong_size(tmp_path: Path) -> None:
    assert refused(layout(tmp_path, FILES, size=7)) == (
        f"layer 1 has a wrong size: it has {len(FILES):,} bytes, and should have 7"
    )


def test_what_is_missing(tmp_path: Path) -> None:
    digest = "sha256:" + "0" * 64
    assert (
        refused(layout(tmp_path, FILES, digest=digest))
        == f"layer 1 is missing: there is no {digest}"
    )
    source = oci_layout(tmp_path / "other", [FILES])
    for path in (source / "blobs/sha256").iterdir():
        path.unlink()
    assert refused(source).startswith("a part of the image is missing: there is no sha256:")


def test_media_types_are_not_believed_and_encryption_is_named(tmp_path: Path) -> None:
    source = layout(tmp_path, FILES, mediaType="application/vnd.foreign.layer")
    assert accepted(source).tree.read("/srv/a.py") == b"a" * 3000
    kind = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"
    assert refused(layout(tmp_path / "e", FILES, mediaType=kind)).startswith("layer 1 is encrypted")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ('{"manifests": [' * 100_000, "not a container image"),
        ('{"manifests": [{"digest": 7}]}', "the image's documents are malformed: digest is 7"),
        ('{"manifests": [{"digest": "md5:0"}]}', "the image's documents are malformed: 'md5:0'"),
        ('{"manifests": [{"digest": "sha256:../../../etc/passwd"}]}', "the image's documents"),
        ('{"manifests": []}', "the archive holds no image"),
        ('{"manifests": ' + json.dumps([{"digest": "sha256:0"}] * 2000) + "}", "the image's doc"),
    ],
)
def test_documents_that_are_no_documents(tmp_path: Path, document: str, said: str) -> None:
    source = oci_layout(tmp_path / "layout", [FILES])
    (source / "index.json").write_text(document)
    assert refused(source).startswith(said)


def test_an_index_that_holds_itself(tmp_path: Path) -> None:
    source = oci_layout(tmp_path / "layout", [FILES])
    inner = b"{}"
    for _ in range(8):
        digest = sha256(inner)
        (source / "blobs/sha256" / digest[7:]).write_bytes(inner)
        inner = json.dumps({"manifests": [{"digest": digest}]}).encode()
    (source / "index.json").write_bytes(inner)
    assert refused(source) == "the image's documents are malformed: indexes are nested too deep"


def test_a_document_that_is_too_large(tmp_path: Path) -> None:
    source = oci_layout(tmp_path / "layout", [FILES])
    (source / "index.json").write_bytes(b" " * (5 * MIB))
    assert refused(source).startswith("index.json is too large")


def test_a_document_twice_in_one_archive(tmp_path: Path) -> None:
    members = [Member("manifest.json", "[]"), Member("manifest.json", '[{"Layers": []}]')]
    (tmp_path / "saved.tar").write_bytes(layer(members))
    expected = "manifest.json is in the archive twice: tools differ in which one they take"
    assert refused(tmp_path / "saved.tar") == expected


def test_blobs_outside_of_the_directory_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(FILES)
    source = tmp_path / "unpacked"
    source.mkdir()
    (source / "c.json").write_bytes(image_config([FILES]))
    os.mkfifo(source / "pipe.tar")
    (source / "link.tar").symlink_to(tmp_path / "secret")
    for name in ("../secret", str(tmp_path / "secret"), "link.tar", "pipe.tar"):
        manifest = [{"Config": "c.json", "RepoTags": ["x:1"], "Layers": [name]}]
        (source / "manifest.json").write_text(json.dumps(manifest))
        assert refused(source) == f"layer 1 is missing: there is no {name}"


def test_links_that_cost_time(tmp_path: Path) -> None:
    """Forty links of two thousand parts each, written through by many members."""
    long = "/".join(["a", ".."] * 800)
    members = [Member("d/a/", kind=tarfile.DIRTYPE), Member("d/x0", kind=tarfile.SYMTYPE, link="a")]
    for number in range(1, 35):
        target = f"{long}/x{number - 1}"
        members.append(Member(f"d/x{number}", kind=tarfile.SYMTYPE, link=target))
    for number in range(2_000):
        members.append(Member(f"d/x34/{number}.py", ""))
        members.append(Member(f"d/l{number}", kind=tarfile.SYMTYPE, link="a"))
    source = docker_archive(tmp_path / "saved.tar", [layer(members)])
    assert refused(source) == "the image's links are too entangled to be followed"


def test_markers_that_cost_time(tmp_path: Path) -> None:
    deep = [f"{'d/' * depth}" for depth in range(1, 200)]
    members = [Member(f"{deep[-1]}{number}") for number in range(3_000)]
    members += [Member(f"{path}.wh..wh..opq") for path in deep]
    members += [Member(f"{path}.wh.d") for path in deep]
    source = docker_archive(tmp_path / "saved.tar", [layer({"x": ""}), layer(members)])
    assert accepted(source).tree.layer_of(f"/{deep[-1]}7") == 2


def test_names_that_no_file_system_has(tmp_path: Path) -> None:
    source = docker_archive(tmp_path / "saved.tar", [layer([Member("d/" * 5000 + "x.py")])])
    assert refused(source) == "a layer is damaged: a name is longer than 4,096 bytes"


def test_headers_that_lie(tmp_path: Path) -> None:
    huge = header(b"x.py", size=b"\x80" + b"\xff" * 11)
    assert refused(layout(tmp_path / "huge", huge)) == "a layer is damaged: 'x.py' is cut off"
    wrong = header(b"x.py", size=b"not a size")
    assert refused(layout(tmp_path / "wrong", wrong)) == (
        "a layer is damaged: a header has a number that is none"
    )
    endless = header(b"pax", b"x", b"77777777777") + bytes(512)
    assert refused(layout(tmp_path / "endless", endless)) == (
        "a layer is damaged: an extended header has 8,589,934,591 bytes"
    )


def test_random_changes_never_end_in_anything_else(tmp_path: Path) -> None:
    chance = random.Random(7)
    whole = docker_archive(
        tmp_path / "saved.tar", [FILES, layer({"srv/.wh.a.py": ""})]
    ).read_bytes()
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        source = (
            bytes(data[: chance.randrange(1, len(data))]) if chance.random() < 0.3 else bytes(data)
        )
        with contextlib.suppress(LinkstepError):
            open_image("-", io.BytesIO(source), Unobserved())


def test_memory_is_bounded_by_what_is_kept(tmp_path: Path) -> None:
    """Files that have nothing to do with Python pass by."""
    files = {f"usr/data/{number}": os.urandom(8 * MIB) for number in range(12)}
    said, megabytes = peak_of(layout(tmp_path, gzip.compress(layer(files), 1)))
    assert said == "read"
    assert megabytes < 80
