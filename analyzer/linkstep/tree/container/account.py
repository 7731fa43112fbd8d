"""Whom the image's process runs as, and what that user may read and execute."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from linkstep.tree.container.merge import Node


class Account(Struct, frozen=True):
    """A user with groups; `home` is the directory that `~` stands for.

    >>> Account(1000, frozenset({1000})).is_root, Account().is_root
    (False, True)
    """

    uid: int = 0
    groups: frozenset[int] = frozenset({0})
    home: str = "/root"

    @property
    def is_root(self) -> bool:
        """Whether permissions are not asked for (root in a container keeps DAC_OVERRIDE)."""
        return self.uid == 0

    def may(self, node: Node, wanted: int) -> bool:
        """Say whether the mode allows all of `wanted`: 4 to read, 1 to execute or search."""
        if self.is_root:
            return not wanted & 1 or node.is_directory or bool(node.mode & 0o111)
        mode = node.mode
        if node.owner[0] == self.uid:
            mode >>= 6
        elif node.owner[1] in self.groups:
            mode >>= 3
        return mode & wanted == wanted


def find_account(user: str, read: Callable[[str], str]) -> Account:
    """Give the account that `User` of an image names: `name`, `uid`, either with `:group`.

    `read` gives the text of a file of the image, empty when there is none.

    >>> files = {"/etc/passwd": "root:x:0:0::/root:/bin/sh\\napp:x:1000:1000::/home/app:/bin/sh"}
    >>> account = find_account("app", lambda path: files.get(path, ""))
    >>> account.uid, account.home
    (1000, '/home/app')
    """
    name, _, group = user.partition(":")
    name = name or "0"
    uid, gid, home, login = -1, 0, "/", name
    if name.isascii() and name.isdigit():
        uid = int(name[:12])
    for line in read("/etc/passwd").splitlines():
        fields = line.split(":")
        if len(fields) < 6 or not (fields[2].isdigit() and fields[3].isdigit()):
            continue
        if fields[0] == name or int(fields[2]) == uid:
            login, uid, gid, home = fields[0], int(fields[2]), int(fields[3]), fields[5] or "/"
            break
    if uid == 0 and home == "/":
        home = "/root"
    groups = {gid}
    for line in read("/etc/group").splitlines():
        fields = line.split(":")
        if len(fields) < 4 or not fields[2].isdigit():
            continue
        if login in fields[3].split(",") or fields[0] == group:
            groups.add(int(fields[2]))
    if group.isascii() and group.isdigit():
        groups.add(int(group[:12]))
    return Account(uid, frozenset(groups), home)
