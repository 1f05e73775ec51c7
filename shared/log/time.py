"""Log time: the write timestamp of folded state, a number that grows with a topic's incarnation and
offset.
"""

OFFSET_BITS = 44


def log_timestamp(incarnation: int, next_offset: int) -> int:
    """The timestamp of a row that includes a partition up to `next_offset`; every row of a later
    incarnation beats every one before.

    63 bits hold 500,000 incarnations of 17 trillion records a partition each.
    """
    if not 0 < incarnation < 1 << (63 - OFFSET_BITS) or not 0 <= next_offset < 1 << OFFSET_BITS:
        raise ValueError(f"no log time for incarnation {incarnation}, offset {next_offset}")
    return incarnation << OFFSET_BITS | next_offset
