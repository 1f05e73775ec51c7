"""The partition of a key, by Kafka's default rule (murmur2), as producers in all languages."""

_MASK = 0xFFFFFFFF
_SEED = 0x9747B28C
_MULTIPLIER = 0x5BD1E995


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key; it never changes, because partition counts are fixed."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Kafka's 32-bit murmur2 as an unsigned number; Java shows the same bits as a signed one."""
    hashed = _SEED ^ len(data)
    aligned = len(data) & ~3
    for start in range(0, aligned, 4):
        block = int.from_bytes(data[start : start + 4], "little") * _MULTIPLIER & _MASK
        block = (block ^ block >> 24) * _MULTIPLIER & _MASK
        hashed = hashed * _MULTIPLIER & _MASK ^ block
    if aligned < len(data):
        hashed = (hashed ^ int.from_bytes(data[aligned:], "little")) * _MULTIPLIER & _MASK
    hashed = (hashed ^ hashed >> 13) * _MULTIPLIER & _MASK
    return hashed ^ hashed >> 15
