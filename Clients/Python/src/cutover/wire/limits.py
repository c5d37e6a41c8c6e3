"""Every limit of the protocol, in one place (PROTOCOL.md, Limits)."""

from typing import Final

MAX_FRAME_FLOOR: Final = 65_536
MAX_FRAME_CEILING: Final = 16_777_215
MAX_FRAME_DEFAULT: Final = 1_048_576
# Holds for a peer that has not said its own.
MAX_FRAME_UNSAID: Final = 65_536

INFLIGHT_FLOOR: Final = 16
INFLIGHT_CEILING: Final = 65_535
INFLIGHT_DEFAULT: Final = 1_024

# What may follow HELLO before the server's own has come.
EARLY_SLOTS: Final = 16
EARLY_BODY: Final = 65_536

CREDIT_FLOOR: Final = 64
CREDIT_CEILING: Final = 16_777_216
CREDIT_DEFAULT: Final = 262_144
CREDIT_BALANCE: Final = 2**31 - 1
ITEM_COST_FLOOR: Final = 64

HELLO_BYTES: Final = 8_192
HELLO_SETTINGS: Final = 64
AUTH_BYTES: Final = 4_096
AGENT_BYTES: Final = 64

METADATA_BYTES: Final = 8_192
METADATA_ENTRIES: Final = 64
METADATA_KEY_BYTES: Final = 64

ERROR_TEXT_BYTES: Final = 1_024
ERROR_DETAILS: Final = 32
GOAWAY_TEXT_BYTES: Final = 256

# Bytes that wait to be sent: no further call begins, and the connection is given up.
OUTPUT_PAUSE: Final = 1_048_576
OUTPUT_CEILING: Final = 67_108_864

SETUP_S: Final = 5.0
FRAME_S: Final = 10.0
SEND_STALL_S: Final = 30.0
# How much longer than grace_ms a connection that was drained is waited for (DRAIN-7).
DRAIN_SLACK_S: Final = 5.0
KEEPALIVE_S: Final = 30.0
PONG_S: Final = 10.0
