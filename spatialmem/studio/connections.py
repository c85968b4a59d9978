"""What one connection to a viewer may do: how many there are, what they may send, and what is logged of them."""

from __future__ import annotations

import asyncio
import logging

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode
from websockets.typing import Data

SOCKETS = 256
"""Open connections at once, before anybody has shown a token."""

MESSAGE_BYTES = 16 << 20
"""Largest message a page may send; a picture of its view is the largest that it has reason to."""

PASSED_MESSAGES = frozenset({
    "ViewerCameraMessage", "GuiUpdateMessage", "ScenePointerMessage", "SceneNodeClickMessage",
    "GetRenderResponseMessage",
})
"""What a page has reason to send. viser knows more: some would open a tunnel to the outside or fill the memory."""

LOGGER = logging.getLogger("spatialmem.studio")


class GuardedConnection(ServerConnection):
    """A connection that passes the messages a page has reason to send, and ends where something else comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or end it where too many are open."""
        super().connection_made(transport)
        if len(self.server.handlers) > SOCKETS:
            self.transport.abort()

    async def recv(self, decode: bool | None = None) -> Data:  # type: ignore[override]
        """The next message that may pass. (The overloads of what it overrides say the same in three lines.)"""
        while True:
            message = await super().recv(decode)
            kind = message_kind(message)
            if kind is None:
                await self.close(CloseCode.INVALID_DATA, "not a message of the viewer's page")
            elif kind in PASSED_MESSAGES and (kind != "GuiUpdateMessage" or _sets_a_value(message)):
                return message


def message_kind(message: Data) -> str | None:
    """The name by which viser tells its messages apart; None if this is none of them."""
    if isinstance(message, str):
        return None
    try:
        return _HEAD.decode(message).type
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _sets_a_value(message: Data) -> bool:
    """Whether a GuiUpdateMessage is what a control sends; viser would set any attribute of its own by such names."""
    if isinstance(message, str):
        return False
    try:
        return set(_UPDATE.decode(message).updates) == {"value"}
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def connection_logger() -> logging.Logger:
    """Where trouble with connections is told, a line each.

    A handshake that fails is an everyday thing (a port scan, a closed tab), and what is logged for debugging
    would hold the token.
    """
    LOGGER.addFilter(_worth_telling)  # a second time changes nothing
    return LOGGER


def _worth_telling(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    if record.exc_info is not None and record.exc_info[1] is not None:
        record.msg, record.args, record.exc_info = f"{message}: {record.exc_info[1]!r}", (), None
    return record.levelno >= logging.INFO and message != "opening handshake failed"


class _Head(msgspec.Struct):
    type: str


class _Update(msgspec.Struct):
    updates: dict[str, msgspec.Raw]


_HEAD = msgspec.msgpack.Decoder(_Head)
_UPDATE = msgspec.msgpack.Decoder(_Update)
