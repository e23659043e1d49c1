"""WebSocket frames as a test wants them: any of them, wrong ones too."""

import struct
from collections import namedtuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # with its answer from RFC 6455 §1.3
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

Frame = namedtuple("Frame", "opcode payload final")


def frame(opcode, payload=b"", *, final=True, masked=True, reserved=0, length=None):
    """One frame as a client sends it; `length` is the form: 7, 16 or 64 bits, the right one if not
    given."""
    size = len(payload)
    form = length or (7 if size < 126 else 16 if size < 65536 else 64)
    head = bytes([(0x80 if final else 0) | reserved << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if form == 7:
        head += bytes([mask_bit | size])
    elif form == 16:
        head += bytes([mask_bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([mask_bit | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    key = b"\x12\x34\x56\x78"
    repeated = key * (size // 4 + 1)
    hidden = int.from_bytes(payload, "big") ^ int.from_bytes(repeated[:size], "big")
    return head + key + hidden.to_bytes(size, "big")


def close_frame(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


def read_frame(wire):
    """One frame as a server sends it."""
    first, second = wire.exactly(2)
    assert second & 0x80 == 0, "a server does not mask"
    size = second & 0x7F
    if size == 126:
        size, = struct.unpack(">H", wire.exactly(2))
    elif size == 127:
        size, = struct.unpack(">Q", wire.exactly(8))
    return Frame(first & 0x0F, wire.exactly(size), bool(first & 0x80))


def read_close(wire):
    """The code of a close frame, which must be the last thing that was said."""
    got = read_frame(wire)
    assert got.opcode == CLOSE, got
    assert wire.rest() == b""
    return struct.unpack(">H", got.payload[:2])[0] if got.payload else None
