"""A black-box runner for the wire protocol of proto/PROTOCOL.md, with an encoder of its own. Standard library only."""
