# SPDX-License-Identifier: LGPL-2.1-or-later
"""The facts about the legacy protocol, in a form that can be compared with the catalogue."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from virtbus.bus.types import (
    Blob,
    CharArray,
    CharBlob,
    Kind,
    Listing,
    Nullable,
    Parameters,
    Record,
    Scalar,
    Stats,
    Text,
    UuidBytes,
    UuidText,
    fields_of,
)

FOLDER = Path(__file__).resolve().parents[2] / "facts"
BASE = {
    "int": "int", "unsigned int": "uint", "char": "char", "unsigned char": "uchar", "short": "short",
    "unsigned short": "ushort", "hyper": "hyper", "unsigned hyper": "uhyper", "double": "double", "bool": "bool",
}  # fmt: skip
SCALARS = {
    "int32": "int", "uint32": "uint", "int64": "hyper", "uint64": "uhyper", "char": "char", "uchar": "uchar",
    "short": "short", "ushort": "ushort", "double": "double", "flag": "int",
}  # fmt: skip
PARAMETER = "typed parameter"


@functools.cache
def load(name: str = "remote_protocol.json") -> Any:
    return json.loads((FOLDER / name).read_text())


def procedures() -> dict[tuple[str, int], Any]:
    return {(name, p["number"]): p for name, prog in load()["programs"].items() for p in prog["procedures"]}


def shape_of_type(name: str) -> Any:
    facts = load()
    if name in BASE:
        return BASE[name]
    if name in facts["typedefs"]:
        return shape_of_field(facts["typedefs"][name])
    if name in ("remote_typed_param", "admin_typed_param"):
        return PARAMETER
    if name in facts["enums"]:
        return "int"
    return flat(tuple(shape_of_field(f) for f in facts["structs"][name]["fields"]))


def shape_of_field(field: Any) -> Any:
    kind, bound = field["kind"], field.get("bound")
    if field["type"] in ("string", "opaque") or (field["type"] == "char" and kind != "plain"):
        return (field["type"], kind, bound)
    item = shape_of_type(field["type"])
    return {"plain": item, "optional": ("optional", item)}.get(kind) or (kind, item, bound)


def shape_of_struct(name: str | None) -> tuple[Any, ...]:
    if name is None:
        return ()
    return flat(tuple(shape_of_field(f) for f in load()["structs"][name]["fields"]))


def flat(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Take structures apart: on the wire they are their members."""
    found: list[Any] = []
    for item in items:
        if isinstance(item, tuple) and item and not isinstance(item[0], str):
            found += flat(item)
        elif isinstance(item, tuple) and len(item) > 0 and item[0] == "struct":
            found += flat(item[1:])
        else:
            found.append(item)
    return tuple(("struct", *i) if isinstance(i, tuple) and not isinstance(i[0], str) else i for i in found)


def shape_of_kind(kind: Kind) -> Any:
    return _SHAPES[type(kind)](kind)


_SHAPES: dict[type, Callable[[Any], Any]] = {
    Scalar: lambda kind: SCALARS[kind.name],
    Text: lambda kind: ("string", "variable", kind.limit),
    CharArray: lambda kind: ("char", "fixed" if kind.fixed else "variable", kind.size),
    CharBlob: lambda kind: ("char", "variable", kind.limit),
    Blob: lambda kind: ("opaque", "variable", kind.limit),
    UuidBytes: lambda kind: ("opaque", "fixed", 16),
    UuidText: lambda kind: ("opaque", "fixed", 16),
    Nullable: lambda kind: ("optional", shape_of_kind(kind.item)),
    Listing: lambda kind: ("variable", shape_of_kind(kind.item), kind.limit),
    Record: lambda kind: flat(tuple(shape_of_kind(f.kind) for f in fields_of(kind.cls))),
    Parameters: lambda kind: ("variable", PARAMETER, kind.limit or None),
    Stats: lambda kind: ("variable", (("string", "variable", 4194304), "uhyper"), kind.limit),
}
