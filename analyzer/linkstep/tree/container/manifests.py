"""Which layers an image has, and its configuration: the JSON documents of all forms.

`docker save` writes `manifest.json`, an array (moby `image/spec`). OCI layouts have
`index.json`, whose descriptors lead to manifests or to further indexes (OCI image
specification). skopeo's `dir:` has one manifest in `manifest.json`, an object. Documents
are told apart by their keys; media types are only read to refuse what cannot be read.
"""

from __future__ import annotations

import hashlib
import platform as host
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

import msgspec

from linkstep.errors import LinkstepError
from linkstep.tree.container.archive import Archive

_DEEPEST_INDEX = 4
_MOST_MANIFESTS = 1000
_MOST_LAYERS = 1000
_REF_NAME = "org.opencontainers.image.ref.name"
_FULL_NAME = "io.containerd.image.name"
_ATTESTATION = "vnd.docker.reference.type"
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


class LayerBlob(NamedTuple):
    """Where a layer is in the archive, and what it has to measure; None is not known."""

    name: str
    digest: str | None
    size: int | None
    diff_id: str | None


class Manifest(NamedTuple):
    """One image of an archive: its form and name, configuration, and layers, lowest first."""

    form: str
    name: str
    config: Mapping[str, Any]
    layers: tuple[LayerBlob, ...]


class Choice(NamedTuple):
    """What the user said about which image is meant."""

    ref: str | None = None
    platform: str | None = None


def read_manifest(archive: Archive, choice: Choice) -> Manifest | None:
    """Give the image that an archive holds; None when it is no image archive.

    Raises LinkstepError when several images fit, when a document is missing or
    malformed, or when its digest is not the promised one.
    """
    saved = _json(archive, "manifest.json")
    index = _json(archive, "index.json")
    if isinstance(saved, dict) and ("schemaVersion" in saved or "layers" in saved):
        return _from_directory(archive, saved)
    if isinstance(saved, list) and all(isinstance(item, dict) for item in saved):
        fits = choice.platform is None or not _descriptors(index)
        if fits and any("Layers" in item for item in saved):
            return _from_docker(archive, saved, choice)
    if isinstance(index, dict) and ("manifests" in index or "schemaVersion" in index):
        return _from_layout(archive, index, choice)
    return None


def _from_docker(archive: Archive, saved: list[Any], choice: Choice) -> Manifest:
    tags = [_strings(item.get("RepoTags")) for item in saved]
    chosen = list(range(len(saved)))
    if choice.ref is not None:
        chosen = [n for n in chosen if any(_is_ref(tag, choice.ref) for tag in tags[n])]
    if len(chosen) != 1:
        names = [", ".join(tag) or f"image {n + 1} (no name)" for n, tag in enumerate(tags)]
        _choose(archive, names, choice)
    item = saved[chosen[0]]
    names = tags[chosen[0]]
    config = _document(archive, _string(archive, item.get("Config"), "Config"))
    diff_ids = _diff_ids(config)
    paths = [_string(archive, path, "Layers") for path in _list(archive, item.get("Layers"))]
    if len(diff_ids) not in (0, len(paths)):
        _malformed(archive, f"{len(paths)} layers, and {len(diff_ids)} digests of layers")
    layers = tuple(
        LayerBlob(path, None, None, diff_ids[n] if diff_ids else None)
        for n, path in enumerate(paths)
    )
    name = choice.ref if choice.ref is not None else next(iter(names), "")
    return Manifest("docker archive", name, config, layers)


def _from_directory(archive: Archive, manifest: dict[str, Any]) -> Manifest:
    if "manifests" in manifest:
        raise LinkstepError("the directory holds images for several platforms", where=archive.where)
    return _manifest(archive, manifest, "skopeo dir", "", lambda digest: digest.partition(":")[2])


def _from_layout(archive: Archive, index: dict[str, Any], choice: Choice) -> Manifest:
    found = list(_images(archive, index, choice, 0))
    if choice.ref is not None:
        found = [one for one in found if _is_ref(one.name, choice.ref) or one.digest == choice.ref]
    by_digest = {one.digest: one for one in reversed(found)}
    if len({one.name for one in by_digest.values()}) > 1 or not by_digest:
        names = [one.name or one.digest for one in _images(archive, index, choice, 0)]
        _choose(archive, list(dict.fromkeys(names)), choice)
    one = _for_platform(archive, list(by_digest.values()), choice)
    manifest = _verified(archive, one.digest, one.size)
    return _manifest(archive, manifest, "OCI layout", one.name or choice.ref or "", _blob)


class _Image(NamedTuple):
    """An image manifest that an index leads to."""

    name: str
    digest: str
    size: int | None
    platform: str


def _images(
    archive: Archive, index: Mapping[str, Any], choice: Choice, depth: int, name: str = ""
) -> Iterator[_Image]:
    """Give the image manifests that an index leads to; attestations and artifacts are none."""
    if depth > _DEEPEST_INDEX:
        _malformed(archive, "indexes are nested too deep")
    descriptors = _descriptors(index)
    if len(descriptors) > _MOST_MANIFESTS:
        _malformed(archive, f"an index has {len(descriptors):,} entries")
    for descriptor in descriptors:
        notes = descriptor.get("annotations") or {}
        if not isinstance(notes, dict):
            notes = {}
        platform = _platform_of(descriptor.get("platform"))
        if notes.get(_ATTESTATION) or platform == "unknown/unknown":
            continue
        tag = str(notes.get(_FULL_NAME) or notes.get(_REF_NAME) or name)
        digest = _string(archive, descriptor.get("digest"), "digest")
        algorithm_of(archive, digest)
        size = descriptor.get("size")
        size = size if isinstance(size, int) else None
        inner = _json(archive, _blob(digest))
        if isinstance(inner, dict) and "manifests" in inner:
            inner = _verified(archive, digest, size)
            yield from _images(archive, inner, choice, depth + 1, tag)
        elif not isinstance(inner, dict) or _is_image(inner):
            yield _Image(tag, digest, size, platform or _config_platform(archive, inner))


def _is_image(manifest: Mapping[str, Any]) -> bool:
    if "artifactType" in manifest or not isinstance(manifest.get("config"), dict):
        return False
    return "empty" not in str(manifest["config"].get("mediaType", "")).rpartition(".oci.")[2]


def _config_platform(archive: Archive, manifest: object) -> str:
    if not isinstance(manifest, dict):
        return ""
    digest = manifest["config"].get("digest")
    config = _json(archive, _blob(digest)) if isinstance(digest, str) else None
    return _platform_of(config) if isinstance(config, dict) else ""


def _for_platform(archive: Archive, images: list[_Image], choice: Choice) -> _Image:
    """Take the only one, whatever its platform; of several the wanted one."""
    wanted = choice.platform or f"linux/{_MACHINES.get(host.machine(), host.machine())}"
    if len(images) == 1 and choice.platform is None:
        return images[0]
    fits = [one for one in images if one.platform == wanted] or [
        one for one in images if one.platform.startswith(wanted + "/")
    ]
    if len(fits) == 1 or (fits and choice.platform is None):
        return fits[0]
    raise LinkstepError(
        f"the archive has no image for {wanted}" if not fits else "several images fit",
        where=archive.where,
        why="platforms: " + ", ".join(sorted(one.platform or "?" for one in images)),
        hint="choose one with --platform",
    )


def _manifest(
    archive: Archive,
    manifest: Mapping[str, Any],
    form: str,
    name: str,
    place: Callable[[str], str],
) -> Manifest:
    """Read an image manifest, OCI's or Docker's second; `place` says where a digest is."""
    descriptor = manifest.get("config")
    if not isinstance(descriptor, dict):
        _malformed(archive, "the image manifest has no config (version 1 is not supported)")
    digest = _string(archive, descriptor.get("digest"), "digest")
    data = _bytes(archive, place(digest), digest)
    _check(archive, data, digest, descriptor.get("size"))
    config = _decoded(archive, data, digest)
    diff_ids = _diff_ids(config)
    layers = []
    descriptors = _list(archive, manifest.get("layers"))
    if len(diff_ids) not in (0, len(descriptors)):
        _malformed(archive, f"{len(descriptors)} layers, and {len(diff_ids)} digests of layers")
    for number, layer in enumerate(descriptors):
        if not isinstance(layer, dict):
            _malformed(archive, "a layer is no object")
        digest = _string(archive, layer.get("digest"), "digest")
        if "encrypted" in str(layer.get("mediaType", "")):
            raise LinkstepError(f"layer {number + 1} is encrypted", where=archive.where, why=digest)
        size = layer.get("size")
        size = size if isinstance(size, int) else None
        diff_id = diff_ids[number] if diff_ids else None
        layers.append(LayerBlob(place(digest), digest, size, diff_id))
    return Manifest(form, name, config, tuple(layers))


def _verified(archive: Archive, digest: str, size: int | None) -> dict[str, Any]:
    """Give a document that its digest names."""
    data = _bytes(archive, _blob(digest), digest)
    _check(archive, data, digest, size)
    return _decoded(archive, data, digest)


def check_digest(archive: Archive, what: str, expected: str | None, actual: str) -> None:
    """Refuse bytes that are not the ones that were promised."""
    if expected is not None and actual != expected:
        raise LinkstepError(
            f"{what} is not what its digest promises",
            where=archive.where,
            why=f"it has {actual}, and should have {expected}",
        )


def algorithm_of(archive: Archive, digest: str | None) -> str:
    """Give the hash that a digest is made with."""
    algorithm, colon, value = (digest or "sha256:0").partition(":")
    if algorithm not in ("sha256", "sha512") or not colon or not value.isalnum():
        _malformed(archive, f"{digest!r} is no digest")
    return algorithm


def _check(archive: Archive, data: bytes, digest: str, size: object) -> None:
    algorithm = algorithm_of(archive, digest)
    actual = hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()
    check_digest(archive, "a document", digest, f"{algorithm}:{actual}")
    if isinstance(size, int) and size != len(data):
        _malformed(archive, f"{digest} has {len(data):,} bytes, and should have {size:,}")


def _blob(digest: str) -> str:
    algorithm, _, value = digest.partition(":")
    return f"blobs/{algorithm}/{value}"


def _bytes(archive: Archive, name: str, what: str) -> bytes:
    data = archive.document(name)
    if data is None:
        raise LinkstepError(
            "a part of the image is missing", where=archive.where, why=f"there is no {what}"
        )
    return data


def _document(archive: Archive, name: str) -> dict[str, Any]:
    return _decoded(archive, _bytes(archive, name, name), name)


def _json(archive: Archive, name: str) -> object:
    """Give a document, None when there is none or it is not JSON."""
    data = archive.document(name)
    if data is None:
        return None
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _decoded(archive: Archive, data: bytes, name: str) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        _malformed(archive, f"{name} is not JSON: {error}")
    if not isinstance(document, dict):
        _malformed(archive, f"{name} is no object")
    return document


def _descriptors(index: object) -> list[dict[str, Any]]:
    """Give the descriptors of an index; Docker 25.0 wrote null where there are none."""
    listed = index.get("manifests") if isinstance(index, dict) else None
    return [one for one in listed or () if isinstance(one, dict)] if listed else []


def _diff_ids(config: Mapping[str, Any]) -> list[str]:
    rootfs = config.get("rootfs")
    return _strings(rootfs.get("diff_ids")) if isinstance(rootfs, dict) else []


def _platform_of(value: object) -> str:
    if not isinstance(value, dict) or not value.get("architecture"):
        return ""
    parts = [value.get("os") or "linux", value.get("architecture"), value.get("variant")]
    if parts[1:] == ["arm64", "v8"]:
        parts.pop()
    return "/".join(str(part) for part in parts if part)


def _is_ref(tag: str, ref: str) -> bool:
    """Say whether a tag is the one that is meant: all of it, or without registry or `latest`."""
    full = tag if ":" in tag.rpartition("/")[2] else tag + ":latest"
    wanted = ref if ":" in ref.rpartition("/")[2] else ref + ":latest"
    return ref == tag or full == wanted or full.endswith("/" + wanted) or tag.endswith(":" + ref)


def _choose(archive: Archive, names: list[str], choice: Choice) -> NoReturn:
    what = "the archive holds several images"
    if not names:
        what = "the archive holds no image"
    elif choice.ref is not None:
        what = f"the archive has no image {choice.ref}"
    raise LinkstepError(
        what,
        where=archive.where,
        why="images: " + ", ".join(names) if names else "",
        hint="choose one with --ref" if names else "",
    )


def _strings(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _string(archive: Archive, value: object, what: str) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        _malformed(archive, f"{what} is {value!r}")
    return value


def _list(archive: Archive, value: object) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > _MOST_LAYERS:
        _malformed(archive, "the layers are no list, or too many")
    return value


def _malformed(archive: Archive, why: str) -> NoReturn:
    raise LinkstepError("the image's documents are malformed", where=archive.where, why=why)
