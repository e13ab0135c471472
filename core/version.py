"""The version that trained weights record."""

VERSION = "0.2.0"
