"""The version that results and trained weights record."""

VERSION = "0.2.0"
