"""Measurements behind every number in the README."""
