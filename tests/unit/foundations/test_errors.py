"""Errors: one tree, and data that explains."""

from __future__ import annotations

import inspect

import pytest

from kirakat import errors


def test_every_error_is_a_kirakat_error() -> None:
    """If one were not, the command line would show a traceback instead of a sentence."""
    classes = [item for _, item in inspect.getmembers(errors, inspect.isclass)]
    assert all(issubclass(item, errors.KirakatError) for item in classes)


def test_data_are_attributes() -> None:
    """If they were not, a caller would have to parse messages."""
    assert errors.PromptError("bad", prompt_id="x").prompt_id == "x"


def test_an_absent_attribute_is_an_attribute_error() -> None:
    """If it were a KeyError, pickling and hasattr would break."""
    with pytest.raises(AttributeError):
        _ = errors.PromptError("bad").absent
