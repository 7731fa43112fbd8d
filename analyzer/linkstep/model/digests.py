"""What stands for a content: sixteen bytes, the same wherever and whenever they are made.

Summaries and results are kept by such digests, and what a run took is compared with what an
earlier one did, so that the contents themselves need not be kept. That two contents have the
same digest by chance can be left out of account: that gets likely with 2**64 of them.

What is made of equal contents is the same for one build of linkstep only, so that the keys of
a cache hold the build as well (see `build_id`).
"""

from __future__ import annotations

from hashlib import blake2b

WIDTH = 16  # bytes of a digest


def digest_of(content: bytes) -> bytes:
    """Give 16 bytes that stand for a content.

    >>> first, second = digest_of(b"x = 1"), digest_of(b"x = 2")
    >>> len(first), first == digest_of(b"x = 1"), first == second
    (16, True, False)
    """
    return blake2b(content, digest_size=WIDTH).digest()
