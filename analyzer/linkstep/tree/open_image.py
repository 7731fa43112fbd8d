"""An image, wherever it is kept, as a tree and a description.

A directory, a tar file or a pipe goes through one door: what it is, is told by what is
in it. Layers are read once, each from front to back, and checked against their digests.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from linkstep.errors import LinkstepError
from linkstep.model.image import ImageConfig, ImageDescription, Layer
from linkstep.model.observer import Observer
from linkstep.tree.container.account import find_account
from linkstep.tree.container.archive import (
    Archive,
    DirectoryArchive,
    ReadLayer,
    open_archive,
    open_file,
    read_directory,
)
from linkstep.tree.container.contents import Contents
from linkstep.tree.container.layer import Entry
from linkstep.tree.container.limits import Budget, Limits
from linkstep.tree.container.manifests import (
    Choice,
    LayerBlob,
    Manifest,
    algorithm_of,
    check_digest,
    read_manifest,
)
from linkstep.tree.container.merge import MergedLayers
from linkstep.tree.image import ImageTree

_PREFIXES = ("docker-archive:", "oci-archive:", "oci-dir:", "oci:", "rootfs:", "dir:", "file:")


class OpenImage(NamedTuple):
    """An image that was read: its files, and what is known about it."""

    tree: ImageTree
    description: ImageDescription


def open_image(
    source: str,
    stdin: BinaryIO,
    observer: Observer,
    choice: Choice = Choice(),  # noqa: B008 - a tuple
    limits: Limits = Limits(),  # noqa: B008 - frozen
    user: str | None = None,
) -> OpenImage:
    """Read the image at `source`: a path, `-` for `stdin`, or either with syft's prefixes.

    Nothing is unpacked or written, nothing executed, and no daemon is asked. `user`
    replaces the user that the image names. Raises LinkstepError when it is no image, when
    it is damaged, or when several images fit.
    """
    budget = Budget(limits)
    contents = Contents(budget)
    archive, tag = _open(source, stdin, contents, budget)
    if tag is not None and choice.ref is None:
        choice = choice._replace(ref=tag)
    manifest = None if isinstance(archive, _RootFiles) else read_manifest(archive, choice)
    merged = MergedLayers()
    if manifest is None:
        return _file_tree(archive, merged, contents, budget, user)
    config = read_config(manifest.config)
    if config.os != "linux":
        raise LinkstepError(f"the image is for {config.os}, not for Linux", where=archive.where)
    layers = _apply(archive, manifest, merged, observer)
    notes = tuple(
        f"layer {layer + 1} writes through the link {path}; runtimes differ in where that goes"
        for layer, path in merged.written_through
    )
    description = ImageDescription(
        archive.where, manifest.form, manifest.name, config, layers, budget.entries, notes
    )
    return OpenImage(_tree(merged, contents, user or config.user), description)


class _RootFiles(Archive):
    """The members of an unpacked root file system."""


def _open(
    source: str, stdin: BinaryIO, contents: Contents, budget: Budget
) -> tuple[Archive, str | None]:
    prefix = next((p for p in _PREFIXES if source.startswith(p)), "")
    path, tag = source[len(prefix) :], None
    if path == "-":
        return open_archive(stdin, "standard input", contents, budget), None
    if prefix.startswith("oci") and ":" in path and not os.path.exists(path):
        path, _, tag = path.rpartition(":")
    if not os.path.exists(path):
        raise LinkstepError(
            f"there is no file or directory {path}",
            hint="`docker save IMAGE | linkstep image -` checks an image of a daemon",
        )
    if not os.path.isdir(path):
        return open_archive(open_file(Path(path)), path, contents, budget), tag
    names = () if prefix == "rootfs:" else ("manifest.json", "index.json")
    if any(os.path.isfile(os.path.join(path, name)) for name in names):
        directory = DirectoryArchive(path, contents, budget)
        if read_kind(directory):
            return directory, tag
    files = _RootFiles(path, contents, budget)
    files.rootfs = read_directory(path, contents, budget)
    return files, tag


def read_kind(archive: Archive) -> bool:
    """Say whether an unpacked directory has the documents of an image, not an app's own."""
    head = (archive.document("manifest.json") or b"") + (archive.document("index.json") or b"")
    return any(word in head for word in (b'"Layers"', b'"layers"', b'"manifests"'))


def _file_tree(
    archive: Archive,
    merged: MergedLayers,
    contents: Contents,
    budget: Budget,
    user: str | None,
) -> OpenImage:
    """Take the members themselves for the only layer: `docker export`, an unpacked root."""
    tops = {entry.path.partition("/")[0] for entry in archive.rootfs}
    if tops.isdisjoint({"usr", "bin", "etc", "lib", "opt", "app", "srv", "venv", "home"}):
        raise LinkstepError(
            "not a container image",
            where=archive.where,
            why="it has no manifest.json, no index.json, and no root file system",
        )
    merged.apply(archive.rootfs)
    description = ImageDescription(archive.where, "root file system", "", None, (), budget.entries)
    return OpenImage(_tree(merged, contents, user or ""), description)


def _tree(merged: MergedLayers, contents: Contents, user: str) -> ImageTree:
    root = ImageTree(merged, contents, find_account("", lambda path: ""))

    def read(path: str) -> str:
        try:
            return root.read(path).decode("utf-8", "replace")
        except OSError:
            return ""

    return ImageTree(merged, contents, find_account(user, read))


def _apply(
    archive: Archive, manifest: Manifest, merged: MergedLayers, observer: Observer
) -> tuple[Layer, ...]:
    """Read the layers and lay them over each other; one that comes twice is read once."""
    count = len(manifest.layers)
    created = _created_by(manifest.config, count)
    observer.stage(f"reading {count} layers", count)
    known: dict[str, list[Entry]] = {}
    layers = []
    left = [blob.name for blob in manifest.layers]
    for number, blob in enumerate(manifest.layers):
        entries = known.get(blob.name)
        if entries is None:
            entries = _checked(archive, blob, number + 1).entries
        left.pop(0)
        if blob.name in left:
            known[blob.name] = entries
        merged.apply(entries)
        digest = blob.digest or blob.diff_id or blob.name
        layers.append(Layer(number + 1, digest, created[number]))
        observer.advance(1)
    return tuple(layers)


def _checked(archive: Archive, blob: LayerBlob, number: int) -> ReadLayer:
    """Read a layer; it has to be the one that the manifest and the configuration promise."""
    algorithm = algorithm_of(archive, blob.digest or blob.diff_id)
    read = archive.layer(blob.name, algorithm)
    if read is None:
        raise LinkstepError(
            f"layer {number} is missing",
            where=archive.where,
            why=f"there is no {blob.digest or blob.name}",
        )
    check_digest(archive, f"layer {number}", blob.digest, read.digest)
    if blob.size is not None and blob.size != read.size:
        raise LinkstepError(
            f"layer {number} has a wrong size",
            where=archive.where,
            why=f"it has {read.size:,} bytes, and should have {blob.size:,}",
        )
    if blob.diff_id is not None and blob.diff_id.partition(":")[0] == algorithm:
        check_digest(archive, f"layer {number}", blob.diff_id, read.diff_id)
    return read


def _created_by(config: Mapping[str, Any], count: int) -> list[str]:
    """Give the instruction of each layer, when the history has exactly one for each."""
    history = config.get("history")
    lines = [
        str(item.get("created_by") or item.get("comment") or "")
        for item in (history if isinstance(history, list) else ())
        if isinstance(item, dict) and not item.get("empty_layer")
    ]
    return [" ".join(line.split()) for line in lines] if len(lines) == count else [""] * count


def read_config(document: Mapping[str, Any]) -> ImageConfig:
    """Give what an image's configuration says about its process.

    >>> read_config({"config": {"Cmd": ["python", "-V"], "Env": ["A=1", "A=2"]}}).environ
    {'A': '2'}
    """
    process = document.get("config")
    process = process if isinstance(process, dict) else {}
    pairs = (text.partition("=") for text in _strings(process.get("Env")))
    working_dir = process.get("WorkingDir")
    return ImageConfig(
        entrypoint=_strings(process.get("Entrypoint")),
        cmd=_strings(process.get("Cmd")),
        working_dir=os.path.normpath("/" + str(working_dir or "")).replace("//", "/"),
        environ={name: value for name, _, value in pairs},
        user=str(process.get("User") or ""),
        architecture=str(document.get("architecture") or ""),
        os=str(document.get("os") or "linux"),
    )


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
