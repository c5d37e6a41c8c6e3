"""The wire protocol without any input or output: bytes in, events out, and the other way round.

Specified by ``proto/PROTOCOL.md``. Nothing here knows a socket, a clock or a thread.
"""
