"""Signed checkpoints: published ones, round trips, wrong keys, malformed texts, keys in files."""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from merkle_tree import MerkleTree

from loopbook.book.log.checkpoint import (
    Checkpoint,
    Signature,
    SignedCheckpoint,
    open_checkpoint,
    parse_checkpoint,
    sign,
    verify_signature,
)
from loopbook.book.log.keys import (
    Signer,
    VerifierKey,
    generate_signer,
    load_signer,
    save_signer,
    signer_of,
)
from loopbook.book.log.merkle import EMPTY_ROOT, verify_consistency
from loopbook.errors import InputError, LoopbookError, ProofError

NAME = "gmbi.example/book"


def signer(name: str, seed: int) -> Signer:
    """A signer whose key is the same on every run."""
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


BOOK = signer(NAME, 1)
CHECKPOINT = Checkpoint(NAME, 4, MerkleTree([b"a", b"b", b"c", b"d"]).root())
SIGNED = sign(CHECKPOINT, BOOK)


# --- published ----------------------------------------------------------------------------------


def test_ed25519_is_that_of_rfc_8032_test_1() -> None:
    secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    signature = (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
        "1cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    one = Signer("rfc8032", Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)))
    assert one.verifier.public.hex() == public
    assert one.key.sign(b"").hex() == signature


GO_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
WITNESS_KEY = "w.example+00df7ba9+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
GO_NOTE = """go.sum database tree
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo\
+zyWE+xeMcTOAYQ8=
"""


def test_a_checkpoint_of_the_go_checksum_database_verifies() -> None:
    key = VerifierKey.parse(GO_KEY)
    found = open_checkpoint(GO_NOTE, key, origin="go.sum database tree")
    assert found.size == 20_852_163
    assert parse_checkpoint(GO_NOTE).text() == GO_NOTE
    with pytest.raises(ProofError, match="does not fit"):
        open_checkpoint(GO_NOTE.replace("2163\n", "2164\n"), key, origin="go.sum database tree")


@pytest.mark.parametrize(
    "text", [GO_KEY, "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"]
)
def test_published_verifier_keys_are_read(text: str) -> None:
    assert str(VerifierKey.parse(text)) == text


# --- round trips --------------------------------------------------------------------------------

LINES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(i) for i in range(32)]),
    min_size=1,
)
CHECKPOINTS = st.builds(
    Checkpoint,
    origin=LINES,
    size=st.integers(0, 2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(LINES, max_size=3).map(tuple),
)


@given(CHECKPOINTS)
def test_a_signed_checkpoint_reads_back(checkpoint: Checkpoint) -> None:
    signed = sign(checkpoint, BOOK)
    assert parse_checkpoint(signed.text()) == signed
    verify_signature(signed, BOOK.verifier)
    assert open_checkpoint(signed.text(), BOOK.verifier, origin=checkpoint.origin) == checkpoint


def test_a_note_looks_as_the_format_says() -> None:
    lines = SIGNED.text().split("\n")
    assert lines[:2] == [NAME, "4"]
    assert base64.b64decode(lines[2]) == CHECKPOINT.root
    assert lines[3] == ""
    assert lines[4].split(" ")[:2] == ["—", NAME]
    assert len(base64.b64decode(lines[4].split(" ")[2])) == 68
    assert lines[5:] == [""]


@given(st.integers(0, 255))
def test_a_verifier_key_reads_back(seed: int) -> None:
    key = signer(f"book{seed}", seed).verifier
    assert VerifierKey.parse(str(key)) == key


def test_an_outsider_follows_a_book_from_checkpoint_to_checkpoint() -> None:
    tree = MerkleTree([b"receive", b"weigh"])
    seen = Checkpoint(NAME, tree.size, tree.root())
    for event in (b"shred", b"ship"):
        tree.append(event)
        text = sign(Checkpoint(NAME, tree.size, tree.root()), BOOK).text()
        new = open_checkpoint(text, BOOK.verifier)
        roots = {"first_root": seen.root, "second_root": new.root}
        proof = tree.consistency_proof(seen.size)
        verify_consistency(proof, first=seen.size, second=new.size, **roots)
        seen = new


# --- tampering and wrong keys ---------------------------------------------------------------------


def opened(text: str) -> Checkpoint:
    return open_checkpoint(text, BOOK.verifier)


def test_the_whole_note_opens() -> None:
    assert opened(SIGNED.text()) == CHECKPOINT


def test_a_changed_bit_anywhere_is_found() -> None:
    note_bytes = SIGNED.text().encode()
    for bit in range(8 * len(note_bytes)):
        changed = bytearray(note_bytes)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            text = changed.decode()
        except UnicodeDecodeError:
            continue  # no longer UTF-8, hence no note
        with pytest.raises(LoopbookError):
            opened(text)


def test_a_lost_or_a_further_character_anywhere_is_found() -> None:
    text = SIGNED.text()
    for place in range(len(text)):
        wrong = [text[:place], text[:place] + text[place + 1 :]]
        wrong += [text[:place] + more + text[place:] for more in ("A", "\n", " ", "=")]
        for one in wrong:
            with pytest.raises(LoopbookError):
                opened(one)


def moved(checkpoint: Checkpoint) -> SignedCheckpoint:
    return replace(SIGNED, checkpoint=checkpoint)


OTHER = signer(NAME, 9)
BY_ID_OF_THE_BOOK = Signature(
    NAME, BOOK.verifier.key_id, OTHER.key.sign(CHECKPOINT.text().encode())
)


@pytest.mark.parametrize(
    ("signed", "says"),
    [
        (sign(CHECKPOINT, OTHER), f"no signature of {NAME} "),
        (sign(CHECKPOINT, signer("other.example/book", 1)), f"no signature of {NAME} "),
        (SignedCheckpoint(CHECKPOINT, (BY_ID_OF_THE_BOOK,)), "does not fit this checkpoint"),
        (SignedCheckpoint(CHECKPOINT, (*SIGNED.signatures, BY_ID_OF_THE_BOOK)), "does not fit"),
        (moved(replace(CHECKPOINT, size=5)), "does not fit"),
        (moved(replace(CHECKPOINT, root=EMPTY_ROOT)), "does not fit"),
        (moved(replace(CHECKPOINT, extensions=("more",))), "does not fit"),
        (sign(replace(CHECKPOINT, origin="other.example/book"), BOOK), "a checkpoint of 'other"),
    ],
)
def test_a_note_that_proves_nothing_says_why(signed: SignedCheckpoint, says: str) -> None:
    with pytest.raises(ProofError) as raised:
        opened(signed.text())
    assert says in str(raised.value)


def test_a_short_signature_does_not_hold() -> None:
    for made in (b"\0", b"\0" * 8, b"\0" * 64):
        signed = SignedCheckpoint(CHECKPOINT, (Signature(NAME, BOOK.verifier.key_id, made),))
        with pytest.raises(ProofError, match="does not fit"):
            verify_signature(signed, BOOK.verifier)


def test_strangers_signatures_are_ignored_also_under_a_known_name() -> None:
    strange = Signature(NAME, b"\1\2\3\4", b"anything")
    signed = replace(SIGNED, signatures=(strange, *SIGNED.signatures))
    assert open_checkpoint(signed.text(), BOOK.verifier) == CHECKPOINT


# --- malformed ----------------------------------------------------------------------------------

ROOT = base64.b64encode(CHECKPOINT.root).decode()
LINE = SIGNED.signatures[0].line()


def note(*, origin: str = NAME, size: str = "4", root: str = ROOT, tail: str = "\n" + LINE) -> str:
    return f"{origin}\n{size}\n{root}\n{tail}"


@pytest.mark.parametrize(
    ("text", "where", "expected"),
    [
        ("", "checkpoint", "an empty line between"),
        (note(tail=""), "checkpoint", "an empty line between"),
        (note(tail=LINE), "checkpoint", "an empty line between"),
        (note(origin=""), "line 1", "an origin"),
        (note(origin="a\rb"), "line 1", "no control characters"),
        (note(origin="a\tb"), "line 1", "no control characters"),
        (note(origin="a\ud800"), "checkpoint", "text that UTF-8 can carry"),
        (note().replace("\n", "\r\n"), "line 1", "no control characters"),
        (f"{NAME}\n4\n\n{LINE}", "checkpoint", "origin, size and root hash"),
        *[
            (note(size=size), "line 2", "a decimal size without leading zeroes")
            for size in ("", "04", "00", "-1", "+4", " 4", "4 ", "4.0", "0x4", "1e3", "four", "4_0")
        ],
        (note(size="٤"), "line 2", "a decimal size"),  # a digit, but not an ASCII one
        (note(size="9223372036854775808"), "line 2", "a decimal size"),
        (note(size="1" * 30), "line 2", "a decimal size"),
        *[
            (note(root=root), "line 3", "base64 of 32 bytes")
            for root in (
                ROOT[:-1],
                ROOT[:-4],
                ROOT + "AAAA",
                " " + ROOT,
                ROOT.replace("=", ""),
                base64.urlsafe_b64encode(b"\xff" * 32).decode(),
                base64.b64encode(b"\xff" * 31).decode(),
                "/" * 43 + "=",  # bits set that no byte uses
                "é" * 44,
            )
        ],
        (note(tail="extension\n\n\n" + LINE), "line 5", "a line with text"),
        (note(tail="\n"), "line 5", "at least one signature line"),
        (note(tail="\n" + LINE[:-1]), "line 5", "a newline at the end"),
        (note(tail="\n" + LINE + "more"), "line 6", "a newline at the end"),
        *[
            (note(tail="\n" + LINE + line + "\n"), "line 6", "'— name base64(key id, signature)'")
            for line in (
                "nonsense",
                LINE[:-1].replace("—", "-"),
                LINE[:-1].replace("— ", "—"),
                "— name",
                "— name ",
                "—  AAAAAAA=",
                "— na+me AAAAAAA=",
                "— na\u00a0me AAAAAAA=",
                "— name AAAAAA==",  # a key id, and nothing signed
                "— name AAAAAAA",
                "— name AAAAAAA= ",
                "— name AAAAAAA= more",
            )
        ],
    ],
)
def test_a_malformed_note_says_what_is_wrong(text: str, where: str, expected: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_checkpoint(text)
    first = raised.value.findings[0]
    assert (first.code, first.where) == ("checkpoint", where)
    assert first.expected.startswith(expected)


def test_all_findings_of_a_note_come_at_once() -> None:
    with pytest.raises(InputError) as raised:
        parse_checkpoint("\n007\nAAAA\n\n\nnonsense\n— name")
    found = [f.where for f in raised.value.findings]
    assert found == ["line 2", "line 3", "line 1", "line 4", "line 7", "line 6"]


def test_a_note_has_a_largest_size() -> None:
    with pytest.raises(InputError, match="at most 1000000 characters"):
        parse_checkpoint(note() + LINE * 10_000)


@given(st.text(max_size=80) | st.text("\n— a4=+/", max_size=80))
def test_any_text_is_read_back_or_refused(tail: str) -> None:
    for text in (tail, note(tail=tail), note(tail="\n" + LINE + tail)):
        try:
            assert parse_checkpoint(text).text() == text
        except InputError:
            continue


@pytest.mark.parametrize(
    "make",
    [
        lambda: Checkpoint("", 0, EMPTY_ROOT),
        lambda: Checkpoint("a\nb", 0, EMPTY_ROOT),
        lambda: Checkpoint("a", -1, EMPTY_ROOT),
        lambda: Checkpoint("a", 2**63, EMPTY_ROOT),
        lambda: Checkpoint("a", 0, b"short"),
        lambda: Checkpoint("a", 0, EMPTY_ROOT, ("",)),
        lambda: Checkpoint("a", 0, EMPTY_ROOT, ("x\n\n— y z",)),
        lambda: Checkpoint("\ud800", 0, EMPTY_ROOT),
        lambda: VerifierKey("", bytes(32)),
        lambda: VerifierKey("a b", bytes(32)),
        lambda: VerifierKey("a", bytes(31)),
        lambda: Signer("a+b", BOOK.key),
        lambda: Signer("a\nb", BOOK.key),
        lambda: VerifierKey.parse(""),
        lambda: VerifierKey.parse("name"),
        lambda: VerifierKey.parse(GO_KEY[:-1]),
        lambda: VerifierKey.parse(GO_KEY + "AAAA"),
        lambda: VerifierKey.parse(GO_KEY.replace("033de0ae", "033de0af")),
        lambda: VerifierKey.parse(GO_KEY.replace("033de0ae", "033DE0AE")),
        lambda: VerifierKey.parse(GO_KEY.replace("sum.", "sun.")),
        lambda: VerifierKey.parse(GO_KEY.replace("+Ac4", "+As4")),  # another kind of key
        lambda: VerifierKey.parse(WITNESS_KEY),
    ],
)
def test_what_no_note_can_carry_is_not_made(make: Callable[[], object]) -> None:
    with pytest.raises(InputError):
        make()


# --- keys in files ------------------------------------------------------------------------------


def test_a_key_is_kept_for_its_owner_only_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "book.pem"
    made = generate_signer(NAME)
    save_signer(made, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("-----BEGIN PRIVATE KEY-----\n")
    assert load_signer(path, NAME).verifier == made.verifier
    assert sign(CHECKPOINT, load_signer(path, NAME)) == sign(CHECKPOINT, made)
    assert generate_signer(NAME).verifier != made.verifier


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "book.pem"
    save_signer(BOOK, path)
    with pytest.raises(FileExistsError):
        save_signer(OTHER, path)
    assert load_signer(path, NAME).verifier == BOOK.verifier


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "book.pem"
    save_signer(BOOK, path)
    path.chmod(mode)
    with pytest.raises(InputError, match=rf"expected mode 600, found {mode:o} \(chmod 600"):
        load_signer(path, NAME)


def pem(
    key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None
) -> bytes:
    how: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        how = serialization.BestAvailableEncryption(password)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, how)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a key",
        pem(BOOK.key)[:60],
        pem(BOOK.key, b"password"),
        pem(ec.generate_private_key(ec.SECP256R1())),
    ],
    ids=["empty", "text", "truncated", "encrypted", "elliptic"],
)
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "book.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(InputError, match="expected an unencrypted Ed25519 private key in PEM"):
        load_signer(path, NAME)


def test_a_key_file_is_named_in_what_is_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "book.pem"
    with pytest.raises(InputError, match=r"book\.pem: .*make one with --new-key"):
        signer_of(path, NAME)
    made = signer_of(path, NAME, new=True)
    assert signer_of(path, NAME).verifier == made.verifier
    with pytest.raises(InputError, match=r"book\.pem: .*leave --new-key out"):
        signer_of(path, NAME, new=True)
    with pytest.raises(InputError, match=r"missing/book\.pem: "):
        signer_of(tmp_path / "missing" / "book.pem", NAME, new=True)


def test_a_signer_does_not_show_its_key() -> None:
    secret = BOOK.key.private_bytes_raw()
    assert secret.hex() not in repr(BOOK)
    assert base64.b64encode(secret).decode() not in repr(BOOK)
