"""The manifest of an evidence pack: what belongs to it, unchanged, and who says so."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from forensics.signing import BadKey, fingerprint, public_pem, read_public, signed_by

MANIFEST, SIGNATURE, PUBLIC_KEY = "manifest.json", "manifest.sig", "public-key.pem"
FORMAT = 1
_APART = {MANIFEST, SIGNATURE, PUBLIC_KEY}


class NotAPack(Exception):
    """A folder that holds no evidence pack, or one of another format."""


def seal(folder: Path, about: Mapping[str, Any], key: Ed25519PrivateKey) -> None:
    """Write down what a pack holds, with the SHA-256 of every file, and sign it."""
    files = {
        name: {"sha256": sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
        for name, path in _files(folder)
    }
    public = key.public_key()
    told = {"format": FORMAT, "key": fingerprint(public), **about, "files": files}
    text = json.dumps(told, indent=1, sort_keys=True, default=str).encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / SIGNATURE).write_bytes(_written(key.sign(text)))
    (folder / PUBLIC_KEY).write_bytes(public_pem(public))


def manifest_of(folder: Path) -> dict[str, Any]:
    """Read the manifest of a pack.

    Raises
    ------
    NotAPack
        When there is none, or it cannot be read.
    """
    try:
        told = json.loads((folder / MANIFEST).read_bytes())
    except OSError:
        raise NotAPack(f"{folder}: holds no {MANIFEST}; name the folder of a pack") from None
    except ValueError:
        raise NotAPack(f"{folder / MANIFEST}: is not JSON any more: it was changed") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise NotAPack(f"{folder}: a pack of another format; this program reads {FORMAT}")
    return told


def faults(folder: Path, pinned: Ed25519PublicKey | None) -> list[str]:
    """Name all that is not as it was signed: files, values of questions, signature, key.

    `pinned` is the key that the maker gave by another way. Without it the key in the pack is
    taken, which proves only that the pack is whole: whoever changes all of it may sign it anew.
    """
    told = manifest_of(folder)
    return [
        *_signature_faults(folder, pinned),
        *_file_faults(folder, told.get("files", {})),
        *_value_faults(folder, told.get("questions", {})),
    ]


def _signature_faults(folder: Path, pinned: Ed25519PublicKey | None) -> Iterator[str]:
    # Each may be written in one way only: a decoder alone would pass over bytes that say nothing.
    try:
        told = (folder / PUBLIC_KEY).read_bytes()
        key = read_public(told, PUBLIC_KEY)
    except (OSError, BadKey) as error:
        yield f"{PUBLIC_KEY}: cannot be read ({error})"
        return
    if told != public_pem(key):
        yield f"{PUBLIC_KEY}: changed since it was written"
    try:
        told = (folder / SIGNATURE).read_bytes()
        signature = base64.b64decode(told.removesuffix(b"\n"), validate=True)
    except (OSError, binascii.Error) as error:
        yield f"{SIGNATURE}: cannot be read ({error})"
        return
    if told != _written(signature):
        yield f"{SIGNATURE}: changed since it was written"
    if pinned is not None and public_pem(pinned) != public_pem(key):
        yield (
            f"{PUBLIC_KEY}: forged or foreign: its key is {fingerprint(key)}, the one you trust is "
            f"{fingerprint(pinned)}"
        )
    if not signed_by(pinned or key, signature, (folder / MANIFEST).read_bytes()):
        yield f"{SIGNATURE}: does not fit: {MANIFEST} was changed, or the signature is forged"


def _written(signature: bytes) -> bytes:
    return base64.b64encode(signature) + b"\n"


def _file_faults(folder: Path, listed: Mapping[str, Any]) -> Iterator[str]:
    there = dict(_files(folder))
    for name in sorted(listed.keys() | there.keys()):
        if name not in there:
            yield f"{name}: removed"
        elif name not in listed:
            yield f"{name}: added; it is not part of the pack"
        elif there[name].is_symlink() or not there[name].is_file():
            yield f"{name}: not a plain file"
        elif sha256(there[name].read_bytes()).hexdigest() != listed[name]["sha256"]:
            yield f"{name}: changed since it was signed"


def _value_faults(folder: Path, listed: Mapping[str, Any]) -> Iterator[str]:
    """Name values of questions that are not those the pack was signed with."""
    for question, values in listed.items():
        try:
            now = json.loads((folder / "questions" / f"{question}.json").read_bytes())
        except (OSError, ValueError):
            continue  # told as a file that was removed or changed
        for name in sorted(values.keys() | now.keys()):
            if values.get(name) != now.get(name):
                yield (
                    f"questions/{question}.json: {name} is {now.get(name)!r}, was signed as "
                    f"{values.get(name)!r}"
                )


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """All files of a pack but the seal itself, whatever they are."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in _APART and (path.is_symlink() or not path.is_dir()):
            yield name, path
