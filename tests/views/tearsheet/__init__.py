"""Tests of the tearsheet."""
