from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facevec.errors import ModelCorrupt
from facevec.vision.models.graphdef import float_constants, read_nodes
from tests.vision.models import graphs

VALUES = [0.5, -1.0, 2.0, 3.25, 1e-3, 7.0]

SMALL = graphs.graph(
    [
        graphs.constant("whole", (2, 3), graphs.content(VALUES)),
        graphs.constant("axis", (), graphs.number_field(7, 3), graphs.INT32),
        graphs.node("input", "Placeholder"),
        graphs.constant("repeated", (4,), graphs.packed([2.5])),
    ]
)


@pytest.mark.parametrize("write", [graphs.content, graphs.packed, graphs.listed])
def test_every_way_to_write_a_tensor_is_read(write):
    data = graphs.graph([graphs.constant("x", (2, 3), write(VALUES))])
    np.testing.assert_array_equal(float_constants(data)["x"], np.float32(VALUES).reshape(2, 3))


def test_a_repeated_number_fills_its_shape():
    np.testing.assert_array_equal(float_constants(SMALL)["repeated"], np.float32([2.5] * 4))


def test_only_float_constants_are_given():
    assert float_constants(SMALL).keys() == {"whole", "repeated"}


def test_nodes_come_in_file_order_with_their_operation():
    assert [(node.name, node.op) for node in read_nodes(SMALL)] == [
        ("whole", "Const"),
        ("axis", "Const"),
        ("input", "Placeholder"),
        ("repeated", "Const"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        graphs.constant("x", (2, 3), graphs.content(VALUES[:5])),
        graphs.constant("x", (1 << 40,), graphs.packed([1.0])),
        graphs.constant("x", (1 << 20, 1 << 20), graphs.packed([1.0])),
        graphs.constant("x", (1,) * 40, graphs.packed([1.0])),
        graphs.constant("x", (2**64 - 1,), graphs.content(VALUES)),
        graphs.constant("x", (1,), graphs.field(4, b"\0\0\0")),
        graphs.constant("x", (1,), graphs.content([1.0])) * 2,
        graphs.field(1, graphs.field(1, b"\xff\xfe")),
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\xff" * 20,
        b"\x0b\x00",
        b"not a graph at all",
    ],
    ids=[
        "fewer numbers than the shape asks for",
        "one huge axis",
        "many elements",
        "many axes",
        "negative size",
        "cut within a number",
        "a name twice",
        "a name that is no text",
        "a length past the end",
        "an endless number",
        "a group, which no graph has",
        "text",
    ],
)
def test_what_is_no_graph_is_refused(data):
    with pytest.raises(ModelCorrupt):
        float_constants(data)


def test_a_cut_graph_is_refused_or_shorter():
    for length in range(len(SMALL)):
        try:
            assert len(float_constants(SMALL[:length])) < 2
        except ModelCorrupt:
            continue


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_flipped_bytes_never_fail_in_another_way(flips):
    data = bytearray(SMALL)
    for at, value in flips:
        data[at] = value
    try:
        values = float_constants(bytes(data)).values()
    except ModelCorrupt:
        return
    assert sum(value.size for value in values) < 1 << 27


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_graph_or_refused(data):
    try:
        float_constants(data)
    except ModelCorrupt:
        return
