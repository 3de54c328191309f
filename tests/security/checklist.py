# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which tests cover which item of the checklist of bad input: packets (W), documents (X), calls on the bus (D5)."""

from __future__ import annotations

from typing import NamedTuple

FRAMING = "tests/rpc/test_framing.py"
SESSION = "tests/rpc/test_session.py"
STREAMS = "tests/rpc/test_streams.py"
BOUNDS = "tests/rpc/test_bounds.py"
FORMS = "tests/rpc/test_forms.py"
PACKET = "tests/unit/proxy/rpc/test_packet.py"
XDR = "tests/unit/proxy/rpc/test_xdr.py"
AUTOMATON = "tests/unit/proxy/rpc/test_connection.py"
SERVICE = "tests/unit/bus/test_service.py"
CODEC = "tests/unit/bus/wire/test_codec.py"
MESSAGE = "tests/unit/bus/wire/test_message.py"
FLAGS = "tests/security/test_flags.py"
XML = "tests/security/test_xml_input.py"
BUS = "tests/security/test_bus_input.py"
SHIELD = "tests/unit/drivers/hypervisor/test_shield.py"


class Item(NamedTuple):
    """What an item asks for, the tests that show it, and what of it is not shown, with the reason."""

    what: str
    tests: tuple[str, ...]
    open: str = ""


def of(file: str, *functions: str) -> tuple[str, ...]:
    """Give the names of tests of one file."""
    return tuple(f"{file}::{function}" for function in functions)


CHECKLIST: dict[str, Item] = {
    "W1": Item(
        "a length that is too small", of(FRAMING, "test_impossible_length") + of(PACKET, "test_impossible_length")
    ),
    "W2": Item(
        "a length that is too large", of(FRAMING, "test_impossible_length") + of(PACKET, "test_impossible_length")
    ),
    "W3": Item("a header of zeros", of(FRAMING, "test_refused")),
    "W4": Item("an unknown program", of(FRAMING, "test_refused") + of(AUTOMATON, "test_answers")),
    "W5": Item("a wrong version", of(FRAMING, "test_refused")),
    "W6": Item("an unknown procedure", of(FRAMING, "test_refused")),
    "W7": Item("an event's number as a call", of(FRAMING, "test_refused")),
    "W8": Item(
        "types of packets that clients do not send",
        of(FRAMING, "test_types_that_clients_do_not_send") + of(AUTOMATON, "test_other_types_are_passed_over"),
    ),
    "W9": Item("a call with the status of an error", of(FRAMING, "test_refused")),
    "W10": Item("arguments cut short, strings too long", of(FRAMING, "test_refused") + of(XDR, "test_what_is_none")),
    "W11": Item("a name of 4 MiB", of(FRAMING, "test_long_name")),
    "W12": Item("bytes after the arguments", of(FRAMING, "test_bytes_left_over")),
    "W13": Item(
        "NUL, bytes that are no text, padding that is not zero",
        of(FRAMING, "test_refused") + of(BOUNDS, "test_padding_that_is_not_zero"),
    ),
    "W14": Item("counts out of bounds", of(FRAMING, "test_counts_out_of_bounds", "test_no_room_for_names")),
    "W15": Item(
        "counts that are multiplied",
        of(FRAMING, "test_multiplied_counts")
        + of(BOUNDS, "test_products_beyond_the_bounds", "test_free_memory_of_too_many_cells"),
    ),
    "W16": Item(
        "typed parameters: none, the most, one more, twice, of no type, without a name",
        of(FRAMING, "test_parameters", "test_too_many_parameters")
        + of(BOUNDS, "test_as_many_parameters_as_may_be", "test_odd_names_of_parameters")
        + of(XDR, "test_parameters_twice"),
    ),
    "W17": Item(
        "descriptors that are announced and do not come, or are too many",
        of(FRAMING, "test_announced_descriptors", "test_packets_that_do_not_end")
        + of(BOUNDS, "test_descriptors_that_never_come_free_their_slot")
        + of(PACKET, "test_too_many_descriptors", "test_descriptors_missing"),
    ),
    "W18": Item(
        "descriptors with a call that takes none",
        of(FRAMING, "test_descriptors_that_a_call_does_not_take")
        + of(PACKET, "test_descriptors_that_nobody_announced"),
    ),
    "W19": Item(
        "a sender of single bytes",
        of(BOUNDS, "test_who_sends_byte_by_byte_is_dropped")
        + of(FRAMING, "test_packets_that_do_not_end")
        + of(PACKET, "test_byte_by_byte"),
    ),
    "W20": Item(
        "a client that sends and does not read",
        of(FRAMING, "test_a_client_that_does_not_read", "test_ping_with_calls_in_flight"),
    ),
    "W21": Item("opening twice, calls before opening", of(SESSION, "test_open_twice", "test_call_before_open")),
    "W22": Item("unknown flags, to every method", of(FLAGS, "test_unknown_flags")),
    "W23": Item(
        "flipped bits",
        of(FRAMING, "test_flipped_bits") + of(AUTOMATON, "test_any_input_in_any_state"),
        "24 hours and ten million packets are no part of a test-suite; these are some thousand",
    ),
    "W24": Item(
        "clients that leave in the middle",
        of(FRAMING, "test_leaving_in_the_middle")
        + of(BOUNDS, "test_leaving_while_opening")
        + of(STREAMS, "test_client_leaves"),
    ),
    "X1": Item("entities and definitions from outside", of(XML, "test_no_document_has_a_file_opened")),
    "X2": Item(
        "entities that grow",
        of(XML, "test_entities_do_not_grow", "test_large_documents") + of(SHIELD, "test_refused"),
        "the 100 ms are not measured, as no test here is timed",
    ),
    "X3": Item(
        "deep, broad and long documents",
        of(XML, "test_large_documents") + of(SHIELD, "test_refused", "test_all_else_is_libvirts"),
        "a legacy client cannot send 50 MB of text: a string on the wire has at most 4 MiB, so these have 3",
    ),
    "X4": Item(
        "faults at the very end, also from those who may only read",
        of(XML, "test_faults_at_the_end", "test_those_who_may_only_read_do_no_harm"),
    ),
    "X5": Item(
        "odd names",
        of(XML, "test_names", "test_names_with_nul_reach_nobody") + of(SHIELD, "test_no_guest_is_renamed_to_a_folder"),
    ),
    "D5": Item(
        "wrong arguments on the bus, to every method",
        of(BUS, "test_what_a_bus_carries", "test_what_no_bus_carries", "test_32_mebibytes")
        + of(SERVICE, "test_bad_input_is_refused_by_name", "test_nothing_of_python_reaches_a_caller")
        + of(CODEC, "test_variants_within_variants_end_somewhere", "test_any_bytes_give_a_value_or_a_clean_refusal")
        + of(MESSAGE, "test_any_bytes_give_messages_or_a_refusal"),
        "the array of 32 MiB goes to one method of each interface, not to each",
    ),
}
