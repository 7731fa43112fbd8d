"""The forms in which images are kept, and which image of several is meant."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layers import (
    Content,
    Member,
    docker_archive,
    image_config,
    layer,
    oci_layout,
    sha256,
    write_blobs,
)
from linkstep.errors import LinkstepError
from linkstep.model.observer import Unobserved
from linkstep.tree.container.manifests import Choice
from linkstep.tree.open_image import OpenImage, open_image

LOWER = layer({"etc/os-release": "", "srv/a.py": "a", "srv/b.py": "b"})
UPPER = layer({"srv/.wh.a.py": "", "srv/c.py": "c"})
LAYERS = [LOWER, UPPER]


def opened(source: Path | str, stdin: bytes = b"", **choice: str) -> OpenImage:
    return open_image(str(source), io.BytesIO(stdin), Unobserved(), Choice(**choice))


def contents(image: OpenImage) -> dict[str, bytes]:
    return {name: image.tree.read(f"/srv/{name}") for name in sorted(image.tree.entries("/srv"))}


EXPECTED = {"b.py": b"b", "c.py": b"c"}


class Pipe(io.BytesIO):
    """A stream that cannot be asked for a place, as a pipe is."""

    def seekable(self) -> bool:
        return False


def tar_of(directory: Path, target: Path) -> Path:
    """Put the files of a directory into a tar archive, in an order that helps nobody."""
    with tarfile.open(target, "w") as archive:
        for path in sorted(directory.rglob("*"), reverse=True):
            archive.add(path, path.relative_to(directory).as_posix(), recursive=False)
    return target


def _docker(tmp_path: Path) -> Path:
    return docker_archive(tmp_path / "saved.tar", LAYERS)


def _docker_gzip(tmp_path: Path) -> Path:
    saved = _docker(tmp_path)
    saved.write_bytes(gzip.compress(saved.read_bytes(), 1))
    return saved


def _unpacked_docker(tmp_path: Path) -> Path:
    with tarfile.open(_docker(tmp_path)) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    return tmp_path / "unpacked"


def _layout(tmp_path: Path) -> Path:
    return oci_layout(tmp_path / "layout", LAYERS)


def _layout_tar(tmp_path: Path) -> Path:
    return tar_of(_layout(tmp_path), tmp_path / "layout.tar")


def _members_gzip(tmp_path: Path) -> Path:
    """Several gzip members and padding, as estargz has them."""
    blobs = [b"".join(gzip.compress(d[i : i + 700]) for i in range(0, len(d), 700)) for d in LAYERS]
    write_blobs(tmp_path / "layout", [blob + bytes(64) for blob in blobs], image_config(LAYERS))
    return tmp_path / "layout"


def _zstd(tmp_path: Path) -> Path:
    zstd = pytest.importorskip("backports.zstd")
    skipped = b"\x50\x2a\x4d\x18" + (3).to_bytes(4, "little") + b"toc"
    blobs = [zstd.compress(d[:900]) + skipped + zstd.compress(d[900:]) + skipped for d in LAYERS]
    write_blobs(tmp_path / "layout", blobs, image_config(LAYERS))
    return tmp_path / "layout"


def _dir(tmp_path: Path) -> Path:
    layout, target = _layout(tmp_path), tmp_path / "dir"
    target.mkdir()
    for blob in (layout / "blobs" / "sha256").iterdir():
        shutil.copy(blob, target / blob.name)
    digest = json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
    shutil.copy(layout / "blobs" / "sha256" / digest[7:], target / "manifest.json")
    (target / "version").write_text("Directory Transport Version: 1.1\n")
    return target


FORMS: list[tuple[Callable[[Path], Path], str]] = [
    (_docker, "docker archive"),
    (_docker_gzip, "docker archive"),
    (_unpacked_docker, "docker archive"),
    (_layout, "OCI layout"),
    (_layout_tar, "OCI layout"),
    (_members_gzip, "OCI layout"),
    (_zstd, "OCI layout"),
    (_dir, "skopeo dir"),
]


@pytest.mark.parametrize(("make", "form"), FORMS, ids=lambda value: getattr(value, "__name__", ""))
def test_every_form_gives_the_same_files(
    make: Callable[[Path], Path], form: str, tmp_path: Path
) -> None:
    source = make(tmp_path)
    image = opened(source)
    assert contents(image) == EXPECTED
    assert image.description.form == form
    assert [one.created_by for one in image.description.layers] == ["COPY part1 /", "COPY part2 /"]
    if source.is_file():
        piped = open_image("-", Pipe(source.read_bytes()), Unobserved())
        assert contents(piped) == EXPECTED
        assert piped.description.where == "standard input"


@pytest.mark.parametrize("compressed", [False, True])
def test_an_exported_container_is_a_file_tree(tmp_path: Path, compressed: bool) -> None:
    path = tmp_path / "export.tar"
    path.write_bytes(gzip.compress(LOWER) if compressed else LOWER)
    image = opened(path)
    assert contents(image) == {"a.py": b"a", "b.py": b"b"}
    assert (image.description.form, image.description.config) == ("root file system", None)


def test_an_unpacked_root_directory(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(LOWER)) as archive:
        archive.extractall(tmp_path / "root", filter="data")
    (tmp_path / "secret.py").write_text("secret")
    (tmp_path / "root/srv/out.py").symlink_to(tmp_path / "secret.py")
    os.mkfifo(tmp_path / "root/srv/pipe.py")
    assert contents(opened(tmp_path / "root")) == {"a.py": b"a", "b.py": b"b"}


def test_an_application_with_a_manifest_json_is_a_file_tree(tmp_path: Path) -> None:
    for name in ("usr", "srv"):
        (tmp_path / name).mkdir()
    (tmp_path / "manifest.json").write_text('{"name": "web app", "icons": []}')
    (tmp_path / "srv/b.py").write_text("b")
    assert contents(opened(tmp_path)) == {"b.py": b"b"}


def test_a_layer_that_comes_twice_is_a_link_in_the_archive(tmp_path: Path) -> None:
    config = image_config([LOWER, UPPER, LOWER])
    manifest = [{"Config": "c.json", "RepoTags": None, "Layers": ["1/l.tar", "2/l.tar", "3/l.tar"]}]
    files: dict[str, Content] = {
        "1/l.tar": LOWER,
        "2/l.tar": UPPER,
        "3/l.tar": "-> ../1/l.tar",
        "c.json": config,
        "manifest.json": json.dumps(manifest),
    }
    path = tmp_path / "saved.tar"
    path.write_bytes(layer(files))
    for image in (opened(path), open_image("-", Pipe(path.read_bytes()), Unobserved())):
        assert contents(image) == {"a.py": b"a", **EXPECTED}
        assert image.tree.layer_of("/srv/a.py") == 3


def test_gzip_layers_in_a_docker_archive(tmp_path: Path) -> None:
    manifest = [{"Config": "c", "RepoTags": ["x:1"], "Layers": ["sha256:" + "0" * 64]}]
    files: dict[str, Content] = {
        "sha256:" + "0" * 64: gzip.compress(LOWER),
        "c": image_config([LOWER]),
        "manifest.json": json.dumps(manifest),
    }
    path = tmp_path / "saved.tar"
    path.write_bytes(layer(files))
    assert contents(opened(path)) == {"a.py": b"a", "b.py": b"b"}


def test_docker_25_wrote_an_index_without_manifests(tmp_path: Path) -> None:
    saved = _docker(tmp_path)
    with tarfile.open(saved, "a") as archive:
        data = b'{"schemaVersion": 2, "manifests": null}'
        header = tarfile.TarInfo("index.json")
        header.size = len(data)
        archive.addfile(header, io.BytesIO(data))
    assert contents(opened(saved, platform="linux/amd64")) == EXPECTED


class Index:
    """An OCI layout with an index of several images."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "blobs" / "sha256").mkdir(parents=True)

    def put(self, document: object) -> dict[str, Any]:
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        (self.path / "blobs" / "sha256" / sha256(data)[7:]).write_bytes(data)
        return {"digest": sha256(data), "size": len(data)}

    def image(self, text: str, architecture: str = "amd64", **more: Any) -> dict[str, Any]:
        data = layer({"srv/which.py": text})
        config = json.loads(image_config([data])) | {"architecture": architecture}
        manifest = {"config": self.put(config), "layers": [self.put(data)]}
        return self.put(manifest) | more

    def write(self, manifests: list[dict[str, Any]]) -> Path:
        (self.path / "index.json").write_text(json.dumps({"manifests": manifests}))
        return self.path


def named(name: str) -> dict[str, Any]:
    return {"annotations": {"org.opencontainers.image.ref.name": name}}


def which(image: OpenImage) -> str:
    return image.tree.read("/srv/which.py").decode()


def test_platforms_of_a_nested_index(tmp_path: Path) -> None:
    index = Index(tmp_path / "layout")
    attestation = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    artifact = index.put({"artifactType": "text/plain", "config": {}, "layers": []})
    inner = index.put(
        {
            "manifests": [
                index.image("arm", "arm64", platform={"os": "linux", "architecture": "arm64"}),
                index.image("amd", platform={"os": "linux", "architecture": "amd64"}),
                index.image("none", **attestation),
            ]
        }
    )
    source = index.write([inner | named("1.0"), artifact])
    assert which(opened(source, platform="linux/arm64")) == "arm"
    assert which(opened(source, platform="linux/amd64", ref="1.0")) == "amd"
    with pytest.raises(LinkstepError, match="no image for linux/s390x") as caught:
        opened(source, platform="linux/s390x")
    assert caught.value.why == "platforms: linux/amd64, linux/arm64"


def test_the_only_image_is_taken_whatever_its_platform(tmp_path: Path) -> None:
    index = Index(tmp_path / "layout")
    assert which(opened(index.write([index.image("s390", "s390x")]))) == "s390"


def test_of_several_images_one_has_to_be_named(tmp_path: Path) -> None:
    index = Index(tmp_path / "layout")
    one, two = index.image("one", **named("1")), index.image("two", **named("2"))
    source = index.write([one, two])
    with pytest.raises(LinkstepError, match="the archive holds several images") as caught:
        opened(source)
    assert (caught.value.why, caught.value.hint) == ("images: 1, 2", "choose one with --ref")
    assert which(opened(source, ref="2")) == "two"
    assert which(opened(source, ref=one["digest"])) == "one"
    assert which(opened(f"oci:{source}:1")) == "one"
    with pytest.raises(LinkstepError, match="the archive has no image 3"):
        opened(source, ref="3")


def test_several_images_in_a_docker_archive(tmp_path: Path) -> None:
    config = image_config([LOWER])
    item = {"Config": "c", "Layers": ["l.tar"]}
    manifest = [item | {"RepoTags": ["shop:1", "reg.io/shop:latest"]}, item | {"RepoTags": ["b:2"]}]
    files: dict[str, Content] = {
        "l.tar": LOWER,
        "c": config,
        "manifest.json": json.dumps(manifest),
    }
    path = tmp_path / "saved.tar"
    path.write_bytes(layer(files))
    with pytest.raises(LinkstepError, match="several images") as caught:
        opened(path)
    assert caught.value.why == "images: shop:1, reg.io/shop:latest, b:2"
    assert opened(path, ref="shop:1").description.name == "shop:1"
    assert opened(path, ref="shop").description.name == "shop"


def test_an_image_for_another_system(tmp_path: Path) -> None:
    index = Index(tmp_path / "layout")
    config = {"os": "windows", "architecture": "amd64", "rootfs": {"diff_ids": []}}
    source = index.write([index.put({"config": index.put(config), "layers": []})])
    with pytest.raises(LinkstepError, match="the image is for windows, not for Linux"):
        opened(source)


def test_what_is_no_image_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "thing"
    for data, why in (
        (b"", "it is empty"),
        (b"\x7fELF" + bytes(600), "it is an executable"),
        (b"PK\x03\x04" + bytes(600), "it is a zip archive; `linkstep check` reads those"),
        (b"x" * 600, "it is neither a tar archive nor a directory"),
    ):
        path.write_bytes(data)
        with pytest.raises(LinkstepError, match="not a container image") as caught:
            opened(path)
        assert caught.value.why == why
    with pytest.raises(LinkstepError, match="there is no file or directory"):
        opened(tmp_path / "nothing")
    path.write_bytes(layer([Member("notes/a.txt", "a")]))
    with pytest.raises(LinkstepError, match="not a container image") as caught:
        opened(path)
    assert caught.value.why == "it has no manifest.json, no index.json, and no root file system"
