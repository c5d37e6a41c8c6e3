# Made by dev/generate. Do not change it.
"""The blocking client, made from the asyncio one."""
