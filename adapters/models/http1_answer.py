"""Parses the answer of one HTTP/1.1 exchange as it arrives; llhttp does the framing."""

from typing import NoReturn

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

FRAMING_BYTES_MAX = 64 * 1024
"""The limit of framing without any body between: heads, chunk sizes, trailers."""
SUCCESS = 200
"""The lowest status of an answer; lower ones are interim heads."""
EARLY_HEADS = (100, 102, 103)
SPACES = " \t"


class MalformedResponse(Exception):
    """Not an answer in HTTP/1.1, or an ambiguous one; the message quotes nothing of it."""


class AnswerParser:
    """Parses the bytes of one answer, cut anywhere; llhttp calls the `on_...` methods."""

    __slots__ = (
        "_early_heads_left",
        "_ends_with_connection",
        "_fault",
        "_fields",
        "_framing_bytes",
        "_left_bytes",
        "_parser",
        "has_head",
        "headers",
        "is_over",
        "keeps_alive",
        "on_body",
        "pieces",
        "reason",
        "status",
    )

    def __init__(self, bytes_max: int, early_heads_max: int) -> None:
        self.status = 0
        self.reason = ""
        self.headers: dict[str, str] = {}
        """Names are in lower case; of repeated headers the last one counts."""
        self.has_head = self.is_over = False
        self.keeps_alive = False
        """Whether the server takes another request on this connection."""
        self.pieces: list[bytes] = []
        """Pieces of the body as they arrived; the reader takes them out."""
        self.on_body = self.pieces.append
        self._left_bytes = bytes_max
        self._framing_bytes = 0
        self._early_heads_left = early_heads_max
        self._ends_with_connection = True
        self._fault = ""
        self._parser = HttpResponseParser(self)
        # Old servers pad the size of a chunk; many end lines of a head with a line feed alone.
        self._parser.set_dangerous_leniencies(
            lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )

    @property
    def is_too_large(self) -> bool:
        """Whether more arrived than an answer may have."""
        return self._left_bytes < 0

    def feed(self, data: bytes | memoryview) -> None:
        """Parse received bytes; raises MalformedResponse, after which it can parse nothing."""
        body_pieces = len(self.pieces)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self.keeps_alive = False
            if not self.is_over:  # bytes after an answer are ignored
                raise MalformedResponse(self._fault or str(error)) from None
        self._left_bytes -= len(data)
        if len(self.pieces) > body_pieces:
            self._framing_bytes = 0
        else:
            self._framing_bytes += len(data)
        if self._left_bytes < 0 or self._framing_bytes > FRAMING_BYTES_MAX:
            raise MalformedResponse("it does not end")

    def end(self) -> None:
        """The server closed its side; raises MalformedResponse if the answer is incomplete."""
        self.keeps_alive = False
        if self.has_head and self._ends_with_connection:
            self.is_over = True
        if not self.is_over:
            raise MalformedResponse("it was cut off")

    def release(self) -> None:
        """Release the parser, which would keep this object alive; nothing more may be fed."""
        del self._parser

    # -- called by the parser --

    def on_message_begin(self) -> None:
        """A head begins."""
        self.reason = ""
        if self.is_over:
            self._refuse("another follows it")

    def on_status(self, reason: bytes) -> None:
        """The reason phrase."""
        self.reason = reason.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which is ignored."""
        key = name.decode("latin-1").lower()
        if self.has_head:
            return
        if key == "transfer-encoding" and (key in self.headers or not _is_chunked(value)):
            self._refuse("it has a transfer encoding other than chunked")
        self.headers[key] = value.decode("latin-1").rstrip(SPACES)

    def on_headers_complete(self) -> None:
        """The end of a head."""
        self.status = self._parser.get_status_code()
        if self.status < SUCCESS:
            self._pass_over()
            return
        self.has_head = True
        self.keeps_alive = self._parser.should_keep_alive()
        headers = self.headers
        self._ends_with_connection = not (
            "content-length" in headers or "transfer-encoding" in headers
        )
        # The end of a chunk must not be ambiguous.
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=False)

    def on_message_complete(self) -> None:
        """The end of an answer, or of an interim head."""
        self.is_over = self.has_head

    def _pass_over(self) -> None:
        self._early_heads_left -= 1
        if self.status not in EARLY_HEADS:
            self._refuse(f"it has the status {self.status}")
        if self._early_heads_left < 0:
            self._refuse("too many heads go ahead of it")
        self.headers.clear()

    def _refuse(self, fault: str) -> NoReturn:
        self._fault = fault
        raise MalformedResponse(fault)


def _is_chunked(coding: bytes) -> bool:
    return coding.rstrip(b" ").lower() == b"chunked"
