"""Signatures of evidence packs: Ed25519, one key file, a public key that travels and is pinned."""

import os
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class BadKey(Exception):
    """A key that cannot be used; the message says what to do."""


def make_key(path: Path) -> Ed25519PublicKey:
    """Make a key, readable by its owner alone, and its public half beside it (`.pub`).

    Raises
    ------
    BadKey
        When there is a file already: a key that is written over cannot sign again.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BadKey(f"{path}: {error.strerror}; name a new file") from None
    with os.fdopen(file, "wb") as opened:
        opened.write(pem)
    path.with_name(path.name + ".pub").write_bytes(public_pem(key.public_key()))
    return key.public_key()


def read_key(path: Path) -> Ed25519PrivateKey:
    """Read the key that signs.

    Raises
    ------
    BadKey
        When it is missing, of another kind, or others may read it.
    """
    if not path.is_file():
        raise BadKey(f"{path}: no such file; make one with `sogawatch evidence keygen {path}`")
    if path.stat().st_mode & 0o077:
        raise BadKey(f"{path}: others may read this key; chmod 600 it, or make a new one")
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey(f"{path}: not a key without a password in PEM") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey(f"{path}: not an Ed25519 key")
    return key


def read_public(pem: bytes, name: str) -> Ed25519PublicKey:
    """Read a public key.

    Raises
    ------
    BadKey
        When it is none, or of another kind.
    """
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey(f"{name}: not a public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise BadKey(f"{name}: not an Ed25519 key")
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    """Write a public key as PEM."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def fingerprint(key: Ed25519PublicKey) -> str:
    """Name a public key shortly enough to be read over a telephone.

    >>> len(fingerprint(Ed25519PrivateKey.generate().public_key()))
    19
    """
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    digest = sha256(raw).hexdigest()[:16]
    return "-".join(digest[i : i + 4] for i in range(0, 16, 4))


def signed_by(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether the holder of a key signed a message."""
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
