"""The same layers, unpacked by umoci: random images, and every file where it puts it."""

from __future__ import annotations

import io
import json
import os
import random
import stat
import tarfile
from pathlib import Path

import pytest

import images
from layers import Member, image_config, layer, write_blobs
from linkstep.model.observer import Unobserved
from linkstep.tree.container.merge import Node
from linkstep.tree.container.tar_headers import MemberKind
from linkstep.tree.open_image import open_image

DIRECTORIES = ("a", "a/b", "a/b/c", "d", "d/e", "f")
NAMES = ("x.py", "y.py", "z.py", "sub", "link")
IMAGES, LAYERS, MEMBERS = 25, 4, 12


def random_layer(chance: random.Random, files: set[str]) -> list[Member]:
    """Give a layer as a builder could write it: directories first, then what is in them."""
    members, written = [], set[str]()
    for _ in range(chance.randrange(1, MEMBERS)):
        directory = chance.choice(DIRECTORIES)
        name = f"{directory}/{chance.choice(NAMES)}"
        kind = chance.choice(("file", "file", "link", "whiteout", "opaque", "hard", "directory"))
        if name in written or any(one.startswith(f"{name}/") for one in written):
            continue
        if kind == "file":
            members.append(Member(name, str(chance.random())))
            files.add(name)
        elif kind == "directory":
            members.append(Member(f"{directory}/", kind=tarfile.DIRTYPE, mode=0o755))
            continue
        elif kind == "link":
            target = chance.choice(("../d", "/a/b", "x.py", "/nowhere", "../../f"))
            members.append(Member(name, kind=tarfile.SYMTYPE, link=target, mode=0o777))
        elif kind == "whiteout":
            base, _, last = name.rpartition("/")
            members.append(Member(f"{base}/.wh.{last}"))
        elif kind == "opaque":
            members.append(Member(f"{directory}/.wh..wh..opq"))
            continue
        else:
            own = [one.path for one in members if one.kind == tarfile.REGTYPE and one.content]
            if not own:
                continue
            members.append(Member(name, kind=tarfile.LNKTYPE, link=chance.choice(own)))
        written.add(name)
    return members


def on_disk(root: Path) -> dict[str, str]:
    """Say what is at each path of a directory."""
    found = {}
    for directory, names, files in os.walk(root):
        for name in (*names, *files):
            path = Path(directory, name)
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                said = f"-> {os.readlink(path)}"
            else:
                said = "directory" if stat.S_ISDIR(mode) else path.read_text()
            found[path.relative_to(root).as_posix()] = said
    return found


def in_memory(node: Node, read: object, prefix: str = "") -> dict[str, str]:
    """Say the same of a merged tree."""
    found = {}
    for name, child in node.children.items():
        path = prefix + name
        if child.kind is MemberKind.SYMLINK:
            found[path] = f"-> {child.link}"
        elif child.is_directory:
            found[path] = "directory"
            found |= in_memory(child, read, f"{path}/")
        else:
            found[path] = read(child.place).decode()  # type: ignore[operator]
    return found


@pytest.mark.parametrize("seed", range(IMAGES))
def test_a_random_image_is_what_umoci_unpacks(seed: int, tmp_path: Path) -> None:
    why = images.why_not()
    if why is not None or os.geteuid() != 0:
        pytest.skip(why or "only root can unpack an image with umoci")
    chance, files = random.Random(seed), set[str]()
    base = [Member(f"{d}/", kind=tarfile.DIRTYPE, mode=0o755) for d in DIRECTORIES]
    layers = [layer([Member("etc/os-release"), *base])]
    layers += [layer(random_layer(chance, files)) for _ in range(LAYERS)]
    source = tmp_path / "layout"
    config = json.loads(image_config(layers)) | {"created": "2024-01-01T00:00:00Z"}
    write_blobs(source, layers, json.dumps(config).encode(), media_types=True)
    opened = open_image(str(source), io.BytesIO(), Unobserved())
    images.run("umoci", "unpack", "--image", f"{source}:1", tmp_path / "bundle")
    merged, contents = opened.tree._merged, opened.tree._contents
    assert in_memory(merged.root, contents.read) == on_disk(tmp_path / "bundle/rootfs")
