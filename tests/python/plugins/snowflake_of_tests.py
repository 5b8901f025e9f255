"""Snowflake's connector of flytekit's, as it is, with the emulator where Snowflake would be."""

import functools
import os

import snowflake.connector

host, port = os.environ["EMULATOR"].split(":")
snowflake.connector.connect = functools.partial(
    snowflake.connector.connect, host=host, port=int(port), protocol="http", network_timeout=5
)

import flytekitplugins.snowflake.connector  # noqa: E402, F401
